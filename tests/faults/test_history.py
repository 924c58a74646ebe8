"""The judge of histories names each fault that is planted, and finds nothing in a healthy history."""

import ast
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from . import history as judging
from .history import Excused, Fault, Forgot, History, Made, Read, Row, Sent, Standing, Told, judge

# Ada notes twice (the second came first to the server), does a step; bruno does a step and is never answered.
OLD, NEW = Made(1, "old", "ada", "note", "early"), Made(2, "new", "ada", "note", "late")
STEP, OTHER = Made(3, "step", "ada", "step"), Made(3, "other", "bruno", "step")
ACTS = (OLD, NEW, STEP, OTHER)
TOLD = (
    Told(5, "new", "applied", order="2"),
    Told(7, "old", "merged", order="1"),
    Told(7, "step", "applied", order="3"),
)
SENT = (Sent(4, ("new",)), Sent(6, ("old", "step")), Sent(6, ("other",)))
FIRST = Read(5.5, 5.6, "telephone", "ada", (("note", "late"),))
LATER = Read(8, 8.1, "telephone", "ada", (("step", True),))
ANEW = Read(9, 9.1, "tablet", "ada", (("note", "late"), ("step", True)), anew=True)
WAITING = Made(9, "doubt", "ada", "step 2"), Told(10, "doubt", "review", counts=None, order="9")
PASSED = Made(9, "quiz", "ada", "quiz", may=("step 2",)), Told(10, "quiz", "applied", order="9")
EVENTS = (*ACTS, *SENT, *TOLD, FIRST, LATER, ANEW)
LEDGER = (("old", "ada"), ("new", "ada"), ("step", "ada"), ("other", "bruno"))
ROWS = (Row("ada", "note", "late"), Row("ada", "step"), Row("bruno", "step"))
END = Standing(LEDGER, ROWS, ("new", "step", "other"))


def judged(events=EVENTS, end=END) -> list[Fault]:
    return judge(History(events), end)


def without(events, *gone):
    return tuple(one for one in events if one not in gone)


def with_other(one, other):
    return tuple(other if event is one else event for event in EVENTS)


HEALTHY = {
    "all is well": (EVENTS, END),
    "rows alone, read by a fresh phone": (EVENTS, Standing(None, ROWS)),
    "a ledger alone": (EVENTS, Standing(LEDGER, None)),
    "the events in another order": (tuple(reversed(EVENTS)), END),
    "told again in the same words": ((*EVENTS, replace(TOLD[0], at=11)), END),
    "sent again together with others": ((*EVENTS, Sent(11, ("step", "old", "new"))), END),
    "asked before the answer, and told nothing yet": ((*EVENTS, Read(4, 5.4, "watch", "ada", (), anew=True)), END),
    "asked before the answer, and told it already": (
        (*EVENTS, Read(4, 4.9, "watch", "ada", (("note", "late"),), anew=True)), END,
    ),
    "the first of two pages": ((*EVENTS, Read(9, 9.2, "watch", "ada", (("step", True),), anew=True, is_all=False)), END),
    "an older note that came alone at first": (
        (Made(1, "a", "ada", "note", "x"), Made(2, "b", "ada", "note", "y"), Told(3, "a", "applied", order="1"),
         Read(4, 5, "telephone", "ada", (("note", "x"),)), Told(6, "b", "applied", order="2")),
        Standing((("a", "ada"), ("b", "ada")), (Row("ada", "note", "y"),)),
    ),
    "a refused act has no row": (
        (*EVENTS, Made(9, "bad", "ada", "step 2"), Told(10, "bad", "rejected", counts=False)),
        replace(END, ledger=(*LEDGER, ("bad", "ada"))),
    ),
    "a phone that is gone with what only it knew": (
        (*EVENTS, Made(9, "gone", "ada", "step 3"), Excused(9.5, "gone")), END,
    ),
    "an act that leaves no row": (
        (*EVENTS, Made(9, "seen", "ada", None), Told(10, "seen", "applied", order="9")),
        replace(END, ledger=(*LEDGER, ("seen", "ada"))),
    ),
    "an act that waits for a decision, and has no row yet": (
        (*EVENTS, *WAITING), replace(END, ledger=(*LEDGER, ("doubt", "ada"))),
    ),
    "an act that was decided since": (
        (*EVENTS, *WAITING, Read(11, 12, "telephone", "ada", (("step 2", True),))),
        replace(END, ledger=(*LEDGER, ("doubt", "ada")), rows=(*ROWS, Row("ada", "step 2"))),
    ),
    "a passed quiz has done its step": (
        (*EVENTS, *PASSED, Read(11, 12, "telephone", "ada", (("quiz", True), ("step 2", True)))),
        replace(END, ledger=(*LEDGER, ("quiz", "ada")), rows=(*ROWS, Row("ada", "quiz"), Row("ada", "step 2"))),
    ),
    "a failed quiz has not": (
        (*EVENTS, *PASSED), replace(END, ledger=(*LEDGER, ("quiz", "ada")), rows=(*ROWS, Row("ada", "quiz"))),
    ),
    "put back to before, and told again in other words": (
        (*EVENTS, Forgot(10, ("step",)), Read(11, 11.1, "watch", "ada", (("note", "late"),), anew=True),
         Told(12, "step", "applied later", order="8")),
        END,
    ),
    "set, set otherwise, and set again to the same": (
        (Made(1, "a", "ada", "mail", "on"), Made(2, "b", "ada", "mail", "off"), Made(3, "c", "ada", "mail", "on"),
         *(Told(4, op_id, "applied", order=op_id) for op_id in "abc"), Read(5, 6, "telephone", "ada", (("mail", "on"),))),
        Standing([(op_id, "ada") for op_id in "abc"], (Row("ada", "mail", "on"),)),
    ),
    "looked at in the midst": (EVENTS, Standing(LEDGER[1:2], ROWS[:1], ("new",), at=5.5)),
}  # fmt: skip


