"""A reader that stays lets SQLite's log grow: somebody says so, and when it has gone the log is short (FAULTS 20)."""

import logging
from pathlib import Path

import pytest
import sqlalchemy as sa

from server.foundation import write_ahead
from server.foundation.database import db
from server.people.models import Person

DATABASES = ("sqlite",)
MOST = 1024 * 1024


@pytest.fixture
def file(settings):
    return Path(settings.data / "rundtur.sqlite3")


def size(file):
    return Path(f"{file}-wal").stat().st_size


def grow(ada, world):
    while size(Path(db.engine.url.database)) <= MOST:
        assert set(ada.sync(*[world.noted(f"thought {number}") for number in range(40)]).said) <= {"applied", "merged"}


def test_a_log_that_a_reader_lets_grow_is_told_of_and_short_once_that_has_ended(ada, world, file, caplog):
    with db.engine.connect() as reader:
        reader.execute(sa.select(Person.id)).all()
        grow(ada, world)
        with caplog.at_level(logging.ERROR):
            assert not write_ahead.shorten(db.engine, MOST)
        assert "somebody reads" in caplog.text
        assert ada.sync(world.done("tvatta")).said == ["applied"]
    caplog.clear()
    assert write_ahead.shorten(db.engine, MOST)
    assert (size(file), caplog.text) == (0, "")
    assert ada.sync(world.done("film")).said == ["applied"]


def test_the_worker_looks_after_the_log_in_each_round(app, monkeypatch):
    seen = []
    monkeypatch.setattr(write_ahead, "shorten", seen.append)
    app.extensions["tasks"].do_round()
    assert seen == [db.engine]
