"""The ledger: each operation with the outcome it was given, which never changes (SYNC.md §2)."""

import hashlib
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from server.foundation.bulk import insert
from server.foundation.changefeed import Touch, person_stream
from server.foundation.clock import wire
from server.foundation.database import any_of, packed

from .models import IS_CHECK_IN, SyncFailure, SyncOperation, SyncReceipt

QUARANTINE_AFTER = 5
FORGOTTEN = "forgotten"
"""the kind of an operation whose time is over"""


class Known(NamedTuple):
    person_id: str
    hash: str
    outcome: dict[str, Any]


def outcome(
    op_id: str, status: str, code: str | None, effective_at: datetime | None = None,
    at: dict[str, int] | None = None, retry_after_s: int | None = None,
) -> dict[str, Any]:  # fmt: skip
    """An answer to one operation, as the wire has it (protocol.Outcome)."""
    return {
        "op_id": op_id, "status": status, "code": code, "effective_at": effective_at and wire(effective_at),
        "retry_after_s": retry_after_s, "at": at,
    }  # fmt: skip


def told(status: str, effective_at: datetime | None) -> datetime | None:
    """The time that counts, of an operation that counts; the ledger keeps the others' too, for when they are replayed."""
    return None if status in ("rejected", "deferred") else effective_at


def content_hash(raw: dict[str, Any]) -> str:
    """What makes two operations with one id the same operation."""
    return hashlib.sha256(packed(raw, is_sorted=True)).hexdigest()


_KNOWN = sa.select(
    SyncOperation.op_id, SyncOperation.person_id, SyncOperation.hash, SyncOperation.status, SyncOperation.code,
    SyncOperation.effective_at, SyncOperation.at,
).where(any_of(SyncOperation.op_id, "ids"))  # fmt: skip


def known(connection: Connection, op_ids: Iterable[str]) -> dict[str, Known]:
    """The operations that have an outcome already."""
    rows = connection.execute(_KNOWN, {"ids": sorted(set(op_ids))})
    return {
        row.op_id: Known(
            row.person_id,
            row.hash,
            outcome(row.op_id, row.status, row.code, told(row.status, row.effective_at), row.at),
        )
        for row in rows
    }


def write(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """The operations stand with their outcomes. Raises where one has come in meanwhile: the push is then done again."""
    insert(connection, SyncOperation, rows)


def forget_check_ins(connection: Connection, before: datetime, most: int) -> tuple[int, list[Touch]]:
    """Of some check-ins before that time the ledger knows only that something was said, and what was answered.

    What was decided of them later, and why, is gone with them. Repetition takes the next ones. Returns how many, and what
    readers must hear. The rows stay: the numbers of a device have no gaps.
    """
    old = sa.select(SyncOperation.op_id).where(IS_CHECK_IN, SyncOperation.effective_at < before).limit(most)
    ids = connection.execute(old).scalars().all()
    nothing = {"kind": FORGOTTEN, "raw": sa.null(), "effective_at": None}
    connection.execute(sa.update(SyncOperation).where(SyncOperation.op_id.in_(ids)).values(nothing))
    receipts = sa.delete(SyncReceipt).where(SyncReceipt.op_id.in_(ids))
    told = connection.execute(receipts.returning(SyncReceipt.person_id, SyncReceipt.op_id)).all()
    return len(ids), [Touch(person_stream(person), "receipt", op_id, deleted=True) for person, op_id in told]


def failed_again(connection: Connection, op_id: str, error: Exception, at: datetime) -> bool:
    """One more unexpected error is noted. True once there were so many that the operation goes into quarantine."""
    failures = (
        connection.execute(sa.select(SyncFailure.failures).where(SyncFailure.op_id == op_id)).scalar_one_or_none() or 0
    ) + 1
    row = {"op_id": op_id, "failures": failures, "failed_at": at, "error": type(error).__name__[:200]}
    if failures == 1:
        connection.execute(sa.insert(SyncFailure), row)
    else:
        connection.execute(sa.update(SyncFailure).where(SyncFailure.op_id == op_id).values(row))
    return failures >= QUARANTINE_AFTER


def is_doubled(connection: Connection, device_id: str, seqs: Sequence[int]) -> bool:
    """One of these numbers of the device stands here twice, with different operations."""
    twice = (
        sa.select(SyncOperation.seq)
        .where(SyncOperation.device_id == device_id, SyncOperation.seq.in_(seqs))
        .group_by(SyncOperation.seq)
        .having(sa.func.count() > 1)
        .limit(1)
    )
    return connection.execute(twice).first() is not None


def missing(connection: Connection, device_id: str, seen_through: int, highest: int) -> list[tuple[int, int]]:
    """The gaps in what was seen of this device, looked for anew: reads every number above `seen_through`."""
    seqs = connection.execute(
        sa.select(SyncOperation.seq)
        .where(SyncOperation.device_id == device_id, SyncOperation.seq > seen_through, SyncOperation.seq <= highest)
        .order_by(SyncOperation.seq)
        .distinct()
    ).scalars()
    gaps, expected = [], seen_through + 1
    for seq in seqs:
        if seq > expected:
            gaps.append((expected, seq - 1))
        expected = seq + 1
    return gaps