@pytest.mark.parametrize(("events", "end"), HEALTHY.values(), ids=HEALTHY)
def test_nothing_is_found_in_a_healthy_history(events, end):
    assert judged(events, end) == []


SICK = {
    "answered, and not in the ledger": ("lost", EVENTS, Standing((LEDGER[0], *LEDGER[2:]), None)),
    "answered, and without its row": ("lost", EVENTS, replace(END, rows=ROWS[:1] + ROWS[2:])),
    "answered, and without its row, read by a fresh phone": ("lost", EVENTS, Standing(None, ROWS[:1])),
    "saved, and never arrived": ("lost", (*EVENTS, Made(9, "late", "ada", "step 2")), END),
    "in the ledger alone, killed between": ("lost", EVENTS, replace(END, rows=ROWS[:2])),
    "answered before somebody looked": ("lost", EVENTS, Standing((), None, at=5.5)),
    "twice in the ledger": ("doubled", EVENTS, replace(END, ledger=(*LEDGER, LEDGER[0]))),
    "two rows of one act": ("doubled", EVENTS, replace(END, rows=(*ROWS, ROWS[1]))),
    "took effect twice": ("doubled", EVENTS, replace(END, effects=("new", "step", "step"))),
    "answered in two ways": ("doubled", (*EVENTS, replace(TOLD[0], at=11, answer="merged")), END),
    "in the ledger, and nobody made it": ("phantom", EVENTS, replace(END, ledger=(*LEDGER, ("x", "ada")))),
    "under somebody else": ("phantom", EVENTS, replace(END, ledger=(*LEDGER[:3], ("other", "ada")))),
    "a row that nobody made": ("phantom", EVENTS, replace(END, rows=(*ROWS, Row("ada", "step 9")))),
    "another's row": ("phantom", EVENTS, replace(END, rows=(*ROWS, Row("bruno", "note", "late")))),
    "a value that nobody gave": ("phantom", EVENTS, replace(END, rows=(Row("ada", "note", "odd"), *ROWS[1:]))),
    "a row whose act the ledger does not know": (
        "phantom", without(EVENTS, *TOLD, FIRST, LATER, ANEW), Standing(LEDGER[1:2], ROWS[:2], at=6),
    ),
    "a refused act has a row": (
        "phantom",
        (*EVENTS, Made(9, "bad", "ada", "step 2"), Told(10, "bad", "rejected", counts=False)),
        replace(END, ledger=(*LEDGER, ("bad", "ada")), rows=(*ROWS, Row("ada", "step 2"))),
    ),
    "an effect without its entry": (
        "phantom", without(EVENTS, *TOLD, FIRST, LATER, ANEW),
        Standing(LEDGER[1:2], ROWS[:1], ("new", "step"), at=6),
    ),
    "answered, and nobody made it": ("phantom", (*EVENTS, Told(9, "x", "applied")), END),
    "read, and nobody made it": ("phantom", (*EVENTS, Read(11, 12, "telephone", "ada", (("step 9", True),))), END),
    "read before it was made": ("phantom", (*EVENTS, Read(0.5, 0.6, "telephone", "ada", (("note", "late"),))), END),
    "another's row is read": ("phantom", (*EVENTS, Read(11, 12, "mobile", "bruno", (("note", "late"),))), END),
    "asked after the answer, and not told": ("stale", with_other(LATER, replace(LATER, rows=())), END),
    "not told by a page that says it is the last": ("stale", with_other(ANEW, replace(ANEW, rows=ANEW.rows[:1])), END),
    "told of once, and taken away again": ("stale", (*EVENTS, Read(11, 12, "telephone", "ada", (("step", None),))), END),
    "an older value is read over a later one": (
        "stale", (*EVENTS, Read(11, 12, "telephone", "ada", (("note", "early"),))), END,
    ),
    "an older value stands over a later one": (
        "stale", EVENTS, replace(END, rows=(Row("ada", "note", "early"), *ROWS[1:])),
    ),
    "put back to before, and not told again": (
        "lost", (*EVENTS, Made(9, "late", "ada", "step 2"), Told(10, "late", "applied"), Forgot(11, ("late",))), END,
    ),
    "told after the server was put back, and not read": (
        "stale",
        (*EVENTS, Forgot(10, ("step",)), Told(12, "step", "applied later", order="8"),
         Read(13, 13.1, "watch", "ada", (("note", "late"),), anew=True)),
        END,
    ),
    "a step that a refused quiz has done": (
        "phantom",
        (*EVENTS, PASSED[0], replace(PASSED[1], counts=False)),
        replace(END, ledger=(*LEDGER, ("quiz", "ada")), rows=(*ROWS, Row("ada", "step 2"))),
    ),
    "a request of which some stands": (
        "half", without(EVENTS, *TOLD[1:], LATER, ANEW), Standing(LEDGER[1:3], ROWS[:2], at=6.5),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("name", "events", "end"), SICK.values(), ids=SICK)
def test_a_fault_that_is_planted_is_named_and_no_other(name, events, end):
    assert {one.name for one in judged(events, end)} == {name}


def test_a_phone_is_judged_by_what_it_asked_for_itself():
    """What another phone of the person has heard since is no reason to pass over what this one was not told."""
    late = Told(10, "other note", "applied", order="9")
    made = Made(9.5, "other note", "ada", "note", "latest")
    blind = Read(9.8, 11, "watch", "ada", (("step", True),), anew=True)
    found = judged((*EVENTS, made, late, Read(10.5, 10.6, "telephone", "ada", (("note", "latest"),)), blind), END)
    assert ("stale", "new") in {(one.name, one.what) for one in found}


def test_a_raw_log_is_judged_as_what_it_was_written_from(tmp_path):
    history = History()
    history.add(*EVENTS, *PASSED, Excused(20, "old"), Forgot(21, ("old", "new")))
    history.write(tmp_path / "raw.jsonl")
    assert History.of(tmp_path / "raw.jsonl").events == history.events


def test_the_judge_knows_nothing_of_the_product():
    tree = ast.parse(Path(judging.__file__).read_text("utf-8"))
    named = [one.name for node in ast.walk(tree) if isinstance(node, ast.Import) for one in node.names]
    named += [node.module or "." for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    assert {one.partition(".")[0] for one in named} <= sys.stdlib_module_names
