"""The database: typed models over SQLite or PostgreSQL, and how a transaction begins on each.

SQLite writers begin with BEGIN IMMEDIATE, before anything is read: a read that turns into a write while another
writes fails at once, whatever the time-out (SYNC.md §2). Several processes queue on a file lock, which is fair and
wakes at once, where SQLite itself polls.
"""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import sqlalchemy as sa
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import event
from sqlalchemy.engine import Connection, Dialect, Engine
from sqlalchemy.orm import DeclarativeBase, registry
from sqlalchemy.types import TypeDecorator

SQLITE_SAFE_FOR_SEVERAL = (3, 51, 3)
"""Older ones can corrupt a WAL file that several connections share."""

_writing: ContextVar[bool] = ContextVar("writing", default=False)


class UtcDateTime(TypeDecorator[datetime]):
    """An instant: aware and in UTC on both sides, also on SQLite, which knows no zones."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    registry = registry(
        metadata=sa.MetaData(
            naming_convention={
                "ix": "ix_%(table_name)s_%(column_0_N_name)s",
                "uq": "uq_%(table_name)s_%(column_0_N_name)s",
                "ck": "ck_%(table_name)s_%(constraint_name)s",
                "fk": "fk_%(table_name)s_%(column_0_N_name)s",
                "pk": "pk_%(table_name)s",
            }
        ),
        type_annotation_map={
            datetime: UtcDateTime,
            dict[str, Any]: sa.JSON,
            dict[str, str]: sa.JSON,
            list[str]: sa.JSON,
        },
    )


def any_of(name: str) -> sa.BindParameter[Any]:
    """A parameter that takes a list: `column.in_(any_of("ids"))`, so that a statement can be made once and kept."""
    return sa.bindparam(name, expanding=True)


db = SQLAlchemy(model_class=Base, session_options={"expire_on_commit": False})


@contextmanager
def writing() -> Iterator[None]:
    """Transactions that begin inside take the write lock at their start."""
    token = _writing.set(True)
    try:
        yield
    finally:
        _writing.reset(token)


def begin_writing() -> None:
    """As `writing`, until the context (a request, a command) ends."""
    _writing.set(True)


def end_writing() -> None:
    _writing.set(False)


def packed(value: Any, *, is_sorted: bool = False) -> bytes:
    """The value as JSON, also where it holds a number beyond 64 bits, which phones may send and we only keep."""
    try:
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS if is_sorted else None)
    except TypeError:
        finite = json.loads(json.dumps(value), parse_constant=lambda _: None)
        return json.dumps(finite, sort_keys=is_sorted).encode()


def engine_options(url: str) -> dict[str, Any]:
    """How the engine of `url` is made."""
    for_json: dict[str, Any] = {
        "json_serializer": lambda value: packed(value).decode(),
        "json_deserializer": orjson.loads,
        "hide_parameters": True,  # an error's words come into the log, and what people wrote must not
    }
    if url.startswith("sqlite"):
        options = for_json | {"pool_size": 24, "max_overflow": 8, "connect_args": {"check_same_thread": False}}
        try:
            from pysqlite3 import dbapi2

            options["module"] = dbapi2
        except ImportError:
            pass
        return options
    return for_json | {
        "pool_size": 12,
        "max_overflow": 12,
        "pool_pre_ping": True,
        "connect_args": {"options": "-c statement_timeout=15000 -c lock_timeout=5000 -c timezone=UTC"},
    }


def prepare_engine(engine: Engine, lock_file: Path) -> None:
    """Makes transactions on this engine begin as the module says. Once an engine."""
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _configure_sqlite)
        event.listen(engine, "begin", lambda connection: _begin_sqlite(connection, lock_file))
        event.listen(engine, "commit", lambda connection: _end_sqlite(connection, "COMMIT"))
        event.listen(engine, "rollback", lambda connection: _end_sqlite(connection, "ROLLBACK"))


def sqlite_version(engine: Engine) -> tuple[int, ...]:
    return tuple(engine.dialect.dbapi.sqlite_version_info)  # type: ignore[union-attr]


def _configure_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=10000", "foreign_keys=ON", "cache_size=-2000"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection, lock_file: Path) -> None:
    if not _writing.get():
        connection.exec_driver_sql("BEGIN")
        return
    lock = os.open(lock_file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    fcntl.flock(lock, fcntl.LOCK_EX)
    try:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    except BaseException:
        os.close(lock)
        raise
    connection.info["writer_lock"] = lock


def _end_sqlite(connection: Connection, word: str) -> None:
    # The event fires before SQLAlchemy's own commit. We end the transaction here and only then let the next writer in:
    # else it would wait for our fsync in SQLite's polling instead of on the lock.
    try:
        if connection.connection.dbapi_connection.in_transaction:  # type: ignore[union-attr]
            connection.exec_driver_sql(word)
    finally:
        lock = connection.info.pop("writer_lock", None)
        if lock is not None:
            os.close(lock)
