"""When it is quiet: the ledger, the tables and every phone, compared with what was said. Counts what was lost and doubled."""

from collections import Counter
from collections.abc import Callable
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from server.activities.models import CheckIn, Evidence
from server.learning.models import Attempt, CourseEnrolment, Note, Place, StepCompletion
from server.people.models import Device, Preference
from server.reminders.models import Reminder, ReminderMute
from server.sync.models import SyncOperation, SyncReceipt

from ..erased import traces
from . import world
from .expected import Entry, Expected, is_in_doubt
from .oracle import Said, Violation
from .server import CANARY, Request
from .story import Story
from .times import ms_of

TAKEN = ("applied", "merged", "review")
SMALL_MS = 30_000


class Verdict(NamedTuple):
    operations: int
    lost: int
    doubled: int


def judge(story: Story) -> Verdict:
    """Raises Violation at the first promise that is broken."""
    with story.server.engine.connect() as connection:
        rows = connection.execute(sa.select(SyncOperation)).all()
        receipts = dict(connection.execute(sa.select(SyncReceipt.op_id, SyncReceipt.status)).tuples().all())
        sung = Counter(connection.execute(sa.select(CANARY.c.op_id)).scalars())
        entries = [
            Entry(row.op_id, row.person_id, row.raw, row.effective_at, receipts.get(row.op_id, row.status))
            for row in rows
        ]  # fmt: skip
        lost = _lost(story, {row.op_id for row in rows})
        doubled = _doubled(entries, sung)
        _nothing_is_left(connection)
        for row in rows:
            _is_what_was_said(story.oracle.said.get(row.op_id), row)
            _time_is_right(story, row)
            _doubt_is_right(row, receipts.get(row.op_id, row.status))
        if lost:
            raise Violation("I1 lost", f"{len(lost)}: {[story.oracle.said[one] for one in lost[:2]]}")
        if doubled:
            raise Violation("I3 doubled", f"{len(doubled)}: {doubled[:2]}")
        _tables(connection, [one for one in entries if one.status in TAKEN])
        _missing(connection, story, rows)
    _phones(story)
    return Verdict(len(story.oracle.said), len(lost), len(doubled))


def _nothing_is_left(connection: Connection) -> None:
    """I15: the tables know nothing of who was erased, but that there was somebody."""
    left = traces(connection, world.person(world.LEAVER), {"she@sim.example", f"{world.person(world.LEAVER)} "})
    if left:
        raise Violation("I15 erased", f"{len(left)}: {left[:2]}")


def _lost(story: Story, in_ledger: set[str]) -> list[str]:
    told = {op_id for phone in story.phones for store in phone.stores.values() for op_id in store.attention}
    return [
        op_id for op_id in story.oracle.said
        if op_id not in in_ledger and op_id not in told and op_id not in story.oracle.excused
    ]  # fmt: skip


def _doubled(entries: list[Entry], sung: Counter[str]) -> list[tuple[str, str, int]]:
    """What took effect other than once, or took effect and is not in the ledger, or was refused and took effect."""
    wrong = [
        (one.op_id, one.status, times) for one in entries
        if (times := sung.pop(one.op_id, 0)) != (one.status in TAKEN)
    ]  # fmt: skip
    return wrong + [(op_id, "not in the ledger", times) for op_id, times in sung.items()]


def _is_what_was_said(said: Said | None, row: Any) -> None:
    if said is None or said.op != row.raw:
        raise Violation("I3 phantom", f"{row.raw} stands, {said and said.op} was said")
    if said.person_id != row.person_id:
        raise Violation("I9 another's", f"{row.raw} of {said.person_id} stands for {row.person_id}")


def _time_is_right(story: Story, row: Any) -> None:
    """The phone's time moved by how wrong its clock was, between what it had heard and what was received (SYNC.md §5)."""
    said, received = story.oracle.said[row.op_id], ms_of(row.received_at)
    came = [request for at, request in story.oracle.arrivals[row.op_id] if at == received]
    if not any(_is_in_time(said, request, received, row) for request in came):
        raise Violation("I13 time", f"{row.op_id}: {row.effective_at} {row.time_quality}, received {received}, {said}")


def _is_in_time(said: Said, request: Request, received: int, row: Any) -> bool:
    effective, heard = ms_of(row.effective_at), said.op["heard_server_at"]
    if heard is None:
        return effective <= received
    delay, wrong = received - request.sent_ms, said.offset_ms - (request.wall_ms - request.sent_ms)
    moved = said.at_ms + wrong + delay
    right = min(max(moved, min(ms_of(datetime.fromisoformat(heard)), received)), received)
    return effective == right and (row.time_quality == "clamped") == (abs(right - moved) > SMALL_MS)


def _doubt_is_right(row: Any, status: str) -> None:
    """What may have been done in time or too late waits for a decision, and nothing else does."""
    if row.kind not in ("step_completed", "quiz_attempted") or status not in TAKEN:
        return
    if (status == "review") != is_in_doubt(row.raw, row.effective_at, row.time_quality, row.received_at):
        raise Violation("I13 doubt", f"{status} of {row.raw}, {row.effective_at} {row.time_quality}")


