"""What reminders are about: programmes, courses, departures, results, messages. A statement a kind, however many there are."""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from server.activities.models import Activity, Departure, DepartureChange
from server.learning.models import Attempt, Course, CourseVersion, Programme, ProgrammeItem, Step

from .models import GroupMessage
from .phrasing import Phrases, phrases

Texts = dict[str, str]


class CourseSubject(NamedTuple):
    course_id: str
    slug: str
    title: Texts
    minutes: int


class ProgrammeSubject(NamedTuple):
    title: Texts
    items: dict[str, str]
    """of its items the id, by key"""
    mandatory: list[str]
    """its mandatory items, as a reminder's `about` has them"""


class DepartureSubject(NamedTuple):
    activity: Texts
    starts_at: datetime
    place: Texts


class ChangeSubject(NamedTuple):
    kind: str
    was_at: datetime


class ResultSubject(NamedTuple):
    course_id: str
    step_key: str
    step: Texts
    right: int
    questions: int
    passed: bool


class MessageSubject(NamedTuple):
    words: dict[str, dict[str, str]]
    departure_id: str | None
    """of a message to a departure's people"""


class Subjects(NamedTuple):
    """Each by its id."""

    courses: dict[str, CourseSubject]
    programmes: dict[str, ProgrammeSubject]
    departures: dict[str, DepartureSubject]
    changes: dict[str, ChangeSubject]
    results: dict[str, ResultSubject]
    messages: dict[str, MessageSubject]
    phrases: Phrases
    """the organisation's own words, where it has some"""


def subjects(connection: Connection, keys: Iterable[tuple[str, str]]) -> Subjects:
    """What these (rule, subject) are about."""
    by_rule: dict[str, set[str]] = {}
    for rule, subject in keys:
        by_rule.setdefault(rule, set()).add(subject)

    def named(part: int, *rules: str) -> list[str]:
        return sorted({subject.split("/", 1)[part] for rule in rules for subject in by_rule.get(rule, ())})

    programmes = _programmes(connection, named(0, "assigned", "due", "overdue"))
    results = _results(connection, named(0, "exam_result"))
    wanted = {item for one in programmes.values() for item in one.items.values()}
    return Subjects(
        _courses(connection, wanted | {one.course_id for one in results.values()}),
        programmes,
        _departures(connection, named(0, "tour_tomorrow", "leaving", "departure_changed")),
        _changes(connection, named(1, "departure_changed")),
        results,
        _messages(connection, named(0, "message")),
        phrases(connection) if by_rule else {},
    )


def _courses(connection: Connection, ids: Collection[str]) -> dict[str, CourseSubject]:
    if not ids:
        return {}
    is_current = sa.and_(CourseVersion.course_id == Course.id, CourseVersion.number == Course.current_version)
    select = sa.select(Course.id, Course.slug, CourseVersion.entry).join(CourseVersion, is_current)
    rows = connection.execute(select.where(Course.id.in_(sorted(ids))))
    return {row.id: CourseSubject(row.id, row.slug, row.entry["title"], row.entry["minutes"]) for row in rows}


def _programmes(connection: Connection, ids: Collection[str]) -> dict[str, ProgrammeSubject]:
    if not ids:
        return {}
    select = (
        sa.select(Programme.id, Programme.title, ProgrammeItem.key, ProgrammeItem.kind, ProgrammeItem.item_id)
        .add_columns(ProgrammeItem.is_mandatory)
        .join(ProgrammeItem, ProgrammeItem.programme_id == Programme.id)
        .where(Programme.id.in_(ids))
        .order_by(ProgrammeItem.position)
    )
    found: dict[str, ProgrammeSubject] = {}
    for row in connection.execute(select):
        one = found.setdefault(row.id, ProgrammeSubject(row.title, {}, []))
        one.items[row.key] = row.item_id
        if row.is_mandatory:
            one.mandatory.append(f"{row.kind}/{row.item_id}")
    return found


def _departures(connection: Connection, ids: Collection[str]) -> dict[str, DepartureSubject]:
    if not ids:
        return {}
    select = (
        sa.select(Departure.id, Activity.entry, Departure.starts_at, Departure.meeting_place)
        .join(Activity, Activity.id == Departure.activity_id)
        .where(Departure.id.in_(ids))
    )
    return {
        row.id: DepartureSubject(row.entry["title"], row.starts_at, row.meeting_place)
        for row in connection.execute(select)
    }


def _changes(connection: Connection, ids: Collection[str]) -> dict[str, ChangeSubject]:
    if not ids:
        return {}
    select = sa.select(DepartureChange.id, DepartureChange.kind, DepartureChange.was_at)
    rows = connection.execute(select.where(DepartureChange.id.in_(ids)))
    return {row.id: ChangeSubject(row.kind, row.was_at) for row in rows}


def _results(connection: Connection, ids: Collection[str]) -> dict[str, ResultSubject]:
    if not ids:
        return {}
    columns: list[Any] = [Attempt.op_id, Attempt.course_id, Attempt.step_key, Attempt.right, Attempt.questions]
    same_step = sa.and_(
        Step.course_id == Attempt.course_id, Step.version == Attempt.version, Step.key == Attempt.step_key
    )
    select = sa.select(*columns, Attempt.passed, Step.title).join(Step, same_step).where(Attempt.op_id.in_(ids))
    return {
        row.op_id: ResultSubject(row.course_id, row.step_key, row.title, row.right, row.questions, row.passed)
        for row in connection.execute(select)
    }


def _messages(connection: Connection, ids: Collection[str]) -> dict[str, MessageSubject]:
    if not ids:
        return {}
    select = sa.select(GroupMessage.id, GroupMessage.words, GroupMessage.audience, GroupMessage.audience_id)
    return {
        row.id: MessageSubject(row.words, row.audience_id if row.audience == "departure" else None)
        for row in connection.execute(select.where(GroupMessage.id.in_(ids)))
    }
