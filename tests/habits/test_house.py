"""House rules beside those of test_house_rules.py: who commits, how files are named, what is explained."""

import ast
import re
import subprocess

import pytest

from config import ROOT
from server.protocol.entities import ENTITIES
from server.protocol.operations import OPERATION, VERSIONS
from server.sync.feed import LOADERS

from .sources import files, name_of, trees


def test_python_files_are_in_snake_case_and_browser_files_in_kebab_case():
    odd = [path for path in files("server", "tests", "bench") if not re.fullmatch(r"_*[a-z0-9_]+(\.conf)?", path.stem)]
    odd += [
        path for path in files("pwa/src", "service_worker", endings=(".ts", ".tsx"))
        if not re.fullmatch(r"[a-z0-9-]+", path.stem)
    ]  # fmt: skip
    assert [name_of(path) for path in odd] == []


def test_no_deed_commits():
    """Returning commits, raising rolls back: only the wrapper of routes, the commands and the demo's loading commit."""
    may = {"server/foundation/access.py", "server/cli.py", "server/running.py"}
    found = [
        f"{name}:{node.lineno}"
        for name, tree in trees("server")
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr == "commit" and name not in may
    ]
    assert found == []


def test_every_noqa_and_ignore_names_its_rule():
    blind = re.compile(r"# noqa(?!: [A-Z]+\d+)|# type: ignore(?!\[)")
    found = [
        f"{name_of(path)}:{number}"
        for path in files("server", "tests", "bench")
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if blind.search(line) and "re.compile" not in line
    ]
    assert found == []


def test_every_package_says_what_it_is_for():
    silent = [name for name, tree in trees("server") if not ast.get_docstring(tree)]
    assert silent == []


def test_every_kind_of_operation_has_a_version_and_every_entity_a_loader():
    kinds = {
        choice["properties"]["kind"]["const"] for choice in OPERATION.json_schema()["$defs"].values() if kind_of(choice)
    }
    assert kinds == set(VERSIONS)
    assert {entity for _, entity in LOADERS} == set(ENTITIES)


def kind_of(shape):
    return shape.get("properties", {}).get("kind", {}).get("const")


@pytest.mark.parametrize("script", ["server", "test", "check", "bench", "setup", "protocol"])
def test_every_script_can_be_run(script):
    path = ROOT / "script" / script
    assert path.stat().st_mode & 0o111
    if path.read_text("utf-8").startswith("#!/usr/bin/env bash"):
        subprocess.run(["bash", "-n", path], check=True)
