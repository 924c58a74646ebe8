"""The databases of the tests: SQLite in a file, and a PostgreSQL cluster of our own that lives as long as the session."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from config import Settings
from server import create_app
from server.foundation import migrating
from server.foundation.changefeed import publish_session
from server.foundation.database import Base, db, writing
from server.loading import Loading
from server.sync import exchange

PACK = Path(__file__).parent / "packs" / "kommun"
NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
"""when every test begins: nine in the morning in Stockholm"""


def binaries() -> Path | None:
    """Where PostgreSQL's own programs lie, or None where it is not installed."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    on_path = shutil.which("initdb")
    return found[-1].parent if found else Path(on_path).parent if on_path else None


class Cluster:
    """A throwaway PostgreSQL: unix socket only, nothing synced to the disk. `options` are said last, and so count.

    `of`: it is that one's replica, and follows it.
    """

    def __init__(self, *options: str, of: "Cluster | None" = None) -> None:
        self._bin = binaries()
        self._sweep()
        self.folder = Path(tempfile.mkdtemp(prefix=f"rundtur-pg-{os.getpid()}-"))
        if os.getuid() == 0:
            shutil.chown(self.folder, "postgres")
        if of:
            self._run("pg_basebackup", "-D", "data", "-h", str(of.folder), "-U", "postgres", "-R", "-c", "fast")
        else:
            self._run("initdb", "-D", "data", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "-N")
        quick = "-c fsync=off -c synchronous_commit=off -c full_page_writes=off -c max_connections=60 -c shared_buffers=32MB"
        self._options = f"-k {self.folder} -c listen_addresses='' {quick}"
        self.start(*options)

    def start(self, *options: str) -> None:
        """It answers. Again, after it was broken off: it has gone through its log, and holds what was written."""
        more = "".join(f" -c {one}" for one in options)
        self._run("pg_ctl", "-D", "data", "-w", "-l", "log", "-o", self._options + more, "start")

    def break_off(self) -> None:
        """Every process of it is gone in the middle of what it did; what was handed to the kernel by then is there."""
        self._run("pg_ctl", "-D", "data", "-m", "immediate", "-w", "stop")

    def _sweep(self) -> None:
        """What a killed run of the tests has left behind: a run names its own process in its folder."""
        for folder in Path(tempfile.gettempdir()).glob("rundtur-pg-[0-9]*-*"):
            if not Path(f"/proc/{folder.name.split('-')[2]}").exists():
                self.folder = folder
                with suppress(subprocess.CalledProcessError, OSError):
                    self.stop()

    def _run(self, program: str, *arguments: str) -> None:
        assert self._bin
        command = [str(self._bin / program), *arguments]
        if os.getuid() == 0:
            command = ["runuser", "-u", "postgres", "--", *command]
        with (self.folder / "said").open("ab") as log:
            subprocess.run(command, cwd=self.folder, check=True, stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def url(self, name: str) -> str:
        return f"postgresql+psycopg://postgres@/{name}?host={self.folder}"

    def say(self, sql: str) -> None:
        with psycopg.connect(f"host={self.folder} user=postgres dbname=postgres", autocommit=True) as connection:
            connection.execute(sql)

    def stop(self) -> None:
        with suppress(subprocess.CalledProcessError):  # it may be stopped already
            self.break_off()
        shutil.rmtree(self.folder, ignore_errors=True)


@dataclass
class Store:
    """One kind of database with a filled template, from which each test gets a copy."""

    name: str
    folder: Path
    cluster: Cluster | None
    template: Settings | None = None
    _copies: int = 0
    _spare: list[str] = field(default_factory=list)
    """copies that tests have given back"""

    def empty(self, data: Path) -> Settings:
        """A database with nothing in it."""
        return Settings(environment="test", data=data, database_url=self._new_database(None), demo=False)

    def copy(self, data: Path) -> Settings:
        """A database of its own with the template's content."""
        if self.template is None:
            self.template = self._fill()
        shutil.copytree(self.template.data, data)
        if not self._spare:
            return replace(self.template, data=data, database_url=self._new_database("template_filled"))
        url = self._spare.pop()
        self._refill(url)
        return replace(self.template, data=data, database_url=url)

    def _new_database(self, template: str | None) -> str:
        if self.cluster is None:
            return ""
        self._copies += 1
        name = f"test_{self._copies}"
        self.cluster.say(f"CREATE DATABASE {name} TEMPLATE {template or 'template0'} STRATEGY wal_log")
        return self.cluster.url(name)

    def _fill(self) -> Settings:
        url = ""
        if self.cluster:
            self.cluster.say("CREATE DATABASE template_filled TEMPLATE template0")
            url = self.cluster.url("template_filled")
        settings = Settings(
            environment="test", data=self.folder, database_url=url, demo=False, secret_key="a secret of the tests alone"
        )
        with running(settings) as app, writing():
            Base.metadata.create_all(db.session.connection())
            exchange.new_epoch(db.session.connection())
            loading = Loading(db.session(), data=self.folder, at=NOW, zone=settings.zone, demo_password=None)
            list(loading.load(PACK))
            publish_session(db.session())
            db.session.commit()
            if self.cluster:
                self._keep()
        del app
        return settings

    def _keep(self) -> None:
        """A copy of each table lies beside it: to refill a used copy takes a tenth of the time of making a new one."""
        with db.engine.begin() as connection:
            connection.exec_driver_sql("CREATE SCHEMA kept")
            for table in Base.metadata.tables:
                connection.exec_driver_sql(f"CREATE TABLE kept.{table} AS TABLE {table}")

    def _refill(self, url: str) -> None:
        tables = list(Base.metadata.tables)
        words = ["SET session_replication_role = replica", *(f"DELETE FROM {one}" for one in tables)]
        words += [f"INSERT INTO {one} SELECT * FROM kept.{one}" for one in tables]
        with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
            found = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
            others = {name for (name,) in found} - {*tables, "alembic_version"}  # a queue's, say
            connection.execute("; ".join(words + [f"DROP TABLE {one} CASCADE" for one in sorted(others)]))

    def drop(self, settings: Settings, *, is_copy: bool = False) -> None:
        """The test's database is gone; a copy of the template is kept for the next test."""
        if not (self.cluster and settings.database_url):
            return
        name = settings.database_url.partition("?")[0].rpartition("/")[2]
        if is_copy:
            self.cluster.say(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")
            self._spare.append(settings.database_url)
        else:
            self.cluster.say(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


class Client(FlaskClient):
    """A client whose requests begin with nothing in memory, as a server's do, also inside of a test's own context."""

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        with self.application.app_context():
            return super().open(*args, **kwargs | {"buffered": True})


@contextmanager
def running(settings: Settings, change: Callable[[Flask], None] | None = None) -> Iterator[Flask]:
    """The application over this database, inside of its context; afterwards no connection is left."""
    app = create_app(settings)
    app.test_client_class = Client
    if change:
        change(app)
    migrating.attach(app)
    with app.app_context():
        try:
            yield app
        finally:
            db.session.remove()
            db.engine.dispose()
