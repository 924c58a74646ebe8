"""Who cannot be reached, and nothing more of them; and, for administrators, whether the ways out are open."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from config import Settings
from server.people.models import Person
from server.reminders import reaching, services, smtp
from server.reminders.models import ReminderDelivery

from . import sight
from .alphabet import by_name
from .reminding import PAGE, Day
from .sight import SHOWN, Post, Sight


class Unreached(NamedTuple):
    person_id: str
    name: str
    posts: list[Post]


@dataclass(frozen=True, slots=True)
class Reach:
    people: int
    unreachable: int
    page: int
    rows: list[Unreached]

    @property
    def pages(self) -> int:
        return max(1, -(-self.unreachable // PAGE))


class Queue(NamedTuple):
    """What is on its way by one channel."""

    channel: str
    is_set: bool
    waiting: int
    oldest: datetime | None
    """since when the first of them waits"""
    handed_over: int
    """in the last day"""
    failed: int
    """in the last day"""
    why: str | None
    """what is said of the last that did not go"""


class Tried(NamedTuple):
    """The self-test: the push services, and the mail server's word (`smtp.said.…` in the texts; None: none is set)."""

    push: list[services.Reached]
    mail: str | None


def read(session: Session, seen: Sight, day: Day, now: datetime, channels: list[str], page: int) -> Reach:
    """Reachable or not, of the people in sight: by which way and since when is nobody's to know."""
    here = sa.and_(sight.IS_ACTIVE, Person.id.in_(sight.people_in(seen, day.on)))
    is_reachable = reaching.is_reachable(now, channels)
    people, unreachable = session.execute(
        sa.select(sa.func.count(), sa.func.sum(sa.case((is_reachable, 0), else_=1))).select_from(Person).where(here)
    ).one()
    page = min(page, max(1, -(-int(unreachable or 0) // PAGE)))
    rows = session.execute(
        sa.select(Person.id, SHOWN.label("name"))
        .where(here, ~is_reachable)
        .order_by(by_name(SHOWN), Person.id)
        .limit(PAGE)
        .offset((page - 1) * PAGE)
    ).all()
    posts = sight.posts(session, seen, [row.id for row in rows], day.on)
    found = [Unreached(row.id, row.name, posts.get(row.id, [])) for row in rows]
    return Reach(int(people), int(unreachable or 0), page, found)


def queues(session: Session, now: datetime, channels: list[str]) -> list[Queue]:
    """Of each channel what waits, since when, and what went in the last day. One query."""
    one, lately = ReminderDelivery, now - timedelta(days=1)
    is_waiting = sa.and_(one.state.in_(("waiting", "claimed")), one.not_before <= now)
    is_failed = sa.and_(one.state == "failed", one.not_before >= lately)
    is_stuck = sa.and_(one.state == "waiting", one.failure.is_not(None), one.failure != "quiet")
    select = (
        sa.select(
            one.channel,
            _count(is_waiting).label("waiting"),
            sa.func.min(sa.case((is_waiting, one.not_before))).label("oldest"),
            _count(one.state == "sent", one.sent_at >= lately).label("handed_over"),
            _count(is_failed).label("failed"),
            sa.func.max(sa.case((sa.or_(is_failed, is_stuck), one.failure))).label("why"),
        )
        .where(sa.or_(one.state.in_(("waiting", "claimed")), one.not_before >= lately, one.sent_at >= lately))
        .group_by(one.channel)
    )
    rows = {row.channel: row for row in session.execute(select)}
    found = []
    for channel in ("push", "mail", "sms"):
        row = rows.get(channel)
        known = (row.waiting, row.oldest, row.handed_over, row.failed, row.why) if row else (0, None, 0, 0, None)
        found.append(Queue(channel, channel in channels, *known))
    return found


def _count(*conditions: sa.ColumnElement[bool]) -> sa.ColumnElement[int]:
    return sa.func.sum(sa.case((sa.and_(*conditions), 1), else_=0))


def attempt(settings: Settings) -> Tried:
    """Each way out is tried now. It asks other machines: nothing is held meanwhile."""
    return Tried(services.reach(settings), smtp.ask(settings.smtp_url) if settings.smtp_url else None)
