"""Five times what the server can do, for two minutes: so many phones, each with 40 operations and 40 more as soon as those are
acknowledged, that with `Retry-After` honoured five times as many requests arrive as are answered when all is well.

capacity: what phones of the same kind, with as much to tell, get done on the same server just before and just after, 32 at
once; so many that what one of them needs is no longer at hand when its turn comes, as in the crowd. goodput_share: how much of
it is still done, the refusals being paid from it. p99_ms: of the requests that are answered with outcomes, from before the line
is opened to the last byte. drained_s: after the two minutes nothing new is done; so long it takes until everything is
acknowledged. Then the database is compared with what was told.

Where the time of those requests goes is told beside it: until the line stood, in the queue and at work (the server's own
account), and the rest; and how late this machine's clients were themselves, since they share its cores.
"""

import asyncio
import gc
import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil

from bench.calling import Stages
from bench.crowding import Agent, Tallies, in_turns, lost_and_doubled, steps_of
from bench.ground import Server, percentile, phones, report, server
from server.foundation.patience import FROM_S, TO_S
from tests.faults.telling import Base

OPERATIONS, AT_ONCE, OF_A_KIND = 40, 32, 5_000
TIMES, SECONDS, ARRIVING_S = 5, 120.0, 10.0
MEAN_WAIT_S = (FROM_S + TO_S) / 2 * 1.25
"""of who was refused: a phone waits what it was told and up to half as much again"""
TARGETS = {
    "goodput_share": "≥ 0.9", "p99_ms": "≤ 2,000", "drained_s": "≤ 120", "lost": "0", "doubled": "0",
}  # fmt: skip
LOOK_S = 0.05


class Around:
    """What else happened meanwhile: how late the clients were, who used the cores, who knocked in vain."""

    def __init__(self, running: Server) -> None:
        assert running.process
        self._server = psutil.Process(running.process.pid)
        self._late_s: list[float] = []
        self._begun, self._before = time.monotonic(), self._spent()
        self._looking = asyncio.create_task(self._look())

    async def _look(self) -> None:
        while True:
            due = time.monotonic() + LOOK_S
            await asyncio.sleep(LOOK_S)
            self._late_s.append(time.monotonic() - due)

    def _spent(self) -> dict[str, float]:
        everyone = (self._server, *self._server.children(recursive=True))
        return {
            "server_cores": sum(sum(one.cpu_times()[:2]) for one in everyone), "client_cores": time.process_time(),
            "idle_cores": psutil.cpu_times().idle, "knocked_in_vain": knocked_in_vain(),
        }  # fmt: skip

    def end(self) -> dict[str, float]:
        self._looking.cancel()
        spent = {key: value - self._before[key] for key, value in self._spent().items()}
        seconds = time.monotonic() - self._begun
        cores = {key: value / seconds for key, value in spent.items() if key.endswith("_cores")}
        return {
            **cores, "knocked_in_vain": int(spent["knocked_in_vain"]),
            "client_late_p99_ms": percentile(self._late_s, 0.99) * 1000,
        }  # fmt: skip


def knocked_in_vain() -> int:
    """So many were not let in by the kernel so far, because too many stood before a port: each tries again after a second."""
    names, values = (line.split() for line in Path("/proc/net/netstat").read_text().splitlines()[:2])
    return int(dict(zip(names, values, strict=True)).get("ListenOverflows", 0))


@contextmanager
def nothing_swept() -> Iterator[None]:
    """Python does not go through all that the phones keep while it stands for them: it would stop them all for that long."""
    gc.collect()
    gc.freeze()
    gc.disable()
    yield
    gc.enable()
    gc.unfreeze()


async def made(running: Server, many: int, tallies: Tallies) -> list[Agent]:
    """So many more phones, each of which has been here before, and has something to tell."""
    steps = steps_of(running)
    agents = [Agent(running, one, steps, tallies) for one in phones(running, many)]
    await in_turns(agents, Agent.pull)
    for agent in agents:
        agent.act(OPERATIONS)
    return agents


async def push_twice(agent: Agent) -> None:
    await agent.tell()
    agent.act(OPERATIONS)
    await agent.tell()


async def go_on(agent: Agent, begun: float) -> None:
    await asyncio.sleep(random.uniform(0, ARRIVING_S))
    await agent.tell()
    while time.monotonic() < begun + SECONDS:
        agent.act(OPERATIONS)
        await agent.tell()


async def capacity(running: Server, tallies: Tallies) -> float:
    """Operations a second."""
    agents = await made(running, OF_A_KIND, tallies)
    random.shuffle(agents)
    begun = time.monotonic()
    await in_turns(agents, push_twice, AT_ONCE)
    return tallies.acknowledged_between(begun, time.monotonic()) / (time.monotonic() - begun)


async def overload(running: Server) -> dict[str, Any]:
    quiet, tallies = Tallies(), Tallies()
    before = await capacity(running, quiet)
    many = round(TIMES * before / OPERATIONS * MEAN_WAIT_S)
    agents = await made(running, many, tallies)
    for agent in agents:
        agent.hang_up()
    with nothing_swept():
        begun, around = time.monotonic(), Around(running)
        crowd = [asyncio.create_task(go_on(agent, begun)) for agent in agents]
        await asyncio.sleep(SECONDS)
        answers, admitted_s, stages_s = tallies.answers.copy(), list(tallies.admitted_s), list(tallies.stages_s)
        meanwhile = around.end()
        await asyncio.gather(*crowd)
    after = await capacity(running, quiet)
    mean = (before + after) / 2
    lost, doubled = lost_and_doubled(Base(running.data, ""), quiet.told | tallies.told)
    goodput = tallies.acknowledged_between(begun, begun + SECONDS) / SECONDS
    return {
        "phones": many, "capacity_before_per_s": before, "capacity_after_per_s": after, "capacity_per_s": mean,
        "attempts_times_capacity": sum(answers.values()) / SECONDS * OPERATIONS / mean,
        "refused": answers[503], "admitted": answers[200], "broken": tallies.broken, "goodput_per_s": goodput,
        "goodput_share": goodput / mean, "p50_ms": percentile(admitted_s, 0.5) * 1000,
        "p99_ms": percentile(admitted_s, 0.99) * 1000, **where_it_went(stages_s), **meanwhile,
        "drained_s": max(at for at, _ in tallies.acknowledged) - begun - SECONDS, "lost": lost, "doubled": doubled,
    }  # fmt: skip


def where_it_went(stages_s: list[Stages]) -> dict[str, float]:
    """Of each stage its 99th percentile, and its half."""
    return {
        f"{name}_p{round(share * 100)}_ms": percentile([getattr(one, name) for one in stages_s], share) * 1000
        for name in Stages._fields for share in (0.5, 0.99)
    }  # fmt: skip


def main() -> None:
    random.seed(1)
    with server() as running:
        Base(running.data, "").watch()
        figures = asyncio.run(overload(running))
    report({key: round(value, 3) if isinstance(value, float) else value for key, value in figures.items()}, TARGETS)


if __name__ == "__main__":
    main()
