"""A person's database on a phone, and how an answer is taken in: pwa/src/storage a second time, in Python.

tests/vectors/phone.json ties the two: what is changed here or there alone fails in the other language.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, NamedTuple

RING_MS = 14 * 86_400_000
MOST = 100
Statement = dict[str, Any]
Reached = dict[str, int]


class Killed(Exception):
    """The phone died in the middle of a transaction: nothing of it is there."""


class Row(NamedTuple):
    seq: int
    op: Statement
    outcome: dict[str, Any] | None = None
    answered_at: int | None = None


class Heard(NamedTuple):
    server_time: str
    wall_ms: int
    jumped: bool


class Asked(NamedTuple):
    cursor: str | None
    epoch: str | None


class Taken(NamedTuple):
    how: str
    """stored; late: only the outcomes were kept; new_epoch: nothing was, ask again"""
    settled: list[Row]
    """what left the overlay for the ring"""


class Store:
    """One database of one person."""

    def __init__(self, person_id: str, device_id: str, last_seq: int = 0) -> None:
        self.person_id, self.device_id, self.last_seq = person_id, device_id, last_seq
        self.registered, self.numbered_after = False, 0
        self.outbox: dict[int, Row] = {}
        self.ring: dict[str, Row] = {}
        self.attention: dict[str, tuple[Row, str | None]] = {}
        self.replica: dict[tuple[str, str, str], Any] = {}
        self.cursor: str | None = None
        self.epoch: str | None = None
        self.reached: Reached = {}
        self.heard: Heard | None = None
        self.missing: list[list[int]] = []
        self.partial = False
        self.not_before_ms = 0
        self.dies = False
        """in the next transaction that takes something in"""

    @contextmanager
    def writing(self) -> Iterator[None]:
        """One strict transaction: all of it or nothing."""
        before = {} if not self.dies else {name: copied(value) for name, value in vars(self).items()}
        try:
            yield
        except Killed:
            vars(self).update(before, dies=False)
            raise

    def may_die(self) -> None:
        if self.dies:
            raise Killed


def copied(value: Any) -> Any:
    return value.copy() if isinstance(value, dict | list) else value


def instant_ms(text: str) -> int:
    return round(datetime.fromisoformat(text).timestamp() * 1000)


def enter(store: Store, op_id: str, statement: Statement, occurred_at: str, *, jumped: bool) -> Row:
    """The act is in the outbox, frozen, with the next number."""
    store.last_seq += 1
    heard = store.heard
    op = {
        "op_id": op_id, "seq": store.last_seq, "v": 1, "occurred_at": occurred_at,
        "heard_server_at": heard.server_time if heard else None, "clock_jumped": jumped,
    } | statement  # fmt: skip
    row = store.outbox[store.last_seq] = Row(store.last_seq, op)
    return row


def waiting(store: Store) -> list[Row]:
    """What the server has not answered, in the order in which it was done."""
    return sorted(row for row in store.outbox.values() if row.outcome is None)


def next_rows(store: Store, limit: int, is_due: Callable[[str], bool]) -> tuple[list[Row], int]:
    """What goes next, and how much stays behind."""
    due = [row for row in waiting(store) if is_due(row.op["op_id"])]
    rows = due[: min(limit, MOST)]
    return rows, len(due) - len(rows)


def answers_all(answer: dict[str, Any], rows: list[Row]) -> bool:
    """It is the answer to this question: not another page, not an old one out of a proxy's cache."""
    outcomes = answer["outcomes"]
    return len(outcomes) == len(rows) and all(
        one["op_id"] == row.op["op_id"] for one, row in zip(outcomes, rows, strict=True)
    )


def take_answer(store: Store, asked: Asked, answer: dict[str, Any], wall_ms: int) -> Taken:
    with store.writing():
        return _take(store, asked, answer, wall_ms)


def _take(store: Store, asked: Asked, answer: dict[str, Any], wall_ms: int) -> Taken:
    if store.epoch is not None and store.epoch != answer["epoch"]:
        begin_epoch(store, answer["epoch"])
        return Taken("new_epoch", [])
    server_ms = instant_ms(answer["server_time"])
    take_outcomes(store, answer["outcomes"], server_ms)
    late = is_late(store, asked, answer)
    if not late:
        take_changes(store, asked, answer)
    settled = settle(store, server_ms, more=late or answer["more"])
    if late:
        return Taken("late", settled)
    store.heard = Heard(answer["server_time"], wall_ms, jumped=False)
    if answer["outcomes"]:
        store.missing = answer["missing"]
    return Taken("stored", settled)


