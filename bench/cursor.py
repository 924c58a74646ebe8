"""Sixteen writers and a reader that polls, on both databases: which committed rows it never hears of, by the streams' cursor
and by a serial id in the same race (SYNC.md §3). SQLite with synchronous=FULL, PostgreSQL with fsync.

--seconds N, on each database.
"""

import argparse
import tempfile
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

from bench.ground import postgres, report
from config import Settings
from server.foundation import clock
from server.foundation.changefeed import publish_session
from server.foundation.database import Base, db, writing
from server.people import enlisting
from server.sync import exchange
from tests.databases import running
from tests.faults.cursor_holes import Raced, race

TARGETS = {"missed": "0", "missed_by_serial": "≥ 1 (PostgreSQL)"}


def raced(database_url: str, seconds: float) -> Raced:
    with tempfile.TemporaryDirectory(prefix="rundtur-cursor-") as folder:
        settings = Settings(environment="test", data=Path(folder), database_url=database_url, demo=False)
        with running(settings), writing():
            Base.metadata.create_all(db.session.connection())
            exchange.new_epoch(db.session.connection())
            now = clock.now()
            unit = enlisting.set_unit(db.session(), slug="kommun", name={"sv": "Kommun"}, within=None)
            person = enlisting.enlist(db.session(), email="a@bench.example", name="A", at=now)
            enlisting.employ(
                db.session(), person_id=person.id, unit=unit, title="", shift_pattern="day",
                from_on=now.date() - timedelta(days=9), to_on=None,
            )  # fmt: skip
            publish_session(db.session())
            ids = person.id, unit.id
            db.session.commit()
            return race(db.engine, *ids, seconds)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=60)
    seconds = parser.parse_args().seconds
    figures: dict[str, float] = {"missed": 0}
    with ExitStack() as stack:
        for name, url in (("sqlite", ""), ("postgres", stack.enter_context(postgres()))):
            one = raced(url, seconds)
            figures["missed"] += one.missed
            figures["missed_by_serial"] = one.missed_by_serial
            figures |= {
                f"{name}_rows": one.rows, f"{name}_missed": one.missed, f"{name}_missed_by_serial": one.missed_by_serial,
                f"{name}_transactions_per_s": round(one.rows / one.seconds, 1),
            }  # fmt: skip
    report(figures, TARGETS)


if __name__ == "__main__":
    main()
