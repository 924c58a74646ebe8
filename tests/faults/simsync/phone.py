"""A phone: profiles' stores, a clock of its own, and the one who sends (pwa/src/sync) in simulated time."""

import copy
import random
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import orjson

from . import store as stores
from .server import Reply, Request
from .store import Asked, Row, Statement, Store, Taken
from .times import instant_of

JUMP_MS, MOST_ASKED_S, MOST_BACKOFF_S = 120_000, 3_600, 300


@dataclass(slots=True, eq=False)
class Question:
    """What was asked, by whom, and with which rows."""

    store: Store
    asked: Asked
    rows: list[Row]
    left: int
    request: Request
    is_second: bool = False
    """another tab, or the worker, beside the one that is sending"""
    is_over: bool = False


@dataclass(eq=False)
class Phone:
    """One installation, in whose hands it is, and what its clock shows."""

    name: int
    person_id: str
    rng: random.Random
    offset_ms: int = 0
    jumped: bool = False
    failures: int = 0
    limit: int = stores.MOST
    in_flight: bool = False
    is_stopped: bool = False
    stores: dict[str, Store] = field(default_factory=dict)
    keepsake: dict[str, tuple[str, int]] = field(default_factory=dict)
    """what survives the loss of the database: the device's id and the last number, of each person"""
    put_off: dict[str, int] = field(default_factory=dict)
    last_reply: bytes = b""

    @property
    def store(self) -> Store:
        return self.store_of(self.person_id)

    def store_of(self, person_id: str) -> Store:
        """One database a person; where it is gone, its numbers go on."""
        if person_id not in self.stores:
            device, last_seq = self.keepsake.get(person_id) or (new_id(self.rng, 0), 0)
            self.stores[person_id] = Store(person_id, device, last_seq)
            self.keepsake[person_id] = (device, last_seq)
        return self.stores[person_id]

    def wall(self, now_ms: int) -> int:
        return now_ms + self.offset_ms

    def jump(self, offset_ms: int) -> None:
        self.jumped = self.jumped or abs(offset_ms - self.offset_ms) > JUMP_MS
        self.offset_ms = offset_ms

    def act(self, statement: Statement, now_ms: int) -> Row:
        """Saved on the phone."""
        store, wall = self.store, self.wall(now_ms)
        heard = store.heard
        turned_back = heard is not None and wall < heard.wall_ms - JUMP_MS
        jumped = self.jumped or turned_back or (heard is not None and heard.jumped)
        if jumped and heard and not heard.jumped:
            store.heard = heard._replace(jumped=True)
        row = stores.enter(store, new_id(self.rng, wall), statement, instant_of(wall), jumped=jumped)
        self.keepsake[store.person_id] = (store.device_id, store.last_seq)
        return row

    def restart(self) -> None:
        """The app was killed: only what lies in the store is left."""
        store = self.store
        if self.jumped and store.heard:
            store.heard = store.heard._replace(jumped=True)
        self.jumped, self.in_flight, self.is_stopped, self.failures, self.limit = False, False, False, 0, stores.MOST
        self.put_off = {}

    def sign_in(self, person_id: str) -> None:
        """Another person's session. Who was here leaves nothing, except acts that nobody else knows of."""
        before = self.stores.get(self.person_id)
        if before and person_id != self.person_id and not stores.waiting(before):
            del self.stores[self.person_id]
            self.keepsake.pop(self.person_id, None)
        self.person_id = person_id
        self.restart()

    def copied_to(self, name: int, rng: random.Random) -> "Phone":
        """The profile on another phone: the same databases, the same ids."""
        other = Phone(name, self.person_id, rng, keepsake=dict(self.keepsake))
        other.stores = {person: copy.deepcopy(one) for person, one in self.stores.items()}
        return other

    def leaves_alone_ms(self, now_ms: int) -> int:
        """How long the server is still to be left alone; further off than anyone may ask, the clock was set back."""
        left = self.store.not_before_ms - self.wall(now_ms)
        return 0 if left > MOST_ASKED_S * 1_500 else max(0, left)

    def question(self, now_ms: int, *, is_second: bool = False) -> Question:
        store, wall = self.store, self.wall(now_ms)
        rows, left = stores.next_rows(store, max(1, self.limit), lambda op_id: self.put_off.get(op_id, 0) <= wall)
        asked = Asked(store.cursor, store.epoch)
        body = orjson.dumps(
            {
                "protocol": 1, "person_id": store.person_id, "device_id": store.device_id, "epoch": asked.epoch,
                "app_version": "sim", "sent_at": instant_of(wall), "cursor": asked.cursor,
                "operations": [row.op for row in rows],
            }
        )  # fmt: skip
        request = Request(
            body, self.person_id, store.device_id, not store.registered, store.numbered_after, now_ms, wall,
            [row.op["op_id"] for row in rows],
        )  # fmt: skip
        return Question(store, asked, rows, left, request, is_second)

    def forged(self, row: Statement, person_id: str, device_id: str, now_ms: int) -> Request:
        """A request that this phone never sent, with one operation that was told before."""
        body = {
            "protocol": 1, "person_id": person_id, "device_id": device_id, "epoch": None, "app_version": "forged",
            "sent_at": instant_of(now_ms), "cursor": None, "operations": [row],
        }  # fmt: skip
        return Request(orjson.dumps(body), person_id, device_id, False, 0, now_ms, now_ms, [row["op_id"]])

    def read(self, reply: Reply, question: Question) -> dict[str, Any] | None:
        """Our own JSON, and the answer to this question; nothing else counts."""
        try:
            answer = orjson.loads(reply.body)
        except ValueError:
            return None
        if not isinstance(answer, dict) or not stores.answers_all(answer, question.rows):
            return None
        return answer if answer["asked_at"] == instant_of(question.request.wall_ms) else None

    def take(self, question: Question, answer: dict[str, Any], now_ms: int) -> Taken:
        store, wall = question.store, self.wall(now_ms)
        store.registered = True
        taken = stores.take_answer(store, question.asked, answer, wall)
        self.failures, store.not_before_ms = 0, 0
        self.limit = min(stores.MOST, max(1, self.limit) * 2)
        if taken.how == "stored":
            self.jumped = False
        for one in answer["outcomes"]:
            self.put_off.pop(one["op_id"], None)
            if one["status"] == "retry":
                self.put_off[one["op_id"]] = wall + self.retry_after_ms(one["retry_after_s"] or 5)
        return taken

    def refused(self, question: Question, reply: Reply, now_ms: int) -> int | None:
        """How long to wait before it is tried again; None: not before something else happens."""
        if reply.code == "device_taken":
            stores.renew_device(question.store, new_id(self.rng, self.wall(now_ms)))
            self.keepsake[question.store.person_id] = (question.store.device_id, question.store.last_seq)
        if reply.code == "wrong_person":
            self.is_stopped = True
            return None
        self.failures += 1
        if reply.status == 503 and reply.retry_after_s:
            wait = self.retry_after_ms(reply.retry_after_s)
            question.store.not_before_ms = self.wall(now_ms) + wait
            return wait
        return self.backoff_ms()

    def backoff_ms(self) -> int:
        return round(self.rng.random() * min(MOST_BACKOFF_S, 2 ** min(self.failures, 10)) * 1_000) + 500

    def retry_after_ms(self, seconds: int) -> int:
        return round(min(MOST_ASKED_S, max(1, seconds)) * (1 + self.rng.random() / 2) * 1_000)


def new_id(rng: random.Random, wall_ms: int) -> str:
    """A UUIDv7 as the phone makes it: by its own clock, the rest by chance."""
    bits = rng.getrandbits(74)
    value = (max(0, wall_ms) % 2**48) << 80 | 0x7 << 76 | (bits >> 62) << 64 | 0b10 << 62 | bits & (2**62 - 1)
    return str(UUID(int=value))
