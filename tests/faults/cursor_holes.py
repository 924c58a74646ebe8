"""A race of writers with a reader that polls: which committed rows it never hears of, by the streams' own cursor and by a
serial id (FAULTS 24).

Each transaction writes one row of the twin, a table of this test's own with a serial id, and publishes one touch, the last
statement before commit, as every writer of the product does.
"""

import itertools
import threading
import time
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from server.foundation import clock
from server.foundation.changefeed import Touch, audience_stream, person_stream, publish
from server.foundation.database import writing
from server.protocol.sync import SyncEnvelope
from server.sync import exchange

WRITERS = 16
SECRET = b"a secret of this race alone"
TWIN = sa.Table(
    "serial_twin", sa.MetaData(), sa.Column("id", sa.Integer, primary_key=True), sa.Column("word", sa.String(40)),
)  # fmt: skip


class Raced(NamedTuple):
    rows: int
    missed: int
    missed_by_serial: int
    seconds: float


class Reader:
    """Polls by both cursors, and notes what it hears."""

    def __init__(self, engine: Engine, person_id: str) -> None:
        self.engine, self.person_id = engine, person_id
        self.cursor: str | None = None
        self.last = 0
        self.heard: set[str] = set()
        self.heard_by_serial: set[str] = set()

    def poll(self) -> None:
        while self._page():
            pass
        with self.engine.connect() as connection:
            after = sa.select(TWIN).where(TWIN.c.id > self.last).order_by(TWIN.c.id)
            for row in connection.execute(after):
                self.last = row.id
                self.heard_by_serial.add(row.word)

    def _page(self) -> bool:
        asked = SyncEnvelope(
            protocol=1, person_id=self.person_id, device_id=self.person_id, epoch=None, app_version="",
            sent_at=clock.wire(clock.now()), cursor=self.cursor, operations=[],
        )  # fmt: skip
        _, page, self.cursor = exchange.pull(self.engine, asked, SECRET, clock.now())
        self.heard |= {change["id"] for change in page.changes}
        return page.more


def race(engine: Engine, person_id: str, unit_id: str, seconds: float) -> Raced:
    """Sixteen writers for so long, and what the reader has missed once all is quiet. The twin's table stays."""
    with writing(), engine.begin() as connection:
        TWIN.metadata.create_all(connection)
    streams = (person_stream(person_id), audience_stream(unit_id))
    begun = time.monotonic()
    failures: list[BaseException] = []

    def write(writer: int) -> None:
        try:
            for number in itertools.count():
                if time.monotonic() - begun > seconds:
                    return
                with writing(), engine.begin() as connection:
                    _write(connection, streams[number % 2], f"{writer}/{number}")
        except BaseException as error:  # a thread's error would be nobody's
            failures.append(error)

    threads = [threading.Thread(target=write, args=[writer]) for writer in range(WRITERS)]
    reader = Reader(engine, person_id)
    for one in threads:
        one.start()
    while any(one.is_alive() for one in threads):
        reader.poll()
    reader.poll()
    took = time.monotonic() - begun
    if failures:
        raise failures[0]
    with engine.connect() as connection:
        rows = set(connection.execute(sa.select(TWIN.c.word)).scalars())
    return Raced(len(rows), len(rows - reader.heard), len(rows - reader.heard_by_serial), took)


def _write(connection: Connection, stream: str, word: str) -> None:
    connection.execute(sa.insert(TWIN).values(word=word))
    publish(connection, [Touch(stream, ENTITY[stream.partition(":")[0]], word)])


ENTITY = {"person": "receipt", "audience": "programme"}
"""nothing stands behind these ids: a reader is told that they are gone, and has heard of them"""
