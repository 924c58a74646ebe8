"""One person's reminders as they would read them: what comes today, when, and by which way; and what was said lately."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session

from server.foundation.errors import NotFound
from server.people.models import Person
from server.reminders import contacts, reaching
from server.reminders.decency import next_decent
from server.reminders.gathering import Waiting
from server.reminders.letters import Words
from server.reminders.listening import Listener, has_said_no, listeners, may_hear
from server.reminders.models import NUDGES, PushSubscription, Reminder, ReminderOccurrence
from server.reminders.subjects import subjects
from server.reminders.wording import Said, neutral, say_duty, say_nudges

from . import reminding, sight
from .reminding import Day
from .sight import SHOWN, Post, Sight

LATELY = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Preview:
    """One message as its person will read it."""

    rules: list[str]
    words: Words
    at: datetime
    ways: list[str]
    """push, mail, sms; empty: in the app alone"""


@dataclass(frozen=True, slots=True)
class Earlier:
    rule: str
    words: Words
    at: datetime
    ways: list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class RemindedPage:
    id: str
    name: str
    language: str
    posts: list[Post]
    is_reachable: bool
    neutral: Words
    coming: list[Preview]
    earlier: list[Earlier]


def read(
    session: Session, seen: Sight, person_id: str, *, day: Day, now: datetime, zone: str, channels: list[str]
) -> RemindedPage:
    """The page of a person in sight. Raises NotFound for anyone else."""
    person = session.execute(
        sa.select(Person.id, SHOWN.label("name"), Person.language)
        .add_columns(reaching.is_reachable(now, channels).label("is_reachable"))
        .where(Person.id == person_id, sight.IS_ACTIVE, Person.id.in_(sight.people_in(seen, day.on)))
    ).one_or_none()
    if person is None:
        raise NotFound
    connection = session.connection()
    listener = listeners(connection, [person_id], now, zone)[person_id]
    ways = _ways(connection, person_id, now, channels)
    coming = _coming(connection, person_id, listener, ways, day, now, zone)
    return RemindedPage(
        person.id, person.name, person.language, sight.posts(session, seen, [person.id], day.on).get(person.id, []),
        bool(person.is_reachable), neutral(person.language), coming, _earlier(session, person_id, listener, now),
    )  # fmt: skip


def _coming(
    connection: Connection, person_id: str, listener: Listener, ways: "_Ways", day: Day, now: datetime, zone: str
) -> list[Preview]:
    select = sa.select(
        ReminderOccurrence.id, ReminderOccurrence.rule, ReminderOccurrence.person_id, ReminderOccurrence.subject,
        ReminderOccurrence.ordinal, ReminderOccurrence.due_at, ReminderOccurrence.expires_at,
    ).where(
        ReminderOccurrence.person_id == person_id, ReminderOccurrence.closed_at.is_(None),
        ReminderOccurrence.reminder_id.is_(None), ReminderOccurrence.due_at < day.ends_at,
        ReminderOccurrence.expires_at > now,
    )  # fmt: skip
    waiting = [Waiting(*row) for row in connection.execute(select.order_by(ReminderOccurrence.due_at))]
    known = subjects(connection, {(one.rule, one.subject) for one in waiting})
    nudges = [one for one in waiting if one.rule in NUDGES]

    def preview(some: list[Waiting], said: Said) -> Preview:
        first = max(now, min(one.due_at for one in some))
        is_free = may_hear(listener, some[0].rule, some[0].leaves_at, first, zone)
        at = first if is_free else next_decent(first, listener.quiet, zone)
        return Preview([one.rule for one in some], _in(listener, said.words), at, ways.of(some[0], day))

    found = [preview([one], say_duty(one, known, zone)) for one in waiting if one.rule not in NUDGES]
    if nudges and listener.has_reminders:
        found.append(preview(nudges, say_nudges(nudges, known)))
    return sorted(found, key=lambda one: one.at)


def _in(listener: Listener, words: dict[str, dict[str, str]]) -> Words:
    return Words(**(words.get(listener.language) or next(iter(words.values()))))


@dataclass(frozen=True, slots=True)
class _Ways:
    has_push: bool
    has_mail: bool
    takes_nudges: bool
    has_number: bool

    def of(self, one: Waiting, day: Day) -> list[str]:
        """The ways that it takes at first; a phone that stays silent adds others."""
        if self.has_push:
            return ["push"]
        is_today = one.expires_at <= day.ends_at and one.rule in reaching.ON_THE_DAY
        mail = ["mail"] if self.has_mail and (self.takes_nudges or one.rule not in NUDGES) else []
        return mail + (["sms"] if self.has_number and is_today else [])


def _ways(connection: Connection, person_id: str, now: datetime, channels: list[str]) -> _Ways:
    has_push = sa.exists().where(PushSubscription.person_id == Person.id, reaching.lives(now))
    row = connection.execute(
        sa.select(
            sa.and_(has_push, ~has_said_no(Person.id)), contacts.has_mail(now), contacts.takes_nudges_by_mail()
        ).where(Person.id == person_id)
    ).one()
    number = contacts.number_of(connection, person_id) if "sms" in channels else None
    return _Ways(bool(row[0]), bool(row[1]) and "mail" in channels, bool(row[2]), number is not None)


def _earlier(session: Session, person_id: str, listener: Listener, now: datetime) -> list[Earlier]:
    rows = session.scalars(
        sa.select(Reminder)
        .where(Reminder.person_id == person_id, Reminder.made_at > now - LATELY)
        .order_by(Reminder.made_at.desc())
        .limit(20)
    ).all()
    ways = reminding.ways_of(session, {row.id for row in rows})
    return [Earlier(row.rule, _in(listener, row.words), row.made_at, ways.get(row.id, [])) for row in rows]
