"""No more nudges by mail: by one click in the mail itself, without signing in (RFC 8058). Duties still come."""

import base64
import binascii
import hmac
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from server.foundation import ids
from server.foundation.acts import Act
from server.foundation.changefeed import touch
from server.foundation.errors import NotFound
from server.people.models import Person
from server.people.preferring import Preferred, set_preferences

from . import contacts
from .models import ContactAddress
from .reaching import withdraw_refused

_MAC = 16


def token_for(person_id: str, secret: str) -> str:
    """What a mail's link holds: whose it is, signed. It has no end, as a mail has none, and opens nothing but this."""
    body = UUID(person_id).bytes
    return base64.urlsafe_b64encode(body + _sign(body, secret)).rstrip(b"=").decode()


def person_of(token: str, secret: str) -> str:
    """The id that the token was made for. Raises NotFound where we did not make it."""
    try:
        packed = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    except (binascii.Error, ValueError):
        raise NotFound from None
    body, mac = packed[:-_MAC], packed[-_MAC:]
    if len(body) != 16 or not hmac.compare_digest(mac, _sign(body, secret)):
        raise NotFound
    return str(UUID(bytes=body))


def _sign(body: bytes, secret: str) -> bytes:
    return hmac.digest(hmac.digest(secret.encode(), b"unsubscribe", "sha256"), body, "sha256")[:_MAC]


def refuse_nudges(session: Session, *, person_id: str, at: datetime) -> None:
    """The person gets no nudge by mail, and their phone knows. Again: nothing changes but the time.

    It is undone in the app, where it is the preference `mail`. Raises NotFound for who is not there any more.
    """
    if not session.scalar(sa.select(Person.id).where(Person.id == person_id, Person.erased_at.is_(None))):
        raise NotFound
    connection = session.connection()
    contacts.make(connection, [person_id])
    refused = sa.update(ContactAddress).where(ContactAddress.person_id == person_id).values(nudges_refused_at=at)
    connection.execute(refused)
    said = Preferred(Act(ids.new_id(), person_id, at), "mail", "off")
    for verdict in set_preferences(connection, [said]):
        for one in verdict.touches:
            touch(session, one.stream, one.entity, one.entity_id)
    withdraw_refused(connection)
