"""The reasons that may wait for working time: a programme that begins, a course that is due, one that is late.

One select a rule, whatever the number of people. Reads only.
"""

from collections.abc import Iterator
from datetime import date, time, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from server.foundation.days import day_number, days_after
from server.learning.models import Course, Enrolment, ItemCompletion, ProgrammeItem

from .decency import moment
from .listening import is_here
from .models import ReminderMute, ReminderOccurrence
from .reasons import ASSIGNED_LASTS, LATE, NUDGE_AT, Frame, Reason

_TODAY, _FIRST, _LAST = (sa.bindparam(name, type_=sa.Date) for name in ("today", "first", "last"))


_DUE_ON = days_after(Enrolment.started_on, ProgrammeItem.due_days)


def _nudges(rule: str, source: Any, subject: Any, day: Any, ordinal: Any) -> sa.Select[Any]:
    """Of enrolments that run: what is neither told, closed nor muted; where it is planned, with the time that it is due."""
    planned, settled = (ReminderOccurrence.__table__.alias(name) for name in ("planned", "settled"))
    is_this = [
        sa.and_(one.c.person_id == Enrolment.person_id, one.c.rule == rule, one.c.subject == subject, one.c.ordinal == ordinal)
        for one in (planned, settled)
    ]  # fmt: skip
    # Two looks at one table: PostgreSQL takes a left join whose row is asked for NULL to leave hardly anybody, and then
    # goes through all people for each of them (10,000 people: 30 s instead of 1).
    is_settled = sa.exists().where(
        is_this[1], sa.or_(settled.c.reminder_id.is_not(None), settled.c.closed_at.is_not(None))
    )
    muted = sa.exists().where(ReminderMute.person_id == Enrolment.person_id, ReminderMute.subject == subject)
    return (
        sa.select(Enrolment.person_id, subject.label("subject"), ordinal.label("ordinal"), planned.c.due_at)
        .select_from(sa.outerjoin(source, planned, is_this[0]))
        .where(Enrolment.ended_on.is_(None), day.between(_FIRST, _LAST), is_here(Enrolment.person_id, _TODAY))
        .where(~is_settled, ~muted)
    )


def _course_nudges(rule: str, ordinal: Any) -> sa.Select[Any]:
    """Mandatory courses with a date: what a person can do themselves. A tour is booked for them, and has rules of its own."""
    source = sa.join(Enrolment, ProgrammeItem, ProgrammeItem.programme_id == Enrolment.programme_id)
    source = source.join(Course, Course.id == ProgrammeItem.item_id)
    return _nudges(rule, source, Enrolment.programme_id + "/" + ProgrammeItem.key, _DUE_ON, ordinal).where(
        ProgrammeItem.is_mandatory, ProgrammeItem.due_days.is_not(None), Course.retired_at.is_(None),
        ~_is_completed(Enrolment.person_id, ProgrammeItem.item_id),
    )  # fmt: skip


def _is_completed(person: Any, item: Any) -> sa.Exists:
    done = sa.exists().where(ItemCompletion.person_id == person, ItemCompletion.item_id == item)
    return done.correlate_except(ItemCompletion)  # by itself it reaches only one level up


_NEEDED = ProgrammeItem.__table__.alias()
_ASSIGNED = _nudges(
    "assigned", Enrolment, Enrolment.programme_id, Enrolment.started_on, day_number(Enrolment.started_on)
).where(
    sa.exists().where(
        _NEEDED.c.programme_id == Enrolment.programme_id, _NEEDED.c.is_mandatory,
        ~_is_completed(Enrolment.person_id, _NEEDED.c.item_id),
    )
)  # fmt: skip
_DUE = _course_nudges("due", day_number(_DUE_ON))
_LATE_FOR = day_number(_TODAY) - day_number(_DUE_ON) - 1
_OVERDUE = _course_nudges("overdue", day_number(_TODAY) - _LATE_FOR % sa.bindparam("every", type_=sa.Integer))
"""the last day, today or before, on which it is said again"""


def assigned(connection: Connection, frame: Frame) -> Iterator[Reason]:
    """A programme starts on this day: said once, while it is not completed."""
    for row, day in _found(connection, _ASSIGNED, frame, frame.today - LATE, frame.today):
        due_at = moment(day, NUDGE_AT, frame.zone)
        if frame.says(day) and row.due_at != due_at:
            yield Reason("assigned", row.person_id, row.subject, row.ordinal, due_at, due_at + ASSIGNED_LASTS)


def due(connection: Connection, frame: Frame) -> Iterator[Reason]:
    """A course is to be done in so many days; until the day is over."""
    ahead = timedelta(days=frame.setting.days)
    for row, day in _found(connection, _DUE, frame, frame.today, frame.today + ahead):
        due_at = moment(day - ahead, NUDGE_AT, frame.zone)
        if frame.says(day - ahead) and row.due_at != due_at:
            ends_at = moment(day + timedelta(days=1), time(0), frame.zone)
            yield Reason("due", row.person_id, row.subject, row.ordinal, due_at, ends_at)


def overdue(connection: Connection, frame: Frame) -> Iterator[Reason]:
    """A course is late: on the day after, and again every so many days, so many times; each time takes the place of the last."""
    every = timedelta(days=frame.setting.every_days)
    first, last = frame.today - every * frame.setting.most_times, frame.today - timedelta(days=1)
    for row, day in _found(connection, _OVERDUE, frame, first, last, every=every.days):
        due_at = moment(day, NUDGE_AT, frame.zone)
        if frame.says(day) and row.due_at != due_at:
            ends_at = moment(day + every, NUDGE_AT, frame.zone)
            yield Reason("overdue", row.person_id, row.subject, row.ordinal, due_at, ends_at)


def _found(
    connection: Connection, select: sa.Select[Any], frame: Frame, first: date, last: date, **other: int
) -> Iterator[tuple[Any, date]]:
    """What the select finds of facts that name these days, each with the day of its ordinal."""
    for row in connection.execute(select, {"today": frame.today, "first": first, "last": last, **other}):
        yield row, date.fromordinal(row.ordinal)
