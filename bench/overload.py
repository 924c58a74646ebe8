"""Five times what the server can do, for two minutes: so many phones, each with 40 operations and 40 more as soon as those are
acknowledged, that with `Retry-After` honoured five times as many requests arrive as are answered when all is well.

capacity: what 32 phones at once get done on the same server just before and just after. goodput_share: how much of it is still
done, the refusals being paid from it. p99_ms: of the requests that are answered with outcomes. drained_s: after the two minutes
nothing new is done; so long it takes until everything is acknowledged. Then the database is compared with what was told.
"""

import asyncio
import random
import time
from typing import Any

from bench.crowding import Agent, Tallies, in_turns, lost_and_doubled, steps_of
from bench.ground import Server, percentile, phones, report, server
from server.foundation.shares import FROM_S, TO_S
from tests.faults.telling import Base

OPERATIONS, AT_ONCE, FIRST = 40, 32, 600
TIMES, SECONDS, ARRIVING_S = 5, 120.0, 10.0
MEAN_WAIT_S = (FROM_S + TO_S) / 2 * 1.25
"""of who was refused: a phone waits what it was told and up to half as much again"""
TARGETS = {"goodput_share": "≥ 0.9", "p99_ms": "≤ 2,000", "drained_s": "≤ 120", "lost": "0", "doubled": "0"}


async def made(running: Server, many: int, tallies: Tallies) -> list[Agent]:
    """So many more phones, each of which has been here before."""
    steps = steps_of(running)
    agents = [Agent(running, one, steps, tallies) for one in phones(running, many)]
    await in_turns(agents, Agent.pull)
    return agents


async def push(agent: Agent) -> None:
    for _ in range(2):
        agent.act(OPERATIONS)
        await agent.tell()


async def go_on(agent: Agent, begun: float) -> None:
    await asyncio.sleep(random.uniform(0, ARRIVING_S))
    while time.monotonic() < begun + SECONDS:
        agent.act(OPERATIONS)
        await agent.tell()


async def capacity_of(agents: list[Agent], tallies: Tallies) -> float:
    """Operations a second."""
    begun = time.monotonic()
    await in_turns(agents, push, AT_ONCE)
    return tallies.acknowledged_between(begun, time.monotonic()) / (time.monotonic() - begun)


async def overload(running: Server) -> dict[str, Any]:
    quiet, tallies = Tallies(), Tallies()
    first = await made(running, FIRST, quiet)
    before = await capacity_of(first, quiet)
    many = round(TIMES * before / OPERATIONS * MEAN_WAIT_S)
    agents = await made(running, many, tallies)
    for agent in agents:
        agent.hang_up()
    begun = time.monotonic()
    crowd = [asyncio.create_task(go_on(agent, begun)) for agent in agents]
    await asyncio.sleep(SECONDS)
    answers, admitted_s = tallies.answers.copy(), list(tallies.admitted_s)
    await asyncio.gather(*crowd)
    capacity = (before + await capacity_of(first, quiet)) / 2
    lost, doubled = lost_and_doubled(Base(running.data, ""), quiet.told | tallies.told)
    goodput = tallies.acknowledged_between(begun, begun + SECONDS) / SECONDS
    attempts_per_s = sum(answers.values()) / SECONDS
    return {
        "phones": many, "capacity_before_per_s": before, "capacity_per_s": capacity,
        "attempts_times_capacity": attempts_per_s * OPERATIONS / capacity,
        "refused": answers[503], "admitted": answers[200], "broken": tallies.broken, "goodput_per_s": goodput,
        "goodput_share": goodput / capacity, "p50_ms": percentile(admitted_s, 0.5) * 1000,
        "p99_ms": percentile(admitted_s, 0.99) * 1000,
        "drained_s": max(at for at, _ in tallies.acknowledged) - begun - SECONDS, "lost": lost, "doubled": doubled,
    }  # fmt: skip


def main() -> None:
    random.seed(1)
    with server() as running:
        Base(running.data, "").watch()
        figures = asyncio.run(overload(running))
    report({key: round(value, 3) if isinstance(value, float) else value for key, value in figures.items()}, TARGETS)


if __name__ == "__main__":
    main()
