"""Operations in: a set of pushes becomes true in one transaction, each operation exactly once.

The caller has begun a writing transaction and commits it; only then may anyone be told an outcome.
"""

import logging
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Literal, NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from server.foundation import clock
from server.foundation.acts import Act, Status, Verdict
from server.foundation.bulk import put
from server.foundation.changefeed import Touch, person_stream, publish
from server.foundation.errors import traced
from server.people import auditing, devices
from server.reminders.noting import InNeed, note_attention
from server.reminders.reasons import SEEN_AT_ONCE

from . import ledger, timing
from .apply import Received, apply
from .copies import note_copies
from .models import SyncReceipt
from .understanding import Understood

log = logging.getLogger(__name__)
RETRY_AFTER_S = 30
DEEDS = ("step_completed", "quiz_attempted", "checked_in", "course_chosen", "course_left", "note_kept")
"""Kinds that a person must hear of where they did not count; a place or a preference is said again by itself."""


class Push(NamedTuple):
    """What one phone sent at once."""

    person_id: str
    device_id: str
    app_version: str
    sent_at: datetime
    received_at: datetime
    operations: list[Understood]
    by: Literal["session", "ticket", "box"] = "session"
    closed_at: datetime | None = None
    """the account was closed then"""


class Answer(NamedTuple):
    outcomes: list[dict[str, Any]]
    missing: list[tuple[int, int]]


class _Entry(NamedTuple):
    """An operation that is new here, on its way to an outcome."""

    push: Push
    said: Understood
    timed: timing.Timed
    received: Received | None
    verdict: Verdict | None
    """already decided without a rule: rejected or deferred"""


def receive(connection: Connection, pushes: Sequence[Push]) -> list[Answer]:
    """Every operation of the pushes has its outcome in the ledger, and its effect. Known ones get their stored outcome.

    Raises devices.DeviceTaken where a device belongs to someone else.
    """
    lock_people(connection, {push.person_id for push in pushes})
    heard = devices.hear(connection, map(_call, pushes))
    _note_unsigned(connection, pushes)
    known = ledger.known(connection, (one.op_id for push in pushes for one in push.operations))
    entries: dict[str, _Entry] = {}
    for push in pushes:
        for one in push.operations:
            if one.op_id not in known and one.op_id not in entries:
                entries[one.op_id] = _read(push, one, heard[push.device_id].registered_at)
    outcomes = _settle(connection, list(entries.values()))
    # Two pushes of one phone may stand here (a page's and its worker's): its sequence is noted once, of both.
    seqs = _seqs(pushes, outcomes)
    received_at = {push.device_id: push.received_at for push in pushes}
    told = [devices.Told(device, seqs[id_], received_at[id_]) for id_, device in heard.items()]
    gaps = devices.note_seqs(connection, told, ledger.missing)
    note_copies(connection, heard, _new_seqs(entries.values(), outcomes))
    return [
        Answer([_answer(push, one, known, entries, outcomes) for one in push.operations], gaps[push.device_id])
        for push in pushes
    ]


def _call(push: Push) -> devices.Call:
    return devices.Call(push.device_id, push.person_id, push.app_version, push.received_at)


def _note_unsigned(connection: Connection, pushes: Sequence[Push]) -> None:
    for push in pushes:
        if push.by != "session":
            auditing.note_on(
                connection, at=push.received_at, actor_id=push.person_id, action="uploaded_by_ticket",
                subject_id=push.person_id, device_id=push.device_id, operations=len(push.operations),
            )  # fmt: skip


def _seqs(pushes: Sequence[Push], outcomes: dict[str, dict[str, Any]]) -> dict[str, list[int]]:
    """Of each device the numbers that it told. What is to come again was not kept: until then it is missing."""
    seqs: dict[str, list[int]] = {push.device_id: [] for push in pushes}
    for push in pushes:
        kept = (one for one in push.operations if outcomes.get(one.op_id, {}).get("status") != "retry")
        seqs[push.device_id] += [one.seq for one in kept]
    return seqs


