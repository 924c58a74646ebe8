"""The kinds of operation: small immutable statements that a phone makes (SYNC.md §4)."""

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, TypeAdapter

from .wire import Id, Instant, Key, LocalDate, Message, Words


class LooseOperation(Message):
    """What every operation has, whatever its kind; the first of two readings."""

    model_config = ConfigDict(strict=True, extra="allow", frozen=True, ser_json_inf_nan="constants")

    op_id: Id
    seq: int = Field(ge=1, le=2**53 - 1)
    kind: Words = Field(min_length=1, max_length=40)
    v: int = Field(ge=1, le=10_000)


class OperationHead(Message):
    op_id: Id
    seq: int = Field(ge=1, le=2**53 - 1)
    v: Literal[1]
    occurred_at: Instant
    heard_server_at: Instant | None
    clock_jumped: bool


class StepCompleted(OperationHead):
    kind: Literal["step_completed"]
    course_id: Id
    version: int = Field(ge=1, le=1_000_000)
    step_key: Key


class PlaceKept(OperationHead):
    """Where one was: the last step of a course or stop of a tour, and the second of a film or sound."""

    kind: Literal["place_kept"]
    item_id: Id
    step_key: Key
    position_s: float | None = Field(ge=0, le=86_400)


class QuizAttempted(OperationHead):
    kind: Literal["quiz_attempted"]
    course_id: Id
    version: int = Field(ge=1, le=1_000_000)
    step_key: Key
    answers: dict[Key, Annotated[list[Key], Field(max_length=20)]] = Field(max_length=100)


class PlaceEvidence(Message):
    """Decided on the phone. No coordinate is ever sent."""

    method: Literal["place"]
    inside: Literal[True]
    accuracy: Literal["<30", "<100", ">100"] = Field(description="metres")
    fence_version: int = Field(ge=1, le=1_000_000)


class TypedCodeEvidence(Message):
    method: Literal["typed_code"]
    code: str = Field(pattern=r"^[0-9A-HJKMNP-TV-Z]{8}$")


Evidence = Annotated[PlaceEvidence | TypedCodeEvidence, Field(discriminator="method")]


class CheckedIn(OperationHead):
    kind: Literal["checked_in"]
    departure_id: Id
    stop_key: Key
    evidence: Evidence


class CourseChosen(OperationHead):
    kind: Literal["course_chosen"]
    course_id: Id


class CourseLeft(OperationHead):
    kind: Literal["course_left"]
    course_id: Id


class NoteKept(OperationHead):
    """A private reflection; nobody else ever reads it."""

    kind: Literal["note_kept"]
    course_id: Id
    step_key: Key
    text: Words = Field(max_length=4_000)


class PreferenceSet(OperationHead):
    kind: Literal["preference_set"]
    name: Literal["language", "reminders", "quiet_hours", "mail"]
    value: Words = Field(max_length=35)


class ReminderSeen(OperationHead):
    kind: Literal["reminder_seen"]
    reminder_id: Id


class ReminderSnoozed(OperationHead):
    kind: Literal["reminder_snoozed"]
    reminder_id: Id
    until_on: LocalDate


class ReminderMuted(OperationHead):
    """No more nudges about what this one is about."""

    kind: Literal["reminder_muted"]
    reminder_id: Id


class ReminderUnmuted(OperationHead):
    """Nudges about what this one is about, once more."""

    kind: Literal["reminder_unmuted"]
    reminder_id: Id


Operation = Annotated[
    StepCompleted
    | PlaceKept
    | QuizAttempted
    | CheckedIn
    | CourseChosen
    | CourseLeft
    | NoteKept
    | PreferenceSet
    | ReminderSeen
    | ReminderSnoozed
    | ReminderMuted
    | ReminderUnmuted,
    Field(discriminator="kind"),
]
OPERATION: TypeAdapter[Operation] = TypeAdapter(Operation)
VERSIONS: dict[str, int] = {
    "step_completed": 1,
    "place_kept": 1,
    "quiz_attempted": 1,
    "checked_in": 1,
    "course_chosen": 1,
    "course_left": 1,
    "note_kept": 1,
    "preference_set": 1,
    "reminder_seen": 1,
    "reminder_snoozed": 1,
    "reminder_muted": 1,
    "reminder_unmuted": 1,
}
"""The newest schema version of each kind that this server understands."""


def as_json(operation: LooseOperation) -> dict[str, Any]:
    """The operation with all its fields, as it was sent."""
    return operation.model_dump(mode="json")
