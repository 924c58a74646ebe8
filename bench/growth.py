"""What one sync costs when there are a thousand people in the database, a hundred thousand, and a million, each with a history.

PostgreSQL. One person lives through the product and is then copied by SQL, with everything that bears their name: post, phone,
session, stream, ledger, progress. Three databases, a server over each, and the same phones ask them in turn, so that a busy
machine slows all three. The worker of reminders does not run. Where the million takes too long, what was reached is said.
"""

import asyncio
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import psycopg
import sqlalchemy as sa

from bench.crowding import Agent, Tallies, steps_of
from bench.ground import Phone, Server, percentile, phones, postgres, report
from config import Settings
from server import create_app
from server.foundation.database import Base, db
from server.learning import published

SIZES = (1_000, 100_000, 1_000_000)
LOADING_S = 300.0
"""No longer are people copied."""
AT_ONCE, PHONES, ROUNDS, OPERATIONS = 20_000, 10, 30, 5
TARGETS = {"ratio": "≤ 1.2", "queries": "the same at each size"}

PERSON = "'0190b000-0000-7000-8000-' || lpad(to_hex(n), 12, '0')"
OTHER = "lpad(to_hex(n), 8, '0') || '-0000-7000-8000-' || right(t.{0}, 12)"
"""another id, the same in each table; in the order of time, as ids of the product are"""
ODD = {
    "person.id": PERSON, "person.email": "n || '@many.example'", "session.token_hash": "md5(t.token_hash || n) || md5(n::text)",
    "sync_stream.stream": f"'person:' || {PERSON}", "sync_change.stream": f"'person:' || {PERSON}",
    "sync_change.entity_id": f"CASE entity WHEN 'self' THEN {PERSON} WHEN 'attempt' THEN {OTHER} ELSE t.entity_id END",
    "sync_operation.at": f"replace(t.at::text, %(of)s, {PERSON})::json",
}  # fmt: skip
OTHERS = ("id", "op_id", "device_id", "chosen_op", "begun_op")
OF_STREAM = ("sync_stream", "sync_change")


def copying() -> Iterator[str]:
    """The statements that copy person `of` under the numbers from `first` to `last`."""
    for table in Base.metadata.sorted_tables:
        if table.name not in ("person", *OF_STREAM) and "person_id" not in table.c:
            continue
        whose = "stream = 'person:' || %(of)s" if table.name in OF_STREAM else "person_id = %(of)s"
        whose = "id = %(of)s" if table.name == "person" else whose
        names = [column.name for column in table.c]
        values = ", ".join(_copied(table.name, name).format(name) for name in names)
        columns = ", ".join(f'"{name}"' for name in names)
        yield (
            f"INSERT INTO {table.name} ({columns}) SELECT {values} "
            f"FROM {table.name} AS t, generate_series(%(first)s::int, %(last)s::int) AS n WHERE t.{whose}"
        )


def _copied(table: str, name: str) -> str:
    if f"{table}.{name}" in ODD:
        return ODD[f"{table}.{name}"]
    return PERSON if name == "person_id" else OTHER if name in OTHERS else 't."{0}"'


def say(url: str, *words: str) -> None:
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        for one in words:
            connection.execute(one)


def grow(url: str, person_id: str, first: int, last: int, until: float) -> int:
    """So many people are there. Returns how many it came to in time."""

    def copy(after: int) -> int:
        if time.monotonic() > until:
            return 0
        to = min(after + AT_ONCE, last)
        with psycopg.connect(url.replace("+psycopg", "")) as connection:
            connection.execute("SET session_replication_role = replica")  # what keys refer to is there: it was copied
            connection.execute("SET synchronous_commit = off")
            for statement in copying():
                connection.execute(statement, {"of": person_id, "first": after + 1, "last": to})
        return to - after

    with ThreadPoolExecutor(2) as pool:
        made = sum(pool.map(copy, range(first, last, AT_ONCE)))
    say(url, "ANALYZE")
    return first + made


async def live(running: Server, phone: Phone) -> None:
    """One person does a little of everything that a learner does."""
    agent = Agent(running, phone, steps_of(running), Tallies())
    course, step = steps_of(running)[0]
    agent.act(2)
    agent.say({"kind": "note_kept", "course_id": course, "step_key": step, "text": "a thought"})
    agent.say({"kind": "place_kept", "item_id": course, "step_key": step, "position_s": None})
    await agent.tell()
    agent.hang_up()


