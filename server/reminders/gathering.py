"""From what is due to what a person reads: nudges of one day in one reminder, duties alone, and a delivery for each phone.

Two at once would make things twice: the caller sees to it that nobody else gathers until it commits (ticking.py).
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from server.foundation import ids
from server.foundation.bulk import put
from server.foundation.changefeed import Touch, person_stream, publish
from server.foundation.database import any_of

from .decency import day_of
from .listening import Listener, has_said_no, listeners, may_hear
from .models import NUDGES, PushSubscription, Reminder, ReminderDelivery, ReminderOccurrence
from .reasons import of_minute
from .rules import settings_of
from .subjects import subjects
from .withdrawing import close_untrue, parts
from .wording import Said, say_duty, say_nudges

OF_DEPARTURES = ("tour_tomorrow", "leaving", "departure_changed")
CROWD, SPREAD = 1_000, timedelta(minutes=5)
"""More phones than that are not reminded at once, but over that time: everybody opens the app then."""
_Row = dict[str, Any]


class Waiting(NamedTuple):
    """An occurrence that is due and not said yet."""

    id: str
    rule: str
    person_id: str
    subject: str
    ordinal: int
    due_at: datetime
    expires_at: datetime

    @property
    def leaves_at(self) -> datetime | None:
        return of_minute(self.ordinal) if self.rule in OF_DEPARTURES else None


def gather(connection: Connection, now: datetime, zone: str, people: Collection[str] | None = None) -> int:
    """What is due and may be said stands in its person's inbox, with its deliveries. Again: nothing twice.

    Only for these people, where they are named. Returns how many reminders were made.
    """
    asked = ready(connection, now, zone, people)
    closed = close_untrue(connection, [one.id for one in asked], now, zone)
    made = _make(connection, [one for one in asked if one.id not in closed.ids], now, zone)
    hurries = {row["id"] for row in made if row["rule"] in OF_DEPARTURES}
    add_deliveries(connection, {row["id"]: row["person_id"] for row in made}, now, hurries)
    publish(
        connection, [*closed.touches, *(Touch(person_stream(row["person_id"]), "reminder", row["id"]) for row in made)]
    )
    return len(made)


def ready(connection: Connection, now: datetime, zone: str, people: Collection[str] | None = None) -> list[Waiting]:
    """What is due, of rules that run, and whose person may hear it in this hour and on this day. Reads only."""
    settings = settings_of(connection)
    due = [one for one in _due(connection, now, people) if settings[one.rule].runs_on(day_of(one.due_at, zone))]
    heard = heard_by(connection, (one.person_id for one in due), now, zone)
    due = [one for one in due if may_hear(heard[one.person_id], one.rule, one.leaves_at, now, zone)]
    told = nudged(connection, (one.person_id for one in due if one.rule in NUDGES), now, zone)
    return [one for one in due if one.rule not in NUDGES or one.person_id not in told]


_PUT_OFF = (
    sa.select(Reminder.id, Reminder.person_id, Reminder.rule)
    .where(Reminder.snoozed_until <= sa.bindparam("today"), Reminder.closed_at.is_(None))
    .where(Reminder.expires_at > sa.bindparam("now"))
    .order_by(Reminder.made_at)
)


def again(connection: Connection, now: datetime, zone: str) -> int:
    """What was put off until today is new once more, and is sent once more. Again: nothing happens.

    The same reminder, with the same tag. Its deliveries keep their rows (the key names an address once) and wait again; a
    nudge that comes again is its person's nudge of that day, so that no other comes beside it.
    """
    rows = connection.execute(_PUT_OFF, {"today": day_of(now, zone), "now": now}).all()
    heard = heard_by(connection, (row.person_id for row in rows), now, zone)
    told = nudged(connection, (row.person_id for row in rows if row.rule == "nudge"), now, zone)
    coming: dict[str, Any] = {}
    for row in rows:
        is_nudge, listener = row.rule == "nudge", heard[row.person_id]
        is_free = not is_nudge or (row.person_id not in told and listener.has_reminders)
        if is_free and may_hear(listener, row.rule, None, now, zone):
            coming[row.id] = row
            told |= {row.person_id} if is_nudge else set()
    _wake(connection, coming, now, zone)
    publish(connection, [Touch(person_stream(row.person_id), "reminder", row.id) for row in coming.values()])
    return len(coming)


def _wake(connection: Connection, coming: dict[str, Any], now: datetime, zone: str) -> None:
    nudges = [row.id for row in coming.values() if row.rule == "nudge"]
    waits = {"state": "waiting", "not_before": now, "claimed_until": None, "tries": 0, "sent_at": None, "failure": None}
    for some in parts(list(coming)):
        one = sa.update(Reminder).where(Reminder.id.in_(some))
        connection.execute(one.values(snoozed_until=None, seen_at=None))
        connection.execute(
            sa.update(ReminderDelivery)
            .where(ReminderDelivery.reminder_id.in_(some), ReminderDelivery.state != "claimed", ~_is_lost())
            .values(waits)
        )
    for some in parts(nudges):
        connection.execute(sa.update(Reminder).where(Reminder.id.in_(some)).values(nudge_on=day_of(now, zone)))
    add_deliveries(connection, {row.id: row.person_id for row in coming.values()}, now)


def _is_lost() -> sa.ColumnElement[bool]:
    """A delivery to a phone that takes no pushes any more, or to an address that took no mail."""
    lives = sa.exists().where(PushSubscription.id == ReminderDelivery.address)
    came_back = sa.and_(ReminderDelivery.state == "failed", sa.func.coalesce(ReminderDelivery.failure, "") == "gone")
    return sa.or_(
        sa.and_(ReminderDelivery.channel == "push", ~lives), sa.and_(ReminderDelivery.channel == "mail", came_back)
    )


_PHONES = sa.select(PushSubscription.id, PushSubscription.person_id).where(
    any_of(PushSubscription.person_id, "people"), ~has_said_no(PushSubscription.person_id)
)


def add_deliveries(
    connection: Connection, reminders: dict[str, str], now: datetime, hurries: Collection[str] = ()
) -> None:
    """Each reminder (id → person) goes to every phone of its person that takes pushes. Again: to those that are new.

    Of a crowd each phone has its moment, but for those of the reminders that hurry.
    """
    phones: dict[str, list[str]] = {}
    for people in parts(sorted(set(reminders.values()))):
        for phone, person in connection.execute(_PHONES, {"people": people}):
            phones.setdefault(person, []).append(phone)
    to = [(reminder, person, phone) for reminder, person in reminders.items() for phone in phones.get(person, [])]
    step = SPREAD / len(to) if len(to) > CROWD else timedelta()
    rows = [
        delivery(reminder, person, "push", phone, now if reminder in hurries else now + number * step)
        for number, (reminder, person, phone) in enumerate(to)
    ]
    put(connection, ReminderDelivery, rows, replace=False)


def delivery(reminder_id: str, person_id: str, channel: str, address: str, not_before: datetime) -> _Row:
    """A new delivery's row."""
    return {
        "id": ids.new_id(), "reminder_id": reminder_id, "person_id": person_id, "channel": channel,
        "address": address, "state": "waiting", "not_before": not_before, "claimed_until": None, "tries": 0,
        "sent_at": None, "failure": None,
    }  # fmt: skip