def _tables(connection: Connection, entries: list[Entry]) -> None:
    """Every table that operations fill is what the rules say, and nothing else."""
    want = Expected(entries)
    for name, (model, key, found) in _TABLES.items():
        here = {key(row): found(row) for row in connection.execute(sa.select(model)) if key(row)}
        there = _WANTED[name](want)
        if here != there:
            odd = sorted(
                str((k, here.get(k), there.get(k))) for k in here.keys() | there if here.get(k) != there.get(k)
            )
            raise Violation("I5 state", f"{name}: {len(odd)}, (key, is, should be): {odd[:3]}")


Key = Callable[[Any], Any]
_TABLES: dict[str, tuple[Any, Key, Key]] = {
    "step_completion": (
        StepCompletion, lambda r: (r.person_id, r.course_id, r.step_key, r.version), lambda r: r.completed_at,
    ),
    "attempt": (Attempt, lambda r: r.op_id, lambda r: (r.person_id, r.right, r.passed, r.attempted_at)),
    "place": (
        Place, lambda r: ("place", r.person_id, r.item_id),
        lambda r: ((r.kept_at, r.op_id), (r.step_key, r.position_s)),
    ),
    "note": (
        Note, lambda r: ("note", r.person_id, r.course_id, r.step_key), lambda r: ((r.kept_at, r.op_id), r.text),
    ),
    "preference": (
        Preference, lambda r: ("preference", r.person_id, r.name), lambda r: ((r.set_at, r.op_id), r.value),
    ),
    "choice": (
        CourseEnrolment, lambda r: ("choice", r.person_id, r.course_id) if r.chosen_at else None,
        lambda r: ((r.chosen_at, r.chosen_op), r.is_chosen),
    ),
    "seen": (
        Reminder, lambda r: ("seen", r.person_id, r.id) if r.seen_at else None,
        lambda r: ((r.seen_at, r.seen_op), None),
    ),
    "snoozed": (
        Reminder, lambda r: ("snoozed", r.person_id, r.id) if r.snoozed_at else None,
        lambda r: ((r.snoozed_at, r.snoozed_op), r.snoozed_until.isoformat()),
    ),
    "check_in": (
        CheckIn, lambda r: (r.departure_id, r.stop_key, r.person_id), lambda r: (r.checked_in_at, r.confidence),
    ),
    "evidence": (Evidence, lambda r: r.op_id, lambda r: True),
    "mute": (ReminderMute, lambda r: (r.person_id, r.subject), lambda r: True),
}  # fmt: skip


def _last(what: str) -> Callable[[Expected], Any]:
    return lambda want: {key: value for key, value in want.last.items() if key[0] == what}


def _muted(want: Expected) -> dict[tuple[str, str], bool]:
    return {
        (world.person(n), f"{world.GRUND}/{which}"): True
        for n in range(world.PEOPLE) for which in (0, 1) if world.reminder(n, which) in want.muted[world.person(n)]
    }  # fmt: skip


_WANTED: dict[str, Callable[[Expected], Any]] = {
    "step_completion": lambda want: want.done,
    "attempt": lambda want: want.attempts,
    **{what: _last(what) for what in ("place", "note", "preference", "choice", "seen", "snoozed")},
    "check_in": lambda want: want.check_ins,
    "evidence": lambda want: dict.fromkeys(want.evidence, True),
    "mute": _muted,
}


def _missing(connection: Connection, story: Story, rows: Any) -> None:
    """I12: numbers that went with a lost storage are missed, and none that are here."""
    seen: dict[str, set[int]] = {}
    for row in rows:
        seen.setdefault(row.device_id, set()).add(row.seq)
    missed: dict[str, set[int]] = {}
    for device in connection.execute(sa.select(Device.id, Device.gaps)):
        missed[device.id] = {seq for first, last in device.gaps or [] for seq in range(first, last + 1)}
        if wrong := missed[device.id] & seen.get(device.id, set()):
            raise Violation("I12 missing", f"{device.id}: missed though here {wrong}")
    heard = {(id(story.oracle.said[row.op_id].store), row.device_id) for row in rows}
    for store, device_id, numbers in story.oracle.vanished:
        unseen = numbers - seen.get(device_id, set()) - missed.get(device_id, set())
        if unseen and (id(store), device_id) in heard:
            raise Violation("I12 missing", f"{device_id}: gone and not missed {unseen}")


def _phones(story: Story) -> None:
    """Every outbox is empty, and every phone holds exactly what its person may see (I7, I11, I14)."""
    visible: dict[str, Any] = {}
    for phone in story.phones:
        for person_id, store in phone.stores.items():
            if store.outbox:
                raise Violation(
                    "I11 stuck", f"{len(store.outbox)} on {phone.name}: {next(iter(store.outbox.values()))}"
                )
            there = visible.setdefault(person_id, _dayless(story.server.everything(person_id)))
            here = _dayless(store.replica)
            if here != there:
                odd = [key for key in here.keys() | there if here.get(key) != there.get(key)]
                one = min(odd)
                raise Violation(
                    "I7 another state",
                    f"{len(odd)} rows on {phone.name}, {one}: {here.get(one)}, should be {there.get(one)}",
                )


def _dayless(rows: dict[Any, Any]) -> dict[Any, Any]:
    """Without the units of `self`: they change with the day on which a post ends, which a worker tells the phones; here is none."""
    return {key: data if key[1] != "self" else data | {"units": None} for key, data in rows.items()}
