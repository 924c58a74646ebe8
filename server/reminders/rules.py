"""How the rules are set in this organisation: from which day, paused or not, how early and how often."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import ClassVar, NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session

from server.foundation.errors import Refusal
from server.people import auditing

from .models import RULES, ReminderRule


class UnknownRule(Refusal):
    code: ClassVar[str] = "unknown_rule"


class RuleNotSensible(Refusal):
    """A number that makes no sense: a reminder before minus three days, every zeroth day, ten thousand times."""

    code: ClassVar[str] = "rule_not_sensible"
    status: ClassVar[int] = 422


class RuleSetting(NamedTuple):
    """A rule as it is set, or as somebody would set it."""

    key: str
    starts_on: date | None = None
    is_paused: bool = False
    days: int = 3
    every_days: int = 7
    most_times: int = 4

    def runs_on(self, day: date) -> bool:
        """Whether what is due on this day is said. A message is started by its writer alone."""
        if self.is_paused:
            return False
        return self.key == "message" or (self.starts_on is not None and self.starts_on <= day)


Settings = Mapping[str, RuleSetting]
MOST = {"days": (0, 60), "every_days": (1, 90), "most_times": (1, 20)}
"""From … to …, of each number; it is for reminding, not for pestering."""
_SET = sa.select(
    ReminderRule.key, ReminderRule.starts_on, ReminderRule.is_paused, ReminderRule.days, ReminderRule.every_days,
    ReminderRule.most_times,
)  # fmt: skip


def settings_of(connection: Connection) -> dict[str, RuleSetting]:
    """Every rule, as it is set or as it is where nobody has set it."""
    found = {row.key: RuleSetting(*row) for row in connection.execute(_SET)}
    return {key: found.get(key) or RuleSetting(key) for key in RULES}


def start_rule(session: Session, *, key: str, starts_on: date, at: datetime, actor_id: str | None = None) -> None:
    """The rule says what is due from that day on, also where it was paused. Again: the last day counts."""
    rule = _rule(session, key)
    rule.starts_on, rule.is_paused = starts_on, False
    auditing.note(
        session, at=at, actor_id=actor_id, action="rule_started", subject_id=None, rule=key,
        starts_on=starts_on.isoformat(),
    )  # fmt: skip


def pause_rule(session: Session, *, key: str, at: datetime, actor_id: str | None = None) -> None:
    """The rule says nothing until it is started again. Again: nothing changes."""
    rule = _rule(session, key)
    rule.is_paused = True
    auditing.note(session, at=at, actor_id=actor_id, action="rule_paused", subject_id=None, rule=key)


def set_rule(
    session: Session, *, key: str, days: int, every_days: int, most_times: int, at: datetime,
    actor_id: str | None = None,
) -> None:  # fmt: skip
    """The rule speaks so many days ahead, and again so often. Again: the last numbers count. Raises RuleNotSensible."""
    numbers = {"days": days, "every_days": every_days, "most_times": most_times}
    for name, (least, most) in MOST.items():
        if not least <= numbers[name] <= most:
            raise RuleNotSensible(least=least, most=most)
    rule = _rule(session, key)
    rule.days, rule.every_days, rule.most_times = days, every_days, most_times
    auditing.note(session, at=at, actor_id=actor_id, action="rule_set", subject_id=None, rule=key, **numbers)


def _rule(session: Session, key: str) -> ReminderRule:
    if key not in RULES:
        raise UnknownRule(rule=key)
    rule = session.get(ReminderRule, key)
    if rule is None:
        usual = RuleSetting(key)
        rule = ReminderRule(
            key=key, starts_on=None, is_paused=False, days=usual.days, every_days=usual.every_days,
            most_times=usual.most_times,
        )  # fmt: skip
        session.add(rule)
    return rule