def begin_epoch(store: Store, epoch: str) -> None:
    """The server was restored: what it had taken from this phone is told again, and everything is asked from the start."""
    for row in [*store.ring.values(), *store.outbox.values()]:
        store.outbox[row.seq] = Row(row.seq, row.op)
    store.ring.clear()
    store.epoch, store.cursor, store.reached = epoch, None, {}


def is_late(store: Store, asked: Asked, answer: dict[str, Any]) -> bool:
    """An answer to a question that is no longer the newest, or one that knows less."""
    if (store.cursor, store.epoch) != asked:
        return True
    afresh = answer["reset"]
    return any(stream not in afresh and seq < store.reached.get(stream, 0) for stream, seq in answer["reached"].items())


def take_outcomes(store: Store, outcomes: list[dict[str, Any]], server_ms: int) -> None:
    by_id = {row.op["op_id"]: row for row in store.outbox.values()}
    for outcome in outcomes:
        row = by_id.get(outcome["op_id"])
        if row is None or row.outcome is not None or outcome["status"] == "retry":
            continue
        if outcome["status"] == "rejected":
            set_aside(store, row, outcome["code"])
        else:
            store.outbox[row.seq] = Row(row.seq, row.op, outcome, server_ms)


def set_aside(store: Store, row: Row, code: str | None) -> None:
    store.attention[row.op["op_id"]] = (row, code)
    del store.outbox[row.seq]


def take_changes(store: Store, asked: Asked, answer: dict[str, Any]) -> None:
    if asked.cursor is None:
        store.replica.clear()
    for stream in answer["reset"]:
        drop_stream(store, stream)
    for change in answer["changes"]:
        key = (change["stream"], change["entity"], change["id"])
        if change["deleted"] or change["data"] is None:
            store.replica.pop(key, None)
        else:
            store.replica[key] = change["data"]
    store.may_die()
    before = {} if asked.cursor is None else store.reached
    fresh = asked.cursor is None or bool(answer["reset"])
    store.partial = answer["more"] and (fresh or store.partial)
    store.reached = merge_reached(before, answer["reset"], answer["reached"])
    store.cursor, store.epoch = answer["cursor"], answer["epoch"]


def drop_stream(store: Store, stream: str) -> None:
    for key in [key for key in store.replica if key[0] == stream]:
        del store.replica[key]


def merge_reached(before: Reached, reset: list[str], now: Reached) -> Reached:
    return {stream: seq for stream, seq in before.items() if stream not in reset} | now


def is_reached(at: Reached | None, reached: Reached, *, more: bool) -> bool:
    """The replica has caught up, and every stream that this phone follows has passed the operation's effect."""
    return not more and all(reached.get(stream, seq) >= seq for stream, seq in (at or {}).items())


def settle(store: Store, server_ms: int, *, more: bool) -> list[Row]:
    """What the replica has caught up with leaves the overlay for the ring; the ring forgets after 14 days."""
    settled = [
        row for row in store.outbox.values()
        if row.outcome is not None and is_reached(row.outcome["at"], store.reached, more=more)
    ]  # fmt: skip
    for row in settled:
        store.ring[row.op["op_id"]] = row
        del store.outbox[row.seq]
    old = [
        op_id for op_id, row in store.ring.items()
        if server_ms - (row.answered_at or 0) > RING_MS and not is_open(row)
    ]  # fmt: skip
    for op_id in old:
        del store.ring[op_id]
    return settled


def is_open(row: Row) -> bool:
    """Nobody has decided it yet: on the screen it would be gone, as if it had never been done."""
    outcome = row.outcome or {"at": None, "status": None}
    return outcome["at"] is None and outcome["status"] in ("deferred", "review")


def renew_device(store: Store, device_id: str) -> None:
    """This id is somebody else's. The numbers go on; the server is told where the new one's begin."""
    first = next(iter(waiting(store)), None)
    store.numbered_after = first.seq - 1 if first else store.last_seq
    store.device_id, store.registered = device_id, False


def overlay(store: Store) -> list[Statement]:
    """What is laid over the replica: what the server has not published yet, or has put aside undecided."""
    held = [*store.outbox.values(), *(row for row in store.ring.values() if is_open(row))]
    return [row.op for row in sorted(held)]
