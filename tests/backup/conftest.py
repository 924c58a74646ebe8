"""A database that knows its migration, as one that `script/server` made; and the commands over it."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask_migrate import stamp

from config import Settings
from server.foundation.database import db
from server.learning import published
from tests.cast import Clock, World
from tests.databases import Store

Run = Callable[..., tuple[int, str]]


@pytest.fixture
def settings(store: Store, tmp_path: Path, clock: Clock) -> Iterator[Settings]:
    """A filled database of this test's own, which no other test is given afterwards: a restore takes it apart."""
    made = store.copy(tmp_path / "data")
    published.forget()
    yield made
    store.drop(made)


@pytest.fixture
def run(app: Flask, world: World) -> Run:
    stamp()
    db.session.rollback()

    def invoke(*words: object) -> tuple[int, str]:
        with app.app_context():
            done = app.test_cli_runner().invoke(args=[str(word) for word in words], catch_exceptions=False)
        return done.exit_code, done.output

    return invoke
