"""Departures: an activity on a date, with guides, seats, a roster and the codes of its stops."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import ClassVar

import sqlalchemy as sa
from sqlalchemy.orm import Session

from server.foundation import ids
from server.foundation.changefeed import departure_stream, person_stream, touch
from server.foundation.errors import Refusal
from server.people.models import Person

from .models import Booking, Departure, DepartureChange, DepartureGuide, Stop, TypedCode
from .typed_code import new_code


class UnknownDeparture(Refusal):
    code: ClassVar[str] = "unknown_departure"


def set_departure(
    session: Session, *, slug: str, activity_id: str, starts_at: datetime, ends_at: datetime,
    meeting_place: dict[str, str], seats: int, at: datetime,
) -> Departure:  # fmt: skip
    """The departure is as said, with a code for each stop. Again with the same slug: it is changed to that.

    A new time or place is noted as a change, so that its travellers can be told.
    """
    departure = session.scalars(sa.select(Departure).where(Departure.slug == slug)).one_or_none()
    if departure is None:
        departure = Departure(id=ids.new_id(), slug=slug, activity_id=activity_id)
    elif (departure.starts_at, departure.meeting_place) != (starts_at, meeting_place):
        _note_change(session, departure, "moved", at)
    departure.starts_at, departure.ends_at = starts_at, ends_at
    departure.meeting_place, departure.seats = meeting_place, seats
    session.add(departure)
    session.flush()
    give_codes(session, departure)
    tell_members(session, departure.id)
    return departure


def cancel(session: Session, *, slug: str, at: datetime) -> Departure:
    """The departure does not happen. Again: the first moment stays. Raises UnknownDeparture."""
    departure = session.scalars(sa.select(Departure).where(Departure.slug == slug)).one_or_none()
    if departure is None:
        raise UnknownDeparture(departure=slug)
    if departure.cancelled_at is None:
        departure.cancelled_at = at
        _note_change(session, departure, "cancelled", at)
        tell_members(session, departure.id)
    return departure


def _note_change(
    session: Session, departure: Departure, kind: str, at: datetime, person_id: str | None = None
) -> None:  # fmt: skip
    session.add(
        DepartureChange(
            id=ids.new_id(), departure_id=departure.id, kind=kind, changed_at=at, was_at=departure.starts_at,
            person_id=person_id,
        )
    )  # fmt: skip


def keep_only(session: Session, *, departure_id: str, guides: set[str], roster: set[str], at: datetime) -> None:
    """Nobody else guides the departure or has a seat on it. Again: nothing changes. What was checked in stays.

    Who has no place on it any more is noted, so that they can be told.
    """
    departure = session.get_one(Departure, departure_id)
    lost: set[str] = set()
    for model, kept in ((DepartureGuide, guides), (Booking, roster)):
        members = session.scalars(sa.select(model.person_id).where(model.departure_id == departure_id))
        for person in set(members) - kept:
            lost.add(person)
            session.execute(sa.delete(model).where(model.departure_id == departure_id, model.person_id == person))
            touch(session, person_stream(person), "my_departure", departure_id)
            if model is Booking:
                touch(session, person_stream(person), "booking", departure_id, deleted=True)
                touch(session, departure_stream(departure_id), "roster_line", f"{departure_id}/{person}", deleted=True)
    for person in sorted(lost - guides - roster):
        _note_change(session, departure, "removed", at, person)


def tell_members(session: Session, departure_id: str) -> None:
    """Who travels or guides hears of the departure anew."""
    for model in (Booking, DepartureGuide):
        for person in session.scalars(sa.select(model.person_id).where(model.departure_id == departure_id)):
            touch(session, person_stream(person), "my_departure", departure_id)


def tell_of_name(session: Session, *, person_id: str) -> None:
    """Who reads the person's name on a departure, as its guide or on its roster, hears it anew."""
    for departure in session.scalars(sa.select(Booking.departure_id).where(Booking.person_id == person_id)):
        touch(session, departure_stream(departure), "roster_line", f"{departure}/{person_id}")
    guided = sa.select(DepartureGuide.departure_id).where(DepartureGuide.person_id == person_id)
    for departure in session.scalars(guided).all():
        tell_members(session, departure)


@contextmanager
def telling_of_names(session: Session) -> Iterator[None]:
    """Whose shown name changes inside: who reads it on a departure hears it anew. For people who come in by the file."""
    before = _names(session)
    yield
    for person_id, name in _names(session).items():
        if before.get(person_id, name) != name:
            tell_of_name(session, person_id=person_id)


def _names(session: Session) -> dict[str, tuple[object, ...]]:
    rows = session.execute(sa.select(Person.id, Person.name, Person.alias, Person.is_protected))
    return {row.id: (row.alias,) if row.is_protected else (row.name,) for row in rows}


def give_codes(session: Session, departure: Departure) -> None:
    """Each stop has a code on this departure. Again: the codes stay."""
    coded = set(session.scalars(sa.select(TypedCode.stop_key).where(TypedCode.departure_id == departure.id)))
    for stop in session.scalars(sa.select(Stop.key).where(Stop.activity_id == departure.activity_id)):
        if stop not in coded:
            session.add(TypedCode(departure_id=departure.id, stop_key=stop, code=new_code()))
            touch(session, departure_stream(departure.id), "typed_code", f"{departure.id}/{stop}")


def add_guide(session: Session, *, departure_id: str, person_id: str) -> None:
    """The person guides the departure. Again: nothing changes."""
    if session.get(DepartureGuide, (departure_id, person_id)) is None:
        session.add(DepartureGuide(departure_id=departure_id, person_id=person_id))
    touch(session, person_stream(person_id), "my_departure", departure_id)


def book(session: Session, *, departure_id: str, person_id: str, at: datetime) -> None:
    """The person has a seat. Again: nothing changes."""
    if session.get(Booking, (departure_id, person_id)) is None:
        session.add(Booking(departure_id=departure_id, person_id=person_id, booked_at=at))
    touch(session, person_stream(person_id), "booking", departure_id)
    touch(session, person_stream(person_id), "my_departure", departure_id)
    touch(session, departure_stream(departure_id), "roster_line", f"{departure_id}/{person_id}")
