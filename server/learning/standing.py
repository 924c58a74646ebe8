"""Where people stand: who may do what, which version was begun, and what is completed as a consequence."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any, Protocol

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session

from server.foundation import clock
from server.foundation.acts import Act, Verdict, rejected
from server.foundation.bulk import put
from server.foundation.changefeed import Touch, person_stream, touch
from server.foundation.database import any_of, zone_of
from server.people import belonging

from . import completion, published
from .models import CourseEnrolment, Enrolment, ItemCompletion, ProgrammeItem, StepCompletion
from .published import PublishedCourse

Facts = dict[tuple[str, str], dict[tuple[str, int], datetime]]
"""(person, course) → (step, version) → when"""
Followed = dict[tuple[str, str], tuple[Touch, ...]]


class InCourse(Protocol):
    """Any act in a course."""

    @property
    def act(self) -> Act: ...
    @property
    def course_id(self) -> str: ...


class OnVersion(InCourse, Protocol):
    @property
    def version(self) -> int: ...


def admitted(
    connection: Connection, known: dict[str, PublishedCourse], acts: Sequence[InCourse]
) -> dict[str, Verdict | None]:
    """Of each act (by op_id): None where its person may do this course, else the verdict that says why not."""
    assigned = _assigned(connection, acts)
    verdicts: dict[str, Verdict | None] = {}
    doubtful = [one for one in acts if one.course_id in known and (one.act.person_id, one.course_id) not in assigned]
    units = belonging.units_then(connection, {(one.act.person_id, one.act.at) for one in doubtful})
    for one in acts:
        course = known.get(one.course_id)
        if course is None:
            verdicts[one.act.op_id] = rejected("gone")
        elif (one.act.person_id, one.course_id) in assigned:
            verdicts[one.act.op_id] = None
        elif course.audience_unit_id not in units[one.act.person_id, one.act.at]:
            verdicts[one.act.op_id] = rejected("gone")
        else:
            # They did it; whether it counts in a closed course is for a coordinator to say.
            is_open = course.is_open or one.act.is_granted
            verdicts[one.act.op_id] = None if is_open else Verdict("review", "not_enrolled")
    return verdicts


_ASSIGNED = (
    sa.select(Enrolment.person_id, ProgrammeItem.item_id)
    .join(ProgrammeItem, ProgrammeItem.programme_id == Enrolment.programme_id)
    .where(
        any_of(Enrolment.person_id, "people"),
        any_of(ProgrammeItem.item_id, "items"),
        Enrolment.ended_on.is_(None),
    )
)


def _assigned(connection: Connection, acts: Sequence[InCourse]) -> set[tuple[str, str]]:
    values = {"people": sorted({one.act.person_id for one in acts}), "items": sorted({one.course_id for one in acts})}
    return {(person, item) for person, item in connection.execute(_ASSIGNED, values)}


_FACTS = sa.select(
    StepCompletion.person_id, StepCompletion.course_id, StepCompletion.step_key, StepCompletion.version,
    StepCompletion.completed_at,
).where(any_of(StepCompletion.person_id, "people"), any_of(StepCompletion.course_id, "courses"))  # fmt: skip


def facts(connection: Connection, acts: Iterable[InCourse]) -> Facts:
    """All step completions of the acts' people in the acts' courses."""
    pairs = {(one.act.person_id, one.course_id) for one in acts}
    values = {"people": sorted({person for person, _ in pairs}), "courses": sorted({course for _, course in pairs})}
    found: Facts = {}
    for person, course, step, version, at in connection.execute(_FACTS, values):
        found.setdefault((person, course), {})[step, version] = at
    return found


def settle_courses(
    connection: Connection, known: dict[str, PublishedCourse], facts: Facts, pairs: set[tuple[str, str]]
) -> Followed:
    """The courses among `pairs` (person, course) that are complete are so recorded. Returns what readers must hear."""
    complete = []
    for person, course in sorted(pairs):
        rules = known[course].rules()
        found = completion.completion(rules, (completion.Fact(*key, at) for key, at in facts[person, course].items()))
        if found:
            complete.append((person, course, found.version, found.completed_at))
    return settle_items(connection, "course", complete)


_COMPLETED = sa.select(
    ItemCompletion.person_id, ItemCompletion.item_id, ItemCompletion.version, ItemCompletion.completed_at
).where(any_of(ItemCompletion.person_id, "people"), any_of(ItemCompletion.item_id, "items"))


def settle_items(
    connection: Connection, kind: str, complete: Sequence[tuple[str, str, int | None, datetime]]
) -> Followed:
    """Each (person, item, version, at) is completed, for good; an earlier time wins. Repetition changes nothing.

    The interface by which another feature (an activity) counts in a programme.
    """
    if not complete:
        return {}
    completed = connection.execute(_COMPLETED, _people_and_items(complete))
    before = {(person, item): (at, version or 0) for person, item, version, at in completed}
    # The same item twice (a tour ridden two times) and two versions at one moment: the order of telling must not matter.
    first = {row[:2]: row for row in sorted(complete, key=_earliest, reverse=True)}
    new = [row for key, row in first.items() if key not in before or _earliest(row) < before[key]]
    put(connection, ItemCompletion, [_completion_row(kind, *row) for row in new])
    programmes = _programmes(connection, new)
    return {
        (person, item): tuple(
            Touch(person_stream(person), "enrolment", subject)
            for subject in ((item,) if kind == "course" else ()) + tuple(programmes.get((person, item), ()))
        )
        for person, item, _, _ in new
    }


def forget_hours(connection: Connection, people: Collection[str], before: datetime) -> list[Touch]:
    """Of the activities that these people had completed by then only the day is known. Again: nothing changes.

    Returns what readers must hear. The beginning of a day is the earliest time of it: nothing can make it a later day.
    """
    select = sa.select(ItemCompletion.person_id, ItemCompletion.item_id, ItemCompletion.completed_at).where(
        ItemCompletion.person_id.in_(sorted(people)),
        ItemCompletion.kind == "activity",
        ItemCompletion.completed_at < before,
    )
    zone = zone_of(connection)
    days = [(*row[:2], None, clock.start_of(row[2], zone)) for row in connection.execute(select)]
    put(connection, ItemCompletion, [_completion_row("activity", *row) for row in days])
    programmes = _programmes(connection, days)
    return [
        Touch(person_stream(person), "enrolment", programme)
        for (person, _), found in programmes.items()
        for programme in found
    ]


def settle_version(session: Session, course_id: str) -> None:
    """Who has done all that a new version asks, by steps that did not change, has completed the course by it."""
    select = sa.select(
        StepCompletion.person_id, StepCompletion.step_key, StepCompletion.version, StepCompletion.completed_at
    ).where(
        StepCompletion.course_id == course_id,
        ~sa.exists().where(ItemCompletion.person_id == StepCompletion.person_id, ItemCompletion.item_id == course_id),
    )
    found: Facts = {}
    for person, step, version, at in session.execute(select):
        found.setdefault((person, course_id), {})[step, version] = at
    known = published.courses(session.connection(), [course_id])
    published.forget()  # what is not committed yet may never be
    for news in settle_courses(session.connection(), known, found, set(found)).values():
        for one in news:
            touch(session, one.stream, one.entity, one.entity_id)


def _earliest(row: tuple[str, str, int | None, datetime]) -> tuple[datetime, int]:
    return row[3], row[2] or 0


def _people_and_items(complete: Sequence[tuple[Any, ...]]) -> dict[str, list[str]]:
    return {"people": sorted({row[0] for row in complete}), "items": sorted({row[1] for row in complete})}


_PROGRAMMES = (
    sa.select(Enrolment.person_id, ProgrammeItem.item_id, Enrolment.programme_id)
    .join(ProgrammeItem, ProgrammeItem.programme_id == Enrolment.programme_id)
    .where(any_of(Enrolment.person_id, "people"), any_of(ProgrammeItem.item_id, "items"))
)


def _programmes(connection: Connection, complete: Sequence[tuple[Any, ...]]) -> dict[tuple[str, str], list[str]]:
    if not complete:
        return {}
    found: dict[tuple[str, str], list[str]] = {}
    for person, item, programme in connection.execute(_PROGRAMMES, _people_and_items(complete)):
        found.setdefault((person, item), []).append(programme)
    return found


_BEGUN = sa.select(CourseEnrolment).where(
    any_of(CourseEnrolment.person_id, "people"), any_of(CourseEnrolment.course_id, "courses")
)


def begin(
    connection: Connection,
    known: dict[str, PublishedCourse],
    acts: Sequence[OnVersion],
    followed: Followed,
) -> None:
    """Each course is begun by its person's first act in it, and pinned to that act's version; `followed` gains the news."""
    first: dict[tuple[str, str], OnVersion] = {}
    for one in sorted(acts, key=lambda one: one.act.order, reverse=True):
        first[one.act.person_id, one.course_id] = one
    if not first:
        return
    values = {"people": sorted({person for person, _ in first}), "courses": sorted({course for _, course in first})}
    rows = {(row.person_id, row.course_id): dict(row._mapping) for row in connection.execute(_BEGUN, values)}
    changed = []
    for key, one in first.items():
        row = rows.get(key) or course_row(*key)
        if row["begun_at"] is None or one.act.order < (row["begun_at"], row["begun_op"]):
            changed.append(row | {"begun_at": one.act.at, "begun_op": one.act.op_id, "pinned_version": one.version})
            if key not in followed:
                followed[key] = (Touch(person_stream(key[0]), "enrolment", key[1]),)
    put(connection, CourseEnrolment, changed)


def course_row(person_id: str, course_id: str) -> dict[str, Any]:
    """A person's relation to a course before anything happened in it."""
    return {
        "person_id": person_id, "course_id": course_id, "is_chosen": False, "chosen_at": None, "chosen_op": None,
        "begun_at": None, "begun_op": None, "pinned_version": None,
    }  # fmt: skip


def _completion_row(kind: str, person: str, item: str, version: int | None, at: datetime) -> dict[str, Any]:
    return {"person_id": person, "item_id": item, "kind": kind, "version": version, "completed_at": at}
