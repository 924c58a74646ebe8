"""What goes out today and why: by rule, with counts, people, and the ways that it takes. In sight only, and set-wise."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import groupby
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from server.foundation.texts import pick
from server.people.models import Person
from server.reminders.decency import moment, next_decent
from server.reminders.listening import listeners
from server.reminders.models import RULES, Reminder, ReminderDelivery, ReminderOccurrence
from server.reminders.rules import RuleSetting, settings_of
from server.reminders.subjects import Subjects, subjects

from . import sight
from .alphabet import by_name
from .sight import SHOWN, Post, Sight

PAGE = 50
Known = ReminderOccurrence


class Day(NamedTuple):
    """Today, from when until when."""

    on: date
    begins_at: datetime
    ends_at: datetime


def day_of(on: date, zone: str) -> Day:
    return Day(on, moment(on, time(0), zone), moment(on + timedelta(days=1), time(0), zone))


class Going(NamedTuple):
    """A rule today: how many people it has told, will tell, and need not tell any more."""

    rule: str
    said: int
    coming: int
    settled: int

    @property
    def people(self) -> int:
        return self.said + self.coming


class Way(NamedTuple):
    """What became of what was to go this way."""

    channel: str
    state: str
    deliveries: int


@dataclass(frozen=True, slots=True)
class Today:
    people: int
    """who is told something today, by whatever rules"""
    going: list[Going]
    ways: list[Way]
    rules: list[RuleSetting]
    may_set: bool


def read(session: Session, seen: Sight, day: Day, now: datetime) -> Today:
    """Today, of the people in sight."""
    people, today = sight.people_in(seen, day.on), _of_today(day, now).c
    counted = session.execute(
        sa.select(today.rule, today.state, sa.func.count(sa.distinct(today.person_id)).label("n"))
        .where(today.person_id.in_(people))
        .group_by(today.rule, today.state)
    )
    counts = {(row.rule, row.state): int(row.n) for row in counted}
    found = [Going(rule, *(counts.get((rule, one), 0) for one in ("said", "coming", "settled"))) for rule in RULES]
    ways = session.execute(
        sa.select(ReminderDelivery.channel, ReminderDelivery.state, sa.func.count())
        .join(Reminder, Reminder.id == ReminderDelivery.reminder_id)
        .where(Reminder.made_at >= day.begins_at, ReminderDelivery.person_id.in_(people))
        .group_by(ReminderDelivery.channel, ReminderDelivery.state)
        .order_by(ReminderDelivery.channel, ReminderDelivery.state)
    )
    rules = [one for one in settings_of(session.connection()).values() if one.key != "message"]
    going = [one for one in found if one.people or one.settled]
    reminded = sa.select(sa.func.count(sa.distinct(today.person_id))).where(
        today.state != "settled", today.person_id.in_(people)
    )
    return Today(
        session.scalar(reminded) or 0, going, [Way(*row) for row in ways], rules, sight.is_whole(session, seen)
    )


def _of_today(day: Day, now: datetime) -> sa.Subquery:
    """What today is about, by an index each. State: said today · coming today · settled, its reason gone before it was said."""
    columns = (Known.id, Known.rule, Known.person_id, Known.subject, Known.due_at, Known.reminder_id)
    is_unsaid, is_due = Known.reminder_id.is_(None), Known.due_at < day.ends_at
    said = (
        sa.select(*columns, Reminder.made_at, sa.literal("said").label("state"))
        .join(Reminder, Reminder.id == Known.reminder_id)
        .where(Reminder.made_at >= day.begins_at)
    )
    never = sa.null().label("made_at")
    coming = sa.select(*columns, never, sa.literal("coming")).where(
        Known.closed_at.is_(None), is_unsaid, is_due, Known.expires_at > now
    )
    settled = sa.select(*columns, never, sa.literal("settled")).where(
        Known.closed_at >= day.begins_at, is_unsaid, is_due,
        Known.closed_why.in_(("done", "ended", "cancelled", "muted", "recalled")),
    )  # fmt: skip
    return sa.union_all(said, coming, settled).subquery()


@dataclass(frozen=True, slots=True)
class Told:
    """One person and what the rule says to them today."""

    person_id: str
    name: str
    posts: list[Post]
    what: list[str]
    state: str
    at: datetime
    """when it was said, or will be at the earliest"""
    ways: list[tuple[str, str]]
    """(channel, state); empty: in the app alone"""


@dataclass(frozen=True, slots=True)
class People:
    rule: str
    matching: int
    page: int
    rows: list[Told]

    @property
    def pages(self) -> int:
        return max(1, -(-self.matching // PAGE))


def people_of(
    session: Session, seen: Sight, rule: str, *, day: Day, now: datetime, zone: str, page: int
) -> People:  # fmt: skip
    """Whom the rule tells today, by name: the same few queries however many they are."""
    today = _of_today(day, now).c
    asked = (
        sa.select(today.person_id, today.subject, today.due_at, today.reminder_id, today.made_at, today.state)
        .add_columns(SHOWN.label("name"))
        .join(Person, Person.id == today.person_id)
        .where(today.rule == rule, today.person_id.in_(sight.people_in(seen, day.on)))
    )
    who = asked.with_only_columns(today.person_id, by_name(SHOWN).label("name")).distinct()
    matching = session.scalar(sa.select(sa.func.count()).select_from(who.subquery())) or 0
    page = min(page, max(1, -(-matching // PAGE)))
    listed = who.order_by("name", today.person_id).limit(PAGE).offset((page - 1) * PAGE).subquery()
    rows = session.execute(
        asked.join(listed, listed.c.person_id == today.person_id)
        .order_by(listed.c.name, today.person_id, today.state, today.due_at, today.id)
    ).all()  # fmt: skip
    return People(rule, matching, page, _told(session, seen, rule, rows, day, now, zone))


def _told(
    session: Session, seen: Sight, rule: str, rows: Sequence[Any], day: Day, now: datetime, zone: str
) -> list[Told]:
    people = [row.person_id for row in rows]
    posts = sight.posts(session, seen, people, day.on)
    heard = listeners(session.connection(), people, now, zone)
    known = subjects(session.connection(), {(rule, row.subject) for row in rows})
    ways = ways_of(session, {row.reminder_id for row in rows if row.reminder_id})
    told = []
    for (person_id, state), group in groupby(rows, key=lambda row: (row.person_id, row.state)):
        some = list(group)
        first = some[0].made_at or next_decent(max(now, some[0].due_at), heard[person_id].quiet, zone)
        titles = [title for row in some if (title := title_of(rule, row.subject, known))]
        told.append(
            Told(
                person_id, some[0].name, posts.get(person_id, []), titles, state, first,
                ways.get(some[0].reminder_id, []),
            )
        )  # fmt: skip
    return told


def ways_of(session: Session, reminders: Collection[str]) -> dict[str, list[tuple[str, str]]]:
    """Of each reminder the ways that it took, and what became of it there. Several phones are one way."""
    select = (
        sa.select(ReminderDelivery.reminder_id, ReminderDelivery.channel, ReminderDelivery.state)
        .where(ReminderDelivery.reminder_id.in_(sorted(reminders)), ReminderDelivery.state != "withdrawn")
        .order_by(ReminderDelivery.channel)
    )
    best: dict[str, dict[str, str]] = {}
    for reminder, channel, state in session.execute(select):
        mine = best.setdefault(reminder, {})
        if channel not in mine or _RANK.index(_shown(state)) < _RANK.index(mine[channel]):
            mine[channel] = _shown(state)
    return {reminder: list(mine.items()) for reminder, mine in best.items()}


_RANK = ("sent", "waiting", "failed")


def _shown(state: str) -> str:
    return "waiting" if state == "claimed" else state


def title_of(rule: str, subject: str, known: Subjects) -> str:
    """What it is about, in the reader's language."""
    first, _, key = subject.partition("/")
    if rule in ("due", "overdue"):
        return pick(known.courses[known.programmes[first].items[key]].title)
    if rule == "assigned":
        return pick(known.programmes[first].title)
    if rule in ("tour_tomorrow", "leaving", "departure_changed"):
        return pick(known.departures[first].activity)
    if rule == "exam_result":
        return pick(known.courses[known.results[first].course_id].title)
    if rule == "message":
        return pick({language: words["title"] for language, words in known.messages[first].words.items()})
    return ""
