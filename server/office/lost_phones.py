"""Phones of which something is missing, that lost their store, or that are heard from two sides."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from server.foundation.errors import NotFound
from server.people import auditing, devices
from server.people.models import Device, Person

from . import sight
from .exception_readers import Reader, is_within, may_decide
from .sight import SHOWN, Post

A_WHILE = timedelta(hours=1)
"""So long a number may be missing before it is news: another push of the same phone may be under way."""


@dataclass(frozen=True, slots=True)
class PhoneRow:
    device_id: str
    person_id: str
    name: str
    posts: list[Post]
    missing: int
    missing_since: datetime | None
    storage_lost_at: datetime | None
    doubled_at: datetime | None
    may_see: bool


def news(reader: Reader, now: datetime) -> sa.Select[Any]:
    """What nobody has looked at yet, of people in sight, the oldest first."""
    return (
        sa.select(Device, SHOWN.label("name"), may_decide(reader))
        .join(Person, Person.id == Device.person_id)
        .where(
            sa.or_(
                Device.storage_lost_at.is_not(None), Device.doubled_at.is_not(None), Device.missing_since <= now - A_WHILE
            ),
            is_within(reader.seen, reader.today),
        )
        .order_by(sa.func.coalesce(Device.missing_since, Device.doubled_at), Device.id)
    )  # fmt: skip


def filled(session: Session, reader: Reader, rows: Sequence[Any]) -> list[PhoneRow]:
    """The rows with their people's posts: one query for the page."""
    posts = sight.posts(session, reader.seen, [row.Device.person_id for row in rows], reader.today)
    return [
        PhoneRow(
            row.Device.id, row.Device.person_id, row.name, posts.get(row.Device.person_id, []),
            sum(last - first + 1 for first, last in row.Device.gaps or ()) if row.Device.missing_since else 0,
            row.Device.missing_since, row.Device.storage_lost_at, row.Device.doubled_at, bool(row.may_decide),
        )
        for row in rows
    ]  # fmt: skip


def see_phone(session: Session, reader: Reader, device_id: str, at: datetime) -> None:
    """The reader has looked at what is wrong with a phone. Again: NotFound, as for who is out of sight."""
    person_id = session.scalar(
        sa.select(Person.id)
        .join(Device, Device.person_id == Person.id)
        .where(Device.id == device_id, Person.id != reader.id, is_within(reader.helped, reader.today))
    )
    if person_id is None or not devices.see(session.connection(), device_id):
        raise NotFound
    auditing.note(
        session, at=at, actor_id=reader.id, action="phone_looked_at", subject_id=person_id, device_id=device_id
    )
