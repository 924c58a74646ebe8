"""Messages to groups: whom one may write to, what was written, and who was told what and when."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from server.activities.models import Activity, Departure
from server.foundation.errors import NotFound
from server.learning.models import Programme
from server.people.models import Person, Unit
from server.reminders.messaging import Group
from server.reminders.models import GroupMessage, Reminder, ReminderOccurrence

from . import reminding, sight
from .alphabet import by_name
from .reminding import PAGE, Day
from .sight import SHOWN, Post, Sight

MOST_LISTED = 50


class Choice(NamedTuple):
    """A group that one may write to."""

    group: Group
    name: dict[str, str]
    depth: int = 0
    starts_at: datetime | None = None

    @property
    def key(self) -> str:
        return f"{self.group.audience}:{self.group.audience_id}"


@dataclass(frozen=True, slots=True)
class Written:
    id: str
    words: dict[str, dict[str, str]]
    to: Choice
    by: str
    written_at: datetime
    sends_at: datetime
    recalled_at: datetime | None
    people: int

    def state_at(self, now: datetime) -> str:
        """recalled, waiting (it can be taken back) or sent"""
        return "recalled" if self.recalled_at else "waiting" if self.sends_at > now else "sent"


@dataclass(frozen=True, slots=True)
class Recipient:
    person_id: str
    name: str
    posts: list[Post]
    at: datetime
    ways: list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class MessagePage:
    message: Written
    matching: int
    page: int
    told: list[Recipient]

    @property
    def pages(self) -> int:
        return max(1, -(-self.matching // PAGE))


def choices(session: Session, seen: Sight, now: datetime) -> list[Choice]:
    """The groups that lie wholly in sight: units, programmes of such units, and their departures that have not ended."""
    found = [
        Choice(Group("unit", one.path.rstrip("/").rpartition("/")[2]), one.name, one.depth)
        for one in sight.units(session, seen)
    ]
    programmes = (
        sa.select(Programme.id, Programme.title)
        .join(Unit, Unit.id == Programme.audience_unit_id)
        .where(seen.covers(Unit.path))
        .order_by(Programme.slug)
    )
    found += [Choice(Group("programme", row.id), row.title) for row in session.execute(programmes)]
    departures = (
        sa.select(Departure.id, Activity.entry, Departure.starts_at)
        .join(Activity, Activity.id == Departure.activity_id)
        .join(Unit, Unit.id == Activity.audience_unit_id)
        .where(seen.covers(Unit.path), Departure.ends_at > now)
        .order_by(Departure.starts_at)
        .limit(MOST_LISTED)
    )
    return found + [
        Choice(Group("departure", row.id), row.entry["title"], 0, row.starts_at) for row in session.execute(departures)
    ]


def chosen(among: list[Choice], key: str) -> Choice:
    """The group of that key. Raises NotFound for one that is not in sight."""
    found = next((one for one in among if one.key == key), None)
    if found is None:
        raise NotFound
    return found


def listed(session: Session, seen: Sight) -> list[Written]:
    """What was written to groups in sight, the latest first."""
    select = _messages(seen).order_by(GroupMessage.written_at.desc()).limit(MOST_LISTED)
    return _written(session, session.execute(select).all())


def read(session: Session, seen: Sight, message_id: str, day: Day, page: int) -> MessagePage:
    """A message, and whom of the people in sight it was said to. Raises NotFound."""
    found = _written(session, session.execute(_messages(seen).where(GroupMessage.id == message_id)).all())
    if not found:
        raise NotFound
    told = (
        sa.select(Person.id, SHOWN.label("name"), Reminder.id.label("reminder_id"), Reminder.made_at)
        .join(Reminder, Reminder.person_id == Person.id)
        .join(ReminderOccurrence, ReminderOccurrence.reminder_id == Reminder.id)
        .where(ReminderOccurrence.rule == "message", ReminderOccurrence.subject == message_id)
        .where(Person.id.in_(sight.people_in(seen, day.on)))
    )
    matching = session.scalar(sa.select(sa.func.count()).select_from(told.subquery())) or 0
    page = min(page, max(1, -(-matching // PAGE)))
    rows = session.execute(told.order_by(by_name(SHOWN), Person.id).limit(PAGE).offset((page - 1) * PAGE)).all()
    posts = sight.posts(session, seen, [row.id for row in rows], day.on)
    ways = reminding.ways_of(session, {row.reminder_id for row in rows})
    recipients = [
        Recipient(row.id, row.name, posts.get(row.id, []), row.made_at, ways.get(row.reminder_id, [])) for row in rows
    ]
    return MessagePage(found[0], matching, page, recipients)


def _messages(seen: Sight) -> sa.Select[Any]:
    unit, programme, departure = sa.orm.aliased(Unit), sa.orm.aliased(Unit), sa.orm.aliased(Unit)
    return (
        sa.select(
            GroupMessage, SHOWN.label("by"), unit.name.label("unit"), Programme.title.label("programme"),
            Activity.entry.label("activity"), Departure.starts_at,
        )
        .join(Person, Person.id == GroupMessage.written_by)
        .outerjoin(unit, sa.and_(GroupMessage.audience == "unit", unit.id == GroupMessage.audience_id))
        .outerjoin(Programme, sa.and_(GroupMessage.audience == "programme", Programme.id == GroupMessage.audience_id))
        .outerjoin(programme, programme.id == Programme.audience_unit_id)
        .outerjoin(Departure, sa.and_(GroupMessage.audience == "departure", Departure.id == GroupMessage.audience_id))
        .outerjoin(Activity, Activity.id == Departure.activity_id)
        .outerjoin(departure, departure.id == Activity.audience_unit_id)
        .where(sa.or_(*(seen.covers(one.path) for one in (unit, programme, departure))))
    )  # fmt: skip


def _written(session: Session, rows: Any) -> list[Written]:
    found = []
    for row in rows:
        one: GroupMessage = row.GroupMessage
        name = row.unit or row.programme or (row.activity or {}).get("title") or {}
        to = Choice(Group(one.audience, one.audience_id), name, 0, row.starts_at)
        found.append(
            Written(
                one.id, one.words, to, row.by, one.written_at, one.sends_at, one.recalled_at, one.people
            )
        )  # fmt: skip
    return found