async def compare(servers: list[Server], made: list[Phone]) -> list[list[float]]:
    """How long a sync of each phone took, of each server."""
    everyone = [[Agent(one, phone, steps_of(one), Tallies()) for phone in made] for one in servers]
    took: list[list[float]] = [[] for _ in servers]
    for turn in range(ROUNDS + 2):
        for agents, times in zip(everyone, took, strict=True):
            for agent in agents:
                agent.act(OPERATIONS)
                begun = time.monotonic()
                await agent.tell()
                if turn > 1:  # two rounds to get warm
                    times.append(time.monotonic() - begun)
    for agent in (one for agents in everyone for one in agents):
        agent.hang_up()
    return took


def queries(running: Server, phone: Phone) -> int:
    """The statements of one sync, in a process that has been up for a while."""
    url = running.environment["RUNDTUR_DATABASE_URL"]
    app = create_app(Settings(data=running.data, database_url=url, demo=True))
    published.forget()
    agent, said = Agent(running, phone, steps_of(running), Tallies()), []
    client = app.test_client()
    client.set_cookie("sid", phone.cookie.partition("=")[2])
    with app.app_context():
        sa.event.listen(db.engine, "before_cursor_execute", lambda *given: said.append(given[2]))
        for _ in range(2):
            said.clear()
            agent.outbox.clear()
            agent.act(OPERATIONS)
            headers = {"X-Rundtur-Client": "bench", "Content-Type": "application/json"}
            answer = client.post("/api/sync", data=agent.question(agent.outbox), headers=headers)
            assert answer.status_code == 200, answer.text
        db.engine.dispose()
    return len(said)


@contextmanager
def served(data: Path, url: str) -> Iterator[Server]:
    running = Server(data, url, RUNDTUR_WORKER="0", RUNDTUR_PROCESSES="1")
    try:
        yield running.start()
    finally:
        running.stop()


def filled(url: str, data: Path) -> tuple[list[str], list[int], list[Phone]]:
    """A database of each size, how many people are in it, and phones: the first is for counting, the others ask."""
    say(url, "ALTER SYSTEM SET max_wal_size = '8GB'", "ALTER SYSTEM SET checkpoint_timeout = '30min'",
        "ALTER SYSTEM SET autovacuum = off", "SELECT pg_reload_conf()")  # fmt: skip
    with served(data, url) as running:
        one, *made = phones(running, 1 + PHONES + 1)
        asyncio.run(live(running, one))
    begun, urls, reached, count = time.monotonic(), [], [], 0
    for size in SIZES:
        count = grow(url, one.person_id, count, size, begun + LOADING_S)
        print(f"{count:>9,} people, {time.monotonic() - begun:.0f} s", flush=True)
        reached.append(count)
        if size == SIZES[-1] or count < size:
            break
        urls.append(f"{url}_{size}")
        say(url.replace("/rundtur", "/postgres"), f"CREATE DATABASE rundtur_{size} TEMPLATE rundtur STRATEGY file_copy")
    return [*urls, url], reached, made


def main() -> None:
    with ExitStack() as stack:
        data = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="rundtur-bench-")))
        urls, reached, made = filled(stack.enter_context(postgres()), data)
        servers = [stack.enter_context(served(data, url)) for url in urls]
        took = asyncio.run(compare(servers, made[1:]))
        statements = [queries(one, made[0]) for one in servers]
    medians = [percentile(one, 0.5) * 1000 for one in took]
    figures: dict[str, Any] = {"people": reached[-1], "syncs_each": len(took[0])}
    figures |= {f"ms_at_{count}": round(ms, 2) for count, ms in zip(reached, medians, strict=True)}
    figures |= {f"p95_ms_at_{n}": round(percentile(one, 0.95) * 1000, 2) for n, one in zip(reached, took, strict=True)}
    figures["ratio"] = round(medians[-1] / medians[0], 3)
    figures["queries"] = statements[-1] if len(set(statements)) == 1 else str(statements)
    report(figures, TARGETS)


if __name__ == "__main__":
    main()
