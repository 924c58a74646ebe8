"""From rules to occurrences: what is due by now stands in the database once, whoever plans and however often."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy.engine import Connection

from server.foundation import ids
from server.foundation.bulk import put

from . import duties, nudges
from .listening import listeners
from .models import NUDGES, ReminderOccurrence
from .reasons import Frame, Reason
from .rules import Settings, settings_of

REASONS: dict[str, Callable[[Connection, Frame], Iterator[Reason]]] = {
    "assigned": nudges.assigned, "due": nudges.due, "overdue": nudges.overdue, "tour_tomorrow": duties.tour_tomorrow,
    "leaving": duties.leaving, "departure_changed": duties.departure_changed, "exam_result": duties.exam_result,
    "message": duties.message,
}  # fmt: skip
_IS_OPEN = "reminder_occurrence.reminder_id IS NULL AND reminder_occurrence.closed_at IS NULL"


class Foreseen(NamedTuple):
    """What would be said today of one subject, and to how many people."""

    rule: str
    subject: str
    people: int


def plan(connection: Connection, now: datetime, zone: str) -> int:
    """Every reason there is by now has its occurrence. Again: none twice; one that is not said yet follows its date."""
    found = missing(connection, now, zone, settings_of(connection))
    enter(connection, found)
    return len(found)


def missing(connection: Connection, now: datetime, zone: str, settings: Settings) -> list[Reason]:
    """The reasons that have no occurrence yet, or one that is not said yet and is due at another time. Reads only."""
    return [
        one
        for rule, find in REASONS.items()
        for one in (find(connection, Frame(now, zone, settings[rule])) if not settings[rule].is_paused else ())
        if one.expires_at > now
    ]


def enter(connection: Connection, found: Sequence[Reason]) -> None:
    """Each reason has its occurrence. Again: what is neither said nor closed is due as said now, the rest stays."""
    put(
        connection, ReminderOccurrence, [{"id": ids.new_id(), **one._asdict()} for one in found],
        key=("person_id", "rule", "subject", "ordinal"), moves=("due_at", "expires_at"), where=_IS_OPEN,
    )  # fmt: skip


def dry_run(connection: Connection, now: datetime, zone: str, settings: Settings) -> list[Foreseen]:
    """What these settings would say today beyond what is planned already, and to how many people. Writes nothing."""
    found = missing(connection, now, zone, settings)
    silent = _silent(connection, found, now, zone)
    said = Counter((one.rule, one.subject) for one in found if one.rule not in NUDGES or one.person_id not in silent)
    return sorted(Foreseen(*key, people) for key, people in said.items())


def foreseen_for(connection: Connection, person_id: str, now: datetime, zone: str, settings: Settings) -> list[Reason]:
    """The same for one person: what they would be told today. Writes nothing."""
    return [one for one in missing(connection, now, zone, settings) if one.person_id == person_id]


def _silent(connection: Connection, found: Sequence[Reason], now: datetime, zone: str) -> set[str]:
    people = {one.person_id for one in found if one.rule in NUDGES}
    return {person for person, one in listeners(connection, people, now, zone).items() if not one.has_reminders}
