"""Who can be spoken to, and how they want it: still here, reminders on or off, quiet hours."""

from collections.abc import Collection
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from server.foundation.database import any_of
from server.people.models import Employment, Person, Preference
from server.people.preferring import AFTER_SHIFTS

from .decency import Quiet, day_of, is_decent, quiet_hours


class Listener(NamedTuple):
    """How one person wants to hear of things."""

    language: str
    has_reminders: bool
    """False once they said "off": then no nudges, and nothing by push"""
    quiet: Quiet


def is_here(person_id: Any, today: Any) -> sa.ColumnElement[bool]:
    """The person of that column is neither deactivated nor erased, and has not left: some post still runs or is to begin.

    Who has no post at all in our books (a guest, an administrator) counts as here.
    """
    # A post, and none that lasts: said with an OR instead, PostgreSQL can neither join it nor guess what it costs.
    post, lasting = Employment.__table__.alias(), Employment.__table__.alias()
    lasts = sa.or_(lasting.c.to_on.is_(None), lasting.c.to_on >= today)
    lasts_here = sa.exists().where(lasting.c.person_id == post.c.person_id, lasts).correlate(post)
    has_left = sa.exists().where(post.c.person_id == person_id, ~lasts_here).correlate_except(post)
    active = (
        sa.select(Person.id)
        .correlate_except(Person)
        .where(Person.id == person_id, Person.deactivated_at.is_(None), Person.erased_at.is_(None))
    )
    return sa.and_(active.exists(), ~has_left)


def has_said_no(person_id: Any) -> sa.ColumnElement[bool]:
    """The person of that column has turned reminders off."""
    return sa.exists().where(
        Preference.person_id == person_id, Preference.name == "reminders", Preference.value == "off"
    )


_SAID = sa.select(Preference.person_id, Preference.name, Preference.value).where(
    any_of(Preference.person_id, "people"), Preference.name.in_(("reminders", "quiet_hours"))
)
_POSTS = sa.select(Employment.person_id, Employment.shift_pattern, Employment.from_on).where(
    any_of(Employment.person_id, "people"),
    sa.or_(Employment.to_on.is_(None), Employment.to_on >= sa.bindparam("today")),
)
_LANGUAGES = sa.select(Person.id, Person.language).where(any_of(Person.id, "people"))


def listeners(connection: Connection, people: Collection[str], now: datetime, zone: str) -> dict[str, Listener]:
    """Of each of these people, how they want to hear of things now. Three statements, however many they are."""
    today, asked = day_of(now, zone), sorted(set(people))
    rows = [row for row in connection.execute(_SAID, {"people": asked}) if row.value != AFTER_SHIFTS]
    said = {(row.person_id, row.name): row.value for row in rows}
    running: dict[str, list[str]] = {}
    coming: dict[str, list[str]] = {}
    for person, pattern, from_on in connection.execute(_POSTS, {"people": asked, "today": today}):
        (running if from_on <= today else coming).setdefault(person, []).append(pattern)
    return {
        person: Listener(
            language,
            said.get((person, "reminders")) != "off",
            quiet_hours(said.get((person, "quiet_hours")), running.get(person) or coming.get(person, [])),
        )
        for person, language in connection.execute(_LANGUAGES, {"people": asked})
    }


def may_hear(listener: Listener, rule: str, leaves_at: datetime | None, now: datetime, zone: str) -> bool:
    """Whether this is an hour for saying it: `leaving` always, and a change of a departure on the day that it concerns."""
    if rule == "leaving":
        return True
    if rule == "departure_changed" and leaves_at and day_of(leaves_at, zone) <= day_of(now, zone):
        return True
    return is_decent(now, listener.quiet, zone)
