"""A crowd of phones that costs its machine little: each keeps what it has to tell until it is answered, and honours Retry-After.

What the database holds afterwards is compared with what the phones have told, operation by operation.
"""

import asyncio
import json
import random
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

import sqlalchemy as sa

from bench.calling import Line, Said, Stages
from bench.ground import Phone, Server, courses
from config import Settings
from server import create_app
from server.foundation import clock, ids
from server.foundation.database import db, writing
from server.people import sessions
from server.people.models import RoleHeld
from tests.faults import telling
from tests.faults.history import History, Sent, judge
from tests.faults.telling import Base

Op = dict[str, Any]


class Kept(NamedTuple):
    """An operation in the outbox, in the words in which it is told."""

    op_id: str
    words: str


class Tallies:
    """What all phones of a crowd have seen; of those that are judged, all of it."""

    def __init__(self, judged: bool = False) -> None:
        self._judged = judged
        self.told: dict[str, str] = {}
        """who made each operation"""
        self.history = History()
        self._words: list[tuple[float, str, str]] = []
        self._outcomes: list[tuple[float, list[Op]]] = []
        """told to the judge when the crowd is gone: what it costs is not the server's"""
        self.answers: Counter[int] = Counter()
        """of requests with operations, by status"""
        self.admitted_s: list[float] = []
        """how long each of those took that was answered with outcomes"""
        self.stages_s: list[Stages] = []
        """and where that time went"""
        self.acknowledged: list[tuple[float, int]] = []
        """when how many operations were acknowledged"""
        self.pulled_s: list[float] = []
        """how long requests without operations took"""
        self.pulls_refused = 0
        self.broken = 0
        """requests that nobody answered"""

    def made(self, person_id: str, kept: Kept) -> None:
        """It was saved on a phone."""
        self.told[kept.op_id] = person_id
        if self._judged:
            self._words.append((time.monotonic(), person_id, kept.words))

    def sent(self, operations: list[Kept], at: float) -> None:
        """A phone has told them, and waits."""
        if self._judged:
            self.history.add(Sent(at, tuple(one.op_id for one in operations)))

    def heard(self, phone: Phone, answer: dict[str, Any], asked_at: float, anew: bool) -> None:
        """A phone has taken an answer in."""
        if not self._judged:
            return
        at = time.monotonic()
        self._outcomes.append((at, answer["outcomes"]))
        self.history.add(telling.read(phone.person_id, phone.device_id, answer, asked_at, at, anew))

    def whole_history(self) -> History:
        """All that the phones of this crowd saw."""
        made = [telling.made(person_id, json.loads(words), at) for at, person_id, words in self._words]
        told = [telling.told(one, at) for at, outcomes in self._outcomes for one in outcomes]
        return History([*made, *told, *self.history.events])

    def acknowledged_between(self, since: float, until: float) -> int:
        return sum(count for at, count in self.acknowledged if since <= at < until)


