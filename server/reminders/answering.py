"""What people say to a reminder becomes true: seen, not until tomorrow, no more of this. Set-wise; repetition changes nothing."""

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
    how: Literal["seen", "snoozed", "muted"]
    until_on: date | None = None


_ASKED = sa.select(
    Reminder.id, Reminder.person_id, Reminder.seen_at, Reminder.seen_op, Reminder.snoozed_at, Reminder.snoozed_op
).where(Reminder.id.in_(any_of("ids")))
_SEE = sa.update(Reminder).where(Reminder.id == sa.bindparam("of")).values(
    seen_at=sa.bindparam("at"), seen_op=sa.bindparam("op")
)  # fmt: skip
_SNOOZE = sa.update(Reminder).where(Reminder.id == sa.bindparam("of")).values(
    snoozed_until=sa.bindparam("until"), snoozed_at=sa.bindparam("at"), snoozed_op=sa.bindparam("op")
)  # fmt: skip


def answer_reminders(connection: Connection, answers: Sequence[Answered]) -> list[Verdict]:
    """Each reminder is as its person said last: seen, put off, its subjects muted. An older word is dominated.

    What is seen stays seen, at the latest time said; what is put off comes again on its day.
    """
    known = {row.id: row for row in connection.execute(_ASKED, {"ids": sorted({one.reminder_id for one in answers})})}
    last: dict[tuple[str, str], Answered] = {}
    for one in sorted(answers, key=lambda one: one.act.order):
        row = known.get(one.reminder_id)
        if row is not None and row.person_id == one.act.person_id and one.act.order > _before(row, one.how):
            last[one.reminder_id, one.how] = one
    for (reminder_id, how), one in last.items():
        values = {"of": reminder_id, "at": one.act.at, "op": one.act.op_id}
        if how == "seen":
            connection.execute(_SEE, values)
        elif how == "snoozed":
            connection.execute(_SNOOZE, values | {"until": one.until_on})
    _mute(connection, [one for (_, how), one in last.items() if how == "muted"])
    winners = {one.act.op_id for one in last.values()}
    return [_verdict(one, known, one.act.op_id in winners) for one in answers]


def _before(row: Any, how: str) -> tuple[datetime, str]:
    """The order of what was said last in this way; muting has none, for it only adds."""
    at, op = {"seen": (row.seen_at, row.seen_op), "snoozed": (row.snoozed_at, row.snoozed_op)}.get(how, (None, None))
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


def _verdict(one: Answered, known: dict[str, Any], is_applied: bool) -> Verdict:
    row = known.get(one.reminder_id)
    if row is None or row.person_id != one.act.person_id:
        return rejected("gone")
    touch = Touch(person_stream(one.act.person_id), "reminder", one.reminder_id)
    return Verdict("applied", None, (touch,)) if is_applied else Verdict("merged")
