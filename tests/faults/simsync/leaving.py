"""One person more, with a luck of her own, so that no story changes by her: she acts, is erased, and pushes it all again.

Her requests take the product's way, but not the network's: nothing is lost on it, and that is the worst for who must be gone.
"""

import random
from collections import Counter

from server.people.devices import Erased

from . import world
from .oracle import Violation
from .phone import Phone
from .saying import Tongue
from .server import Reply, Server
from .times import DAY, HOUR

NEAR = 11 * HOUR
"""before a restore: so that the newest backup which it takes still knows her"""


class Leaver:
    def __init__(self, seed: int, server: Server, fired: Counter[str]) -> None:
        self.server, self.fired, self.rng = server, fired, random.Random(f"she {seed}")
        self.phone = Phone(-1, world.person(world.LEAVER), random.Random(self.rng.getrandbits(64)))
        self.tongue = Tongue(self.rng)

    def visits(self, begins: int, ends: int) -> list[int]:
        return sorted(self.rng.randrange(begins + HOUR, ends) for _ in range(4))

    def end(self, begins: int, restore: int) -> int:
        """When she is erased: right before a restore, or at any time before it."""
        return (
            restore - self.rng.randrange(HOUR, NEAR)
            if self.rng.random() < 0.5
            else self.rng.randrange(begins + DAY, restore)
        )

    def act(self, now_ms: int) -> None:
        for _ in range(self.rng.randint(3, 9)):
            self.phone.act(self.tongue.say(world.LEAVER)[0], now_ms)
        self._push(now_ms)

    def erase(self, now_ms: int) -> None:
        """Something of hers is there, something is on its way, and something has not left her phone."""
        if self.server.is_erased(self.phone.person_id):
            return
        self.fired["erased"] += 1
        self.act(now_ms)
        self.server.erase(self.phone.person_id)
        self.phone.act(self.tongue.say(world.LEAVER)[0], now_ms)
        self.push_again(now_ms)

    def push_again(self, now_ms: int) -> None:
        """All that her phone holds, with her session, and once more as if her session had been read before the erasure."""
        store = self.phone.store
        held = [row.op for row in (*store.outbox.values(), *store.ring.values())]
        for is_late in (False, True):
            request = self.phone.forged(held[-1], self.phone.person_id, store.device_id, now_ms)
            request.was_admitted = is_late
            (reply,) = self.server.take([request])
            if reply.code != Erased.code:
                raise Violation("I15 erased", f"who was erased pushes again: {reply.status} {reply.body[:200]!r}")

    def _push(self, now_ms: int) -> Reply:
        question = self.phone.question(now_ms)
        (reply,) = self.server.take([question.request])
        if answer := self.phone.read(reply, question) if reply.status == 200 else None:
            self.phone.take(question, answer, now_ms)
        return reply
