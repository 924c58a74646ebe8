"""What is known of the ways to a person beside push: their number, a mail address that bounced, what they said no to."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from server.foundation.bulk import put
from server.people.models import Person, Preference

from .models import ContactAddress

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


def has_mail(now: datetime) -> sa.ColumnElement[bool]:
    """True in SQL where the person's address has not bounced lately."""
    bounced = sa.exists().where(
        ContactAddress.person_id == Person.id, ContactAddress.mail_bounced_at > now - BOUNCE_LASTS
    )
    return ~bounced


def takes_nudges_by_mail() -> sa.ColumnElement[bool]:
    """True in SQL where the person has not said no to nudges by mail, or has said yes again since."""
    said = sa.select(Preference.value).where(Preference.person_id == Person.id, Preference.name == "mail")
    refused = sa.select(ContactAddress.nudges_refused_at).where(ContactAddress.person_id == Person.id)
    yes_since = sa.exists().where(
        Preference.person_id == Person.id, Preference.name == "mail", Preference.value == "on",
        Preference.set_at > refused.correlate(Person).scalar_subquery(),
    )  # fmt: skip
    has_refused = sa.exists().where(
        ContactAddress.person_id == Person.id, ContactAddress.nudges_refused_at.is_not(None)
    )
    return sa.and_(
        sa.func.coalesce(said.correlate(Person).scalar_subquery(), "on") != "off", sa.or_(~has_refused, yes_since)
    )
