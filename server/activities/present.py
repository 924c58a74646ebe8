"""Activities, departures and check-ins as the wire has them: each function loads a set of one entity."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from server.foundation.clock import wire
from server.foundation.database import any_of
from server.people.models import Person

from .attendance import WORDS
from .models import Activity, Booking, CheckIn, Departure, DepartureGuide, Evidence, TypedCode

Loaded = dict[str, dict[str, Any]]
GUIDES_FROM = timedelta(hours=18)
"""A guide reads the departure's stream from the evening before …"""
GUIDES_UNTIL = timedelta(hours=24)
"""… until a day after."""


_GUIDED = (
    sa.select(Departure.id)
    .join(DepartureGuide, DepartureGuide.departure_id == Departure.id)
    .where(
        DepartureGuide.person_id == sa.bindparam("person"),
        Departure.starts_at <= sa.bindparam("latest"),
        Departure.ends_at >= sa.bindparam("earliest"),
    )
)


def guided_now(connection: Connection, person_id: str, now: datetime) -> list[str]:
    """The departures whose stream this guide may read now."""
    values = {"person": person_id, "latest": now + GUIDES_FROM, "earliest": now - GUIDES_UNTIL}
    return list(connection.execute(_GUIDED, values).scalars())


_TRAVELLED = sa.select(Departure.activity_id).where(
    Departure.id.in_(
        sa.union(
            *(
                sa.select(one.departure_id).where(one.person_id == sa.bindparam("person"))
                for one in (Booking, DepartureGuide)
            )
        )
    )
)


def travelled(connection: Connection, person_id: str) -> set[str]:
    """The activities of which the person guides a departure or has a seat: a guest sees the guide of the tour, too."""
    return set(connection.execute(_TRAVELLED, {"person": person_id}).scalars())


def _among(model: Any) -> tuple[Any, ...]:
    return (
        any_of(model.departure_id, "departures"),
        any_of(model.stop_key, "stops"),
        any_of(model.person_id, "people"),
    )


_EVIDENCE = (
    sa.select(
        Evidence.departure_id, Evidence.stop_key, Evidence.person_id, Evidence.method, Evidence.holds, Evidence.at
    )
    .where(*_among(Evidence), Evidence.dismissed_at.is_(None))
    .order_by(Evidence.at)
)
_SEEN = sa.select(CheckIn).where(*_among(CheckIn))


def my_check_ins(connection: Connection, person_id: str, ids: Sequence[str]) -> Loaded:
    """protocol.CheckIn of one person, by `<departure>/<stop>`"""
    keys = {(*one.split("/"), person_id) for one in ids}
    return {f"{departure}/{stop}": row for (departure, stop, _), row in _check_ins(connection, keys).items()}


def departure_check_ins(connection: Connection, departure_id: str, ids: Sequence[str]) -> Loaded:
    """protocol.CheckIn of one departure, by `<departure>/<stop>/<person>`"""
    rows = _check_ins(connection, {tuple(one.split("/")) for one in ids})
    return {"/".join(key): row for key, row in rows.items()}


def _check_ins(connection: Connection, keys: set[tuple[str, ...]]) -> dict[tuple[str, ...], dict[str, Any]]:
    """By (departure, stop, person); a guide's phone that hears of one person reads that one's alone."""
    departures, stops, people = (sorted(set(part)) for part in zip(*keys, strict=True))
    values = {"departures": departures, "stops": stops, "people": people}
    found: dict[tuple[str, ...], dict[str, Any]] = {}

    def entry_of(row: Any, at: datetime) -> dict[str, Any]:
        return found.setdefault(
            (row.departure_id, row.stop_key, row.person_id),
            {
                "departure_id": row.departure_id, "stop_key": row.stop_key, "person_id": row.person_id,
                "checked_in_at": wire(at), "confidence": "low", "methods": [], "in_review": True,
            },
        )  # fmt: skip

    for row in connection.execute(_EVIDENCE, values):
        entry = entry_of(row, row.at)
        if row.method not in entry["methods"]:
            entry["methods"].append(row.method)
    for seen in connection.execute(_SEEN, values):
        # What counts is said instead of what led to it.
        entry_of(seen, seen.checked_in_at).update(
            checked_in_at=wire(seen.checked_in_at), confidence=WORDS[seen.confidence], in_review=False
        )
    return found


