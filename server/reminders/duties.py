"""The reasons that come alone: tours, results, messages. (What needs its person is told by sync: noting.py.)

One select a rule, whatever the number of people. Reads only.
"""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from server.activities.models import Departure, DepartureChange
from server.foundation.database import UtcDateTime
from server.learning.models import Attempt, Step

from .decency import day_of, moment
from .listening import is_here
from .models import GroupMessage, ReminderOccurrence
from .reasons import (
    AN_HOUR,
    EVENING_BEFORE,
    RESULT_LASTS,
    SEEN_AT_ONCE,
    WEEK,
    Frame,
    Reason,
    audiences,
    minute_number,
    travellers,
)

Known = ReminderOccurrence
_TODAY = sa.bindparam("today", type_=sa.Date)
_NOW, _SINCE, _LATEST = (sa.bindparam(name, type_=UtcDateTime) for name in ("now", "since", "latest"))


def _is_known(rule: str, person: Any, subject: Any) -> sa.Exists:
    return sa.exists().where(Known.person_id == person, Known.rule == rule, Known.subject == subject)


def _leaving_soon(rule: str) -> sa.Select[Any]:
    people = travellers()
    changed_at = (
        sa.select(sa.func.max(DepartureChange.changed_at))
        .where(DepartureChange.departure_id == Departure.id)
        .scalar_subquery()
    )
    # The key knows the minute of leaving; so does the expiry, which a statement can compare on both databases.
    known = _is_known(rule, people.c.person_id, Departure.id).where(Known.expires_at == Departure.starts_at)
    return (
        sa.select(
            people.c.person_id, Departure.id.label("subject"), Departure.starts_at, changed_at.label("changed_at")
        )
        .join(people, people.c.departure_id == Departure.id)
        .where(Departure.starts_at > _NOW, Departure.starts_at <= _LATEST, Departure.cancelled_at.is_(None))
        .where(~known, is_here(people.c.person_id, _TODAY))
    )


_TOMORROW, _LEAVING = _leaving_soon("tour_tomorrow"), _leaving_soon("leaving")


def tour_tomorrow(connection: Connection, frame: Frame) -> Iterator[Reason]:
    """A departure leaves tomorrow: said the evening before, or as soon as a seat is had; not again to who was told it anew."""
    values = {"today": frame.today, "now": frame.now, "latest": frame.now + timedelta(days=2)}
    for row in connection.execute(_TOMORROW, values):
        eve = day_of(row.starts_at, frame.zone) - timedelta(days=1)
        due_at = moment(eve, EVENING_BEFORE, frame.zone)
        is_news = row.changed_at is None or row.changed_at < due_at
        if frame.says(eve) and is_news and frame.now < row.starts_at - AN_HOUR:
            number = minute_number(row.starts_at)
            yield Reason("tour_tomorrow", row.person_id, row.subject, number, due_at, row.starts_at)


def leaving(connection: Connection, frame: Frame) -> Iterator[Reason]:
    """A departure leaves in an hour."""
    values = {"today": frame.today, "now": frame.now, "latest": frame.now + AN_HOUR}
    for row in connection.execute(_LEAVING, values):
        due_at = row.starts_at - AN_HOUR
        if frame.says(day_of(due_at, frame.zone)):
            number = minute_number(row.starts_at)
            yield Reason("leaving", row.person_id, row.subject, number, due_at, row.starts_at)


def _is_last() -> sa.ColumnElement[bool]:
    """Nothing newer is said of the departure, to all of its people or to the one who lost their place."""
    newer = DepartureChange.__table__.alias()
    return ~sa.exists().where(
        newer.c.departure_id == DepartureChange.departure_id,
        newer.c.person_id.is_not_distinct_from(DepartureChange.person_id),
        sa.tuple_(newer.c.changed_at, newer.c.id) > sa.tuple_(DepartureChange.changed_at, DepartureChange.id),
    )


_CHANGE = DepartureChange.departure_id + "/" + DepartureChange.id


