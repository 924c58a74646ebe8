"""What must be true after a set of operations, worked out from the ledger alone: the rules of SYNC.md §4 written a second time,
the slow and plain way."""

from collections import defaultdict
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from . import world

Order = tuple[datetime, str]


class Entry(NamedTuple):
    """An operation of the ledger, with what came of it in the end."""

    op_id: str
    person_id: str
    raw: dict[str, Any]
    at: datetime
    status: str


def scored(op: dict[str, Any]) -> tuple[int, bool]:
    """How many answers were right, and whether that is enough."""
    key = world.KEYS[op["step_key"]]
    right = sum(set(op["answers"].get(question, [])) == set(wanted) for question, wanted in key.items())
    return right, right / len(key) >= world.SHARES[op["step_key"]]


def is_in_doubt(op: dict[str, Any], at: datetime, quality: str, received_at: datetime) -> bool:
    """Nobody can say whether it was done in time, and it may have completed something that is due (SYNC.md §5)."""
    may_complete = op["course_id"] == world.GRUND and op["step_key"] in world.REQUIRED
    is_near = abs(at - world.DEADLINE) <= timedelta(hours=48) and received_at > world.DEADLINE
    is_enough = op["kind"] == "step_completed" or scored(op)[1]
    return may_complete and is_near and is_enough and quality in ("clamped", "jumped")


class Expected:
    """Fills its tables operation by operation; the order does not matter."""

    def __init__(self, entries: list[Entry]) -> None:
        self.done: dict[tuple[str, str, str, int], datetime] = {}
        self.attempts: dict[str, tuple[str, int, bool, datetime]] = {}
        self.last: dict[tuple[str, ...], tuple[Order, Any]] = {}
        """(what, person, …) → who said it last, and what"""
        self.check_ins: dict[tuple[str, str, str], tuple[datetime, int]] = {}
        self.evidence: set[str] = set()
        self.muted: dict[str, set[str]] = defaultdict(set)
        for entry in entries:
            if entry.status == "review" and entry.raw["kind"] != "checked_in":
                continue
            getattr(self, f"_{entry.raw['kind']}", self._nothing)(entry, entry.raw)

    def _nothing(self, entry: Entry, op: dict[str, Any]) -> None:
        pass

    def _step_completed(self, entry: Entry, op: dict[str, Any]) -> None:
        key = (entry.person_id, op["course_id"], op["step_key"], op["version"])
        self.done[key] = min(self.done.get(key, entry.at), entry.at)

    def _quiz_attempted(self, entry: Entry, op: dict[str, Any]) -> None:
        right, passed = scored(op)
        self.attempts[entry.op_id] = (entry.person_id, right, passed, entry.at)
        if passed:
            self._step_completed(entry, op)

    def _said_last(self, entry: Entry, value: Any, *key: str) -> None:
        here = ((entry.at, entry.op_id), value)
        self.last[key] = max(self.last.get(key, here), here, key=lambda one: one[0])

    def _place_kept(self, entry: Entry, op: dict[str, Any]) -> None:
        self._said_last(entry, (op["step_key"], op["position_s"]), "place", entry.person_id, op["item_id"])

    def _note_kept(self, entry: Entry, op: dict[str, Any]) -> None:
        self._said_last(entry, op["text"], "note", entry.person_id, op["course_id"], op["step_key"])

    def _preference_set(self, entry: Entry, op: dict[str, Any]) -> None:
        self._said_last(entry, op["value"], "preference", entry.person_id, op["name"])

    def _course_chosen(self, entry: Entry, op: dict[str, Any]) -> None:
        self._said_last(entry, op["kind"] == "course_chosen", "choice", entry.person_id, op["course_id"])

    _course_left = _course_chosen

    def _reminder_seen(self, entry: Entry, op: dict[str, Any]) -> None:
        self._said_last(entry, None, "seen", entry.person_id, op["reminder_id"])

    def _reminder_snoozed(self, entry: Entry, op: dict[str, Any]) -> None:
        self._said_last(entry, op["until_on"], "snoozed", entry.person_id, op["reminder_id"])

    def _reminder_muted(self, entry: Entry, op: dict[str, Any]) -> None:
        self.muted[entry.person_id].add(op["reminder_id"])

    def _checked_in(self, entry: Entry, op: dict[str, Any]) -> None:
        self.evidence.add(entry.op_id)
        if entry.status == "review":
            return
        key = (op["departure_id"], op["stop_key"], entry.person_id)
        confidence = 2 if op["evidence"]["method"] == "typed_code" else 1
        first, best = self.check_ins.get(key, (entry.at, confidence))
        self.check_ins[key] = (min(first, entry.at), max(best, confidence))
