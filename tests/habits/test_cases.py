"""docs/reliability.md names, of each case that the product must survive, the tests that make it happen, or says why not."""

import ast
import re

import pytest

from config import ROOT
from tests.faults.simsync.weather import FAULTS

PAGE = (ROOT / "docs" / "reliability.md").read_text("utf-8").partition("## The 74 cases\n")[2].partition("\n## ")[0]
CASES = {
    int(number): shown
    for number, shown in re.findall(r"^\| (\d+) \| [^|]+ \| ([^|]+) \|$", PAGE, re.MULTILINE)
}  # fmt: skip
NAMED = re.compile(r"`([\w./-]+)::([^`]+)`")
REASON = re.compile(r"\*(?:not in the product|not shown|not yet shown)\*: \w+")


def names_in(path):
    """The names of the tests that a file holds, as they stand in it."""
    text = (ROOT / "tests" / path).read_text("utf-8")
    if path.endswith(".py"):
        return {node.name for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef)}
    return {name for _, name in re.findall(r"""\btest\(\s*(["'`])(.*?)\1,""", text)}


def test_every_case_stands_in_the_table_once_and_in_order():
    assert [int(number) for number in re.findall(r"^\| (\d+) ", PAGE, re.MULTILINE)] == list(range(1, 75))


@pytest.mark.parametrize("number", CASES)
def test_a_case_has_a_test_or_says_why_there_is_none(number):
    assert NAMED.search(CASES[number]) or REASON.match(CASES[number])


@pytest.mark.parametrize("number", CASES)
def test_every_test_that_a_case_names_is_there(number):
    for path, name in NAMED.findall(CASES[number]):
        held = set(FAULTS) if path == "simsync" else names_in(path)
        assert name in held, f"{path}::{name}"
    assert CASES[number].count("::") == len(NAMED.findall(CASES[number])), "a name that is not understood"