def _new_seqs(entries: Iterable[_Entry], outcomes: dict[str, dict[str, Any]]) -> dict[str, list[int]]:
    """Of each device the numbers of operations that were new and are kept."""
    seqs: dict[str, list[int]] = {}
    for one in entries:
        if outcomes[one.said.op_id]["status"] != "retry":
            seqs.setdefault(one.push.device_id, []).append(one.said.seq)
    return seqs


def _read(push: Push, said: Understood, registered_at: datetime) -> _Entry:
    timed = _timed(push, said.raw, registered_at)
    entry = _Entry(push, said, timed or timing.Timed(push.received_at, "clamped"), None, None)
    if said.is_newer:
        return entry._replace(verdict=_after_closing(entry) or Verdict("deferred", "newer"))
    if said.operation is None or timed is None:
        return entry._replace(verdict=Verdict("rejected", "invalid"))
    closed = _after_closing(entry)
    if closed:
        return entry._replace(verdict=closed)
    until = push.received_at if timed.quality in timing.DOUBTFUL else None
    act = Act(said.op_id, push.person_id, timed.effective_at, push.received_at, until)
    return entry._replace(received=Received(act, said.operation))


def _after_closing(entry: _Entry) -> Verdict | None:
    """Nothing that comes in once the account is closed counts by itself; what was done before waits for a decision."""
    closed_at = entry.push.closed_at
    if closed_at is None:
        return None
    status: Status = "review" if entry.timed.effective_at < closed_at else "rejected"
    return Verdict(status, "account_closed")


def has_late_answers(push: Push) -> bool:
    """Whether it brought answers to a quiz that were given so long ago that their result is told."""
    late = (one for one in push.operations if one.kind == "quiz_attempted")
    times = (_timed(push, one.raw, push.received_at) for one in late)
    return any(timed is not None and push.received_at - timed.effective_at > SEEN_AT_ONCE for timed in times)


def _timed(push: Push, raw: dict[str, Any], registered_at: datetime) -> timing.Timed | None:
    """When it happened, whatever its kind; None where the phone's times are not times."""
    try:
        occurred = clock.instant(raw["occurred_at"])
        heard = clock.instant(raw["heard_server_at"]) if raw["heard_server_at"] else registered_at
        return timing.effective(occurred, push.sent_at, push.received_at, heard, jumped=raw["clock_jumped"] is True)
    except (KeyError, TypeError, ValueError):
        return None


def _settle(connection: Connection, entries: list[_Entry]) -> dict[str, dict[str, Any]]:
    """Every entry takes effect and stands in the ledger. Returns the outcomes by op_id."""
    verdicts = {one.said.op_id: one.verdict for one in entries if one.verdict}
    verdicts |= _apply(connection, [one.received for one in entries if one.received])
    note_attention(connection, [_in_need(one) for one in entries if _needs_its_person(one, verdicts[one.said.op_id])])
    touches = [touch for verdict in verdicts.values() for touch in verdict.touches]
    touches += _receipts(connection, [(one, verdicts[one.said.op_id]) for one in entries])
    numbers = publish(connection, touches)
    outcomes, rows = {}, []
    for one in entries:
        op_id, verdict = one.said.op_id, verdicts[one.said.op_id]
        if verdict.status == "retry":
            outcomes[op_id] = ledger.outcome(op_id, "retry", verdict.code, retry_after_s=RETRY_AFTER_S)
            continue
        at = _positions(verdict.touches, numbers)
        effective = ledger.told(verdict.status, one.timed.effective_at)
        outcomes[op_id] = ledger.outcome(op_id, verdict.status, verdict.code, effective, at)
        rows.append(_row(one, verdict, at))
    ledger.write(connection, rows)
    return outcomes


