"""Departures: which there are, and one with its roster, check-ins and the codes of its stops."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from server.activities.models import Activity, Booking, CheckIn, Departure, DepartureGuide, Evidence, Stop, TypedCode
from server.foundation.database import db, writing
from server.foundation.errors import NotFound
from server.people import auditing
from server.people.models import Person, Unit

from .alphabet import by_name
from .sight import SHOWN, Sight

MOST_LISTED = 100


@dataclass(frozen=True, slots=True)
class DepartureLine:
    id: str
    title: dict[str, str]
    starts_at: datetime
    ends_at: datetime
    meeting_place: dict[str, str]
    seats: int
    booked: int
    is_cancelled: bool


@dataclass(frozen=True, slots=True)
class DepartureStop:
    key: str
    name: dict[str, str]
    code: str | None
    checked_in: int
    in_review: int


@dataclass(frozen=True, slots=True)
class Traveller:
    person_id: str
    name: str
    times: dict[str, datetime]
    """by stop: when they checked in"""
    in_review: frozenset[str]
    """the stops at which they said something that does not hold"""


@dataclass(frozen=True, slots=True)
class DeparturePage:
    line: DepartureLine
    guides: list[str]
    stops: list[DepartureStop]
    roster: list[Traveller]

    @property
    def latest(self) -> DepartureStop | None:
        """The last stop at which anyone has checked in."""
        return next((stop for stop in reversed(self.stops) if stop.checked_in), None)

    @property
    def has_review(self) -> bool:
        return any(one.in_review for one in self.roster)


@dataclass(frozen=True, slots=True)
class Departures:
    coming: list[DepartureLine]
    """the next one first"""
    gone: list[DepartureLine]
    """the last one first"""


def listed(session: Session, person_id: str, seen: Sight, now: datetime) -> Departures:
    """The departures that somebody may see."""
    mine = _visible(person_id, seen)
    coming = mine.where(Departure.ends_at >= now).order_by(Departure.starts_at).limit(MOST_LISTED)
    gone = mine.where(Departure.ends_at < now).order_by(Departure.starts_at.desc()).limit(MOST_LISTED)
    return Departures([_line(row) for row in session.execute(coming)], [_line(row) for row in session.execute(gone)])


def read(session: Session, person_id: str, seen: Sight, departure_id: str) -> DeparturePage:
    """The departure, for its guides and for who has its audience in sight. Raises NotFound for anyone else."""
    row = session.execute(_visible(person_id, seen).where(Departure.id == departure_id)).one_or_none()
    if row is None:
        raise NotFound
    guides = session.scalars(
        sa.select(SHOWN)
        .join(DepartureGuide, DepartureGuide.person_id == Person.id)
        .where(DepartureGuide.departure_id == departure_id)
        .order_by(by_name(SHOWN))
    )
    roster = _roster(session, departure_id)
    return DeparturePage(_line(row), list(guides), list(_stops(session, row, roster)), roster)


def note_reading(*, actor_id: str, departure_id: str, at: datetime) -> None:
    """The audit holds that the roster was read; each reading adds an entry."""
    with writing(), sa.orm.Session(db.engine) as session, session.begin():
        auditing.note(
            session, at=at, actor_id=actor_id, action="roster_read", subject_id=None, departure_id=departure_id
        )


def guided(user: Any) -> Sight:
    """The units whose departures somebody sees without guiding them: a coordinator's."""
    return Sight(tuple(user.paths("coordinator")))


def _rides() -> sa.ColumnElement[bool]:
    """True in SQL where a booking is of somebody who was still there at the departure."""
    return sa.and_(
        Person.erased_at.is_(None), sa.or_(Person.deactivated_at.is_(None), Person.deactivated_at > Departure.starts_at)
    )


def _visible(person_id: str, seen: Sight) -> sa.Select[Any]:
    guides = sa.exists().where(DepartureGuide.departure_id == Departure.id, DepartureGuide.person_id == person_id)
    booked = (
        sa.select(sa.func.count())
        .select_from(Booking)
        .join(Person, Person.id == Booking.person_id)
        .where(Booking.departure_id == Departure.id, _rides())
        .correlate(Departure)
        .scalar_subquery()
    )
    return (
        sa.select(Departure, Activity.entry, booked.label("booked"))
        .join(Activity, Activity.id == Departure.activity_id)
        .join(Unit, Unit.id == Activity.audience_unit_id)
        .where(sa.or_(guides, seen.covers(Unit.path)))
    )


def _line(row: Any) -> DepartureLine:
    one: Departure = row.Departure
    return DepartureLine(
        one.id, row.entry["title"], one.starts_at, one.ends_at, one.meeting_place, one.seats, row.booked,
        one.cancelled_at is not None,
    )  # fmt: skip


def _roster(session: Session, departure_id: str) -> list[Traveller]:
    people = session.execute(
        sa.select(Person.id, SHOWN.label("name"))
        .join(Booking, Booking.person_id == Person.id)
        .join(Departure, Departure.id == Booking.departure_id)
        .where(Booking.departure_id == departure_id, _rides())
        .order_by(by_name(SHOWN), Person.id)
    ).all()
    times: dict[str, dict[str, datetime]] = {}
    check_ins = sa.select(CheckIn.person_id, CheckIn.stop_key, CheckIn.checked_in_at)
    for person, stop, at in session.execute(check_ins.where(CheckIn.departure_id == departure_id)):
        times.setdefault(person, {})[stop] = at
    doubtful: dict[str, set[str]] = {}
    for person, stop in session.execute(
        sa.select(Evidence.person_id, Evidence.stop_key).where(
            Evidence.departure_id == departure_id,
            Evidence.holds.is_(False),
            Evidence.dismissed_at.is_(None),
        )
    ):
        if stop not in times.get(person, {}):
            doubtful.setdefault(person, set()).add(stop)
    return [Traveller(row.id, row.name, times.get(row.id, {}), frozenset(doubtful.get(row.id, ()))) for row in people]


def _stops(session: Session, row: Any, roster: list[Traveller]) -> Iterable[DepartureStop]:
    select = (
        sa.select(Stop.key, Stop.name, TypedCode.code)
        .outerjoin(TypedCode, sa.and_(TypedCode.departure_id == row.Departure.id, TypedCode.stop_key == Stop.key))
        .where(Stop.activity_id == row.Departure.activity_id)
        .order_by(Stop.position)
    )
    for stop in session.execute(select):
        yield DepartureStop(
            stop.key, stop.name, stop.code, sum(stop.key in one.times for one in roster),
            sum(stop.key in one.in_review for one in roster),
        )  # fmt: skip
