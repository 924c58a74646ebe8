"""Whom somebody at the office may see, said in SQL once and used by every page."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from server.people.models import Employment, Person, Unit

from .alphabet import place

SHOWN = sa.case((Person.is_protected, Person.alias), else_=Person.name)
"""A person's name as anyone but themselves sees it."""


@dataclass(frozen=True, slots=True)
class Sight:
    """The people of these units and those below them; `paths` is None where it is everyone."""

    paths: tuple[str, ...] | None

    @property
    def is_all(self) -> bool:
        return self.paths is None

    def covers(self, path: Any) -> sa.ColumnElement[bool]:
        """True in SQL where the unit with that path is in sight."""
        if self.paths is None:
            return sa.true()
        return sa.or_(sa.false(), *(path.startswith(one, autoescape=True) for one in self.paths))


@dataclass(frozen=True, slots=True)
class UnitChoice:
    slug: str
    name: dict[str, str]
    path: str
    depth: int


def sight_of(user: Any) -> Sight:
    """Administrators see everyone; coordinators and managers the units that they have the role in, and below."""
    return Sight(None if user.has_role("administrator") else tuple(user.paths("coordinator", "manager")))


def coordinated(user: Any) -> Sight:
    """Whom somebody coordinates, and so may remind, write to and help in: administrators everyone; managers nobody."""
    return Sight(None if user.has_role("administrator") else tuple(user.paths("coordinator")))


def is_whole(session: Session, seen: Sight) -> bool:
    """No unit is out of sight: what is set for the whole organisation may be set."""
    return seen.is_all or not session.scalar(sa.select(sa.exists().where(~seen.covers(Unit.path))))


def runs(today: date) -> sa.ColumnElement[bool]:
    """True in SQL where the employment has not ended."""
    return sa.or_(Employment.to_on.is_(None), Employment.to_on >= today)


def people_in(sight: Sight, today: date, within: str | None = None) -> sa.Select[tuple[str]]:
    """The ids of who has a post that has not ended in a unit in sight (and within that path)."""
    select = (
        sa.select(Employment.person_id)
        .join(Unit, Unit.id == Employment.unit_id)
        .where(runs(today), sight.covers(Unit.path))
    )
    return select.where(Unit.path.startswith(within, autoescape=True)) if within else select


IS_ACTIVE = sa.and_(Person.deactivated_at.is_(None), Person.erased_at.is_(None))


@dataclass(frozen=True, slots=True)
class Post:
    title: str
    unit: dict[str, str]
    from_on: date
    to_on: date | None


def posts(session: Session, sight: Sight, people: Sequence[str], today: date) -> dict[str, list[Post]]:
    """The posts in sight of each of the people, the newest first."""
    select = (
        sa.select(Employment.person_id, Employment.title, Unit.name, Employment.from_on, Employment.to_on)
        .join(Unit, Unit.id == Employment.unit_id)
        .where(Employment.person_id.in_(people), runs(today), sight.covers(Unit.path))
        .order_by(Employment.from_on.desc(), Employment.id)
    )
    found: dict[str, list[Post]] = {}
    for person, *post in session.execute(select):
        found.setdefault(person, []).append(Post(*post))
    return found


def units(session: Session, sight: Sight) -> list[UnitChoice]:
    """The units in sight as a tree, each after the one that it lies in."""
    rows = session.execute(sa.select(Unit.slug, Unit.name, Unit.path, Unit.id).where(sight.covers(Unit.path))).all()
    words = {row.id: row.name.get("sv") or row.slug for row in rows}
    seen = {row.id for row in rows}
    choices = []
    for row in sorted(rows, key=lambda row: [place(words.get(one, "")) for one in _ids(row.path)]):
        above = [one for one in _ids(row.path) if one in seen]
        choices.append(UnitChoice(row.slug, row.name, row.path, len(above) - 1))
    return choices


def _ids(path: str) -> list[str]:
    return path.rstrip("/").split("/")
