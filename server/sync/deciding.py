"""Deciding what is in review: a person says that an act counts, or that it does not.

The outcome that the phone was given stays; what was decided is a receipt on the person's stream. A decision takes effect
when its minute of undo is over, and is heard by nobody before: for what has counted once counts for good.
"""

import logging
from datetime import datetime, timedelta
from typing import Any, ClassVar

import sqlalchemy as sa
from pydantic import ValidationError
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.orm import Session

from server.foundation.acts import Verdict, rejected
from server.foundation.bulk import put
from server.foundation.changefeed import Touch, person_stream, publish
from server.foundation.database import writing
from server.foundation.errors import NotAllowed, NotFound, Refusal, traced
from server.people import auditing
from server.protocol.operations import OPERATION
from server.reminders.noting import InNeed, note_attention, note_settled

from .apply import Received, apply, dismiss
from .models import SyncDecision, SyncOperation, SyncReceipt
from .receive import lock_people
from .replaying import act_of

log = logging.getLogger(__name__)
UNDO = timedelta(minutes=1)
LONGEST_REASON = 300


class AlreadyDecided(Refusal):
    """Somebody else was first; what they decided is shown instead."""

    code: ClassVar[str] = "already_decided"
    status: ClassVar[int] = 409


class TooLateToUndo(Refusal):
    """The minute is over: the person may have been told."""

    code: ClassVar[str] = "too_late_to_undo"
    status: ClassVar[int] = 409


IS_IN_REVIEW = sa.or_(
    sa.and_(SyncOperation.status == "review", SyncReceipt.op_id.is_(None)), SyncReceipt.status == "review"
)
"""True in SQL, joined with its receipt, where nobody's word on it stands."""


def decide(
    session: Session, *, op_id: str, counts: bool, reason: str, decided_by: str, at: datetime,
    instead_of: str | None = None,
) -> SyncDecision:  # fmt: skip
    """Somebody says whether an operation in review counts. Again: AlreadyDecided.

    A "no" that stands may be replaced by a "yes" of who says whose "no" it was. Raises NotFound where there is nothing to
    decide, NotAllowed of one's own act.
    """
    row = _locked(session, op_id)
    if row.person_id == decided_by:
        raise NotAllowed
    replaces_a_no = counts and row.receipt_status == "rejected" and row.decided_by and row.decided_by == instead_of
    if row.decision_by or (row.decided_by and not row.is_in_review and not replaces_a_no):
        raise AlreadyDecided
    if not row.is_in_review and not replaces_a_no:
        raise NotFound
    said = " ".join(reason.replace("\0", " ").split())[:LONGEST_REASON] or None
    decision = SyncDecision(
        op_id=op_id, counts=counts, reason=said, decided_by=decided_by, decided_at=at, stands_at=at + UNDO
    )
    session.add(decision)
    _note(session, row.person_id, decision, "act_counted" if counts else "act_not_counted", decided_by, at)
    return decision


def take_back(session: Session, *, op_id: str, actor_id: str, at: datetime) -> None:
    """The decision was not taken; the audit keeps it. Raises NotFound, or TooLateToUndo when its minute is over."""
    row = _locked(session, op_id)
    decision = session.get(SyncDecision, op_id, populate_existing=True)
    if decision is None:
        raise TooLateToUndo if row.decided_by else NotFound
    if decision.stands_at <= at:
        raise TooLateToUndo
    session.delete(decision)
    _note(session, row.person_id, decision, "decision_taken_back", actor_id, at)


def settle_due(engine: Engine, now: datetime) -> None:
    """Every decision whose minute is over has its effect. Again, or two at once: nothing is done twice."""
    with engine.connect() as connection:
        if connection.execute(_DUE, {"now": now}).first() is None:
            return
    with writing(), engine.begin() as connection:
        settle(connection, now)


def settle(connection: Connection, now: datetime) -> None:
    """As `settle_due`, in the caller's transaction, as its last statements."""
    lock_people(connection, {row.person_id for row in connection.execute(_DUE, {"now": now})})
    rows = connection.execute(_DUE, {"now": now}).all()  # asked again: another may have settled some of them meanwhile
    settled = [(row, verdict) for row in rows if (verdict := _verdict(connection, row, now))]
    put(connection, SyncReceipt, [_receipt(row, verdict, now) for row, verdict in settled])
    done = [row.op_id for row, _ in settled]
    connection.execute(sa.delete(SyncDecision).where(SyncDecision.op_id.in_(done)))
    touches = [touch for _, verdict in settled for touch in verdict.touches]
    touches += [Touch(person_stream(row.person_id), "receipt", row.op_id) for row, _ in settled]
    touches += note_settled(connection, done, now)
    refused = [InNeed(row.op_id, row.person_id, now, 1) for row, verdict in settled if verdict.status == "rejected"]
    note_attention(connection, refused)
    publish(connection, touches)


_DUE = (
    sa.select(SyncOperation, SyncDecision.counts, SyncDecision.reason, SyncDecision.decided_by)
    .join(SyncDecision, SyncDecision.op_id == SyncOperation.op_id)
    .where(SyncDecision.stands_at <= sa.bindparam("now", type_=SyncDecision.stands_at.type))
    .order_by(SyncDecision.stands_at, SyncOperation.op_id)
)


def _verdict(connection: Connection, row: Any, now: datetime) -> Verdict | None:
    """What comes of it, with its effect; None where that failed: it is tried again in the next round."""
    try:
        received = Received(act_of(row)._replace(is_granted=row.counts), OPERATION.validate_python(row.raw))
    except ValidationError:
        return rejected("invalid")
    if not row.counts:
        return Verdict("rejected", "not_counted", tuple(dismiss(connection, [received])))
    try:
        with connection.begin_nested():
            return apply(connection, [received])[0]
    except sa.exc.OperationalError:
        raise
    except Exception as error:
        log.error("the decision on operation %s had no effect: %s", row.op_id, traced(error))
        return None


def _receipt(row: Any, verdict: Verdict, now: datetime) -> dict[str, Any]:
    return {
        "op_id": row.op_id, "person_id": row.person_id, "status": verdict.status, "code": verdict.code,
        "decided_at": now, "decided_by": row.decided_by, "reason": row.reason,
    }  # fmt: skip


def _locked(session: Session, op_id: str) -> Any:
    """The operation as it stands, and nobody else writes for its person until commit. Raises NotFound."""
    person_id = session.scalar(sa.select(SyncOperation.person_id).where(SyncOperation.op_id == op_id))
    if person_id is None:
        raise NotFound
    lock_people(session.connection(), {person_id})
    row = session.execute(_STANDING.where(SyncOperation.op_id == op_id)).one_or_none()
    if row is None:
        raise NotFound
    return row


_STANDING = (
    sa.select(
        SyncOperation.person_id, IS_IN_REVIEW.label("is_in_review"), SyncReceipt.status.label("receipt_status"),
        SyncReceipt.decided_by, SyncDecision.decided_by.label("decision_by"),
    )
    .outerjoin(SyncReceipt, SyncReceipt.op_id == SyncOperation.op_id)
    .outerjoin(SyncDecision, SyncDecision.op_id == SyncOperation.op_id)
    .where(SyncOperation.raw.is_not(None))
)  # fmt: skip


def _note(session: Session, person_id: str, decision: SyncDecision, action: str, actor_id: str, at: datetime) -> None:
    auditing.note(
        session, at=at, actor_id=actor_id, action=action, subject_id=person_id, op_id=decision.op_id,
        reason=decision.reason,
    )  # fmt: skip
