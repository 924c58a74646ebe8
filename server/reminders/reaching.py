"""Which ways to a person live, and what goes another way where the first is absent, silent or refused.

Handed over is never the same as arrived: a push counts as heard when its phone was heard after it. What nobody has seen by
then goes by mail, and on the day of a tour by SMS too, for an hour is too short to try one after the other.
"""

from collections.abc import Collection
from datetime import datetime, time, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from server.foundation.bulk import put
from server.foundation.database import UtcDateTime
from server.people.models import Device, Person

from . import contacts
from .decency import day_of, moment
from .gathering import OF_DEPARTURES, delivery
from .listening import is_here
from .models import ContactAddress, PushSubscription, Reminder, ReminderDelivery, ReminderOccurrence

HEARD_LATELY = timedelta(days=14)
FAILED_OFTEN = 5
"""so many failures on end, and a push service does not want us for this phone"""
WAIT, WAIT_OF_TOURS = timedelta(hours=4), timedelta(minutes=30)
ON_THE_DAY = ("leaving", "departure_changed")
"""what goes by SMS, on the day that it concerns"""
GOES_TO = contacts.goes_to(ContactAddress)
_TOGETHER = 500


def lives(now: datetime) -> sa.ColumnElement[bool]:
    """True in SQL where the subscription's phone was heard lately and its service takes what we send."""
    heard = sa.exists().where(Device.id == PushSubscription.device_id, Device.last_heard_at > now - HEARD_LATELY)
    confirmed = PushSubscription.confirmed_at > now - HEARD_LATELY
    return sa.and_(PushSubscription.failures < FAILED_OFTEN, sa.or_(heard, confirmed))


def is_reachable(now: datetime, ways: Collection[str]) -> sa.ColumnElement[bool]:
    """True in SQL where the person has a way that carries everything: a phone that lives, or a mail address that does.

    An SMS carries the day of a tour alone: with nothing but a number one is not reachable.
    """
    by_push = sa.exists().where(PushSubscription.person_id == Person.id, lives(now))
    return sa.or_(by_push, contacts.has_mail(now)) if "mail" in ways else by_push


def escalate(connection: Connection, now: datetime, zone: str, ways: Collection[str]) -> int:
    """What is open and has not been heard on any phone goes the other ways that there are. Again: none twice.

    Returns how many deliveries were added. It takes the same few statements however many people there are.
    """
    withdraw_refused(connection)
    if not {"mail", "sms"}.intersection(ways):
        return 0
    rows = []
    for one in connection.execute(_unheard(now, zone, ways)):
        if one.by_mail:
            rows.append(delivery(one.id, one.person_id, "mail", one.email, now))
        if one.by_sms:
            rows.append(delivery(one.id, one.person_id, "sms", one.phone_number, now))
    for at in range(0, len(rows), _TOGETHER):
        put(connection, ReminderDelivery, rows[at : at + _TOGETHER], replace=False)
    return len(rows)


def withdraw_refused(connection: Connection) -> None:
    """No nudge waits to go by mail to who has said no to them meanwhile. Again: nothing changes."""
    refused = (
        sa.select(ReminderDelivery.id)
        .join(Reminder, Reminder.id == ReminderDelivery.reminder_id)
        .join(Person, Person.id == ReminderDelivery.person_id)
        .where(ReminderDelivery.channel == "mail", ReminderDelivery.state == "waiting", Reminder.rule == "nudge")
        .where(~contacts.takes_nudges_by_mail())
    )
    connection.execute(
        sa.update(ReminderDelivery)
        .where(ReminderDelivery.id.in_(refused), ReminderDelivery.state == "waiting")
        .values(state="withdrawn", claimed_until=None)
    )


def _unheard(now: datetime, zone: str, ways: Collection[str]) -> sa.Select[Any]:
    """Open reminders that no phone has heard in its time, and which ways they can take that they have not taken."""
    is_nudge = Reminder.rule == "nudge"
    by_mail = sa.and_(
        sa.literal("mail" in ways), contacts.has_mail(now), ~_went("mail"),
        sa.or_(~is_nudge, contacts.takes_nudges_by_mail()),
    )  # fmt: skip
    midnight = moment(day_of(now, zone) + timedelta(days=1), time(0), zone)
    by_sms = sa.and_(
        sa.literal("sms" in ways), Reminder.rule.in_(ON_THE_DAY), Reminder.expires_at <= midnight,
        ContactAddress.phone_number.is_not(None), ~_went("sms"),
    )  # fmt: skip
    still_open = sa.select(ReminderOccurrence.reminder_id).where(
        ReminderOccurrence.closed_at.is_(None), ReminderOccurrence.reminder_id.is_not(None)
    )
    return (
        sa.select(Reminder.id, Reminder.person_id, GOES_TO.label("email"), ContactAddress.phone_number)
        .add_columns(by_mail.label("by_mail"), by_sms.label("by_sms"))
        .join(Person, Person.id == Reminder.person_id)
        .outerjoin(ContactAddress, ContactAddress.person_id == Reminder.person_id)
        .where(
            Reminder.id.in_(still_open), Reminder.closed_at.is_(None), Reminder.seen_at.is_(None),
            Reminder.snoozed_until.is_(None), Reminder.expires_at > now,
            is_here(Reminder.person_id, day_of(now, zone)), sa.or_(by_mail, by_sms), ~_is_heard(now),
        )
        .order_by(Reminder.made_at)
    )  # fmt: skip


def _went(channel: str) -> sa.Exists:
    """What came back from an address that the person has no more counts as not sent: it goes to the new one."""
    came_back = sa.and_(ReminderDelivery.failure == "gone", ReminderDelivery.state == "failed")
    is_elsewhere = sa.and_(came_back, ReminderDelivery.channel == "mail", ReminderDelivery.address != GOES_TO)
    return sa.exists().where(
        ReminderDelivery.reminder_id == Reminder.id, ReminderDelivery.channel == channel, ~is_elsewhere
    )


def _is_heard(now: datetime) -> sa.ColumnElement[bool]:
    """A phone that lives was heard after the push, or the push still has its time.

    When a phone was heard is known to a few minutes: now and then a mail comes too many, and never one too few.
    """
    heard = sa.exists().where(Device.id == PushSubscription.device_id, Device.last_heard_at >= ReminderDelivery.sent_at)
    waits_since = sa.case(
        (Reminder.rule.in_(OF_DEPARTURES), sa.literal(now - WAIT_OF_TOURS, UtcDateTime())),
        else_=sa.literal(now - WAIT, UtcDateTime()),
    )
    is_held_up = sa.and_(ReminderDelivery.failure.is_not(None), ReminderDelivery.failure != "quiet")
    has_time = sa.case((is_held_up, Reminder.made_at), else_=ReminderDelivery.not_before) > waits_since
    return sa.exists().where(
        ReminderDelivery.reminder_id == Reminder.id, ReminderDelivery.channel == "push",
        ReminderDelivery.state.in_(("waiting", "claimed", "sent")), PushSubscription.id == ReminderDelivery.address,
        lives(now), sa.or_(has_time, sa.and_(ReminderDelivery.state == "sent", heard)),
    )  # fmt: skip
