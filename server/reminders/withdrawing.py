"""What is no longer true is closed: done, ended, cancelled, muted, recalled, expired. Also by the phone's late word.

Everything is decided by the facts as they stand, and never by who told them or when: so it may be asked as often as one
likes, by the clock for all that is open and again for a few right before they are sent.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from server.activities.models import CheckIn, Departure, DepartureChange
from server.foundation.changefeed import Touch, person_stream, publish
from server.foundation.database import any_of
from server.foundation.days import day_number, days_after
from server.learning.models import Course, Enrolment, ItemCompletion, ProgrammeItem

from .decency import day_of
from .listening import has_said_no, is_here
from .models import NUDGES, GroupMessage, Reminder, ReminderDelivery, ReminderMute, ReminderOccurrence
from .reasons import travellers

Open = ReminderOccurrence
WHYS = ("done", "recalled", "cancelled", "ended", "muted", "expired")
"""Why something is closed; where several hold, the first of them is said."""
COURSE_RULES, TOUR_RULES = ("due", "overdue"), ("tour_tomorrow", "leaving", "departure_changed")
AT_ONCE = 500
"""so many rows a statement"""


def withdraw(connection: Connection, now: datetime, zone: str) -> None:
    """Every open occurrence still has its reason; reminders without any are closed, and their phones told. Again: the same."""
    publish(connection, close_untrue(connection, now, zone, sa.true()))
    _settle_deliveries(connection)


def close_untrue(connection: Connection, now: datetime, zone: str, only: sa.ColumnElement[bool]) -> list[Touch]:
    """The same for some occurrences. Returns what phones must hear, for the caller to publish."""
    closed: dict[str, Any] = {}
    for row in connection.execute(_untrue(now, zone, only)):
        if row.id not in closed or WHYS.index(row.why) < WHYS.index(closed[row.id].why):
            closed[row.id] = row
    _close_occurrences(connection, closed.values(), now)
    return _close_reminders(connection, {row.reminder_id for row in closed.values() if row.reminder_id}, now)


def still_wanted(connection: Connection, reminder_ids: Collection[str], now: datetime, zone: str) -> set[str]:
    """Those of these reminders that are still true, unseen and not put off, after all that is known has been heard."""
    asked = sorted(set(reminder_ids))
    publish(connection, close_untrue(connection, now, zone, Open.reminder_id.in_(asked)))
    wanted = sa.select(Reminder.id).where(
        Reminder.id.in_(asked), Reminder.closed_at.is_(None), Reminder.expires_at > now, _is_unanswered(),
        is_here(Reminder.person_id, day_of(now, zone)), ~_is_refused(),
    )  # fmt: skip
    return set(connection.execute(wanted).scalars())


def _settle_deliveries(connection: Connection) -> None:
    """What waits and was seen, put off or refused meanwhile waits no longer."""
    stale = sa.select(ReminderDelivery.id).join(Reminder, Reminder.id == ReminderDelivery.reminder_id)
    stale = stale.where(ReminderDelivery.state == "waiting", sa.or_(~_is_unanswered(), _is_refused()))
    connection.execute(
        sa.update(ReminderDelivery).where(ReminderDelivery.id.in_(stale)).values(state="withdrawn", claimed_until=None)
    )


def _is_unanswered() -> sa.ColumnElement[bool]:
    return sa.and_(Reminder.seen_at.is_(None), Reminder.snoozed_until.is_(None))


def _is_refused() -> sa.ColumnElement[bool]:
    return sa.and_(Reminder.rule == "nudge", has_said_no(Reminder.person_id))


def _untrue(now: datetime, zone: str, only: sa.ColumnElement[bool]) -> Any:
    """(id, person_id, reminder_id, why) of the open occurrences that have lost their reason; one may come more than once."""
    left = ~is_here(Open.person_id, day_of(now, zone))
    muted = sa.exists().where(ReminderMute.person_id == Open.person_id, ReminderMute.subject == Open.subject)
    told = sa.select(Reminder.seen_at).where(Reminder.id == Open.reminder_id).scalar_subquery()
    recalled = sa.exists().where(GroupMessage.id == Open.subject, GroupMessage.recalled_at.is_not(None))
    parts = [
        _lost("expired", Open.expires_at <= now),
        _lost("ended", left),
        _lost("muted", Open.rule.in_(NUDGES), muted),
        _lost("done", Open.rule == "attention", told.is_not(None)),
        _lost("recalled", Open.rule == "message", recalled),
        *_of_courses(),
        *_of_programmes(),
        *_of_departures(),
    ]
    return sa.union_all(*(part.where(Open.closed_at.is_(None), only) for part in parts))


def _lost(why: str, *conditions: Any) -> sa.Select[Any]:
    return sa.select(Open.id, Open.person_id, Open.reminder_id, sa.literal(why).label("why")).where(*conditions)


def _of_courses() -> Iterable[sa.Select[Any]]:
    """`due` and `overdue`: the course is done; the enrolment or the course is over; the date is another one now."""
    programme, key = sa.func.substr(Open.subject, 1, 36), sa.func.substr(Open.subject, 38)
    is_item = sa.and_(ProgrammeItem.programme_id == programme, ProgrammeItem.key == key)
    course = Open.rule.in_(COURSE_RULES)
    done = sa.exists().where(
        is_item, ItemCompletion.item_id == ProgrammeItem.item_id, ItemCompletion.person_id == Open.person_id
    )
    runs = sa.exists().where(
        is_item, Course.id == ProgrammeItem.item_id, Course.retired_at.is_(None), ProgrammeItem.is_mandatory,
        Enrolment.programme_id == programme, Enrolment.person_id == Open.person_id, Enrolment.ended_on.is_(None),
    )  # fmt: skip
    due_on = day_number(days_after(Enrolment.started_on, ProgrammeItem.due_days))
    holds = sa.or_(
        sa.and_(Open.rule == "due", due_on == Open.ordinal), sa.and_(Open.rule == "overdue", due_on < Open.ordinal)
    )
    dated = sa.exists().where(
        is_item, Enrolment.programme_id == programme, Enrolment.person_id == Open.person_id, holds
    )  # fmt: skip
    return _lost("done", course, done), _lost("ended", course, ~runs), _lost("cancelled", course, ~dated)


def _of_programmes() -> Iterable[sa.Select[Any]]:
    """`assigned`: everything mandatory is done; the enrolment is over."""
    is_assigned = Open.rule == "assigned"
    runs = sa.exists().where(
        Enrolment.programme_id == Open.subject, Enrolment.person_id == Open.person_id, Enrolment.ended_on.is_(None)
    )
    done = sa.exists().where(
        ItemCompletion.item_id == ProgrammeItem.item_id, ItemCompletion.person_id == Open.person_id
    )
    left = sa.exists().where(ProgrammeItem.programme_id == Open.subject, ProgrammeItem.is_mandatory, ~done)
    return _lost("ended", is_assigned, ~runs), _lost("done", is_assigned, ~left)


def _of_departures() -> Iterable[sa.Select[Any]]:
    """Moved or cancelled: what was said of its leaving is no longer true. Changed again: the last change is said. No seat."""
    departure = sa.func.substr(Open.subject, 1, 36)
    of_leaving = Open.rule.in_(("tour_tomorrow", "leaving"))
    leaves = sa.exists().where(
        Departure.id == Open.subject, Departure.cancelled_at.is_(None), Departure.starts_at == Open.expires_at
    )
    newer, told = DepartureChange.__table__.alias(), DepartureChange.__table__.alias()
    again = sa.exists().where(
        told.c.id == sa.func.substr(Open.subject, 38), newer.c.departure_id == told.c.departure_id,
        sa.tuple_(newer.c.changed_at, newer.c.id) > sa.tuple_(told.c.changed_at, told.c.id),
    )  # fmt: skip
    people = travellers()
    has_seat = sa.exists().where(people.c.departure_id == departure, people.c.person_id == Open.person_id)
    there = sa.exists().where(CheckIn.departure_id == Open.subject, CheckIn.person_id == Open.person_id)
    return (
        _lost("cancelled", of_leaving, ~leaves),
        _lost("cancelled", Open.rule == "departure_changed", again),
        _lost("ended", Open.rule.in_(TOUR_RULES), ~has_seat),
        _lost("done", of_leaving, there),
    )


_CLOSE = sa.update(Open).where(Open.id.in_(any_of("ids")), Open.closed_at.is_(None)).values(
    closed_at=sa.bindparam("at"), closed_why=sa.bindparam("why")
)  # fmt: skip


def _close_occurrences(connection: Connection, closed: Collection[Any], now: datetime) -> None:
    for why in WHYS:
        for ids in parts([row.id for row in closed if row.why == why]):
            connection.execute(_CLOSE, {"ids": ids, "at": now, "why": why})


def _close_reminders(connection: Connection, reminder_ids: Collection[str], now: datetime) -> list[Touch]:
    """Reminders of which no occurrence is open any more are closed, for the first of the reasons."""
    others = ReminderOccurrence.__table__.alias()
    still_open = sa.exists().where(others.c.reminder_id == Open.reminder_id, others.c.closed_at.is_(None))
    touches: list[Touch] = []
    for ids in parts(sorted(reminder_ids)):
        whys: dict[str, set[str]] = {}
        select = sa.select(Open.reminder_id, Open.closed_why).where(Open.reminder_id.in_(ids), ~still_open)
        for reminder, why in connection.execute(select):
            whys.setdefault(reminder, set()).add(why)
        for why in WHYS:
            said = [one for one, found in whys.items() if why == min(found, key=WHYS.index)]
            close = sa.update(Reminder).where(Reminder.id.in_(said), Reminder.closed_at.is_(None))
            if said:
                rows = connection.execute(
                    close.values(closed_at=now, closed_why=why).returning(Reminder.id, Reminder.person_id)
                )
                touches += [Touch(person_stream(row.person_id), "reminder", row.id) for row in rows]
        connection.execute(
            sa.update(ReminderDelivery)
            .where(ReminderDelivery.reminder_id.in_(list(whys)), ReminderDelivery.state == "waiting")
            .values(state="withdrawn", claimed_until=None)
        )
    return touches


def parts(ids: Sequence[str]) -> Iterable[list[str]]:
    """So many at a time that a statement holds them."""
    return (list(ids[at : at + AT_ONCE]) for at in range(0, len(ids), AT_ONCE))
