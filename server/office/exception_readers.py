"""Who reads about exceptions: whom they see, and about whom they decide."""

from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa

from server.people.models import Person

from . import sight
from .sight import Sight


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads: whom they see, and whom they may decide about."""

    id: str
    seen: Sight
    helped: Sight
    today: date


def reader_of(user: Any, today: date) -> Reader:
    return Reader(user.id, sight.sight_of(user), sight.coordinated(user), today)


def is_within(seen: Sight, today: date) -> sa.ColumnElement[bool]:
    """True in SQL of who is in sight. Administrators also see those whose last post is over: nothing is left to nobody."""
    is_here = Person.erased_at.is_(None)
    return is_here if seen.is_all else sa.and_(is_here, Person.id.in_(sight.people_in(seen, today)))


def may_decide(reader: Reader) -> sa.Label[bool]:
    """About whom the reader decides: never about what they did themselves."""
    return sa.and_(is_within(reader.helped, reader.today), Person.id != reader.id).label("may_decide")
