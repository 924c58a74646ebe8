"""The clock's round: plan, withdraw, gather, and go another way where no phone was heard. In short transactions; two rounds
at once double nothing, and none is needed for what the next one finds anyway."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from server.foundation.database import writing

from .gathering import again, gather, ready
from .planning import enter, missing
from .reaching import escalate
from .rules import settings_of
from .withdrawing import withdraw

ROWS, PEOPLE = 2000, 500
"""so many a transaction: a phone that sends meanwhile waits for no longer"""
MANY = 2000
"""after so many new ones at once PostgreSQL must count anew: it still takes the table for empty, and asks it row by row"""


class Ticked(NamedTuple):
    """What one round did."""

    planned: int
    reminders: int
    again: int


def tick(engine: Engine, now: datetime, zone: str, ways: Collection[str] = ()) -> Ticked:
    """Everything that is due by now is planned, what has lost its reason is closed, and people have their reminders.

    What no phone has heard in its time takes those of these ways that there are.
    """
    planned = plan_due(engine, now, zone)
    with _alone(engine) as connection:
        withdraw(connection, now, zone)
    with _alone(engine) as connection:
        came_again = again(connection, now, zone)
    made = gather_ready(engine, now, zone)
    with _alone(engine) as connection:
        escalate(connection, now, zone, ways)
    return Ticked(planned, made, came_again)


def plan_due(engine: Engine, now: datetime, zone: str) -> int:
    """What is due by now has its occurrences. Returns how many were planned or moved."""
    with engine.connect() as connection:
        found = missing(connection, now, zone, settings_of(connection))
    # A message is planned once, as a whole: half of its audience would pass for all of it.
    whole = [one for one in found if one.rule == "message"]
    others = [one for one in found if one.rule != "message"]
    for some in (whole, *(others[at : at + ROWS] for at in range(0, len(others), ROWS))):
        if some:
            with _alone(engine) as connection:
                enter(connection, some)
    if len(found) > MANY and engine.dialect.name == "postgresql":
        with engine.begin() as connection:
            connection.execute(sa.text("ANALYZE reminder_occurrence"))
    return len(found)


def gather_ready(engine: Engine, now: datetime, zone: str) -> int:
    """What may be said now is in people's inboxes. Returns how many reminders were made."""
    with engine.connect() as connection:
        people = sorted({one.person_id for one in ready(connection, now, zone)})
    made = 0
    for at in range(0, len(people), PEOPLE):
        with _alone(engine) as connection:
            made += gather(connection, now, zone, people[at : at + PEOPLE])
    return made


@contextmanager
def _alone(engine: Engine) -> Iterator[Connection]:
    """A writing transaction; no other round's runs beside it. Pushes do, on PostgreSQL."""
    with writing(), engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(sa.text("SELECT pg_advisory_xact_lock(hashtextextended('reminders', 7))"))
        yield connection
