"""Upload tickets: an installation may hand in what its person did, and nothing else, while nobody is signed in.

256 random bits, of which only the hash is stored. A ticket holds for one person and one device, opens the exchange alone,
and is told nothing there but outcomes.
"""

import hmac
from datetime import datetime, timedelta
from typing import NamedTuple

import sqlalchemy as sa
from flask import Flask
from sqlalchemy.engine import Connection

from server.foundation import clock, ids
from server.foundation.database import db, reading

from . import auditing
from .models import Device, Person, UploadTicket

HOLDS_FOR = timedelta(days=45)
MOST_OF_A_DEVICE = 10
"""A phone renews weekly; an answer that was lost leaves a ticket that nobody has."""


class Held(NamedTuple):
    """Whose ticket it is."""

    person_id: str
    device_id: str
    closed_at: datetime | None
    """the account was closed then: what was done before waits for a decision, and nothing else counts"""


def issue(connection: Connection, *, person_id: str, device_id: str, at: datetime) -> tuple[str, datetime]:
    """The device has one more ticket, and the ten newest of those it had. Returns the secret (told once) and its end."""
    secret, expires_at = ids.new_secret(), at + HOLDS_FOR
    mine = UploadTicket.device_id == device_id
    newest = sa.select(UploadTicket.token_hash).where(mine).order_by(UploadTicket.issued_at.desc())
    kept = connection.execute(newest.limit(MOST_OF_A_DEVICE - 1)).scalars().all()
    connection.execute(
        sa.delete(UploadTicket).where(mine, UploadTicket.token_hash.not_in(kept) | (UploadTicket.expires_at <= at))
    )
    row = {"person_id": person_id, "device_id": device_id, "issued_at": at, "expires_at": expires_at}
    connection.execute(sa.insert(UploadTicket).values(token_hash=ids.hash_of(secret), **row))
    auditing.note_on(
        connection, at=at, actor_id=person_id, action="upload_ticket_issued", subject_id=person_id, device_id=device_id
    )
    return secret, expires_at


_TICKET = (
    sa.select(
        UploadTicket.token_hash, UploadTicket.person_id, UploadTicket.device_id, UploadTicket.expires_at,
        Person.deactivated_at, Person.erased_at,
    )
    .join(Person, Person.id == UploadTicket.person_id)
    .join(Device, (Device.id == UploadTicket.device_id) & (Device.person_id == UploadTicket.person_id))
    .where(UploadTicket.token_hash == sa.bindparam("hash"))
)  # fmt: skip


def holder(connection: Connection, secret: str, at: datetime) -> Held | None:
    """Whose ticket this is; None for one that is unknown, over or revoked, all alike."""
    hashed = ids.hash_of(secret)
    row = connection.execute(_TICKET, {"hash": hashed}).one_or_none()
    if row is None or not hmac.compare_digest(row.token_hash, hashed) or row.expires_at <= at or row.erased_at:
        return None
    return Held(row.person_id, row.device_id, row.deactivated_at)


def revoke(
    connection: Connection, *, at: datetime, actor_id: str | None, person_id: str, device_id: str | None
) -> None:
    """The person's tickets (those of one device, where it is named) open nothing any more. Again: they stay revoked."""
    theirs = sa.delete(UploadTicket).where(UploadTicket.person_id == person_id)
    if device_id:
        theirs = theirs.where(UploadTicket.device_id == device_id)
    if connection.execute(theirs).rowcount:
        auditing.note_on(
            connection, at=at, actor_id=actor_id, action="upload_tickets_revoked", subject_id=person_id,
            device_id=device_id,
        )  # fmt: skip


def register(app: Flask) -> None:
    """Routes of `app` that are open to a ticket know whose it is."""
    app.extensions["tickets"] = _now


def _now(secret: str) -> Held | None:
    with reading(), db.engine.connect() as connection:
        return holder(connection, secret, clock.now())
