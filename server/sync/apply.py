"""From operations to what becomes true: each kind to its rule, kind by kind. Kinds commute, so their order is free."""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any, NamedTuple, assert_never

from sqlalchemy.engine import Connection

from server.activities import audience, checking_in
from server.foundation.acts import Act, Verdict
from server.foundation.changefeed import Touch
from server.learning import choosing, keeping, recording, standing
from server.people import preferring
from server.protocol import operations as wire
from server.reminders import answering


class Received(NamedTuple):
    """An operation that was understood, with the person and the time that count."""

    act: Act
    operation: wire.Operation


Rule = Callable[[Connection, Sequence[Any]], list[Verdict]]


def apply(connection: Connection, received: Sequence[Received]) -> list[Verdict]:
    """All of them take effect; one verdict each, in their order. Raises whatever a rule raises: then none did."""
    sets: dict[Rule, list[tuple[int, Any]]] = {}
    for index, one in enumerate(received):
        rule, deed = _rule_of(one)
        sets.setdefault(rule, []).append((index, deed))
    verdicts: list[Verdict | None] = [None] * len(received)
    for rule, deeds in sets.items():
        answers = rule(connection, [deed for _, deed in deeds])
        for (index, _), verdict in zip(deeds, answers, strict=True):
            verdicts[index] = verdict
    return [verdict for verdict in verdicts if verdict is not None]


def dismiss(connection: Connection, received: Sequence[Received]) -> list[Touch]:
    """Somebody has decided that these do not count. Only what is shown while it waits must hear of it."""
    visits = [_checked_in(one.act, one.operation) for one in received if isinstance(one.operation, wire.CheckedIn)]
    return checking_in.dismiss(connection, visits)


def _rule_of(one: Received) -> tuple[Rule, Any]:
    act, op = one.act, one.operation
    match op:
        case wire.StepCompleted() | wire.QuizAttempted() | wire.PlaceKept() | wire.NoteKept():
            return _learned(act, op)
        case wire.CourseChosen() | wire.CourseLeft():
            choice = choosing.Choice(act, op.course_id, isinstance(op, wire.CourseChosen))
            return choosing.choose_courses, choice
        case wire.CheckedIn():
            return check_in, _checked_in(act, op)
        case wire.PreferenceSet():
            return preferring.set_preferences, preferring.Preferred(act, op.name, op.value)
        case wire.ReminderSeen() | wire.ReminderSnoozed() | wire.ReminderMuted() | wire.ReminderUnmuted():
            return answering.answer_reminders, _answered(act, op)
        case _:
            assert_never(op)


def _learned(
    act: Act, op: wire.StepCompleted | wire.QuizAttempted | wire.PlaceKept | wire.NoteKept
) -> tuple[Rule, Any]:
    match op:
        case wire.StepCompleted():
            return recording.complete_steps, recording.StepDone(act, op.course_id, op.version, op.step_key)
        case wire.QuizAttempted():
            tried = recording.QuizTried(act, op.course_id, op.version, op.step_key, op.answers)
            return recording.attempt_quizzes, tried
        case wire.PlaceKept():
            return _keep, keeping.PlaceWas(act, op.item_id, op.step_key, op.position_s)
        case wire.NoteKept():
            return _keep, keeping.NoteWas(act, op.course_id, op.step_key, op.text)
        case _:
            assert_never(op)


def _answered(
    act: Act, op: wire.ReminderSeen | wire.ReminderSnoozed | wire.ReminderMuted | wire.ReminderUnmuted
) -> answering.Answered:
    match op:
        case wire.ReminderSeen():
            return answering.Answered(act, op.reminder_id, "seen")
        case wire.ReminderSnoozed():
            return answering.Answered(act, op.reminder_id, "snoozed", date.fromisoformat(op.until_on))
        case wire.ReminderMuted():
            return answering.Answered(act, op.reminder_id, "muted")
        case wire.ReminderUnmuted():
            return answering.Answered(act, op.reminder_id, "unmuted")
        case _:
            assert_never(op)


def _checked_in(act: Act, op: wire.CheckedIn) -> checking_in.CheckedIn:
    evidence = op.evidence
    code = evidence.code if isinstance(evidence, wire.TypedCodeEvidence) else None
    detail = evidence.model_dump(exclude={"method"})
    return checking_in.CheckedIn(act, op.departure_id, op.stop_key, evidence.method, code, detail)


def _keep(connection: Connection, kept: Sequence[keeping.PlaceWas | keeping.NoteWas]) -> list[Verdict]:
    """Notes, and places in courses and in activities, of which learning knows nothing."""
    return keeping.keep(connection, kept, audience.seen)


def check_in(connection: Connection, acts: Sequence[checking_in.CheckedIn]) -> list[Verdict]:
    """Check-ins, and what they complete: here activities meet programmes."""
    verdicts, attended = checking_in.check_in(connection, acts)
    complete = [(one.person_id, one.activity_id, None, one.at) for one in attended]
    followed = standing.settle_items(connection, "activity", complete)
    touches: dict[str, tuple[Touch, ...]] = {}
    for (person, _), news in followed.items():
        touches[person] = touches.get(person, ()) + news
    return [
        verdict._replace(touches=verdict.touches + touches.get(one.act.person_id, ()))
        if verdict.status == "applied"
        else verdict
        for one, verdict in zip(acts, verdicts, strict=True)
    ]
