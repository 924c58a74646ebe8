"""Reminders as they lie in the database, made by hand where a test is not about how they come to be; and rounds of the worker."""

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from threading import Lock
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from server.foundation import clock, ids
from server.foundation.changefeed import publish_session
from server.foundation.database import db, writing
from server.people import sessions
from server.reminders.delivering import deliver
from server.reminders.letters import OK, Letter, Send, Sent
from server.reminders.models import RULES, GroupMessage, PushSubscription, Reminder, ReminderOccurrence
from server.reminders.rules import start_rule
from server.reminders.tasks import Tasks
from server.reminders.ticking import Ticked, tick
from tests.cast import Actor

ZONE = "Europe/Stockholm"
WORDS = {"sv": {"title": "Ny kurs", "body": "Hygien väntar på dig."}, "en": {"title": "New course", "body": "Hygien."}}


def a_reminder(person_id: str, at: datetime, **other: Any) -> Reminder:
    """A nudge of today that nobody has seen."""
    usual: dict[str, Any] = {
        "id": ids.new_id(), "person_id": person_id, "rule": "nudge", "nudge_on": at.date(), "made_at": at,
        "expires_at": at + timedelta(days=30), "about": [], "words": WORDS, "target": "/learn/hygien",
    }  # fmt: skip
    return Reminder(**usual | other)


def a_message(written_by: str, unit_id: str, words: dict[str, Any] = WORDS) -> str:
    """A coordinator's words to a unit, a moment ago. Returns the message's id."""
    row = {
        "id": ids.new_id(), "audience": "unit", "audience_id": unit_id, "words": words, "written_by": written_by,
        "written_at": clock.now(), "sends_at": clock.now() + timedelta(seconds=60), "recalled_at": None, "people": 2,
    }  # fmt: skip
    with writing(), db.engine.begin() as connection:
        connection.execute(sa.insert(GroupMessage), row)
    return str(row["id"])


def do(deed: Callable[..., Any], **values: Any) -> Any:
    """The deed is done and committed."""
    with writing():
        done = deed(db.session(), **values)
        publish_session(db.session())
        db.session.commit()
        db.session.remove()
    return done


def start(on: date, *keys: str) -> None:
    """These rules, or all of them, remind from that day on."""
    for key in keys or RULES:
        do(start_rule, key=key, starts_on=on, at=datetime.fromisoformat("2026-01-01T00:00:00Z"))


def a_phone_that_is_reminded(actor: Actor, at: datetime) -> str:
    """One more phone of the person takes pushes. Returns the subscription's id."""
    device, subscription = actor.phone().device_id, ids.new_id()
    row = {
        "id": subscription, "person_id": actor.person_id, "device_id": device, "endpoint": f"https://push/{device}",
        "endpoint_hash": device, "p256dh": "", "auth": "", "key_id": "", "made_at": at, "confirmed_at": at,
        "failures": 0, "failed_at": None,
        "session_hash": ids.hash_of(actor.client.get_cookie(sessions.cookie_name(actor.app)).value),
    }  # fmt: skip
    with writing(), db.engine.begin() as connection:
        connection.execute(sa.insert(PushSubscription), row)
    return subscription


class Post:
    """A channel that hands everything over, or says what a test wants of it; and what it was given, in order."""

    def __init__(self, say: Callable[[Letter], Sent] = lambda letter: OK) -> None:
        self.say, self.letters, self.noted, self._guard = say, [], [], Lock()

    letters: list[Letter]
    noted: list[tuple[Letter, Sent]]

    def prepare(self, connection: Connection, letters: Sequence[Letter]) -> Send:
        return self._take

    def note(self, connection: Connection, results: Sequence[tuple[Letter, Sent]], now: datetime) -> None:
        self.noted += results

    def _take(self, letter: Letter) -> Sent:
        with self._guard:
            self.letters.append(letter)
        return self.say(letter)

    @property
    def titles(self) -> list[str]:
        return [one.words.title for one in self.letters]


def round_of(now: datetime) -> Ticked:
    """The worker's round, without sending."""
    return tick(db.engine, now, ZONE)


def send_all(post: Post, now: datetime, channel: str = "push") -> int:
    """All that waits now goes to the post."""
    count = 0
    while dealt := deliver(db.engine, now, ZONE, {channel: post}):
        count += dealt
    return count


def occurrences(rule: str | None = None) -> list[Any]:
    """All that there are (of a rule), by person and time."""
    select = sa.select(ReminderOccurrence.__table__).order_by(ReminderOccurrence.person_id, ReminderOccurrence.due_at)
    with db.engine.connect() as connection:
        return list(connection.execute(select.where(ReminderOccurrence.rule == rule) if rule else select))


def inbox(actor: Actor) -> list[dict[str, Any]]:
    """The person's reminders as a new phone sees them, the open ones, by time."""
    rows = actor.phone().pull().rows("reminder").values()
    return sorted((one for one in rows if one["closed_at"] is None), key=lambda one: (one["made_at"], one["rule"]))


def work_off(tasks: Tasks) -> list[str]:
    """What a worker's thread does, until the queue is empty. Returns the names of what it did."""
    done = []
    while (task := tasks.queue.dequeue()) is not None:
        tasks.queue.execute(task)
        done.append(task.name)
    return done
