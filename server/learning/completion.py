"""When a course is completed: one pure rule, in Python here and in TypeScript in pwa/src/model/course.ts.

Facts are kept per (step, version it was done on). A fact holds for another version where the step's content hash is the
same. A course is completed when all required steps of any one published version are covered; for good.
tests/vectors/completion.json ties the two languages.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import NamedTuple


class StepRule(NamedTuple):
    hash: str
    is_required: bool


class Fact(NamedTuple):
    step_key: str
    version: int
    completed_at: datetime


class Completion(NamedTuple):
    version: int
    completed_at: datetime


Versions = Mapping[int, Mapping[str, StepRule]]


def completion(versions: Versions, facts: Iterable[Fact]) -> Completion | None:
    """The version that was completed first and when, or None. More facts can only make it earlier."""
    by_step: dict[str, list[Fact]] = {}
    for fact in facts:
        by_step.setdefault(fact.step_key, []).append(fact)
    complete = []
    for number, steps in versions.items():
        covered = [
            _covered_at(versions, number, key, by_step.get(key, [])) for key, rule in steps.items() if rule.is_required
        ]
        if covered and all(covered):
            complete.append(Completion(number, max(at for at in covered if at)))
    return min(complete, key=lambda found: (found.completed_at, found.version), default=None)


def _covered_at(versions: Versions, number: int, key: str, facts: list[Fact]) -> datetime | None:
    wanted = versions[number][key].hash
    times = [fact.completed_at for fact in facts if fact.version == number or _hash(versions, fact) == wanted]
    return min(times, default=None)


def _hash(versions: Versions, fact: Fact) -> str | None:
    rule = versions.get(fact.version, {}).get(fact.step_key)
    return rule.hash if rule else None