def _changed() -> sa.Select[Any]:
    people = travellers()
    return (
        sa.select(people.c.person_id, _CHANGE.label("subject"), DepartureChange.kind, DepartureChange.changed_at)
        .add_columns(DepartureChange.was_at, Departure.starts_at)
        .join(Departure, Departure.id == DepartureChange.departure_id)
        .join(people, people.c.departure_id == Departure.id)
        .where(DepartureChange.changed_at.between(_SINCE, _NOW), DepartureChange.person_id.is_(None), _is_last())
        .where(sa.or_(people.c.booked_at.is_(None), people.c.booked_at <= DepartureChange.changed_at))
        .where(~_is_known("departure_changed", people.c.person_id, _CHANGE), is_here(people.c.person_id, _TODAY))
    )


def _removed() -> sa.Select[Any]:
    person, people = DepartureChange.person_id, travellers()
    has_a_place = sa.exists().where(people.c.departure_id == DepartureChange.departure_id, people.c.person_id == person)
    return (
        sa.select(person, _CHANGE.label("subject"), DepartureChange.changed_at, DepartureChange.was_at)
        .where(DepartureChange.changed_at.between(_SINCE, _NOW), person.is_not(None), _is_last(), ~has_a_place)
        .where(~_is_known("departure_changed", person, _CHANGE), is_here(person, _TODAY))
    )


_CHANGED, _REMOVED = _changed(), _removed()


def departure_changed(connection: Connection, frame: Frame) -> Iterator[Reason]:
    """A departure was moved or cancelled after somebody had a seat: the last change, to who had one when it came.

    Or they have no place on it any more: told is who lost it.
    """
    values = {"today": frame.today, "now": frame.now, "since": frame.since}
    for row in connection.execute(_CHANGED, values):
        leaves_at = row.was_at if row.kind == "cancelled" else row.starts_at
        if leaves_at > frame.now:
            number = minute_number(min(row.was_at, row.starts_at))
            yield Reason("departure_changed", row.person_id, row.subject, number, row.changed_at, leaves_at)
    for row in connection.execute(_REMOVED, values):
        if row.was_at > frame.now:
            number = minute_number(row.was_at)
            yield Reason("departure_changed", row.person_id, row.subject, number, row.changed_at, row.was_at)


_SAME_STEP = sa.and_(
    Step.course_id == Attempt.course_id, Step.version == Attempt.version, Step.key == Attempt.step_key
)  # fmt: skip
_RESULTS = (
    sa.select(Attempt.person_id, Attempt.op_id, Attempt.attempted_at, Attempt.recorded_at)
    .join(Step, _SAME_STEP)
    .where(Attempt.recorded_at.between(_SINCE, _NOW), Step.quiz["mode"].as_string() == "exam")
    .where(~_is_known("exam_result", Attempt.person_id, Attempt.op_id), is_here(Attempt.person_id, _TODAY))
)


def exam_result(connection: Connection, frame: Frame) -> Iterator[Reason]:
    """The answers of an exam reached us late: its result is known now, and nobody waits at the screen for it."""
    since = max(frame.since, frame.now - RESULT_LASTS)
    for row in connection.execute(_RESULTS, {"today": frame.today, "now": frame.now, "since": since}):
        if row.recorded_at - row.attempted_at > SEEN_AT_ONCE:
            expires_at = row.recorded_at + RESULT_LASTS
            yield Reason("exam_result", row.person_id, row.op_id, 0, row.recorded_at, expires_at)


def _messages() -> sa.Select[Any]:
    people = audiences(_TODAY)
    audience = sa.and_(people.c.audience == GroupMessage.audience, people.c.audience_id == GroupMessage.audience_id)
    planned = sa.exists().where(Known.rule == "message", Known.subject == GroupMessage.id)
    return (
        sa.select(people.c.person_id, GroupMessage.id, GroupMessage.sends_at)
        .join(people, audience)
        .where(GroupMessage.sends_at.between(_SINCE, _NOW), GroupMessage.recalled_at.is_(None))
        .where(~planned, is_here(people.c.person_id, _TODAY))
        .distinct()
    )


_MESSAGES = _messages()


def message(connection: Connection, frame: Frame) -> Iterator[Reason]:
    """A coordinator's words, when their minute of undo is over: to who belongs to the audience at that moment, and no later."""
    for row in connection.execute(_MESSAGES, {"today": frame.today, "now": frame.now, "since": frame.since}):
        yield Reason("message", row.person_id, row.id, 0, row.sends_at, row.sends_at + WEEK)