_DUE = sa.select(
    ReminderOccurrence.id, ReminderOccurrence.rule, ReminderOccurrence.person_id, ReminderOccurrence.subject,
    ReminderOccurrence.ordinal, ReminderOccurrence.due_at, ReminderOccurrence.expires_at,
).where(
    ReminderOccurrence.closed_at.is_(None), ReminderOccurrence.reminder_id.is_(None),
    ReminderOccurrence.due_at <= sa.bindparam("now"), ReminderOccurrence.expires_at > sa.bindparam("now"),
    sa.or_(ReminderOccurrence.rule.not_in(NUDGES), ~has_said_no(ReminderOccurrence.person_id)),
)  # fmt: skip
_DUE_OF = _DUE.where(any_of(ReminderOccurrence.person_id, "people"))


def _due(connection: Connection, now: datetime, people: Collection[str] | None) -> Iterable[Waiting]:
    if people is None:
        return [Waiting(*row) for row in connection.execute(_DUE, {"now": now})]
    return [Waiting(*row) for row in connection.execute(_DUE_OF, {"now": now, "people": sorted(people)})]


def heard_by(connection: Connection, people: Iterable[str], now: datetime, zone: str) -> dict[str, Listener]:
    """How these people want to hear of things, so many at a time that a statement holds them."""
    found: dict[str, Listener] = {}
    for some in parts(sorted(set(people))):
        found |= listeners(connection, some, now, zone)
    return found


_NUDGED = sa.select(Reminder.person_id).where(
    any_of(Reminder.person_id, "people"), Reminder.nudge_on == sa.bindparam("today")
)


def nudged(connection: Connection, people: Iterable[str], now: datetime, zone: str) -> set[str]:
    """Those of these people who have had their nudge of today."""
    today = day_of(now, zone)
    return {
        person
        for some in parts(sorted(set(people)))
        for person in connection.execute(_NUDGED, {"people": some, "today": today}).scalars()
    }


_CLAIM = sa.update(ReminderOccurrence).where(ReminderOccurrence.id == sa.bindparam("of")).values(
    reminder_id=sa.bindparam("reminder")
)  # fmt: skip


def _make(connection: Connection, due: Sequence[Waiting], now: datetime, zone: str) -> list[_Row]:
    """The reminders of what is due; each occurrence knows the one that says it."""
    known = subjects(connection, {(one.rule, one.subject) for one in due})
    nudges: dict[str, list[Waiting]] = {}
    for one in due:
        if one.rule in NUDGES:
            nudges.setdefault(one.person_id, []).append(one)
    groups = [*nudges.values(), *([one] for one in due if one.rule not in NUDGES)]
    said: dict[frozenset[tuple[str, str, int]], Said] = {}
    made = []
    for some in groups:
        about = frozenset((one.rule, one.subject, one.ordinal) for one in some)
        if about not in said:  # the same words for all to whom the same is said
            is_nudge = some[0].rule in NUDGES
            said[about] = say_nudges(some, known) if is_nudge else say_duty(some[0], known, zone)
        made.append((_row(some, said[about], now, zone), some))
    rows = [row for row, _ in made]
    put(connection, Reminder, rows, replace=False)
    claims = [{"of": one.id, "reminder": row["id"]} for row, some in made for one in some]
    if claims:
        connection.execute(_CLAIM, claims)
    return rows


def _row(some: Sequence[Waiting], said: Said, now: datetime, zone: str) -> _Row:
    is_nudge = some[0].rule in NUDGES
    return {
        "id": ids.new_id(), "person_id": some[0].person_id, "rule": "nudge" if is_nudge else some[0].rule,
        "nudge_on": day_of(now, zone) if is_nudge else None, "made_at": now,
        "expires_at": max(one.expires_at for one in some), "about": said.about, "words": said.words,
        "target": said.target, "closed_at": None, "closed_why": None, "seen_at": None, "seen_op": None,
        "snoozed_until": None, "snoozed_at": None, "snoozed_op": None, "is_muted": False, "muted_at": None,
        "muted_op": None,
    }  # fmt: skip
