"""Fixtures: a real database of each kind, the application over it, and the cast."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

from config import Settings
from server.foundation import clock as product_clock
from server.foundation.database import db
from server.learning import published

from .cast import NAMES, Actor, Clock, World
from .databases import NOW, Cluster, Store, binaries, running

hypothesis_settings.register_profile(
    "house", deadline=None, max_examples=30, print_blob=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip
hypothesis_settings.load_profile("house")

KINDS = ("sqlite", "postgresql")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--postgres", action="store_true", help="PostgreSQL must be there; without it: only where it is")


def _wanted() -> list[str]:
    return os.environ.get("RUNDTUR_TEST_DATABASES", ",".join(KINDS)).split(",")


def pytest_report_header() -> str:
    missing = "" if binaries() else " (PostgreSQL is not installed here: its tests are skipped)"
    return f"databases: {', '.join(_wanted())}{missing}"


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Each test with each kind of database; a module that is about one of them says so in DATABASES."""
    if "database_kind" in metafunc.fixturenames:
        about = getattr(metafunc.module, "DATABASES", KINDS)
        metafunc.parametrize("database_kind", [one for one in _wanted() if one in about], scope="session")


@pytest.fixture(scope="session")
def store(
    request: pytest.FixtureRequest, database_kind: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Store]:
    """One kind of database, with a template for the tests."""
    if database_kind == "postgresql" and binaries() is None:
        if request.config.getoption("--postgres"):
            pytest.fail("PostgreSQL is asked for but not installed")
        pytest.skip("PostgreSQL is not installed")
    cluster = Cluster() if database_kind == "postgresql" else None
    yield Store(database_kind, tmp_path_factory.mktemp("template") / "data", cluster)
    if cluster:
        cluster.stop()


@pytest.fixture
def clock() -> Iterator[Clock]:
    """What time it is; `clock.move(hours=1)`."""
    told = Clock(NOW)
    before = product_clock.set_source(told)
    yield told
    product_clock.set_source(before)


@pytest.fixture
def settings(store: Store, tmp_path: Path, clock: Clock) -> Iterator[Settings]:
    """A filled database of this test's own."""
    made = store.copy(tmp_path / "data")
    published.forget()
    yield made
    store.drop(made, is_copy=True)


@pytest.fixture
def app(settings: Settings) -> Iterator[Flask]:
    with running(settings) as application:
        yield application


@pytest.fixture
def world(app: Flask) -> World:
    return World()


def _actor(name: str) -> Callable[[Flask, World], Actor]:
    @pytest.fixture(name=name)
    def actor(app: Flask, world: World) -> Actor:
        return Actor(app, world, name)

    return actor  # type: ignore[return-value]


ada, bruno, carla, sofia, hugo, greta = (_actor(name) for name in NAMES)


@pytest.fixture
def count(app: Flask) -> Callable[[sa.sql.Select], int]:
    """How many rows a select finds."""

    def rows(select: sa.sql.Select) -> int:
        with db.engine.connect() as connection:
            return len(connection.execute(select).all())

    return rows
