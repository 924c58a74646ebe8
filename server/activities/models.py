"""Activities, departures with guides and bookings, and check-ins with their evidence."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from server.foundation.database import Base


class Activity(Base):
    __tablename__ = "activity"
    id: Mapped[str] = mapped_column(sa.String(36), primary_key=True)
    slug: Mapped[str] = mapped_column(sa.String(64), unique=True)
    kind: Mapped[str] = mapped_column(sa.String(16))
    audience_unit_id: Mapped[str] = mapped_column(sa.ForeignKey("unit.id"), index=True)
    version: Mapped[int]
    required_stops: Mapped[int]
    source_hash: Mapped[str] = mapped_column(sa.String(64))
    published_at: Mapped[datetime]
    entry: Mapped[dict[str, Any]]
    documents: Mapped[dict[str, Any]]


class Stop(Base):
    __tablename__ = "stop"
    activity_id: Mapped[str] = mapped_column(sa.ForeignKey("activity.id"), primary_key=True)
    key: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    position: Mapped[int]
    kind: Mapped[str] = mapped_column(sa.String(24))
    name: Mapped[dict[str, str]]


class Departure(Base):
    """An activity on a date."""

    __tablename__ = "departure"
    id: Mapped[str] = mapped_column(sa.String(36), primary_key=True)
    slug: Mapped[str] = mapped_column(sa.String(64), unique=True)
    activity_id: Mapped[str] = mapped_column(sa.ForeignKey("activity.id"), index=True)
    starts_at: Mapped[datetime] = mapped_column(index=True)
    ends_at: Mapped[datetime]
    meeting_place: Mapped[dict[str, str]]
    seats: Mapped[int]
    cancelled_at: Mapped[datetime | None]


class DepartureChange(Base):
    """A departure was moved or cancelled after people had seats on it, or one of its people lost theirs."""

    __tablename__ = "departure_change"
    id: Mapped[str] = mapped_column(sa.String(36), primary_key=True)
    departure_id: Mapped[str] = mapped_column(sa.ForeignKey("departure.id"), index=True)
    kind: Mapped[str] = mapped_column(sa.String(12))
    """moved, cancelled, removed"""
    person_id: Mapped[str | None] = mapped_column(sa.ForeignKey("person.id"))
    """of "removed": who travels or guides no more"""
    changed_at: Mapped[datetime] = mapped_column(index=True)
    was_at: Mapped[datetime]
    """when it was to leave before"""


class DepartureGuide(Base):
    __tablename__ = "departure_guide"
    departure_id: Mapped[str] = mapped_column(sa.ForeignKey("departure.id"), primary_key=True)
    person_id: Mapped[str] = mapped_column(sa.ForeignKey("person.id"), primary_key=True, index=True)


class Booking(Base):
    __tablename__ = "booking"
    departure_id: Mapped[str] = mapped_column(sa.ForeignKey("departure.id"), primary_key=True)
    person_id: Mapped[str] = mapped_column(sa.ForeignKey("person.id"), primary_key=True, index=True)
    booked_at: Mapped[datetime]


class TypedCode(Base):
    """What a guide says aloud or shows at a stop; only guides' phones and the server know it."""

    __tablename__ = "typed_code"
    departure_id: Mapped[str] = mapped_column(sa.ForeignKey("departure.id"), primary_key=True)
    stop_key: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    code: Mapped[str] = mapped_column(sa.String(8))


class CheckIn(Base):
    """One attendance a (departure, stop, person): the first time, the highest confidence."""

    __tablename__ = "check_in"
    departure_id: Mapped[str] = mapped_column(sa.ForeignKey("departure.id"), primary_key=True)
    stop_key: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    person_id: Mapped[str] = mapped_column(sa.ForeignKey("person.id"), primary_key=True, index=True)
    checked_in_at: Mapped[datetime]
    confidence: Mapped[int]
    """1 low, 2 medium, 3 high"""


class Evidence(Base):
    """Each piece of evidence is kept, also one that did not hold."""

    __tablename__ = "evidence"
    op_id: Mapped[str] = mapped_column(sa.String(36), primary_key=True)
    departure_id: Mapped[str] = mapped_column(sa.ForeignKey("departure.id"))
    stop_key: Mapped[str] = mapped_column(sa.String(64))
    person_id: Mapped[str] = mapped_column(sa.ForeignKey("person.id"), index=True)
    method: Mapped[str] = mapped_column(sa.String(16))
    confidence: Mapped[int]
    holds: Mapped[bool]
    dismissed_at: Mapped[datetime | None]
    """somebody decided that it does not count"""
    at: Mapped[datetime]
    detail: Mapped[dict[str, Any]]
    __table_args__ = (sa.Index("ix_evidence_departure_stop_person", "departure_id", "stop_key", "person_id"),)
