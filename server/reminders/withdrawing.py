"""What is no longer true is closed: done, ended, cancelled, muted, recalled, expired. Also by the phone's late word.

Everything is decided by the facts as they stand, and never by who told them or when: so it may be asked as often as one
likes, by the clock for all that is open and again for a few right before they are sent.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from server.activities.models import Booking, CheckIn, Departure, DepartureChange, DepartureGuide
from server.foundation.changefeed import Touch, person_stream, publish
from server.foundation.database import UtcDateTime, any_of
from server.foundation.days import day_number, days_after
from server.learning.models import Course, Enrolment, ItemCompletion, ProgrammeItem

from .decency import day_of
from .listening import has_said_no, is_here
from .models import NUDGES, GroupMessage, Reminder, ReminderDelivery, ReminderMute, ReminderOccurrence

Open = ReminderOccurrence
WHYS = ("done", "recalled", "cancelled", "ended", "muted", "expired")
"""Why something is closed; where several hold, the first of them is said."""
AT_ONCE = 500
"""so many rows a statement"""


class Closed(NamedTuple):
    """Occurrences that were closed, and what phones must hear of it: for the caller to publish."""

    ids: set[str]
    touches: list[Touch]


def withdraw(connection: Connection, now: datetime, zone: str) -> None:
    """Every open occurrence still has its reason; reminders without any are closed, and their phones told. Again: the same."""
    publish(connection, _close(connection, connection.execute(_OF_ALL, _moment(now, zone)), now).touches)
    connection.execute(_SETTLE)


def close_untrue(connection: Connection, occurrence_ids: Sequence[str], now: datetime, zone: str) -> Closed:
    """The same for some occurrences; those that are closed already stay as they are."""
    values = _moment(now, zone)
    rows = [row for ids in parts(occurrence_ids) for row in connection.execute(_OF_SOME, values | {"ids": ids})]
    return _close(connection, rows, now)


def close_done(connection: Connection, rule: str, subjects: Sequence[str], now: datetime) -> list[Touch]:
    """What the rule said of these subjects is done. Again: nothing changes. Returns what phones must hear."""
    rows = [row for ids in parts(subjects) for row in connection.execute(_OPEN_OF, {"rule": rule, "subjects": ids})]
    return _close(connection, rows, now).touches


def _close(connection: Connection, rows: Iterable[Any], now: datetime) -> Closed:
    found = [row for row in rows if row.why and row.closed_at is None]
    for why in WHYS:
        for ids in parts([row.id for row in found if row.why == why]):
            connection.execute(_CLOSE, {"ids": ids, "at": now, "why": why})
    reminders = sorted({row.reminder_id for row in found if row.reminder_id})
    return Closed({row.id for row in found}, _close_reminders(connection, reminders, now))


def still_wanted(connection: Connection, reminder_ids: Collection[str], now: datetime, zone: str) -> set[str]:
    """Those of these reminders that are still true, unseen and not put off, after all that is known has been heard."""
    asked = sorted(set(reminder_ids))
    rows = [row for ids in parts(asked) for row in connection.execute(_OF_REMINDERS, _moment(now, zone) | {"ids": ids})]
    publish(connection, _close(connection, rows, now).touches)
    return set(connection.execute(_WANTED, _moment(now, zone) | {"ids": asked}).scalars())


def _moment(now: datetime, zone: str) -> dict[str, Any]:
    return {"now": now, "today": day_of(now, zone)}


_NOW, _TODAY = sa.bindparam("now", type_=UtcDateTime), sa.bindparam("today", type_=sa.Date)
_UNANSWERED = sa.and_(Reminder.seen_at.is_(None), Reminder.snoozed_until.is_(None))
_REFUSED = sa.and_(Reminder.rule == "nudge", has_said_no(Reminder.person_id))
_WANTED = sa.select(Reminder.id).where(
    any_of(Reminder.id, "ids"), Reminder.closed_at.is_(None), Reminder.expires_at > _NOW, _UNANSWERED,
    is_here(Reminder.person_id, _TODAY), ~_REFUSED,
)  # fmt: skip
_WITHDRAW = sa.update(ReminderDelivery).values(state="withdrawn", claimed_until=None)
_SETTLE = _WITHDRAW.where(
    ReminderDelivery.id.in_(
        sa.select(ReminderDelivery.id)
        .join(Reminder, Reminder.id == ReminderDelivery.reminder_id)
        .where(ReminderDelivery.state == "waiting", sa.or_(~_UNANSWERED, _REFUSED))
    )
)
"""what waits and was seen, put off or refused meanwhile waits no longer"""


def _judged() -> sa.Select[Any]:
    """Occurrences, each with why it has lost its reason, or nothing. One pass; each row asks only what its rule is about."""
    course, departure = _of_course(), _of_departure()
    of_course, of_leaving = Open.rule.in_(("due", "overdue")), Open.rule.in_(("tour_tomorrow", "leaving"))
    is_assigned, is_changed = Open.rule == "assigned", Open.rule == "departure_changed"
    muted = sa.exists().where(ReminderMute.person_id == Open.person_id, ReminderMute.subject == Open.subject)
    seen = sa.exists().where(Reminder.id == Open.reminder_id, Reminder.seen_at.is_not(None))
    recalled = sa.exists().where(GroupMessage.id == Open.subject, GroupMessage.recalled_at.is_not(None))
    runs = _is_enrolled(Open.subject)
    why = sa.case(
        (sa.and_(of_course, course["done"]), "done"),
        (sa.and_(is_assigned, ~_is_unfinished()), "done"),
        (sa.and_(of_leaving, departure["there"]), "done"),
        (sa.and_(Open.rule == "attention", seen), "done"),
        (sa.and_(Open.rule == "message", recalled), "recalled"),
        (sa.and_(of_leaving, ~departure["leaves"]), "cancelled"),
        (sa.and_(is_changed, departure["again"]), "cancelled"),
        (sa.and_(of_course, ~course["dated"]), "cancelled"),
        (sa.and_(of_course, ~course["runs"]), "ended"),
        (sa.and_(is_assigned, ~runs), "ended"),
        (sa.and_(sa.or_(of_leaving, is_changed), departure["seat"] == departure["removed"]), "ended"),
        (~is_here(Open.person_id, _TODAY), "ended"),
        (sa.and_(Open.rule.in_(NUDGES), muted), "muted"),
        (Open.expires_at <= _NOW, "expired"),
    )
    return sa.select(Open.id, Open.reminder_id, Open.closed_at, why.label("why"))


def _is_enrolled(programme: Any) -> sa.Exists:
    runs = sa.exists().where(
        Enrolment.programme_id == programme, Enrolment.person_id == Open.person_id, Enrolment.ended_on.is_(None)
    )
    return runs.correlate_except(Enrolment)  # by itself it reaches only one level up


def _is_unfinished() -> sa.Exists:
    """Of `assigned`: something mandatory is left to do."""
    done = sa.exists().where(
        ItemCompletion.item_id == ProgrammeItem.item_id, ItemCompletion.person_id == Open.person_id
    )
    left = sa.exists().where(ProgrammeItem.programme_id == Open.subject, ProgrammeItem.is_mandatory)
    return left.where(~done.correlate_except(ItemCompletion))


def _of_course() -> dict[str, sa.Exists]:
    """Of `due` and `overdue`: whether the course is done, still to be done by its person, and by the date that is meant."""
    programme, key = sa.func.substr(Open.subject, 1, 36), sa.func.substr(Open.subject, 38)
    item = sa.exists().where(ProgrammeItem.programme_id == programme, ProgrammeItem.key == key)
    due_on = day_number(days_after(Enrolment.started_on, ProgrammeItem.due_days))
    holds = sa.case((Open.rule == "due", due_on == Open.ordinal), else_=due_on < Open.ordinal)
    return {
        "done": item.where(ItemCompletion.item_id == ProgrammeItem.item_id, ItemCompletion.person_id == Open.person_id),
        "dated": item.where(Enrolment.programme_id == programme, Enrolment.person_id == Open.person_id, holds),
        "runs": item.where(
            Course.id == ProgrammeItem.item_id, Course.retired_at.is_(None), ProgrammeItem.is_mandatory,
            _is_enrolled(programme),
        ),
    }  # fmt: skip


def _of_departure() -> dict[str, Any]:
    """Of what is said of a departure: it leaves as said; it has changed again; its person is there, or has a seat.

    Removed: what is said is that they have none.
    """
    departure = sa.func.substr(Open.subject, 1, 36)
    newer, told = DepartureChange.__table__.alias(), DepartureChange.__table__.alias()
    return {
        "leaves": sa.exists().where(
            Departure.id == Open.subject, Departure.cancelled_at.is_(None), Departure.starts_at == Open.expires_at
        ),
        "again": sa.exists().where(
            told.c.id == sa.func.substr(Open.subject, 38), newer.c.departure_id == told.c.departure_id,
            newer.c.person_id.is_not_distinct_from(told.c.person_id),
            sa.tuple_(newer.c.changed_at, newer.c.id) > sa.tuple_(told.c.changed_at, told.c.id),
        ),
        "removed": sa.exists().where(told.c.id == sa.func.substr(Open.subject, 38), told.c.person_id.is_not(None)),
        "there": sa.exists().where(CheckIn.departure_id == Open.subject, CheckIn.person_id == Open.person_id),
        "seat": sa.or_(
            *(
                sa.exists().where(model.departure_id == departure, model.person_id == Open.person_id)
                for model in (Booking, DepartureGuide)
            )
        ),
    }  # fmt: skip


_OF_ALL = _judged().where(Open.closed_at.is_(None))
_OF_SOME = _judged().where(any_of(Open.id, "ids"))
_OF_REMINDERS = _judged().where(any_of(Open.reminder_id, "ids"))
_OPEN_OF = sa.select(Open.id, Open.reminder_id, Open.closed_at, sa.literal("done").label("why")).where(
    Open.rule == sa.bindparam("rule"), any_of(Open.subject, "subjects"), Open.closed_at.is_(None)
)
_CLOSE = sa.update(Open).where(any_of(Open.id, "ids"), Open.closed_at.is_(None)).values(
    closed_at=sa.bindparam("at"), closed_why=sa.bindparam("why")
)  # fmt: skip


_OTHERS = ReminderOccurrence.__table__.alias()
_ALL_CLOSED = sa.select(Open.reminder_id, Open.closed_why).where(
    any_of(Open.reminder_id, "ids"),
    ~sa.exists().where(_OTHERS.c.reminder_id == Open.reminder_id, _OTHERS.c.closed_at.is_(None)),
)
_CLOSE_REMINDERS = (
    sa.update(Reminder)
    .where(any_of(Reminder.id, "ids"), Reminder.closed_at.is_(None))
    .values(closed_at=sa.bindparam("at"), closed_why=sa.bindparam("why"))
    .returning(Reminder.id, Reminder.person_id)
)
_WITHDRAW_ALL = _WITHDRAW.where(
    any_of(ReminderDelivery.reminder_id, "ids"), ReminderDelivery.state == "waiting"
)  # fmt: skip


def _close_reminders(connection: Connection, reminder_ids: Sequence[str], now: datetime) -> list[Touch]:
    """Reminders of which no occurrence is open any more are closed, for the first of the reasons."""
    touches: list[Touch] = []
    for ids in parts(reminder_ids):
        whys: dict[str, set[str]] = {}
        for reminder, why in connection.execute(_ALL_CLOSED, {"ids": ids}):
            whys.setdefault(reminder, set()).add(why)
        for why in WHYS:
            said = [one for one, found in whys.items() if why == min(found, key=WHYS.index)]
            rows = connection.execute(_CLOSE_REMINDERS, {"ids": said, "at": now, "why": why}).all() if said else []
            touches += [Touch(person_stream(row.person_id), "reminder", row.id) for row in rows]
        connection.execute(_WITHDRAW_ALL, {"ids": list(whys)})
    return touches


def parts(ids: Sequence[str]) -> Iterable[list[str]]:
    """So many at a time that a statement holds them."""
    return (list(ids[at : at + AT_ONCE]) for at in range(0, len(ids), AT_ONCE))
