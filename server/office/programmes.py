"""Programmes and their items with titles, as the office's pages need them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from server.activities.models import Activity
from server.learning.models import Course, CourseVersion, Programme, ProgrammeItem

SOON_DAYS = 7


@dataclass(frozen=True, slots=True)
class Item:
    key: str
    item_id: str
    kind: str
    title: dict[str, str]
    is_mandatory: bool
    due_days: int | None
    after: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Cell:
    """Where one person stands at one item: a state and the date that goes with it, never an hour."""

    state: str
    """done, late, locked, soon or open"""
    on: date | None


@dataclass(frozen=True, slots=True)
class ProgrammeChoice:
    id: str
    slug: str
    title: dict[str, str]


def choices(session: Session) -> list[ProgrammeChoice]:
    """All programmes, in a steady order."""
    rows = session.execute(sa.select(Programme.id, Programme.slug, Programme.title).order_by(Programme.slug))
    return [ProgrammeChoice(*row) for row in rows]


def items_of(session: Session, programmes: Iterable[str]) -> dict[str, list[Item]]:
    """The items of each programme in its order."""
    rows = session.execute(
        sa.select(ProgrammeItem)
        .where(ProgrammeItem.programme_id.in_(sorted(programmes)))
        .order_by(ProgrammeItem.programme_id, ProgrammeItem.position)
    ).scalars()
    found = list(rows)
    titles = _titles(session, {row.item_id for row in found})
    items: dict[str, list[Item]] = {}
    for row in found:
        item = Item(
            row.key, row.item_id, row.kind, titles.get(row.item_id, {"sv": row.key}), row.is_mandatory, row.due_days,
            tuple(row.after),
        )  # fmt: skip
        items.setdefault(row.programme_id, []).append(item)
    return items


def _titles(session: Session, ids: set[str]) -> dict[str, Any]:
    courses = (
        sa.select(Course.id, CourseVersion.entry)
        .join(
            CourseVersion,
            sa.and_(CourseVersion.course_id == Course.id, CourseVersion.number == Course.current_version),
        )
        .where(Course.id.in_(ids))
    )
    activities = sa.select(Activity.id, Activity.entry).where(Activity.id.in_(ids))
    return {row.id: row.entry["title"] for select in (courses, activities) for row in session.execute(select)}


def counting(items: Iterable[Item]) -> list[Item]:
    """The items that decide whether someone is finished: the mandatory ones, or all where none is."""
    found = list(items)
    return [item for item in found if item.is_mandatory] or found


def line(items: Iterable[Item], started_on: date, done: Mapping[str, date], today: date) -> list[Cell]:
    """Where someone stands at each item, who began that day and completed the items (by key) in `done`."""
    return [_cell(item, started_on, done, today) for item in items]


def _cell(item: Item, started_on: date, done: Mapping[str, date], today: date) -> Cell:
    if item.key in done:
        return Cell("done", done[item.key])
    due_on = None if item.due_days is None else started_on + timedelta(days=item.due_days)
    if item.is_mandatory and due_on and due_on < today:
        return Cell("late", due_on)
    if any(key not in done for key in item.after):
        return Cell("locked", due_on)
    is_soon = item.is_mandatory and due_on and due_on <= today + timedelta(days=SOON_DAYS)
    return Cell("soon" if is_soon else "open", due_on)
