"""A person's page: posts, where they stand, and their check-ins. Never notes, answers, attempts or hours of study."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from server.activities.models import Activity, CheckIn, Departure, Evidence, Stop
from server.foundation.database import db, writing
from server.foundation.errors import NotAllowed, NotFound
from server.learning.models import Enrolment, ItemCompletion, Programme, ProgrammeItem
from server.people import addresses, auditing, signing_in
from server.people.models import Person, RoleHeld
from server.reminders import contacts

from . import programmes, sight
from .programmes import Cell, Item
from .sight import SHOWN, Post, Sight
from .words import local_day


@dataclass(frozen=True, slots=True)
class Line:
    title: dict[str, str]
    started_on: date
    items: list[tuple[Item, Cell]]

    @property
    def done(self) -> int:
        return sum(cell.state == "done" for _, cell in self.items)


@dataclass(frozen=True, slots=True)
class Visit:
    """One stop of a departure: when the person checked in there, or None where their evidence is in review."""

    stop: dict[str, str]
    at: datetime | None


@dataclass(frozen=True, slots=True)
class Tour:
    title: dict[str, str]
    starts_at: datetime
    visits: list[Visit]


@dataclass(frozen=True, slots=True)
class PersonPage:
    id: str
    name: str
    email: str | None
    """None of a protected person: an address holds a name"""
    posts: list[Post]
    lines: list[Line]
    tours: list[Tour]
    may_have_code: bool
    """from who reads the page"""


def read(session: Session, seen: Sight, helped: Sight, person_id: str, today: date) -> PersonPage:
    """The page of a person in sight. Raises NotFound for anyone else, as if they did not exist."""
    person = _person(session, seen, helped, person_id, today)
    return PersonPage(
        person.id, person.name, None if person.is_protected else person.email,
        sight.posts(session, seen, [person.id], today).get(person.id, []),
        list(_lines(session, person.id, today)), list(_tours(session, person.id)), bool(person.may_have_code),
    )  # fmt: skip


def note_reading(*, actor_id: str, subject_id: str, at: datetime) -> None:
    """The audit holds that the page was read; each reading adds an entry, in a transaction of its own."""
    with writing(), sa.orm.Session(db.engine) as session, session.begin():
        auditing.note(session, at=at, actor_id=actor_id, action="person_read", subject_id=subject_id)


def helped(user: Any) -> Sight:
    """Whom somebody may give a one-time code: a manager reads, but lets nobody in."""
    return sight.coordinated(user)


def issue_code(
    session: Session, helped: Sight, *, person_id: str, issued_by: str, at: datetime, today: date
) -> tuple[str, str, datetime]:
    """The person has a fresh one-time code. Again: the earlier one is void. Returns name, code and end.

    Raises NotFound for who is not in sight, NotAllowed where it would let a coordinator in as an administrator.
    """
    person = _person(session, helped, helped, person_id, today)
    if not person.may_have_code:
        raise NotAllowed
    code, until = signing_in.issue_code(session, person_id=person.id, purpose="password", issued_by=issued_by, at=at)
    return person.name, code, until


def change_address(
    session: Session, helped: Sight, *, person_id: str, to: str, actor_id: str, at: datetime, today: date
) -> None:
    """The person has this address, and what waits to be mailed goes there. Again: nothing changes.

    Raises NotFound for who is not in sight, NotAllowed as for a code, AddressWrong, AddressTaken.
    """
    if not _person(session, helped, helped, person_id, today).may_have_code:
        raise NotAllowed
    addresses.change_address(session, person_id=person_id, to=to, at=at, actor_id=actor_id)
    contacts.moved(session.connection(), person_id, at)


def name_of(session: Session, helped: Sight, person_id: str, today: date) -> str:
    """Of who may be given a code. Raises NotFound for anyone else."""
    person = _person(session, helped, helped, person_id, today)
    if not person.may_have_code:
        raise NotAllowed
    return str(person.name)


def _person(session: Session, seen: Sight, helped: Sight, person_id: str, today: date) -> Any:
    is_administrator = sa.exists().where(RoleHeld.person_id == Person.id, RoleHeld.role == "administrator")
    may_have_code = sa.and_(
        Person.id.in_(sight.people_in(helped, today)), sa.true() if helped.is_all else ~is_administrator
    )
    row = session.execute(
        sa.select(
            Person.id, SHOWN.label("name"), Person.email, Person.is_protected, may_have_code.label("may_have_code")
        ).where(Person.id == person_id, sight.IS_ACTIVE, Person.id.in_(sight.people_in(seen, today)))
    ).one_or_none()
    if row is None:
        raise NotFound
    return row


def _lines(session: Session, person_id: str, today: date) -> Iterator[Line]:
    enrolled = session.execute(
        sa.select(Programme.id, Programme.title, Enrolment.started_on)
        .join(Enrolment, Enrolment.programme_id == Programme.id)
        .where(Enrolment.person_id == person_id, Enrolment.ended_on.is_(None))
        .order_by(Enrolment.started_on, Programme.slug)
    ).all()
    items = programmes.items_of(session, [row.id for row in enrolled])
    completions = (
        sa.select(ItemCompletion.item_id, ItemCompletion.completed_at)
        .join(ProgrammeItem, ProgrammeItem.item_id == ItemCompletion.item_id)
        .where(ItemCompletion.person_id == person_id, ProgrammeItem.programme_id.in_(items))
    )
    done = {item: local_day(at) for item, at in session.execute(completions)}
    for row in enrolled:
        stops = items.get(row.id, [])
        dates = {item.key: done[item.item_id] for item in stops if item.item_id in done}
        cells = programmes.line(stops, row.started_on, dates, today)
        yield Line(row.title, row.started_on, list(zip(stops, cells, strict=True)))


def _tours(session: Session, person_id: str) -> Iterator[Tour]:
    """What the person has checked in at, the latest tour first, its stops in their order."""
    seen = (
        sa.select(Evidence.departure_id, Evidence.stop_key)
        .where(Evidence.person_id == person_id, Evidence.dismissed_at.is_(None))
        .distinct()
        .subquery()
    )
    rows = session.execute(
        sa.select(Departure.id, Activity.entry, Departure.starts_at, Stop.name, CheckIn.checked_in_at)
        .select_from(seen)
        .join(Departure, Departure.id == seen.c.departure_id)
        .join(Activity, Activity.id == Departure.activity_id)
        .join(Stop, sa.and_(Stop.activity_id == Activity.id, Stop.key == seen.c.stop_key))
        .outerjoin(
            CheckIn,
            sa.and_(
                CheckIn.departure_id == seen.c.departure_id, CheckIn.stop_key == seen.c.stop_key,
                CheckIn.person_id == person_id,
            ),
        )
        .order_by(Departure.starts_at.desc(), Departure.id, Stop.position)
    )  # fmt: skip
    for _, group in groupby(rows, key=lambda row: row.id):
        visits = list(group)
        yield Tour(
            visits[0].entry["title"], visits[0].starts_at, [Visit(row.name, row.checked_in_at) for row in visits]
        )
