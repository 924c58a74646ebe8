"""A reason to remind somebody, the moment at which reasons are looked for, and whom duties concern."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any, NamedTuple

import sqlalchemy as sa

from server.activities.models import Booking, DepartureGuide
from server.learning.models import Enrolment
from server.people.models import Employment, Unit

from .decency import day_of, moment
from .rules import RuleSetting

LATE = timedelta(days=7)
"""So late a reason is still found: the worker stood still, or a person was entered afterwards."""
NUDGE_AT, EVENING_BEFORE = time(9), time(17)
AN_HOUR = timedelta(hours=1)
ASSIGNED_LASTS, RESULT_LASTS, WEEK = timedelta(days=30), timedelta(days=2), timedelta(days=7)
SEEN_AT_ONCE = timedelta(minutes=10)
"""A result that came back so soon was read on the screen that waited for it."""


class Reason(NamedTuple):
    """One reason to remind one person; the first four are its natural key."""

    rule: str
    person_id: str
    subject: str
    ordinal: int
    """what it speaks of: the day (date.toordinal()) or the minute of leaving; a changed date is another reason"""
    due_at: datetime
    expires_at: datetime


class Frame(NamedTuple):
    """The moment at which reasons are looked for, and how the rule is set."""

    now: datetime
    zone: str
    setting: RuleSetting

    @property
    def today(self) -> date:
        return day_of(self.now, self.zone)

    @property
    def since(self) -> datetime:
        """What happened before this is the past: nobody is told."""
        earliest, starts_on = self.now - LATE, self.setting.starts_on
        return max(earliest, moment(starts_on, time(0), self.zone)) if starts_on else earliest

    def says(self, day: date) -> bool:
        """Whether what is due on this day is said now: not too late, and by a rule that ran then."""
        return self.today - LATE <= day <= self.today and self.setting.runs_on(day)


def minute_number(instant: datetime) -> int:
    return int(instant.timestamp()) // 60


def of_minute(number: int) -> datetime:
    return datetime.fromtimestamp(number * 60, UTC)


def travellers() -> sa.Subquery:
    """Who has a seat on a departure, with the time since when, or guides it."""
    seats = sa.select(Booking.departure_id, Booking.person_id, Booking.booked_at)
    guides = sa.select(DepartureGuide.departure_id, DepartureGuide.person_id, sa.null())
    return sa.union_all(seats, guides).subquery()


def audiences(today: Any) -> sa.Subquery:
    """Who belongs to each audience that a message may have: a unit and those below it, a programme, a departure."""
    above, people = Unit.__table__.alias(), travellers()
    unit = (
        sa.select(sa.literal("unit").label("audience"), above.c.id.label("audience_id"), Employment.person_id)
        .join(Unit, Unit.id == Employment.unit_id)
        .join(above, Unit.path.startswith(above.c.path))
        .where(Employment.from_on <= today, sa.or_(Employment.to_on.is_(None), Employment.to_on >= today))
    )
    programme = sa.select(sa.literal("programme"), Enrolment.programme_id, Enrolment.person_id).where(
        Enrolment.ended_on.is_(None)
    )
    departure = sa.select(sa.literal("departure"), people.c.departure_id, people.c.person_id)
    return sa.union_all(unit, programme, departure).subquery()
