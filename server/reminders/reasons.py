"""Which reasons there are to remind somebody: one select a rule, whatever the number of people. Reads only."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from server.activities.models import Booking, Departure, DepartureChange, DepartureGuide
from server.foundation.database import UtcDateTime
from server.foundation.days import days_after
from server.learning.models import Attempt, Course, Enrolment, ItemCompletion, ProgrammeItem, Step
from server.people.models import Employment, Unit

from .decency import day_of, moment
from .listening import is_here
from .models import GroupMessage, ReminderMute, ReminderOccurrence
from .rules import RuleSetting

LATE = timedelta(days=7)
"""So late a reason is still found: the worker stood still, or a person was entered afterwards."""
NUDGE_AT, EVENING_BEFORE = time(9), time(17)
AN_HOUR = timedelta(hours=1)
ASSIGNED_LASTS, RESULT_LASTS, WEEK = timedelta(days=30), timedelta(days=2), timedelta(days=7)
SEEN_AT_ONCE = timedelta(minutes=10)
"""A result that came back so soon was read on the screen that waited for it."""


class Reason(NamedTuple):
    """One reason to remind one person; the first four are its natural key."""

    rule: str
    person_id: str
    subject: str
    ordinal: int
    """what it speaks of: the day (date.toordinal()) or the minute of leaving; a changed date is another reason"""
    due_at: datetime
    expires_at: datetime


class Frame(NamedTuple):
    """The moment at which reasons are looked for, and how the rule is set."""

    now: datetime
    zone: str
    setting: RuleSetting

    @property
    def today(self) -> date:
        return day_of(self.now, self.zone)

    @property
    def days(self) -> list[date]:
        """The days of which something may be due by now: today, and those that were missed."""
        all_days = (self.today - timedelta(days=back) for back in range(LATE.days, -1, -1))
        return [day for day in all_days if self.setting.runs_on(day)]

    @property
    def since(self) -> datetime:
        """What happened before this is the past: nobody is told."""
        earliest = self.now - LATE
        starts_on = self.setting.starts_on
        return max(earliest, moment(starts_on, time(0), self.zone)) if starts_on else earliest


Known = ReminderOccurrence
Days = Mapping[date, tuple[int, date]]
"""the day that a fact names → the ordinal of the reason, and the day on which it is said"""


def minute_number(instant: datetime) -> int:
    return int(instant.timestamp()) // 60


def of_minute(number: int) -> datetime:
    return datetime.fromtimestamp(number * 60, UTC)


def assigned(connection: Connection, frame: Frame) -> Iterator[Reason]:
    """A programme starts on this day: said once, while it is not completed."""
    days = {day: (day.toordinal(), day) for day in frame.days}
    needed = ProgrammeItem.__table__.alias()
    unfinished = sa.exists().where(
        needed.c.programme_id == Enrolment.programme_id, needed.c.is_mandatory,
        ~_is_completed(Enrolment.person_id, needed.c.item_id),
    )  # fmt: skip
    select = _nudge("assigned", frame, Enrolment.programme_id, Enrolment.started_on, days).where(unfinished)
    for row in connection.execute(select):
        due_at = moment(row.day, NUDGE_AT, frame.zone)
        yield Reason("assigned", row.person_id, row.subject, row.ordinal, due_at, due_at + ASSIGNED_LASTS)


def due(connection: Connection, frame: Frame) -> Iterator[Reason]:
    """A course is to be done in so many days; until the day is over."""
    ahead = timedelta(days=frame.setting.days)
    days = {day + ahead: ((day + ahead).toordinal(), day) for day in frame.days if day + ahead >= frame.today}
    for row in connection.execute(_course_nudge("due", frame, days)):
        ends_at = moment(row.day + timedelta(days=1), time(0), frame.zone)
        due_at = moment(days[row.day][1], NUDGE_AT, frame.zone)
        yield Reason("due", row.person_id, row.subject, row.ordinal, due_at, ends_at)


def overdue(connection: Connection, frame: Frame) -> Iterator[Reason]:
    """A course is late: on the day after, and again every so many days, so many times; each time takes the place of the last."""
    every, days = frame.setting.every_days, {}
    for day in frame.days:
        for nth in range(frame.setting.most_times):
            due_on = day - timedelta(days=1 + nth * every)
            if day + timedelta(days=every) > frame.today:
                days[due_on] = (day.toordinal(), day)
    for row in connection.execute(_course_nudge("overdue", frame, days)):
        due_at = moment(days[row.day][1], NUDGE_AT, frame.zone)
        ends_at = moment(days[row.day][1] + timedelta(days=every), NUDGE_AT, frame.zone)
        yield Reason("overdue", row.person_id, row.subject, row.ordinal, due_at, ends_at)


def _course_nudge(rule: str, frame: Frame, days: Days) -> sa.Select[Any]:
    """Mandatory courses with a date: what a person can do themselves. A tour is booked for them, and has rules of its own."""
    due_on = days_after(Enrolment.started_on, ProgrammeItem.due_days)
    subject = Enrolment.programme_id + "/" + ProgrammeItem.key
    return (
        _nudge(rule, frame, subject, due_on, days)
        .join(ProgrammeItem, ProgrammeItem.programme_id == Enrolment.programme_id)
        .join(Course, Course.id == ProgrammeItem.item_id)
        .where(
            ProgrammeItem.is_mandatory, ProgrammeItem.due_days.is_not(None), Course.retired_at.is_(None),
            ~_is_completed(Enrolment.person_id, ProgrammeItem.item_id),
        )
    )  # fmt: skip


def _nudge(rule: str, frame: Frame, subject: Any, day: Any, days: Days) -> sa.Select[Any]:
    """Of enrolments that run: those whose day is one of these, and whose reason is neither muted nor planned for that time."""
    ordinal = sa.case({one: number for one, (number, _) in days.items()}, value=day) if days else sa.literal(0)
    instants = {one: sa.literal(moment(said, NUDGE_AT, frame.zone), UtcDateTime()) for one, (_, said) in days.items()}
    is_as_planned = Known.due_at == sa.case(instants, value=day) if days else sa.true()
    is_past = sa.or_(Known.reminder_id.is_not(None), Known.closed_at.is_not(None))
    muted = sa.exists().where(ReminderMute.person_id == Enrolment.person_id, ReminderMute.subject == subject)
    known = _known(rule, Enrolment.person_id, subject).where(Known.ordinal == ordinal, sa.or_(is_past, is_as_planned))
    return (
        sa.select(Enrolment.person_id, subject.label("subject"), sa.type_coerce(day, sa.Date).label("day"))
        .add_columns(ordinal.label("ordinal"))
        .select_from(Enrolment)
        .where(Enrolment.ended_on.is_(None), day.in_(sorted(days)), ~known, ~muted)
        .where(is_here(Enrolment.person_id, frame.today))
    )


def tour_tomorrow(connection: Connection, frame: Frame) -> Iterator[Reason]:
    """A departure leaves tomorrow: said the evening before, or as soon as a seat is had; not again to who was told it anew."""
    for row in _leaving_soon(connection, "tour_tomorrow", frame):
        eve = day_of(row.starts_at, frame.zone) - timedelta(days=1)
        due_at = moment(eve, EVENING_BEFORE, frame.zone)
        is_news = row.changed_at is None or row.changed_at < due_at
        if eve <= frame.today and frame.setting.runs_on(eve) and is_news and frame.now < row.starts_at - AN_HOUR:
            number = minute_number(row.starts_at)
            yield Reason("tour_tomorrow", row.person_id, row.subject, number, due_at, row.starts_at)


def leaving(connection: Connection, frame: Frame) -> Iterator[Reason]:
    """A departure leaves in an hour."""
    for row in _leaving_soon(connection, "leaving", frame):
        due_at = row.starts_at - AN_HOUR
        if frame.setting.runs_on(day_of(due_at, frame.zone)):
            number = minute_number(row.starts_at)
            yield Reason("leaving", row.person_id, row.subject, number, due_at, row.starts_at)


def _leaving_soon(connection: Connection, rule: str, frame: Frame) -> Iterable[Any]:
    people = travellers()
    changed_at = (
        sa.select(sa.func.max(DepartureChange.changed_at))
        .where(DepartureChange.departure_id == Departure.id)
        .scalar_subquery()
    )
    # The key knows the minute of leaving; so does the expiry, which a statement can compare on both databases.
    known = _known(rule, people.c.person_id, Departure.id).where(Known.expires_at == Departure.starts_at)
    return connection.execute(
        sa.select(people.c.person_id, Departure.id.label("subject"), Departure.starts_at, changed_at.label("changed_at"))
        .join(people, people.c.departure_id == Departure.id)
        .where(
            Departure.starts_at > frame.now, Departure.starts_at <= frame.now + timedelta(days=2),
            Departure.cancelled_at.is_(None), ~known, is_here(people.c.person_id, frame.today),
        )
    )  # fmt: skip


def departure_changed(connection: Connection, frame: Frame) -> Iterator[Reason]:
    """A departure was moved or cancelled after somebody had a seat: the last change, to who had one when it came."""
    people, newer = travellers(), DepartureChange.__table__.alias()
    subject = DepartureChange.departure_id + "/" + DepartureChange.id
    last = ~sa.exists().where(
        newer.c.departure_id == DepartureChange.departure_id,
        sa.tuple_(newer.c.changed_at, newer.c.id) > sa.tuple_(DepartureChange.changed_at, DepartureChange.id),
    )
    known = _known("departure_changed", people.c.person_id, subject)
    select = (
        sa.select(people.c.person_id, subject.label("subject"), DepartureChange.kind, DepartureChange.changed_at)
        .add_columns(DepartureChange.was_at, Departure.starts_at)
        .join(Departure, Departure.id == DepartureChange.departure_id)
        .join(people, people.c.departure_id == Departure.id)
        .where(DepartureChange.changed_at >= frame.since, DepartureChange.changed_at <= frame.now, last, ~known)
        .where(sa.or_(people.c.booked_at.is_(None), people.c.booked_at <= DepartureChange.changed_at))
        .where(is_here(people.c.person_id, frame.today))
    )
    for row in connection.execute(select):
        leaves_at = row.was_at if row.kind == "cancelled" else row.starts_at
        if leaves_at > frame.now:
            number = minute_number(min(row.was_at, row.starts_at))
            yield Reason("departure_changed", row.person_id, row.subject, number, row.changed_at, leaves_at)


def exam_result(connection: Connection, frame: Frame) -> Iterator[Reason]:
    """The answers of an exam reached us late: its result is known now, and nobody waits at the screen for it."""
    same_step = sa.and_(
        Step.course_id == Attempt.course_id, Step.version == Attempt.version, Step.key == Attempt.step_key
    )
    select = (
        sa.select(Attempt.person_id, Attempt.op_id, Attempt.attempted_at, Attempt.recorded_at)
        .join(Step, same_step)
        .where(Attempt.recorded_at >= max(frame.since, frame.now - RESULT_LASTS), Attempt.recorded_at <= frame.now)
        .where(Step.quiz["mode"].as_string() == "exam", is_here(Attempt.person_id, frame.today))
        .where(~_known("exam_result", Attempt.person_id, Attempt.op_id))
    )
    for row in connection.execute(select):
        if row.recorded_at - row.attempted_at > SEEN_AT_ONCE:
            expires_at = row.recorded_at + RESULT_LASTS
            yield Reason("exam_result", row.person_id, row.op_id, 0, row.recorded_at, expires_at)


def message(connection: Connection, frame: Frame) -> Iterator[Reason]:
    """A coordinator's words, when their minute of undo is over: to who belongs to the audience at that moment, and no later."""
    planned = sa.exists().where(Known.rule == "message", Known.subject == GroupMessage.id)
    people = audiences(frame.today)
    select = (
        sa.select(people.c.person_id, GroupMessage.id, GroupMessage.sends_at)
        .join(people, sa.and_(people.c.audience == GroupMessage.audience, people.c.audience_id == GroupMessage.audience_id))
        .where(GroupMessage.sends_at <= frame.now, GroupMessage.sends_at >= frame.since, ~planned)
        .where(GroupMessage.recalled_at.is_(None), is_here(people.c.person_id, frame.today))
        .distinct()
    )  # fmt: skip
    for row in connection.execute(select):
        yield Reason("message", row.person_id, row.id, 0, row.sends_at, row.sends_at + WEEK)


