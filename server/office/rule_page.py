"""A rule's page: how it is set, and whom it would tell if it started on a day; nothing is said before somebody has seen that."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import islice
from typing import ClassVar, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from server.foundation.errors import NotFound, Refusal
from server.people.models import Person
from server.reminders.decency import moment
from server.reminders.listening import has_said_no
from server.reminders.models import NUDGES
from server.reminders.planning import missing
from server.reminders.reasons import Reason
from server.reminders.rules import MOST, RuleNotSensible, RuleSetting, settings_of
from server.reminders.subjects import subjects

from .alphabet import by_name
from .reminding import title_of
from .sight import SHOWN

MOST_NAMES, AT_ONCE = 40, 500
NUMBERS = {"due": ("days",), "overdue": ("every_days", "most_times")}
"""Which numbers a rule has."""


class StartsInThePast(Refusal):
    """Nobody is reminded of what lies behind them."""

    code: ClassVar[str] = "rule_starts_in_the_past"
    status: ClassVar[int] = 422


class NotADate(Refusal):
    code: ClassVar[str] = "not_a_date"
    status: ClassVar[int] = 422


class Subject(NamedTuple):
    title: str
    people: int


class DryRun(NamedTuple):
    """Whom the rule would tell on that day, as things stand now."""

    on: date
    people: int
    subjects: list[Subject]
    names: list[str]
    """the first of them, by the alphabet"""


@dataclass(frozen=True, slots=True)
class RulePage:
    setting: RuleSetting
    state: str
    numbers: dict[str, tuple[int, int, int]]
    """by name: as it is set, the least and the most"""
    dry: DryRun | None
    """None where there is nothing to foresee"""


def state_of(setting: RuleSetting, today: date) -> str:
    """not_started, paused, coming or running"""
    if setting.starts_on is None:
        return "not_started"
    if setting.is_paused:
        return "paused"
    return "coming" if setting.starts_on > today else "running"


def read(session: Session, key: str, *, starts_on: date, today: date, now: datetime, zone: str) -> RulePage:
    """The rule's page, with what it would say if it started on that day. Raises NotFound for a rule that there is not."""
    settings = settings_of(session.connection())
    if key not in settings or key == "message":
        raise NotFound
    setting = settings[key]
    numbers = {name: (int(getattr(setting, name)), *MOST[name]) for name in NUMBERS.get(key, ())}
    # Attention has no reason of its own: what needs somebody is told when it happens.
    dry = None if key == "attention" else _dry_run(session, setting, max(starts_on, today), today, now, zone)
    return RulePage(setting, state_of(setting, today), numbers, dry)


def check_start(starts_on: date | None, today: date) -> None:
    """A rule may start on that day. Raises NotADate, StartsInThePast."""
    if starts_on is None:
        raise NotADate
    if starts_on < today:
        raise StartsInThePast


def numbers_in(session: Session, key: str, said: Mapping[str, str]) -> dict[str, int]:
    """The rule's numbers: those that a form names in place of those that are set. Raises RuleNotSensible."""
    setting = settings_of(session.connection())[key]
    numbers = {name: int(getattr(setting, name)) for name in MOST}
    for name in NUMBERS.get(key, ()):
        text = said.get(name, "").strip()
        if not (text.isascii() and text.isdigit() and len(text) < 5):
            raise RuleNotSensible(least=MOST[name][0], most=MOST[name][1])
        numbers[name] = int(text)
    return numbers


def _dry_run(session: Session, setting: RuleSetting, on: date, today: date, now: datetime, zone: str) -> DryRun:
    """Everything that the rule alone would say on that day; on another than today as if it were that day's evening."""
    alone = {key: RuleSetting(key, is_paused=True) for key in settings_of(session.connection())}
    alone[setting.key] = setting._replace(starts_on=on, is_paused=False)
    ends_at = moment(on + timedelta(days=1), time(0), zone)
    at = now if on == today else moment(on, time(18), zone)
    found = [one for one in missing(session.connection(), at, zone, alone) if one.due_at < ends_at]
    if setting.key in NUDGES:
        refused = set(session.scalars(sa.select(Person.id).where(has_said_no(Person.id))))
        found = [one for one in found if one.person_id not in refused]
    people = {one.person_id for one in found}
    return DryRun(on, len(people), _subjects(session, found), _names(session, people))


def _subjects(session: Session, found: list[Reason]) -> list[Subject]:
    known = subjects(session.connection(), {(one.rule, one.subject) for one in found})
    by_title: dict[str, set[str]] = {}
    for one in found:
        by_title.setdefault(title_of(one.rule, one.subject, known), set()).add(one.person_id)
    return sorted(
        (Subject(title, len(who)) for title, who in by_title.items()), key=lambda one: (-one.people, one.title)
    )


def _names(session: Session, people: set[str]) -> list[str]:
    """The first of them: everybody is looked at in the order of their names, some at a time, until so many are found."""
    everybody = sa.select(Person.id, SHOWN.label("name")).order_by(by_name(SHOWN), Person.id)
    with session.execute(everybody.execution_options(yield_per=AT_ONCE)) as rows:
        return list(islice((name for person_id, name in rows if person_id in people), MOST_NAMES))
