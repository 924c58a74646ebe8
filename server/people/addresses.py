"""A person's e-mail address: what they sign in with, and where mail goes."""

import re
from datetime import datetime
from typing import ClassVar

import sqlalchemy as sa
from sqlalchemy.orm import Session

from server.foundation.changefeed import person_stream, touch
from server.foundation.errors import Refusal

from . import auditing
from .models import Person

LONGEST = 254
_ADDRESS = re.compile(r"[^\s@\x00-\x1f\x7f<>,;\"]+@[^\s@\x00-\x1f\x7f<>,;\"]+")


class AddressTaken(Refusal):
    code: ClassVar[str] = "address_taken"


class AddressWrong(Refusal):
    code: ClassVar[str] = "address_wrong"
    status: ClassVar[int] = 422


def tidy(address: str) -> str:
    """The address as it is kept. Raises AddressWrong."""
    kept = address.strip().casefold()
    if len(kept) > LONGEST or not _ADDRESS.fullmatch(kept):
        raise AddressWrong
    return kept


def change_address(session: Session, *, person_id: str, to: str, at: datetime, actor_id: str | None) -> Person:
    """The person has this address; where they are signed in they stay so. Again: nothing changes.

    Raises AddressWrong, AddressTaken.
    """
    address, person = tidy(to), session.get_one(Person, person_id)
    if person.email == address:
        return person
    if session.scalar(sa.select(Person.id).where(Person.email == address)):
        raise AddressTaken
    person.email = address
    session.flush()
    auditing.note(session, at=at, actor_id=actor_id, action="address_changed", subject_id=person_id)
    touch(session, person_stream(person_id), "self", person_id)
    return person