def travellers() -> sa.Subquery:
    """Who has a seat on a departure, with the time since when, or guides it."""
    seats = sa.select(Booking.departure_id, Booking.person_id, Booking.booked_at)
    guides = sa.select(DepartureGuide.departure_id, DepartureGuide.person_id, sa.null())
    return sa.union_all(seats, guides).subquery()


def audiences(today: date) -> sa.Subquery:
    """Who belongs to each audience that a message may have: a unit and those below it, a programme, a departure."""
    above = Unit.__table__.alias()
    unit = (
        sa.select(sa.literal("unit").label("audience"), above.c.id.label("audience_id"), Employment.person_id)
        .join(Unit, Unit.id == Employment.unit_id)
        .join(above, Unit.path.startswith(above.c.path))
        .where(Employment.from_on <= today, sa.or_(Employment.to_on.is_(None), Employment.to_on >= today))
    )
    programme = sa.select(sa.literal("programme"), Enrolment.programme_id, Enrolment.person_id).where(
        Enrolment.ended_on.is_(None)
    )
    people = travellers()
    departure = sa.select(sa.literal("departure"), people.c.departure_id, people.c.person_id)
    return sa.union_all(unit, programme, departure).subquery()


def _known(rule: str, person: Any, subject: Any) -> sa.Exists:
    return sa.exists().where(Known.person_id == person, Known.rule == rule, Known.subject == subject)


def _is_completed(person: Any, item: Any) -> sa.ColumnElement[bool]:
    return sa.exists().where(ItemCompletion.person_id == person, ItemCompletion.item_id == item)


REASONS: dict[str, Callable[[Connection, Frame], Iterator[Reason]]] = {
    "assigned": assigned, "due": due, "overdue": overdue, "tour_tomorrow": tour_tomorrow, "leaving": leaving,
    "departure_changed": departure_changed, "exam_result": exam_result, "message": message,
}  # fmt: skip
"""By rule; `attention` has none: its reason is told by sync (noting.py)."""
