"""What must hold at every moment. It is told of every act, answer and loss, and trusts nobody (SYNC.md §7)."""

from dataclasses import dataclass, field
from typing import Any

import orjson

from . import world
from .phone import Phone, Question
from .server import Reply, Request
from .store import Reached, Row, Statement, Store, Taken, instant_ms, is_open

MOST_RETRIES = 12
"""five go into quarantine; a restore may begin them again"""


class Violation(AssertionError):
    """A promise is broken."""

    def __init__(self, rule: str, words: str) -> None:
        super().__init__(f"{rule}: {words}")
        self.rule = rule


@dataclass(slots=True)
class Said:
    """An act of which a phone said "saved"."""

    person_id: str
    op: Statement
    codes: frozenset[str | None]
    at_ms: int
    """when it was really done"""
    offset_ms: int
    """how wrong the phone's clock was then"""
    store: Store
    """where it was saved"""


@dataclass
class Oracle:
    said: dict[str, Said] = field(default_factory=dict)
    told: dict[str, dict[str, Any]] = field(default_factory=dict)
    """the outcome that the server gave, in this life of its database"""
    arrivals: dict[str, list[tuple[int, Request]]] = field(default_factory=dict)
    """when and in which requests it came to the server"""
    excused: set[str] = field(default_factory=set)
    """may be lost: the only phone that knew of it is gone"""
    vanished: list[tuple[Store, str, set[int]]] = field(default_factory=list)
    """the storage with which a device went on, and the numbers that went with the one before: the server must miss them"""
    quarantined: set[str] = field(default_factory=set)
    retries: dict[str, int] = field(default_factory=dict)
    units: dict[str, set[str]] = field(default_factory=dict)
    _reached: dict[int, tuple[str | None, Reached]] = field(default_factory=dict)

    def entered(self, phone: Phone, row: Row, codes: frozenset[str | None], now_ms: int) -> None:
        op_id = row.op["op_id"]
        if op_id in self.said:
            raise Violation("I3 reused id", op_id)
        self.said[op_id] = Said(phone.person_id, row.op, codes, now_ms, phone.offset_ms, phone.store)

    def heard(self, request: Request, reply: Reply, now_ms: int) -> None:
        """The server has answered, or died; whether anybody hears it or not."""
        for op_id in request.op_ids:
            self.arrivals.setdefault(op_id, []).append((now_ms, request))
        if reply.status != 200:
            return
        outcomes = orjson.loads(reply.body)["outcomes"]
        if [one["op_id"] for one in outcomes] != request.op_ids:
            raise Violation("I10 another's answer", f"to {request.op_ids}: {outcomes}")
        for outcome in outcomes:
            op_id = outcome["op_id"]
            if outcome["status"] == "retry":
                self._bears_with(op_id)
                continue
            before = self.told.setdefault(op_id, outcome)
            if before is outcome:
                self._judge(op_id, outcome)
            elif before != outcome:
                raise Violation("I4 another answer", f"{op_id}: {before} → {outcome}")

    def _bears_with(self, op_id: str) -> None:
        self.retries[op_id] = self.retries.get(op_id, 0) + 1
        if self.retries[op_id] > MOST_RETRIES:
            raise Violation("I11 asked again for ever", op_id)

    def _judge(self, op_id: str, outcome: dict[str, Any]) -> None:
        said = self.said.get(op_id)
        if said is None:
            raise Violation("I3 phantom", f"nobody said {op_id}")
        allowed = said.codes | ({"newer"} if said.op["kind"] == "note_kept" else set())
        if outcome["code"] == "quarantined":
            self.quarantined.add(op_id)
        elif outcome["code"] not in allowed:
            raise Violation("outcome", f"{outcome['status']}:{outcome['code']} to {said.op}, not {set(allowed)}")

    def taken(self, phone: Phone, question: Question, answer: dict[str, Any], taken: Taken) -> None:
        """The phone has taken an answer in."""
        store = question.store
        self._never_back(store, answer)
        own = f"person:{store.person_id}"
        for change in answer["changes"]:
            self._is_theirs(store.person_id, own, change)
        for row in taken.settled:
            self._is_seen(store, own, row)

    def _never_back(self, store: Store, answer: dict[str, Any]) -> None:
        epoch, before = self._reached.get(id(store), (None, {}))
        if store.epoch == epoch:
            for stream, seq in before.items():
                if store.reached.get(stream, seq) < seq and stream not in answer["reset"]:
                    raise Violation("I8 the cursor went back", f"{stream}: {seq} → {store.reached[stream]}")
        self._reached[id(store)] = (store.epoch, dict(store.reached))

    def _is_theirs(self, person_id: str, own: str, change: dict[str, Any]) -> None:
        stream, data = change["stream"], change["data"]
        if stream == own:
            fine = change["entity"] != "note" or data is None or data["text"].startswith(person_id)
        elif stream.startswith("departure:"):
            fine = person_id == world.person(world.GUIDE)
        else:
            fine = stream.partition(":")[2] in self.units[person_id]
        if not fine:
            raise Violation("I10 another's", f"{person_id} was told {change}")

    def _is_seen(self, store: Store, own: str, row: Row) -> None:
        """What leaves the overlay is in the replica: nothing that a person has done vanishes from the screen meanwhile."""
        outcome = row.outcome or {}
        if is_open(row) or outcome["code"] == "not_enrolled":
            return
        entity, id_, when = shown_as(row.op)
        data = store.replica.get((own, entity, id_))
        if data is None or (
            when and instant_ms(data[when] or "1970-01-01T00:00Z") < instant_ms(outcome["effective_at"])
        ):
            raise Violation("I1 vanished from the screen", f"{row.op} {outcome}: {data}")

    def wiped(self, store: Store, in_ledger: set[str], *, is_told: bool = False) -> set[int]:
        """A storage is gone, and with it what only it knew of (where all was told: only what the server has forgotten since).

        Returns the numbers that went.
        """
        rows = [row for row in [*store.outbox.values(), *store.ring.values()] if row.op["op_id"] not in in_ledger]
        lost = [row for row in rows if row.outcome or not is_told]
        self.excused |= {row.op["op_id"] for row in lost} | set(store.attention)
        return {row.seq for row in lost}

    def restored(self, before: set[str], after: set[str], here: list[Store]) -> None:
        """The database is as it was a day ago. Of what it forgot, what was saved in a storage that is gone may be lost."""
        there = {id(store) for store in here}
        self.excused |= {op_id for op_id in before - after if id(self.said[op_id].store) not in there}
        self.told = {op_id: outcome for op_id, outcome in self.told.items() if op_id in after}


def shown_as(op: Statement) -> tuple[str, str, str | None]:
    """The entity and id under which the replica shows an operation, and its field that says of when it is."""
    shown = {
        "step_completed": ("step_completion", "{course_id}/{step_key}/{version}", None),
        "quiz_attempted": ("attempt", "{op_id}", None),
        "place_kept": ("place", "{item_id}", "kept_at"),
        "note_kept": ("note", "{course_id}/{step_key}", "kept_at"),
        "checked_in": ("check_in", "{departure_id}/{stop_key}", None),
        "course_chosen": ("enrolment", "{course_id}", None),
        "course_left": ("enrolment", "{course_id}", None),
        "preference_set": ("preference", "{name}", "set_at"),
        "reminder_seen": ("reminder", "{reminder_id}", "seen_at"),
    }  # fmt: skip
    entity, id_, when = shown.get(op["kind"], ("reminder", "{reminder_id}", None))
    return entity, id_.format_map(op), when
