"""By how much is a push slower while the office reads its lists? Phones push twenty operations each at the same pace all the time;
two in the office read page after page, and are quiet, in turns, so that what else the machine does falls on both.

SQLite with the settings of `script/server`, 5,000 people in the lists. --rounds N: so many turns of each. --pause S: so long a page
is looked at; without it the next is asked for at once, as by a program that fetches everything.
"""

import argparse
import asyncio
import random
import time
from typing import Any

from bench.calling import Line
from bench.crowding import FINDINGS, Agent, Tallies, base_of, coordinator, in_turns, judged, steps_of
from bench.ground import Server, percentile, phones, report, server

PEOPLE, PUSHING, OPERATIONS, A_SECOND = 5_000, 200, 20, 20
TURN_S, SETTLING_S = 8.0, 1.0
READERS = 2
PAGES = ("/office/", "/office/exceptions", "/office/reminders", "/office/reminders/reach", "/office/reminders/messages")
TARGETS = {"slower": "≤ 1.2 (p95)", **dict.fromkeys(FINDINGS, "0")}


class Office:
    """Readers who read while they may."""

    def __init__(self, running: Server, pause_s: float) -> None:
        self._may_read, self._pause_s = asyncio.Event(), pause_s
        self._lines = [coordinator(running) for _ in range(READERS)]
        self.took_s: list[float] = []
        self.refused = 0

    async def read(self, line: Line, first: int) -> None:
        number = first
        while True:
            await self._may_read.wait()
            said = await line.ask("GET", PAGES[number % len(PAGES)])
            number += 1
            if said.status == 200:
                self.took_s.append(said.took_s)
                await asyncio.sleep(random.uniform(0, 2 * self._pause_s))
            else:
                self.refused += 1
                await asyncio.sleep(1)

    def start(self) -> list[asyncio.Task[None]]:
        return [asyncio.create_task(self.read(line, number)) for number, line in enumerate(self._lines)]

    def reads(self, *, reads: bool) -> None:
        if reads:
            self._may_read.set()
        else:
            self._may_read.clear()


async def push_for(agents: list[Agent], seconds: float) -> None:
    """Phone after phone pushes, so many a second, whether the one before was answered or not."""
    pushes, until = set(), time.monotonic() + seconds
    while time.monotonic() < until:
        agent = agents.pop(0)
        agents.append(agent)
        if not agent.outbox:
            agent.act(OPERATIONS)
            pushes.add(asyncio.create_task(agent.tell()))
        await asyncio.sleep(random.expovariate(A_SECOND))
    await asyncio.gather(*pushes)


async def beside(running: Server, rounds: int, pause_s: float) -> dict[str, Any]:
    tallies, steps = Tallies(judged=True), steps_of(running)
    made = phones(running, PEOPLE)[:PUSHING]
    agents = [Agent(running, one, steps, tallies) for one in made]
    await in_turns(agents, Agent.pull)
    office = Office(running, pause_s)
    tasks = office.start()
    took: dict[bool, list[float]] = {False: [], True: []}
    for turn in range(2 * rounds + 1):
        is_read = turn % 2 == 0 and turn > 0  # the first turn warms up
        office.reads(reads=is_read)
        await asyncio.sleep(SETTLING_S)
        before = len(tallies.admitted_s)
        await push_for(agents, TURN_S)
        if turn:
            took[is_read] += tallies.admitted_s[before:]
    for task in tasks:
        task.cancel()
    await in_turns(agents, Agent.pull)
    alone, read = ([percentile(took[which], share) * 1000 for share in (0.5, 0.95)] for which in (False, True))
    return {
        "pushes_alone": len(took[False]), "pushes_beside": len(took[True]), "refused": tallies.answers[503],
        "alone_p50_ms": alone[0], "alone_p95_ms": alone[1], "beside_p50_ms": read[0], "beside_p95_ms": read[1],
        "slower_p50": read[0] / alone[0], "slower": read[1] / alone[1], "office_pages": len(office.took_s),
        "office_refused": office.refused, "office_p95_ms": percentile(office.took_s, 0.95) * 1000,
        **judged(base_of(running), tallies),
    }  # fmt: skip


def main() -> None:
    random.seed(1)
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--rounds", type=int, default=6)
    asked.add_argument("--pause", type=float, default=0)
    options = asked.parse_args()
    with server(RUNDTUR_WORKER="0") as running:
        base_of(running).watch()
        figures = asyncio.run(beside(running, options.rounds, options.pause))
    report({key: round(value, 3) if isinstance(value, float) else value for key, value in figures.items()}, TARGETS)


if __name__ == "__main__":
    main()
