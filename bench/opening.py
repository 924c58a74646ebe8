"""A reminder reaches 10,000 people, and all of them open the app within a minute: how soon does each see what is new, and is anybody
sent away? Two seconds later each phone tells that the reminder was seen.

SQLite with the settings of `script/server`. The phones have been here before, and hold what there was; what each asks for when it is
opened is one exchange. --phones N, --within S: so many, in so many seconds, each at a moment of its own.
"""

import argparse
import asyncio
import random
import time
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from bench.crowding import FINDINGS, Agent, Tallies, base_of, in_turns, judged, steps_of
from bench.ground import Phone, Server, percentile, phones, report, server
from config import Settings
from server import create_app
from server.foundation import clock, ids
from server.foundation.changefeed import Touch, person_stream, publish
from server.foundation.database import db, writing
from server.reminders.models import Reminder

SEEN_AFTER_S = 2.0
WORDS = {"sv": {"title": "Bussen går 09.00 i stället", "body": "Samlingen är vid kommunhuset som förut."}}
TARGETS = {
    "phones": "10,000", **dict.fromkeys(FINDINGS, "0"), "not_seen": "0", "open_p95_ms": "≤ 1,000", "share_503": "≤ 0.01",
}  # fmt: skip


def remind(running: Server, people: list[Phone]) -> None:
    """Each of them has a reminder, and their phones hear of it."""
    app = create_app(Settings(data=running.data, database_url=running.environment["RUNDTUR_DATABASE_URL"], demo=True))
    now = clock.now()
    rows = [
        {
            "id": ids.new_id(), "person_id": one.person_id, "rule": "message", "made_at": now, "words": WORDS, "target": "/",
            "expires_at": now + timedelta(days=7), "about": [],
        }
        for one in people
    ]  # fmt: skip
    with app.app_context(), writing(), db.engine.begin() as connection:
        connection.execute(sa.insert(Reminder), rows)
        publish(connection, [Touch(person_stream(row["person_id"]), "reminder", row["id"]) for row in rows])
    with app.app_context():
        db.engine.dispose()


class Opened:
    """How long after it was opened each phone showed what is new, however often it had to ask."""

    def __init__(self) -> None:
        self.fresh_s: list[float] = []
        self.not_seen = 0

    async def open(self, agent: Agent, after_s: float) -> None:
        await asyncio.sleep(after_s)
        begun = time.monotonic()
        found = [one["id"] for one in await agent.pull() if one["entity"] == "reminder"]
        self.fresh_s.append(time.monotonic() - begun)
        self.not_seen += not found
        agent.hang_up()
        await asyncio.sleep(SEEN_AFTER_S)
        for reminder in found:
            agent.say({"kind": "reminder_seen", "reminder_id": reminder})
        await agent.tell()
        agent.hang_up()


async def opening(running: Server, many: int, within_s: float) -> dict[str, Any]:
    tallies, opened, steps = Tallies(judged=True), Opened(), steps_of(running)
    made = phones(running, many)
    agents = [Agent(running, one, steps, tallies) for one in made]
    await in_turns(agents, Agent.pull)
    for agent in agents:
        agent.hang_up()
    remind(running, made)
    tallies.pulled_s.clear()
    tallies.pulls_refused = 0
    begun = time.monotonic()
    await asyncio.gather(*(opened.open(agent, random.uniform(0, within_s)) for agent in agents))
    asked = len(tallies.pulled_s) + tallies.pulls_refused
    return {
        "phones": many, "within_s": within_s, "operations": len(tallies.told), **judged(base_of(running), tallies),
        "not_seen": opened.not_seen, "open_p50_ms": percentile(tallies.pulled_s, 0.5) * 1000,
        "open_p95_ms": percentile(tallies.pulled_s, 0.95) * 1000, "share_503": tallies.pulls_refused / asked,
        "fresh_p95_ms": percentile(opened.fresh_s, 0.95) * 1000, "fresh_max_ms": max(opened.fresh_s) * 1000,
        "told_p95_ms": percentile(tallies.admitted_s, 0.95) * 1000, "tellings_refused": tallies.answers[503],
        "broken": tallies.broken, "all_told_s": max(at for at, _ in tallies.acknowledged) - begun,
    }  # fmt: skip


def main() -> None:
    random.seed(1)
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--phones", type=int, default=10_000)
    asked.add_argument("--within", type=float, default=60)
    options = asked.parse_args()
    with server(RUNDTUR_WORKER="0") as running:
        base_of(running).watch()
        figures = asyncio.run(opening(running, options.phones, options.within))
    report({key: round(value, 4) if isinstance(value, float) else value for key, value in figures.items()}, TARGETS)


if __name__ == "__main__":
    main()
