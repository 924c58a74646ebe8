"""A phone in somebody's pocket: what it has to tell, what was acknowledged, and what it may forget."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from server.foundation import clock
from tests.cast import Actor, Answer, Phone, Statement


class Pocket:
    """The cast's phone with an outbox, a ring and a clock of its own."""

    def __init__(self, actor: Actor) -> None:
        self.actor, self.phone = actor, Phone(actor)
        self.outbox: dict[str, Statement] = {}
        self.ring: dict[str, Statement] = {}
        self.attention: dict[str, Statement] = {}
        self.lost: set[int] = set()
        """numbers that went with a lost storage"""
        self.wrong = timedelta()
        """by how much its clock is wrong"""
        self.missing: list[list[int]] = []

    @property
    def now(self) -> Any:
        return clock.now() + self.wrong

    def act(self, statement: Statement) -> Statement:
        op = self.phone.op(statement, at=self.now)
        self.outbox[op["op_id"]] = op
        return op

    def ask(self, operations: list[Statement], **other: Any) -> Answer:
        """One exchange; what comes of it is not taken in yet. Who is signed out signs in and asks again."""
        return self._signed_in(lambda: self.phone.send(*operations, sent_at=clock.wire(self.now), **other))

    def bring(self, body: bytes) -> Answer:
        """What lies on this phone is sent as it is, in its person's session."""
        return self._signed_in(lambda: self.phone.send_raw(body))

    def _signed_in(self, send: Callable[[], Answer]) -> Answer:
        said = send()
        if said.status == 401:
            self.actor._client = None
            said = send()
        return said

    def take(self, said: Answer) -> None:
        """The answer is on the phone (docs/sync.md). Who is erased keeps nothing."""
        if said.status == 410:
            self.lose()
        if said.status != 200:
            return
        if self.phone.epoch not in (None, said.body["epoch"]):
            self.outbox = self.ring | self.outbox
            self.ring = {}
        before = set(self.outbox)
        for outcome in said.outcomes:
            op_id = outcome["op_id"]
            if outcome["status"] != "retry" and op_id in before:
                kept = self.attention if outcome["status"] == "rejected" else self.ring
                kept[op_id] = self.outbox.pop(op_id)
        if said.outcomes:  # a phone that only asks is told of no gap
            self.missing = said.body["missing"]
        self.phone.take(said.body)

    def lose(self) -> set[str]:
        """The browser has thrown the storage away, but for the device's id and its last number. Returns what went."""
        gone = set(self.outbox) | set(self.ring)
        self.lost |= {op["seq"] for op in (self.outbox | self.ring).values()}
        self.outbox, self.ring = {}, {}
        self.phone.cursor, self.phone.epoch, self.phone.reached, self.phone.replica = None, None, {}, {}
        return gone
