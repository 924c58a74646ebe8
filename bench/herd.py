"""A bus full of phones leaves a tunnel: 600 with 40 operations each arrive within 5 seconds, while others go on asking and the
office reads its board. Is everything acknowledged, how soon, and does anybody else notice?

SQLite with the settings of `script/server`. --postgres: 2,500 phones within 60 seconds. Afterwards the judge of histories has what
each phone saved, sent, heard and read, and what the database holds; a trigger in it notes each effect, so that one that comes
twice is seen.
"""

import asyncio
import random
import sys
import time
from contextlib import ExitStack
from typing import Any

from bench.calling import Line
from bench.crowding import FINDINGS, Agent, Tallies, base_of, coordinator, every, in_turns, judged, steps_of
from bench.ground import Server, percentile, phones, postgres, report, server

OPERATIONS = 40
ASKING, EACH_S = 60, 3.0
"""phones that have nothing to tell, and how often each of them asks"""
TARGETS = {
    "operations": "24,000 (PostgreSQL 100,000)", **dict.fromkeys(FINDINGS, "0"),
    "all_acknowledged_s": "≤ 30 (PostgreSQL 90)", "share_503": "≤ 0.01", "pull_p95_ms": "≤ 1,000",
}  # fmt: skip


async def herd(running: Server, many: int, within_s: float, office: Line) -> dict[str, Any]:
    tallies, quiet, steps = Tallies(judged=True), Tallies(judged=True), steps_of(running)
    made = phones(running, many + ASKING)
    agents = [Agent(running, one, steps, tallies) for one in made[:many]]
    asking = [Agent(running, one, steps, quiet) for one in made[many:]]
    await in_turns(agents + asking, Agent.pull)  # each has been here before
    for agent in agents + asking:
        agent.hang_up()
    quiet.pulled_s.clear()
    pages: list[float] = []

    async def read_board() -> None:
        pages.append((await office.ask("GET", "/office/")).took_s)

    async def arrive(agent: Agent, after_s: float) -> None:
        agent.act(OPERATIONS)
        await asyncio.sleep(after_s)
        await agent.tell()

    begun = time.monotonic()
    around = [asyncio.create_task(every(EACH_S, agent.pull)) for agent in asking]
    around.append(asyncio.create_task(every(1, read_board)))
    await asyncio.gather(*(arrive(agent, random.uniform(0, within_s)) for agent in agents))
    for task in around:
        task.cancel()
    answered = sum(tallies.answers.values())
    await in_turns(agents, Agent.pull)  # what was acknowledged is on the phones that ask after it
    return {
        "phones": many, "operations": sum(count for _, count in tallies.acknowledged),
        **judged(base_of(running), tallies),
        "all_acknowledged_s": max(at for at, _ in tallies.acknowledged) - begun,
        "share_503": tallies.answers[503] / answered, "broken": tallies.broken,
        "push_p50_ms": percentile(tallies.admitted_s, 0.5) * 1000, "push_p99_ms": percentile(tallies.admitted_s, 0.99) * 1000,
        "pulls": len(quiet.pulled_s), "pulls_refused": quiet.pulls_refused,
        "pull_p95_ms": percentile(quiet.pulled_s, 0.95) * 1000,
        "office_pages": len(pages), "office_p95_ms": percentile(pages, 0.95) * 1000,
    }  # fmt: skip


def main() -> None:
    random.seed(1)
    is_postgres = "--postgres" in sys.argv
    with ExitStack() as stack:
        running = stack.enter_context(server(stack.enter_context(postgres()) if is_postgres else ""))
        base_of(running).watch()
        many, within_s = (2_500, 60.0) if is_postgres else (600, 5.0)
        figures = asyncio.run(herd(running, many, within_s, coordinator(running)))
    report({key: round(value, 4) if isinstance(value, float) else value for key, value in figures.items()}, TARGETS)


if __name__ == "__main__":
    main()
