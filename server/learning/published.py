"""What is published: courses and the steps of their versions, as the rules need them."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from server.foundation.database import any_of

from .completion import StepRule
from .models import Course, Step


class PublishedStep(NamedTuple):
    kind: str
    rule: StepRule
    quiz: dict[str, Any] | None


class PublishedCourse(NamedTuple):
    id: str
    audience_unit_id: str
    is_open: bool
    current_version: int
    retired_at: datetime | None
    versions: dict[int, dict[str, PublishedStep]]

    def has_step(self, key: str) -> bool:
        """In any of its versions."""
        return any(key in steps for steps in self.versions.values())

    def rules(self) -> dict[int, dict[str, StepRule]]:
        return {number: {key: step.rule for key, step in steps.items()} for number, steps in self.versions.items()}


_COURSES = sa.select(
    Course.id, Course.audience_unit_id, Course.is_open, Course.current_version, Course.retired_at
).where(any_of(Course.id, "ids"))


def courses(connection: Connection, ids: Iterable[str]) -> dict[str, PublishedCourse]:
    """The published courses among `ids`, with the steps of each version."""
    found = {}
    for row in connection.execute(_COURSES, {"ids": sorted(set(ids))}):
        # A version never changes, so what is known of versions up to the current one stays known.
        versions = _remembered.get((row.id, row.current_version)) or _read(connection, row.id, row.current_version)
        found[row.id] = PublishedCourse(
            row.id, row.audience_unit_id, row.is_open, row.current_version, row.retired_at, versions
        )
    return found


_remembered: dict[tuple[str, int], dict[int, dict[str, PublishedStep]]] = {}
_MOST_REMEMBERED = 2_000


def _read(connection: Connection, course_id: str, current: int) -> dict[int, dict[str, PublishedStep]]:
    rows = connection.execute(
        sa.select(Step.version, Step.key, Step.kind, Step.hash, Step.is_required, Step.quiz)
        .where(Step.course_id == course_id, Step.version <= current)
        .order_by(Step.version, Step.position)
    )
    versions: dict[int, dict[str, PublishedStep]] = {}
    for row in rows:
        step = PublishedStep(row.kind, StepRule(row.hash, row.is_required), row.quiz)
        versions.setdefault(row.version, {})[row.key] = step
    if len(_remembered) >= _MOST_REMEMBERED:
        _remembered.clear()
    _remembered[course_id, current] = versions
    return versions


def forget() -> None:
    """Nothing is remembered any more (tests, which use many databases in one process)."""
    _remembered.clear()
