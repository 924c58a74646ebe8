"""The rules that the phone and the server share, each from the one file that both sides read."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from server.activities.attendance import CONFIDENCE, HIGH, LOW, MEDIUM, Seen, attended_at
from server.activities.hours import hours
from server.activities.typed_code import ALPHABET, LENGTH, is_well_formed, new_code, tidy
from server.foundation import clock
from server.learning.completion import Fact, StepRule, completion
from server.learning.scoring import score

FOLDER = Path(__file__).parent.parent / "vectors"
AT = datetime(2026, 11, 24, tzinfo=UTC)
WORDS = {"low": LOW, "medium": MEDIUM, "high": HIGH}


def vectors(name):
    cases = json.loads((FOLDER / f"{name}.json").read_text("utf-8"))
    assert len(cases) >= 8
    return [pytest.param(case["given"], case["then"], id=case["name"]) for case in cases]


@pytest.mark.parametrize(("given", "then"), vectors("completion"))
def test_a_course_is_completed_by_one_rule_on_both_sides(given, then):
    versions = {one["version"]: one["steps"] for one in given["versions"]}
    rules = {
        number: {step["key"]: StepRule(step["hash"], step["required"]) for step in steps}
        for number, steps in versions.items()
    }
    quizzes = {step["key"] for steps in versions.values() for step in steps if step["kind"] == "quiz"}
    facts = [
        Fact(one["step_key"], one["version"], AT) for one in given["completions"] if one["step_key"] not in quizzes
    ]
    facts += [Fact(one["step_key"], one["version"], AT) for one in given["attempts"] if one["passed"]]
    # One version at a time: the rule names the first of several that are complete.
    complete = [
        number
        for number in rules
        if completion(only(rules, number), facts) and completion(only(rules, number), facts).version == number
    ]
    assert complete == then["completed_versions"]
    found = completion(rules, facts)
    assert (found and found.version) == (min(then["completed_versions"], default=None))


def only(rules, number):
    """The rules, of which no version but this one requires anything."""
    return {
        other: steps if other == number else {key: rule._replace(is_required=False) for key, rule in steps.items()}
        for other, steps in rules.items()
    }


@pytest.mark.parametrize(("given", "then"), vectors("attendance"))
def test_an_activity_is_attended_by_one_rule_on_both_sides(given, then):
    best = {}
    for one in given["check_ins"]:
        best[one["stop_key"]] = max(best.get(one["stop_key"], 0), WORDS[one["confidence"]])
    seen = [Seen(AT + timedelta(minutes=index), confidence) for index, confidence in enumerate(best.values())]
    assert (attended_at(given["stops"], seen) is not None) == then["attended"]


@pytest.mark.parametrize(("given", "then"), vectors("hours"))
def test_a_check_in_is_open_in_the_same_hours_on_both_sides(given, then):
    starts, ends, at = (clock.instant(given[each]) for each in ("starts_at", "ends_at", "at"))
    assert hours(starts, ends, at) == then["hours"]


@pytest.mark.parametrize(("given", "then"), vectors("quiz"))
def test_a_quiz_is_scored_by_one_rule_on_both_sides(given, then):
    right = {one["key"]: [choice["key"] for choice in one["choices"] if choice["right"]] for one in given["questions"]}
    found = score({"right": right, "pass_share": given["pass_share"]}, given["answers"])
    assert found == (then["right"], then["questions"], then["passed"])


@pytest.mark.parametrize(("given", "then"), vectors("typed_code"))
def test_a_typed_code_is_read_by_one_rule_on_both_sides(given, then):
    meant = tidy(given["typed"])
    assert (meant if is_well_formed(meant) else None) == then["code"]


def test_a_new_code_is_well_formed_and_another_each_time():
    codes = {new_code() for _ in range(200)}
    assert len(codes) == 200
    assert all(is_well_formed(code) for code in codes)


def test_one_wrong_character_is_always_found():
    code = new_code()
    for at in range(LENGTH):
        others = [code[:at] + letter + code[at + 1 :] for letter in ALPHABET if letter != code[at]]
        assert not any(is_well_formed(other) for other in others)


def test_every_kind_of_evidence_has_a_confidence():
    assert CONFIDENCE == {"place": LOW, "typed_code": MEDIUM}


def test_the_moment_of_attendance_is_when_the_rule_was_met():
    minute = timedelta(minutes=1)
    seen = [Seen(AT, LOW), Seen(AT + minute, LOW), Seen(AT + 5 * minute, MEDIUM)]
    assert attended_at(2, seen) == AT + 5 * minute
    assert attended_at(3, seen[::-1]) == AT + 5 * minute
    assert attended_at(2, [Seen(AT, MEDIUM), *seen[1:]]) == AT + minute
