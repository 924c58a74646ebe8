"""The data of each entity that the streams carry (docs/sync.md has the table)."""

from typing import Annotated, Any, Literal

from pydantic import Field

from .wire import Hash, Id, Instant, Key, Language, LocalDate, Message, Texts

Confidence = Literal["low", "medium", "high"]
Method = Literal["place", "typed_code"]


class DocumentRef(Message):
    """Where the text of one language lies: `/content/<hash>`, and how much its media weigh."""

    hash: Hash
    bytes: int
    picture_bytes: int
    media_bytes: int = Field(description="sound and film, which wait for Wi-Fi or a tap")


Documents = dict[Language, DocumentRef]


class RoleHeld(Message):
    role: Literal["guide", "author", "coordinator", "manager", "administrator"]
    unit: str


class MailFails(Message):
    """Mail to one's own address came back: so long nothing goes there."""

    address: str
    until: LocalDate


class MailWay(Message):
    """Where the person's mail goes."""

    address: str
    is_own: bool = Field(description="told by themselves; else what they sign in with, and mail goes there as well")


class Self(Message):
    person_id: Id
    name: str
    language: Language
    units: list[Texts]
    roles: list[RoleHeld]
    zone: str = Field(description="the organisation's, by its IANA name: where a date begins and ends")
    check_in_months: int = Field(description="so long check-ins are kept; that a tour was completed stays")
    mail_fails: MailFails | None
    mail_goes_to: MailWay


class EnrolledItem(Message):
    key: Key
    due_on: LocalDate | None
    completed_at: Instant | None


class ProgrammeEnrolment(Message):
    kind: Literal["programme"]
    programme_id: Id
    started_on: LocalDate
    items: list[EnrolledItem]
    completed_at: Instant | None


class PinnedVersion(Message):
    version: int
    documents: Documents


class CourseEnrolment(Message):
    """One's own state in a course: chosen or assigned, the version begun on, and when it was completed."""

    kind: Literal["course"]
    course_id: Id
    chosen: bool
    pinned: PinnedVersion | None
    completed_version: int | None
    completed_at: Instant | None


Enrolment = Annotated[ProgrammeEnrolment | CourseEnrolment, Field(discriminator="kind")]


class StepCompletion(Message):
    course_id: Id
    step_key: Key
    version: int
    completed_at: Instant


class Attempt(Message):
    course_id: Id
    step_key: Key
    version: int
    attempted_at: Instant
    right: int
    questions: int
    passed: bool


class Place(Message):
    item_id: Id
    step_key: Key
    position_s: float | None
    kept_at: Instant


class Note(Message):
    course_id: Id
    step_key: Key
    text: str
    kept_at: Instant


class CheckIn(Message):
    departure_id: Id
    stop_key: Key
    person_id: Id
    checked_in_at: Instant
    confidence: Confidence
    methods: list[Method]
    in_review: bool


class Booking(Message):
    departure_id: Id
    state: Literal["booked"]


class MyDeparture(Message):
    departure_id: Id
    activity_id: Id
    part: Literal["participant", "guide"]
    starts_at: Instant
    ends_at: Instant
    meeting_place: Texts
    guides: list[str]
    seats: int
    is_cancelled: bool
    documents: Documents


class Receipt(Message):
    """What became of an operation after its outcome (a review decided, a deferred one applied)."""

    op_id: Id
    status: Literal["applied", "merged", "review", "deferred", "rejected"]
    code: str | None
    decided_at: Instant
    operation: dict[str, Any] | None = Field(None, description="what was said, for a phone that does not hold it")
    is_decision: bool = Field(False, description="a person has decided; else the server did, of itself")
    reason: str | None = Field(None, description="what that person says of it")


class ReminderWords(Message):
    title: str
    body: str


class Reminder(Message):
    """An entry of the inbox; what is closed is no longer shown on any of the person's phones."""

    reminder_id: Id
    rule: Literal["nudge", "tour_tomorrow", "leaving", "departure_changed", "exam_result", "attention", "message"]
    made_at: Instant
    expires_at: Instant
    words: dict[Language, ReminderWords]
    target: str = Field(description="the screen of the app that it opens")
    about: list[str] = Field(description="course/<id>, activity/<id>, departure/<id>, operation/<id>, message/<id>")
    closed_at: Instant | None
    closed_why: Literal["done", "ended", "cancelled", "expired", "muted", "recalled"] | None
    seen_at: Instant | None
    snoozed_until: LocalDate | None
    is_muted: bool = Field(description="its person wants to hear no more of what it is about")


class Preference(Message):
    name: str
    value: str
    set_at: Instant


class ProgrammeItem(Message):
    key: Key
    kind: Literal["course", "activity"]
    item_id: Id
    is_mandatory: bool
    due_days: int | None
    after: list[Key]


class Programme(Message):
    programme_id: Id
    slug: Key
    title: Texts
    summary: Texts
    items: list[ProgrammeItem]


class CatalogueEntry(Message):
    kind: Literal["course", "activity"]
    item_id: Id
    slug: Key
    title: Texts
    summary: Texts
    minutes: int
    is_open: bool
    version: int
    published_at: Instant
    picture: str | None
    picture_alt: Texts
    documents: Documents
    required_steps: int


class RosterLine(Message):
    departure_id: Id
    person_id: Id
    name: str
    state: Literal["booked"]


class TypedCode(Message):
    departure_id: Id
    stop_key: Key
    code: str


ENTITIES: dict[str, object] = {
    "self": Self,
    "enrolment": Enrolment,
    "step_completion": StepCompletion,
    "attempt": Attempt,
    "place": Place,
    "note": Note,
    "check_in": CheckIn,
    "booking": Booking,
    "my_departure": MyDeparture,
    "receipt": Receipt,
    "preference": Preference,
    "reminder": Reminder,
    "programme": Programme,
    "catalogue_entry": CatalogueEntry,
    "roster_line": RosterLine,
    "typed_code": TypedCode,
}
