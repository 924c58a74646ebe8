"""The house's measures: how long things are, what they are called, who reads the clock."""

import ast
import re

import pytest

from .sources import files, name_of, trees

BANNED = {"helper", "helpers", "util", "utils", "handler", "handlers", "processor", "misc", "common"}
"""Words that say nothing of what a thing is (DESIGN §3). "manager" is a role, "data" a folder, "base" a class of SQLAlchemy."""
FUNCTION, ROUTE = 45, 12


@pytest.mark.parametrize(
    ("folders", "most"),
    [
        (("server", "bench", "migrations/env.py"), 300),
        (("tests",), 400),
        (("pwa/src", "service_worker"), 300),
        (("tests/pwa",), 400),
    ],
    ids=["server", "tests", "app", "tests of the app"],
)
def test_no_file_is_long(folders, most):
    endings = (".ts", ".tsx", ".css") if "pwa" in folders[0] or "worker" in folders[0] else (".py", ".css", ".html")
    long = {
        name_of(path): count
        for path in files(*folders, endings=endings)
        if (count := len(path.read_text("utf-8").splitlines())) > most
    }
    assert long == {}


def test_no_function_is_long():
    long = [
        f"{name}: {node.name}, {length}"
        for name, tree in trees("server", "bench", "tests")
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (length := (node.end_lineno or 0) - node.lineno + 1) > FUNCTION
    ]
    assert long == []


def test_a_route_parses_does_and_presents_in_a_few_lines():
    long = [
        f"{name}: {node.name}, {length}"
        for name, tree in trees("server")
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef)
        and any("open_to" in ast.dump(one) for one in node.decorator_list)
        and (length := (node.end_lineno or 0) - node.body[0].lineno + 1) > ROUTE
    ]
    assert long == []


def test_no_name_is_one_that_says_nothing():
    found = [
        name_of(path)
        for path in files("server", "bench", "tests", "pwa/src", "service_worker", endings=(".py", ".ts", ".tsx"))
        if BANNED.intersection(re.split(r"[-_.]", path.stem))
    ]
    found += [
        f"{name}: {node.name}"
        for name, tree in trees("server")
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.ClassDef)
        and BANNED.intersection(re.findall(r"[A-Z]?[a-z]+", node.name.lower() if "_" in node.name else node.name))
    ]
    assert found == []


def test_only_the_clock_reads_the_time():
    """So that a test can say what time it is. Durations may be measured; ids carry milliseconds by their own rule."""
    may = {"server/foundation/clock.py", "server/foundation/ids.py"}
    reading = re.compile(r"\b(datetime\.(now|utcnow|today)|date\.today|time\.(time|time_ns|localtime|gmtime))\(")
    found = [
        f"{name_of(path)}:{number}"
        for path in files("server")
        if name_of(path) not in may
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if reading.search(line)
    ]
    assert found == []


def test_the_environment_is_read_in_one_place():
    """Settings are values; gunicorn's own file is read before the product is."""
    may = {"server/gunicorn.conf.py"}
    found = [
        name_of(path)
        for path in files("server")
        if name_of(path) not in may and re.search(r"os\.(environ|getenv)", path.read_text("utf-8"))
    ]
    assert found == []
