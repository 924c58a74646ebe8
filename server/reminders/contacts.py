"""What is known of the ways to a person beside push: their number, a mail address that bounced, what they said no to."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.orm import aliased

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


_Known, _Said = aliased(ContactAddress), aliased(Preference)


def has_mail(now: datetime) -> sa.ColumnElement[bool]:
    """True in SQL where the person's address has not bounced lately."""
    return ~sa.exists().where(_Known.person_id == Person.id, _Known.mail_bounced_at > now - BOUNCE_LASTS)


def takes_nudges_by_mail() -> sa.ColumnElement[bool]:
    """True in SQL where the person has not said no to nudges by mail, or has said yes again since."""
    said = sa.exists().where(_Said.person_id == Person.id, _Said.name == "mail")
    refused = sa.exists().where(_Known.person_id == Person.id, _Known.nudges_refused_at.is_not(None))
    since = sa.select(_Known.nudges_refused_at).where(_Known.person_id == Person.id).scalar_subquery()
    yes_since = said.where(_Said.value == "on", _Said.set_at > since)
    return sa.and_(~said.where(_Said.value == "off"), sa.or_(~refused, yes_since))
