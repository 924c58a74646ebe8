"""A year of three hundred people: hires and leavers, tours moved and cancelled, completions that come late, phones that are
dead or flaky, both changes of the clock, workers killed at any statement. Each thing is said exactly once, or rightly not."""

import os
import random
from collections import Counter
from datetime import date

from sqlalchemy import event

from server.foundation import ids
from server.foundation.database import db
from server.reminders import ticking
from tests.cast import Clock, an_id

from .touring import Played
from .ways_checker import Ways, way_of
from .year_checker import Checker

PEOPLE, BEGINS_ON, DAYS = 300, date(2027, 1, 4), 364
SEED = int(os.environ.get("RUNDTUR_YEAR_SEED") or 20270104)


def test_in_a_whole_year_everything_is_said_exactly_once_or_rightly_not_at_all(app, world, clock: Clock, monkeypatch):
    if db.engine.dialect.name == "sqlite":  # nobody pulls the plug in this test; the year has ten thousand commits
        event.listen(db.engine, "connect", lambda connection, _: connection.execute("PRAGMA synchronous=OFF"))
        db.engine.dispose()
    monkeypatch.setattr(ticking, "ROWS", 12)  # so that a worker dies between two transactions, too
    monkeypatch.setattr(ticking, "PEOPLE", 12)
    made = random.Random(SEED)
    monkeypatch.setattr(ids, "new_id", lambda: an_id(made.getrandbits(60)))
    played = Played(world, clock, SEED, PEOPLE, BEGINS_ON, DAYS)
    year = played.run()
    checker = Checker(year)
    wrong = [*checker.check(), *Ways(checker).check()]
    assert wrong == [], "\n".join([f"RUNDTUR_YEAR_SEED={SEED}", *wrong[:20], f"{len(wrong)} in all"])
    assert len(year.made) > 1000
    assert len(year.kills) > 50
    ways = Counter(way_of(address) for _, address, _ in year.handed)
    assert ways["push"] > 1000
    assert ways["mail"] > 400
    assert ways["sms"] > 20
    assert len(year.bounced) > 20
