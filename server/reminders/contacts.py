"""What is known of the ways to a person beside push: their number, a mail address that bounced, what they said no to."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.orm import aliased

from server.foundation.bulk import put
from server.foundation.changefeed import Touch, person_stream, publish
from server.people.models import Person, Preference

from .models import ContactAddress, ReminderDelivery

BOUNCE_LASTS = timedelta(days=30)
"""Then the address is tried again: mailboxes are moved and mended."""


def make(connection: Connection, people: Iterable[str]) -> None:
    """Each of the people has a row. Again: what it holds stays."""
    put(connection, ContactAddress, [{"person_id": one} for one in sorted(set(people))], replace=False)


def set_numbers(connection: Connection, numbers: Mapping[str, str | None]) -> None:
    """Each person (by id) has this number, or none. Again: it is changed to that."""
    make(connection, numbers)
    number = sa.update(ContactAddress).where(ContactAddress.person_id == sa.bindparam("of"))
    if numbers:
        connection.execute(
            number.values(phone_number=sa.bindparam("number")),
            [{"of": person, "number": number} for person, number in sorted(numbers.items())],
        )


def number_of(connection: Connection, person_id: str) -> str | None:
    number = sa.select(ContactAddress.phone_number).where(ContactAddress.person_id == person_id)
    return connection.execute(number).scalar_one_or_none()


def bounced(connection: Connection, addresses: Mapping[str, str], now: datetime) -> None:
    """Nothing more goes to these people (by id) at these addresses for a while, and their phones know. Again: from now on.

    What waits to go there counts as come back: a new address gets it.
    """
    make(connection, addresses)
    if not addresses:
        return
    rows = [{"of": person, "at": address.replace("\0", "")} for person, address in sorted(addresses.items())]
    connection.execute(
        sa.update(ContactAddress)
        .where(ContactAddress.person_id == sa.bindparam("of"))
        .values(mail_bounced_at=now, bounced_address=sa.bindparam("at")),
        rows,
    )
    connection.execute(_COMES_BACK, rows)
    publish(connection, [Touch(person_stream(person), "self", person) for person in sorted(addresses)])


_COMES_BACK = (
    sa.update(ReminderDelivery)
    .where(
        ReminderDelivery.person_id == sa.bindparam("of"), ReminderDelivery.channel == "mail",
        ReminderDelivery.address == sa.bindparam("at"), ReminderDelivery.state == "waiting",
    )
    .values(state="failed", failure="gone")
)  # fmt: skip


class MailWay(NamedTuple):
    """Where a person's mail goes, and whether it arrives."""

    address: str
    is_own: bool
    """they have told it themselves; else it is what they sign in with"""
    fails_until: datetime | None
    """mail came back from there lately: until then nothing goes there"""


def mail_way(connection: Connection, person_id: str, now: datetime) -> MailWay:
    """Where the person's mail goes now."""
    fails = sa.case((sa.and_(*_is_failing(ContactAddress, now)), ContactAddress.mail_bounced_at))
    found = sa.select(goes_to(ContactAddress), ContactAddress.own_address.is_not(None), fails)
    of_person = found.select_from(Person).outerjoin(ContactAddress, ContactAddress.person_id == Person.id)
    address, is_own, bounced_at = connection.execute(of_person.where(Person.id == person_id)).one()
    return MailWay(address, is_own, bounced_at and bounced_at + BOUNCE_LASTS)


def goes_to(known: type[ContactAddress]) -> sa.ColumnElement[str]:
    """In SQL, where a person's mail goes: to their own address, else to the one that they sign in with."""
    return sa.func.coalesce(known.own_address, Person.email)


def moved(connection: Connection, person_id: str, now: datetime) -> None:
    """Somebody has changed what the person signs in with. What waits goes where their mail goes now. Again: nothing changes.

    Their own address stays, unless mail to it comes back: then the new one takes its place.
    """
    way = mail_way(connection, person_id, now)
    if way.is_own and way.fails_until:
        connection.execute(
            sa.update(ContactAddress).where(ContactAddress.person_id == person_id).values(own_address=None)
        )
    follow(connection, person_id, mail_way(connection, person_id, now).address)


def follow(connection: Connection, person_id: str, address: str) -> None:
    """What waits to go to the person by mail goes to this address. Again: nothing changes."""
    other = aliased(ReminderDelivery)
    there = sa.exists().where(
        other.reminder_id == ReminderDelivery.reminder_id, other.channel == "mail", other.address == address
    )
    connection.execute(
        sa.update(ReminderDelivery)
        .where(
            ReminderDelivery.person_id == person_id, ReminderDelivery.channel == "mail",
            ReminderDelivery.state == "waiting", ~there,
        )
        .values(address=address)
        .execution_options(synchronize_session=False)
    )  # fmt: skip


_Known, _Said = aliased(ContactAddress), aliased(Preference)


def has_mail(now: datetime) -> sa.ColumnElement[bool]:
    """True in SQL where the person's address, as it is now, has not bounced lately."""
    return ~sa.exists().where(*_is_failing(_Known, now))


def _is_failing(known: type[ContactAddress], now: datetime) -> tuple[sa.ColumnElement[bool], ...]:
    is_same = sa.or_(known.bounced_address.is_(None), known.bounced_address == goes_to(known))
    return known.person_id == Person.id, known.mail_bounced_at > now - BOUNCE_LASTS, is_same


def takes_nudges_by_mail() -> sa.ColumnElement[bool]:
    """True in SQL where the person has not said no to nudges by mail, or has said yes again since."""
    said = sa.exists().where(_Said.person_id == Person.id, _Said.name == "mail")
    refused = sa.exists().where(_Known.person_id == Person.id, _Known.nudges_refused_at.is_not(None))
    mine = sa.select(_Known.nudges_refused_at).where(_Known.person_id == Person.id)
    since = mine.correlate_except(_Known).scalar_subquery()  # by itself it reaches one level up, and takes anybody's
    yes_since = said.where(_Said.value == "on", _Said.set_at > since)
    return sa.and_(~said.where(_Said.value == "off"), sa.or_(~refused, yes_since))
