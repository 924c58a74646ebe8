"""Kills the processes of a server under a crowd, over and over, and has what the crowd saw judged."""

import os
import random
import signal
import time
from collections import Counter
from datetime import UTC, datetime
from typing import NamedTuple

import psutil

from bench.ground import Phone, Server

from .crowd import Crowd
from .history import Fault, Standing, judge
from .telling import Base

MOST_WAIT_S = 0.15
"""After the crowd has been answered again, the next kill comes within this time, whatever goes on."""
BOTH_IN, LOOK_IN = 6, 10
"""One kill in so many takes all web processes at once; after one in so many somebody looks into the database."""


class Cut(NamedTuple):
    """Pushes whose answer broke off: what became of them before they were sent again."""

    before_commit: int
    after_commit: int


class Killer:
    """One server, its crowd, and how often which of its processes was killed."""

    def __init__(self, running: Server, phones: list[Phone], seed: int) -> None:
        self._running, self._random = running, random.Random(seed)
        self.base = Base(running.data, running.environment["RUNDTUR_DATABASE_URL"])
        self.base.watch()
        self.crowd = Crowd(running, phones, seed).start()
        self.kills = self.masters = 0
        self._looks: list[Standing] = []

    def kill(self) -> None:
        """A web process dies at some moment, or all of them do."""
        self.crowd.until("200", 1)
        time.sleep(self._random.uniform(0, MOST_WAIT_S))
        there = self._web_processes()
        doomed = there if self._random.randrange(BOTH_IN) == 0 else [self._random.choice(there)]
        for pid in doomed:
            os.kill(pid, signal.SIGKILL)
        self.kills += len(doomed)
        if self._random.randrange(LOOK_IN) == 0:
            self.look()

    def kill_all(self) -> None:
        """The first process dies with all that it had started, and somebody starts the product again."""
        self.crowd.until("200", 1)
        time.sleep(self._random.uniform(0, MOST_WAIT_S))
        self.kills += len(self._web_processes())
        self.masters += 1
        self._running.stop(signal.SIGKILL)
        self.look()
        self._running.start()

    def _web_processes(self) -> list[int]:
        """Those that live. They have nobody beside them: the worker of reminders is not started here."""
        assert self._running.process
        children = psutil.Process(self._running.process.pid).children()
        while not (alive := [one.pid for one in children if one.is_running() and one.status() != psutil.STATUS_ZOMBIE]):
            time.sleep(0.005)
            children = psutil.Process(self._running.process.pid).children()
        return alive

    def look(self) -> None:
        """What stands just now."""
        at = time.monotonic()
        self._looks.append(self.base.look(self.crowd.people, at))

    def cut(self) -> Cut:
        """How many answers broke off, and on which side of the commit."""
        received = self.base.received()
        broken = [(at, op_ids[0]) for one in self.crowd.talkers for at, op_ids in list(one.broken)]
        after = sum(
            1 for at, op_id in broken if op_id in received and received[op_id] < datetime.fromtimestamp(at, UTC)
        )
        return Cut(len(broken) - after, after)

    def judge(self) -> list[Fault]:
        """Everybody tells the rest, and all that was seen is judged."""
        self.crowd.end(120)
        return judge(self.crowd.history, *self._looks, self.base.look(self.crowd.people))

    def figures(self, found: list[Fault]) -> dict[str, int]:
        names, cut = Counter(one.name for one in found), self.cut()
        return {
            "kills": self.kills, "masters": self.masters, "operations": len(self.base.received()),
            "answers": self.crowd.met["200"], "broken_off": self.crowd.met["broken"],
            "cut_before_commit": cut.before_commit, "cut_after_commit": cut.after_commit, "looks": len(self._looks),
            **{name: names[name] for name in ("lost", "doubled", "phantom", "stale", "half")},
            "odd_answers": len(self.crowd.odd),
        }  # fmt: skip
