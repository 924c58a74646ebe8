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
    """Nothing more goes to these people (by id) at these addresses for a while, and their phones know. Again: from now on."""
    make(connection, addresses)
    if not addresses:
        return
    connection.execute(
        sa.update(ContactAddress)
        .where(ContactAddress.person_id == sa.bindparam("of"))
        .values(mail_bounced_at=now, bounced_address=sa.bindparam("at")),
        [{"of": person, "at": address.replace("\0", "")} for person, address in sorted(addresses.items())],
    )
    publish(connection, [Touch(person_stream(person), "self", person) for person in sorted(addresses)])


class Failing(NamedTuple):
    address: str
    until: datetime


def failing(connection: Connection, person_id: str, now: datetime) -> Failing | None:
    """The person's address, where mail to it came back lately, and until when nothing goes there."""
    found = sa.select(Person.email, ContactAddress.mail_bounced_at).where(
        Person.id == person_id, *_is_failing(ContactAddress, now)
    )
    row = connection.execute(found).one_or_none()
    return Failing(row.email, row.mail_bounced_at + BOUNCE_LASTS) if row else None


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
    is_same = sa.or_(known.bounced_address.is_(None), known.bounced_address == Person.email)
    return known.person_id == Person.id, known.mail_bounced_at > now - BOUNCE_LASTS, is_same


def takes_nudges_by_mail() -> sa.ColumnElement[bool]:
    """True in SQL where the person has not said no to nudges by mail, or has said yes again since."""
    said = sa.exists().where(_Said.person_id == Person.id, _Said.name == "mail")
    refused = sa.exists().where(_Known.person_id == Person.id, _Known.nudges_refused_at.is_not(None))
    mine = sa.select(_Known.nudges_refused_at).where(_Known.person_id == Person.id)
    since = mine.correlate_except(_Known).scalar_subquery()  # by itself it reaches one level up, and takes anybody's
    yes_since = said.where(_Said.value == "on", _Said.set_at > since)
    return sa.and_(~said.where(_Said.value == "off"), sa.or_(~refused, yes_since))