def _receipts(connection: Connection, settled: list[tuple[_Entry, Verdict]]) -> list[Touch]:
    """The phone that handed in a box holds nothing of it any more: what did not count is told to its person elsewhere."""
    told = [pair for pair in settled if pair[0].push.by == "box" and pair[1].status in ("rejected", "review")]
    rows = [
        {
            "op_id": one.said.op_id, "person_id": one.push.person_id, "status": verdict.status, "code": verdict.code,
            "decided_at": one.push.received_at,
        }
        for one, verdict in told
    ]  # fmt: skip
    put(connection, SyncReceipt, rows)
    return [Touch(person_stream(one.push.person_id), "receipt", one.said.op_id) for one, _ in told]


def _needs_its_person(one: _Entry, verdict: Verdict) -> bool:
    return verdict.status in ("rejected", "review") and one.said.kind in DEEDS


def _in_need(one: _Entry) -> InNeed:
    return InNeed(one.said.op_id, one.push.person_id, one.push.received_at)


def _apply(connection: Connection, received: list[Received]) -> dict[str, Verdict]:
    """As a set; only where the set fails, one by one, so that a bad one never spoils its neighbours."""
    if not received:
        return {}
    try:
        with connection.begin_nested():
            verdicts = apply(connection, received)
        return {one.act.op_id: verdict for one, verdict in zip(received, verdicts, strict=True)}
    except sa.exc.OperationalError:
        raise  # the database itself (busy, full, deadlock): the whole push is tried again
    except Exception as error:
        log.error("a set of %d operations failed, taking it apart: %s", len(received), traced(error))
    return {one.act.op_id: _apply_one(connection, one) for one in received}


def _apply_one(connection: Connection, one: Received) -> Verdict:
    try:
        with connection.begin_nested():
            return apply(connection, [one])[0]
    except sa.exc.OperationalError:
        raise
    except Exception as error:
        log.error("operation %s failed: %s", one.act.op_id, traced(error))
        if ledger.failed_again(connection, one.act.op_id, error, clock.now()):
            return Verdict("deferred", "quarantined")
        return Verdict("retry", "unexpected")


def _positions(touches: tuple[Touch, ...], numbers: dict[tuple[str, str, str], int]) -> dict[str, int] | None:
    at: dict[str, int] = {}
    for touch in touches:
        # A departure's stream is its guides'; the phone that acted waits for its own person's stream only.
        if touch.stream.startswith("person:"):
            at[touch.stream] = max(at.get(touch.stream, 0), numbers[touch.stream, touch.entity, touch.entity_id])
    return at or None


def _answer(
    push: Push,
    one: Understood,
    known: dict[str, ledger.Known],
    entries: dict[str, _Entry],
    outcomes: dict[str, dict[str, Any]],
) -> dict[str, Any]:
    before = known.get(one.op_id)
    if before:
        is_same = before.person_id == push.person_id and before.hash == one.hash
        return before.outcome if is_same else _reused(one)
    entry = entries[one.op_id]
    if entry.said is one:
        return outcomes[one.op_id]
    is_same = entry.push.person_id == push.person_id and entry.said.hash == one.hash
    return outcomes[one.op_id] if is_same else _reused(one)


def _reused(one: Understood) -> dict[str, Any]:
    # The same words whoever owns the id: no oracle for what others have sent.
    log.warning("operation id %s came again with other content", one.op_id)
    return ledger.outcome(one.op_id, "rejected", "id_reuse")


def _row(one: _Entry, verdict: Verdict, at: dict[str, int] | None) -> dict[str, Any]:
    return {
        "op_id": one.said.op_id, "person_id": one.push.person_id, "device_id": one.push.device_id,
        "seq": one.said.seq, "kind": one.said.kind, "hash": one.said.hash, "raw": one.said.raw,
        "received_at": one.push.received_at, "effective_at": one.timed.effective_at, "time_quality": one.timed.quality,
        "status": verdict.status, "code": verdict.code, "at": at,
    }  # fmt: skip


def lock_people(connection: Connection, people: set[str]) -> None:
    """PostgreSQL: nobody else writes for these people until commit. SQLite has one writer anyway."""
    if connection.dialect.name == "postgresql":
        for person in sorted(people):
            connection.execute(sa.text("SELECT pg_advisory_xact_lock(hashtextextended(:p, 7))"), {"p": person})
