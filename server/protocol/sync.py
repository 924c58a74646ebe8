"""POST /api/sync: operations up, changes down (SYNC.md §2)."""

from typing import Annotated, Any, Literal

from pydantic import Field

from .operations import LooseOperation, Operation
from .wire import Id, Instant, Message, Words

BYTES = r"^[A-Za-z0-9_-]*$"

PROTOCOL = 1
MOST_OPERATIONS = 100

Status = Literal["applied", "merged", "review", "deferred", "rejected", "retry"]
Position = Annotated[dict[str, int], Field(description="a sequence number a stream")]


class SyncEnvelope(Message):
    """The request as the server first reads it: the envelope strictly, each operation loosely."""

    protocol: Literal[1]
    person_id: Id
    device_id: Id
    epoch: str | None = Field(max_length=64)
    app_version: Words = Field(max_length=64)
    sent_at: Instant
    cursor: str | None = Field(max_length=8_192)
    operations: list[LooseOperation] = Field(max_length=MOST_OPERATIONS)


class SyncRequest(Message):
    protocol: Literal[1]
    person_id: Id
    device_id: Id
    epoch: str | None
    app_version: str
    sent_at: Instant
    cursor: str | None
    operations: list[Operation] = Field(max_length=MOST_OPERATIONS)


class Outcome(Message):
    """The answer to one operation; it never changes, however often the operation is sent again."""

    op_id: Id
    status: Status
    code: str | None
    effective_at: Instant | None
    retry_after_s: int | None
    at: Position | None = Field(description="where its effect stands in the streams")


class Change(Message):
    stream: str
    entity: str
    id: str
    deleted: bool
    v: int
    data: dict[str, Any] | None


class SyncResponse(Message):
    protocol: Literal[1]
    epoch: str
    asked_at: Instant = Field(description="`sent_at` of what this answers: any other answer is passed over")
    server_time: Instant
    outcomes: list[Outcome]
    missing: list[tuple[int, int]] = Field(description="ranges of seq never seen from this device")
    changes: list[Change]
    reset: list[str] = Field(description="streams whose rows the phone forgets before it reads the changes")
    reached: Position
    cursor: str
    more: bool


class SealedBox(Message):
    """What a phone keeps for somebody who has signed out: sealed to a key of the server's, which alone can open it."""

    protocol: Literal[1]
    sent_at: Instant = Field(
        description="when it was sent, not when it was sealed: by this the phone's clock is judged"
    )
    key_id: Words = Field(max_length=64)
    point: str = Field(pattern=BYTES, min_length=87, max_length=87, description="the box's own P-256 point, base64url")
    nonce: str = Field(pattern=BYTES, min_length=16, max_length=16)
    text: str = Field(pattern=BYTES, min_length=22, max_length=262_144, description="AES-256-GCM of SealedContents")


class SealedContents(Message):
    """What lies in the box: operations as they were frozen, and the ticket that they are handed in with."""

    ticket: Words = Field(max_length=64)
    person_id: Id
    device_id: Id
    app_version: Words = Field(max_length=64)
    operations: list[LooseOperation] = Field(min_length=1, max_length=MOST_OPERATIONS)


class SealedTaken(Message):
    """Every operation of the box has its outcome, which is told to its person alone."""

    protocol: Literal[1]
    taken: int