_BOOKED = sa.select(Booking.departure_id).where(
    Booking.person_id == sa.bindparam("person"), any_of(Booking.departure_id, "departures")
)


def bookings(connection: Connection, person_id: str, ids: Sequence[str]) -> Loaded:
    """protocol.Booking, by departure"""
    booked = connection.execute(_BOOKED, {"person": person_id, "departures": ids}).scalars()
    return {one: {"departure_id": one, "state": "booked"} for one in booked}


_GUIDES = (
    sa.select(DepartureGuide.departure_id, Person.id, Person.name, Person.alias, Person.is_protected)
    .join(Person, Person.id == DepartureGuide.person_id)
    .where(any_of(DepartureGuide.departure_id, "departures"))
    .order_by(Person.name)
)
_DEPARTURES = (
    sa.select(Departure, Activity.documents)
    .join(Activity, Activity.id == Departure.activity_id)
    .where(any_of(Departure.id, "departures"))
)


def my_departures(connection: Connection, person_id: str, ids: Sequence[str]) -> Loaded:
    """protocol.MyDeparture: of who is booked, and of who guides"""
    guides: dict[str, list[tuple[str, str]]] = {}
    for row in connection.execute(_GUIDES, {"departures": ids}):
        guides.setdefault(row.departure_id, []).append((row.id, row.alias if row.is_protected else row.name))
    booked = set(bookings(connection, person_id, ids))
    found: Loaded = {}
    for row in connection.execute(_DEPARTURES, {"departures": ids}):
        guiding = guides.get(row.id, [])
        is_guide = any(person == person_id for person, _ in guiding)
        if is_guide or row.id in booked:
            found[row.id] = {
                "departure_id": row.id, "activity_id": row.activity_id, "part": "guide" if is_guide else "participant",
                "starts_at": wire(row.starts_at), "ends_at": wire(row.ends_at), "meeting_place": row.meeting_place,
                "guides": [name for _, name in guiding], "seats": row.seats,
                "is_cancelled": row.cancelled_at is not None, "documents": row.documents,
            }  # fmt: skip
    return found


_ROSTER = (
    sa.select(Person.id, Person.name, Person.alias, Person.is_protected)
    .join(Booking, Booking.person_id == Person.id)
    .where(Booking.departure_id == sa.bindparam("departure"))
)


def roster(connection: Connection, departure_id: str, ids: Sequence[str]) -> Loaded:
    """protocol.RosterLine: name and state only"""
    return {
        f"{departure_id}/{row.id}": {
            "departure_id": departure_id, "person_id": row.id,
            "name": row.alias if row.is_protected else row.name, "state": "booked",
        }
        for row in connection.execute(_ROSTER, {"departure": departure_id})
    }  # fmt: skip


_CODES = sa.select(TypedCode.stop_key, TypedCode.code).where(TypedCode.departure_id == sa.bindparam("departure"))


def typed_codes(connection: Connection, departure_id: str, ids: Sequence[str]) -> Loaded:
    """protocol.TypedCode, to guides only"""
    return {
        f"{departure_id}/{row.stop_key}": {"departure_id": departure_id, "stop_key": row.stop_key, "code": row.code}
        for row in connection.execute(_CODES, {"departure": departure_id})
    }


_CATALOGUE = sa.select(Activity).where(
    any_of(Activity.id, "activities"), Activity.audience_unit_id == sa.bindparam("unit")
)


def catalogue(connection: Connection, unit_id: str, ids: Sequence[str]) -> Loaded:
    """protocol.CatalogueEntry of activities"""
    return {
        row.id: {
            "kind": "activity", "item_id": row.id, "slug": row.slug, **row.entry, "is_open": False,
            "version": row.version, "published_at": wire(row.published_at), "documents": row.documents,
            "required_steps": row.required_stops,
        }
        for row in connection.execute(_CATALOGUE, {"activities": ids, "unit": unit_id})
    }  # fmt: skip
