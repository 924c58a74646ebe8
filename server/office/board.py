"""The programme board: people by items, filtered, sorted and cut into pages by the database.

It takes the same number of queries for forty people and for five thousand.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from server.learning.models import Enrolment, ItemCompletion, ProgrammeItem
from server.people.models import Person

from . import programmes, sight
from .alphabet import by_name
from .asked import STATES, Asked
from .programmes import Cell, Item, ProgrammeChoice
from .sight import SHOWN, Post, Sight, UnitChoice
from .words import local_day

PAGE = 50
MOST_WORDS = 4


@dataclass(frozen=True, slots=True)
class Tally:
    """How many people are in each state, in the chosen unit."""

    late: int
    soon: int
    going: int
    done: int

    @property
    def all(self) -> int:
        return self.late + self.soon + self.going + self.done

    def of(self, state: str) -> int:
        return int(getattr(self, state)) if state else self.all


@dataclass(frozen=True, slots=True)
class Row:
    person_id: str
    name: str
    state: str
    started_on: date
    posts: list[Post]
    cells: list[Cell]


@dataclass(frozen=True, slots=True)
class Board:
    programmes: list[ProgrammeChoice]
    programme: ProgrammeChoice | None
    units: list[UnitChoice]
    unit: UnitChoice | None
    items: list[Item]
    tally: Tally
    matching: int
    page: int
    rows: list[Row]

    @property
    def pages(self) -> int:
        return max(1, -(-self.matching // PAGE))

    @property
    def first(self) -> int:
        return (self.page - 1) * PAGE + 1

    @property
    def last(self) -> int:
        return self.first + len(self.rows) - 1


def read(session: Session, seen: Sight, asked: Asked, today: date) -> Board:
    """The board that was asked for, of the people in sight."""
    known, units = programmes.choices(session), sight.units(session, seen)
    programme = next((one for one in known if one.slug == asked.programme), known[0] if known else None)
    unit = next((one for one in units if one.slug == asked.unit), None)
    if programme is None:
        return Board(known, None, units, unit, [], Tally(0, 0, 0, 0), 0, 1, [])
    items = programmes.items_of(session, [programme.id]).get(programme.id, [])
    people = sight.people_in(seen, today, unit.path if unit else None)
    standing = _standing(programme, items, people, today)
    tally, matching = _tally(session, standing, asked)
    page = min(asked.page, max(1, -(-matching // PAGE)))
    rows = _rows(session, standing, asked, page)
    filled = _filled(session, rows, items, seen, today)
    return Board(known, programme, units, unit, items, tally, matching, page, filled)


def _standing(programme: ProgrammeChoice, items: list[Item], people: sa.Select[tuple[str]], today: date) -> sa.Subquery:
    """Of each enrolled person: name, first day, how many items are late, and the state of it all."""
    counting = programmes.counting(items)
    is_undone = ItemCompletion.completed_at.is_(None)
    late = _sum(is_undone, _due_before(counting, today))
    soon = _sum(is_undone, _due_before(counting, today + timedelta(days=programmes.SOON_DAYS + 1)))
    left = _sum(is_undone, ProgrammeItem.key.in_([item.key for item in counting]))
    state = sa.case((late > 0, "late"), (soon > 0, "soon"), (left > 0, "going"), else_="done")
    return (
        sa.select(
            Person.id.label("person_id"), SHOWN.label("name"), Enrolment.started_on, late.label("late"),
            state.label("state"),
        )
        .select_from(Enrolment)
        .join(Person, Person.id == Enrolment.person_id)
        .join(ProgrammeItem, ProgrammeItem.programme_id == Enrolment.programme_id)
        .outerjoin(
            ItemCompletion,
            sa.and_(ItemCompletion.person_id == Enrolment.person_id, ItemCompletion.item_id == ProgrammeItem.item_id),
        )
        .where(
            Enrolment.programme_id == programme.id, Enrolment.ended_on.is_(None), sight.IS_ACTIVE, Person.id.in_(people)
        )
        .group_by(Person.id, Enrolment.started_on)
        .subquery()
    )  # fmt: skip


def _sum(*conditions: sa.ColumnElement[bool]) -> sa.ColumnElement[int]:
    return sa.func.sum(sa.case((sa.and_(*conditions), 1), else_=0))


def _due_before(items: list[Item], day: date) -> sa.ColumnElement[bool]:
    """True in SQL where a mandatory item's due date lies before that day, told by the day on which one began."""
    return sa.or_(
        sa.false(),
        *(
            sa.and_(ProgrammeItem.key == item.key, Enrolment.started_on < day - timedelta(days=item.due_days))
            for item in items
            if item.is_mandatory and item.due_days is not None
        ),
    )


def _matches(standing: sa.Subquery, asked: Asked) -> sa.ColumnElement[bool]:
    conditions = [_holds(standing.c.name, word) for word in asked.search.split()[:MOST_WORDS]]
    if asked.state:
        conditions.append(standing.c.state == asked.state)
    return sa.and_(sa.true(), *conditions)


def _holds(name: Any, word: str) -> sa.ColumnElement[bool]:
    # SQLite folds the case of ASCII only, so the usual spellings of Å, Ä, Ö are asked for one by one.
    spellings = sorted({word, word.lower(), word.upper(), word.title()})
    return sa.or_(*(name.icontains(one, autoescape=True) for one in spellings))


def _tally(session: Session, standing: sa.Subquery, asked: Asked) -> tuple[Tally, int]:
    counted = [_sum(standing.c.state == state) for state in STATES]
    row = session.execute(sa.select(*counted, _sum(_matches(standing, asked)))).one()
    late, soon, going, done, matching = (int(value or 0) for value in row)
    return Tally(late, soon, going, done), matching


def _rows(session: Session, standing: sa.Subquery, asked: Asked, page: int) -> list[Any]:
    rank = sa.case({state: place for place, state in enumerate(STATES)}, value=standing.c.state)
    name = by_name(standing.c.name)
    orders = {
        "need": (rank, standing.c.late.desc(), standing.c.started_on, name),
        "name": (name,),
        "start": (standing.c.started_on.desc(), name),
    }
    select = (
        sa.select(standing)
        .where(_matches(standing, asked))
        .order_by(*orders[asked.order], standing.c.person_id)
        .limit(PAGE)
        .offset((page - 1) * PAGE)
    )
    return list(session.execute(select))


def _filled(session: Session, rows: list[Any], items: list[Item], seen: Sight, today: date) -> list[Row]:
    """The rows with their cells and posts: two queries for the page."""
    people = [row.person_id for row in rows]
    completions = sa.select(ItemCompletion.person_id, ItemCompletion.item_id, ItemCompletion.completed_at).where(
        ItemCompletion.person_id.in_(people), ItemCompletion.item_id.in_([item.item_id for item in items])
    )
    done = {(person, item): local_day(at) for person, item, at in session.execute(completions)}
    posts = sight.posts(session, seen, people, today)
    filled = []
    for row in rows:
        dates = {item.key: done[row.person_id, item.item_id] for item in items if (row.person_id, item.item_id) in done}
        cells = programmes.line(items, row.started_on, dates, today)
        filled.append(Row(row.person_id, row.name, row.state, row.started_on, posts.get(row.person_id, []), cells))
    return filled