class Agent:
    """One phone of the crowd."""

    def __init__(self, running: Server, phone: Phone, steps: list[tuple[str, str]], tallies: Tallies) -> None:
        self._phone, self._steps, self._tallies = phone, steps, tallies
        self._line = Line(running.port, phone.cookie)
        self._seq = 0
        self._cursor: str | None = None
        self.outbox: list[Kept] = []

    def act(self, many: int) -> None:
        """So much was done on the phone."""
        for _ in range(many):
            self._seq += 1
            self._keep(self._statement())

    def say(self, statement: Op) -> None:
        """This was done on the phone."""
        self._seq += 1
        self._keep(statement)

    def _keep(self, statement: Op) -> None:
        op_id = ids.new_id()
        head = {
            "op_id": op_id, "seq": self._seq, "v": 1, "occurred_at": clock.wire(clock.now()), "heard_server_at": None,
            "clock_jumped": False,
        }  # fmt: skip
        self.outbox.append(Kept(op_id, json.dumps(head | statement)))
        self._tallies.made(self._phone.person_id, self.outbox[-1])

    def _statement(self) -> Op:
        """What a learner's phone sends most: steps while there are any, then places, and notes."""
        course, step = self._steps[self._seq % len(self._steps)]
        if self._seq <= len(self._steps):
            return {"kind": "step_completed", "course_id": course, "version": 1, "step_key": step}
        if self._seq % 4 == 0:
            return {"kind": "note_kept", "course_id": course, "step_key": step, "text": f"thought {self._seq}"}
        return {"kind": "place_kept", "item_id": course, "step_key": step, "position_s": None}

    async def tell(self) -> None:
        """All that is in the outbox is acknowledged, however often it must be sent."""
        while self.outbox:
            sent, asked_at = self.outbox[:100], time.monotonic()
            self._tallies.sent(sent, asked_at)
            try:
                said = await self._line.ask("POST", "/api/sync", self.question(sent))
            except (OSError, asyncio.IncompleteReadError):
                self._tallies.broken += 1
                await asyncio.sleep(random.uniform(0, 5))
                continue
            self._tallies.answers[said.status] += 1
            if said.status == 200:
                self._take(said, sent, asked_at)
            elif said.status in (429, 503):
                await asyncio.sleep(said.retry_after_s * random.uniform(1, 1.5))
            else:
                raise RuntimeError(f"{said.status} {said.body!r}")

    def _take(self, said: Said, sent: list[Kept], asked_at: float) -> None:
        answer = said.json()
        wrong = [one for one in answer["outcomes"] if one["status"] not in ("applied", "merged")]
        if wrong or [one["op_id"] for one in answer["outcomes"]] != [one.op_id for one in sent]:
            raise RuntimeError(f"{wrong[:2]}")
        self.outbox = self.outbox[len(sent) :]
        self._tallies.heard(self._phone, answer, asked_at, self._cursor is None)
        self._cursor = answer["cursor"]
        self._tallies.admitted_s.append(said.took_s)
        self._tallies.stages_s.append(said.stages_s)
        self._tallies.acknowledged.append((time.monotonic(), len(sent)))

    async def pull(self) -> list[Op]:
        """All that is new is read and returned; asked again later where the server has no time."""
        changes: list[Op] = []
        is_more = True
        while is_more:
            asked_at = time.monotonic()
            said = await self._line.ask("POST", "/api/sync", self.question([]))
            if said.status != 200:
                self._tallies.pulls_refused += 1
                await asyncio.sleep(said.retry_after_s * random.uniform(1, 1.5))
                continue
            self._tallies.pulled_s.append(said.took_s)
            answer = said.json()
            self._tallies.heard(self._phone, answer, asked_at, self._cursor is None)
            self._cursor, is_more = answer["cursor"], answer["more"]
            changes += answer["changes"]
        return changes

    def question(self, operations: list[Kept]) -> bytes:
        envelope = {
            "protocol": 1, "person_id": self._phone.person_id, "device_id": self._phone.device_id, "epoch": None,
            "app_version": "bench", "sent_at": clock.wire(clock.now()), "cursor": self._cursor, "operations": [],
        }  # fmt: skip
        told = ", ".join(one.words for one in operations)
        return (json.dumps(envelope)[:-2] + told + "]}").encode()

    def hang_up(self) -> None:
        self._line.hang_up()


def steps_of(running: Server) -> list[tuple[str, str]]:
    """Of every course the steps that are no quiz."""
    return [
        (course["course_id"], step["key"])
        for course in courses(running) for module in course["modules"] for step in module["steps"]
        if step["kind"] != "quiz"
    ]  # fmt: skip


async def in_turns(agents: list[Agent], do: Callable[[Agent], Awaitable[Any]], at_once: int = 8) -> None:
    """Each agent does it, so many at once."""
    left = iter(agents)

    async def work() -> None:
        for agent in left:
            await do(agent)

    await asyncio.gather(*(work() for _ in range(at_once)))


def coordinator(running: Server) -> Line:
    """Somebody who may read the office's pages, signed in."""
    app = create_app(Settings(data=running.data, database_url=running.environment["RUNDTUR_DATABASE_URL"], demo=True))
    with app.app_context(), writing():
        person_id = db.session.scalars(sa.select(RoleHeld.person_id).where(RoleHeld.role == "coordinator")).first()
        assert person_id
        token, _ = sessions.begin(db.session.connection(), person_id, clock.now(), 90)
        db.session.commit()
        db.engine.dispose()
    return Line(running.port, f"sid={token}")


async def every(seconds: float, do: Callable[[], Awaitable[Any]]) -> None:
    """Again and again, on average after so many seconds, until it is cancelled."""
    while True:
        await asyncio.sleep(random.uniform(0, 2 * seconds))
        await do()


def base_of(running: Server) -> Base:
    """Its database, looked into from the outside."""
    return Base(running.data, running.environment["RUNDTUR_DATABASE_URL"])


FINDINGS = ("lost", "doubled", "phantom", "stale", "half")


def judged(base: Base, tallies: Tallies) -> dict[str, int]:
    """How often the judge of histories finds each fault in what the crowd saw and what stands; the first ones are printed."""
    found = judge(tallies.whole_history(), base.look(set(tallies.told.values())))
    for one in found[:20]:
        print(one)
    return {name: sum(one.name == name for one in found) for name in FINDINGS}


def lost_and_doubled(base: Base, told: dict[str, str]) -> tuple[int, int]:
    """How many operations are not in the ledger under who made them, and how many effects there are too many."""
    standing = base.look(set(told.values()))
    held = Counter(standing.ledger)
    lost = sum(1 for one in told.items() if one not in held)
    effects = Counter(standing.effects)
    again = sum(count - 1 for count in (*held.values(), *effects.values()) if count > 1)
    return lost, again
