"""Trying again what was deferred: kinds that were newer than this server then, and operations in quarantine.

The outcome that the phone was given stays; what comes of it now is a receipt on the person's stream.
"""

import logging
from typing import Any, NamedTuple

import sqlalchemy as sa
from pydantic import ValidationError
from sqlalchemy.engine import Connection

from server.foundation import clock
from server.foundation.acts import Act, Verdict
from server.foundation.bulk import put
from server.foundation.changefeed import Touch, person_stream, publish
from server.foundation.errors import traced
from server.protocol.operations import OPERATION, VERSIONS

from . import timing
from .apply import Received, apply
from .models import SyncOperation, SyncReceipt
from .receive import lock_people

log = logging.getLogger(__name__)


class Replayed(NamedTuple):
    """How many came to be decided, and how many still wait."""

    decided: int
    waiting: int


def replay(connection: Connection) -> Replayed:
    """Every deferred operation that this server can apply now is applied, with a receipt. Again: what is left is tried."""
    receipt = sa.select(SyncReceipt.op_id).where(SyncReceipt.op_id == SyncOperation.op_id)
    rows = connection.execute(
        sa.select(SyncOperation)
        .where(SyncOperation.status == "deferred", SyncOperation.raw.is_not(None), ~receipt.exists())
        .order_by(SyncOperation.received_at, SyncOperation.seq)
    ).all()
    lock_people(connection, {row.person_id for row in rows})
    tried = [(row, _try(connection, row)) for row in rows]
    decided = [(row, verdict) for row, verdict in tried if verdict]
    _settle(connection, decided)
    return Replayed(len(decided), len(rows) - len(decided))


def _try(connection: Connection, row: Any) -> Verdict | None:
    """The verdict, or None where it must go on waiting."""
    if row.raw["v"] > VERSIONS.get(row.kind, 0):
        return None
    try:
        operation = OPERATION.validate_python(row.raw)
    except ValidationError:
        return Verdict("rejected", "invalid")
    act = act_of(row)
    try:
        with connection.begin_nested():
            return apply(connection, [Received(act, operation)])[0]
    except sa.exc.OperationalError:
        raise
    except Exception as error:
        log.error("operation %s failed again: %s", row.op_id, traced(error))
        return None


def act_of(row: Any) -> Act:
    """The act of an operation that stands in the ledger."""
    until = row.received_at if row.time_quality in timing.DOUBTFUL else None
    return Act(row.op_id, row.person_id, row.effective_at or row.received_at, clock.now(), until)


def _settle(connection: Connection, decided: list[tuple[Any, Verdict]]) -> None:
    """All of them have their receipts; published at once, so that streams are taken in the order that pushes take them in."""
    now = clock.now()
    put(
        connection, SyncReceipt,
        [
            {
                "op_id": row.op_id, "person_id": row.person_id, "status": verdict.status, "code": verdict.code,
                "decided_at": now, "decided_by": None, "reason": None,
            }
            for row, verdict in decided
        ],
    )  # fmt: skip
    receipts = [Touch(person_stream(row.person_id), "receipt", row.op_id) for row, _ in decided]
    publish(connection, [touch for _, verdict in decided for touch in verdict.touches] + receipts)


_RECEIPTS = sa.select(
    SyncReceipt.op_id, SyncReceipt.status, SyncReceipt.code, SyncReceipt.decided_at, SyncReceipt.decided_by,
    SyncReceipt.reason, SyncOperation.raw,
).join(SyncOperation, SyncOperation.op_id == SyncReceipt.op_id, isouter=True)  # fmt: skip


def receipts(connection: Connection, person_id: str, ids: Any) -> dict[str, dict[str, Any]]:
    """protocol.Receipt, by op_id"""
    rows = connection.execute(_RECEIPTS.where(SyncReceipt.person_id == person_id, SyncReceipt.op_id.in_(ids)))
    return {
        row.op_id: {
            "op_id": row.op_id, "status": row.status, "code": row.code, "decided_at": clock.wire(row.decided_at),
            "operation": _said(row.raw) if row.status in ("rejected", "review") else None,
            "is_decision": row.decided_by is not None, "reason": row.reason,
        }
        for row in rows
    }  # fmt: skip


def _said(raw: dict[str, Any] | None) -> dict[str, Any] | None:
    """The operation, where it is one: what never was one need not be repeated."""
    try:
        OPERATION.validate_python(raw)
    except ValidationError:
        return None
    return raw
