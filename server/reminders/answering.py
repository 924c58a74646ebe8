"""What people say to a reminder becomes true: seen, not until tomorrow, no more of this, or once more after all.

Set-wise; repetition changes nothing.
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Literal, NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from server.foundation.acts import Act, Verdict, rejected
from server.foundation.bulk import put
from server.foundation.changefeed import Touch, person_stream
from server.foundation.database import any_of

from .models import NUDGES, Reminder, ReminderMute, ReminderOccurrence


class Answered(NamedTuple):
    act: Act
    reminder_id: str
    how: Literal["seen", "snoozed", "muted", "unmuted"]
    until_on: date | None = None

    @property
    def said_of(self) -> Literal["seen", "snoozed", "muted"]:
        """What this is a word about; the last word about it counts."""
        return "muted" if self.how == "unmuted" else self.how


_ASKED = sa.select(
    Reminder.id, Reminder.person_id, Reminder.seen_at, Reminder.seen_op, Reminder.snoozed_at, Reminder.snoozed_op,
    Reminder.muted_at, Reminder.muted_op,
).where(any_of(Reminder.id, "ids"))  # fmt: skip
_SEE = sa.update(Reminder).where(Reminder.id == sa.bindparam("of")).values(
    seen_at=sa.bindparam("at"), seen_op=sa.bindparam("op")
)  # fmt: skip
_SNOOZE = sa.update(Reminder).where(Reminder.id == sa.bindparam("of")).values(
    snoozed_until=sa.bindparam("until"), snoozed_at=sa.bindparam("at"), snoozed_op=sa.bindparam("op")
)  # fmt: skip
_MUTE = sa.update(Reminder).where(Reminder.id == sa.bindparam("of"), Reminder.rule == "nudge").values(
    is_muted=sa.bindparam("is_so"), muted_at=sa.bindparam("at"), muted_op=sa.bindparam("op")
)  # fmt: skip


def answer_reminders(connection: Connection, answers: Sequence[Answered]) -> list[Verdict]:
    """Each reminder is as its person said last: seen, put off, its subjects muted or not. An older word is dominated.

    What is seen stays seen, at the latest time said; what is put off comes again on its day; what is muted comes again
    when that is taken back.
    """
    known = {row.id: row for row in connection.execute(_ASKED, {"ids": sorted({one.reminder_id for one in answers})})}
    last: dict[tuple[str, str], Answered] = {}
    for one in sorted(answers, key=lambda one: one.act.order):
        row = known.get(one.reminder_id)
        if row is not None and row.person_id == one.act.person_id and one.act.order > _before(row, one.said_of):
            last[one.reminder_id, one.said_of] = one
    for (reminder_id, said_of), one in last.items():
        values = {"of": reminder_id, "at": one.act.at, "op": one.act.op_id}
        if said_of == "seen":
            connection.execute(_SEE, values)
        elif said_of == "snoozed":
            connection.execute(_SNOOZE, values | {"until": one.until_on})
        else:
            connection.execute(_MUTE, values | {"is_so": one.how == "muted"})
    _mute(connection, [one for one in last.values() if one.how == "muted"])
    opened = [_unmute(connection, one) if one.how == "unmuted" else frozenset[str]() for one in last.values()]
    by_op = {one.act.op_id: reminders for one, reminders in zip(last.values(), opened, strict=True)}
    return [_verdict(one, known, by_op.get(one.act.op_id)) for one in answers]


def _before(row: Any, how: str) -> tuple[datetime, str]:
    """The order of what was said last about this."""
    at, op = getattr(row, f"{how}_at"), getattr(row, f"{how}_op")
    return (at, op or "") if at else (_NEVER, "")


_NEVER = datetime.fromisoformat("0001-01-01T00:00:00+00:00")


def _mute(connection: Connection, muted: Sequence[Answered]) -> None:
    """The subjects of those reminders' nudges are muted; duties cannot be."""
    by_id = {one.reminder_id: one.act for one in muted}
    subjects = sa.select(ReminderOccurrence.reminder_id, ReminderOccurrence.subject).where(
        ReminderOccurrence.reminder_id.in_(sorted(by_id)), ReminderOccurrence.rule.in_(NUDGES)
    )
    acts = [(subject, by_id[reminder]) for reminder, subject in connection.execute(subjects)] if by_id else []
    rows = [
        {"person_id": act.person_id, "subject": subject, "muted_at": act.at, "op_id": act.op_id}
        for subject, act in acts
    ]
    put(connection, ReminderMute, rows, replace=False)


_ABOUT = sa.select(ReminderOccurrence.subject).where(
    ReminderOccurrence.reminder_id == sa.bindparam("of"), ReminderOccurrence.rule.in_(NUDGES)
)
_IS_MUTED_ELSEWHERE = sa.exists().where(
    ReminderOccurrence.person_id == ReminderMute.person_id, ReminderOccurrence.subject == ReminderMute.subject,
    ReminderOccurrence.reminder_id == Reminder.id, Reminder.is_muted,
)  # fmt: skip
_FREE = (
    sa.delete(ReminderMute)
    .where(ReminderMute.person_id == sa.bindparam("person"), ReminderMute.subject.in_(_ABOUT), ~_IS_MUTED_ELSEWHERE)
    .returning(ReminderMute.subject)
)
_OPEN = (
    sa.update(ReminderOccurrence)
    .where(ReminderOccurrence.person_id == sa.bindparam("person"), any_of(ReminderOccurrence.subject, "subjects"))
    .where(ReminderOccurrence.closed_why == "muted", ReminderOccurrence.expires_at > sa.bindparam("at"))
    .values(closed_at=None, closed_why=None)
    .returning(ReminderOccurrence.reminder_id)
)
_OPEN_REMINDERS = sa.update(Reminder).where(any_of(Reminder.id, "ids")).values(
    closed_at=None, closed_why=None, seen_at=sa.func.coalesce(Reminder.seen_at, sa.bindparam("at"))
)  # fmt: skip


def _unmute(connection: Connection, one: Answered) -> frozenset[str]:
    """What no other muted reminder is about is said again, and what muting closed is open. Returns the reminders that are.

    They count as seen: nobody needs to be found by mail for what they have just taken back.
    """
    person, at = one.act.person_id, one.act.at
    free = connection.execute(_FREE, {"person": person, "of": one.reminder_id}).scalars().all()
    values = {"person": person, "subjects": sorted(free), "at": at}
    rows = connection.execute(_OPEN, values).scalars().all() if free else []
    opened = frozenset(reminder for reminder in rows if reminder)  # what was not said yet lies in none
    if opened:
        connection.execute(_OPEN_REMINDERS, {"ids": sorted(opened), "at": at})
    return opened


def _verdict(one: Answered, known: dict[str, Any], opened: frozenset[str] | None) -> Verdict:
    row = known.get(one.reminder_id)
    if row is None or row.person_id != one.act.person_id:
        return rejected("gone")
    if opened is None:
        return Verdict("merged")
    stream = person_stream(one.act.person_id)
    return Verdict(
        "applied", None, tuple(Touch(stream, "reminder", each) for each in sorted({one.reminder_id, *opened}))
    )
