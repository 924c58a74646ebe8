"""The database: typed models over SQLite or PostgreSQL, and how a transaction begins on each.

SQLite writers begin with BEGIN IMMEDIATE, before anything is read: a read that turns into a write while another
writes fails at once, whatever the time-out (SYNC.md §2). Before it, writers queue for their place (writers_place.py);
who does not get it in time is told that we are busy, and has written nothing.
"""

import json
import logging
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
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.engine import Connection, Dialect, Engine
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import DeclarativeBase, registry
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator

from .errors import no_writing
from .writers_place import WritersPlace

log = logging.getLogger(__name__)
SQLITE_SAFE_FOR_SEVERAL = (3, 51, 3)
"""Older ones can corrupt a WAL file that several connections share."""

PATIENCE_S = 10.0
"""How long a writer waits for its place: below the half minute that a phone waits for an answer."""

_patience_s: ContextVar[float | None] = ContextVar("patience_s", default=None)
"""of who writes; None of who reads"""


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


class any_of(FunctionElement[bool]):  # it stands where a function of SQL would
    """Whether the column holds one of a list: `any_of(Course.id, "ids")`, executed with {"ids": […]}.

    The statement is made once and kept. On PostgreSQL the list is one parameter, an array: as `IN (…)` it would be another
    statement for each length, and none would come often enough to be prepared. SQLite is quicker with `IN (…)`.
    """

    inherit_cache = True
    type = sa.Boolean()

    def __init__(self, column: Any, name: str) -> None:
        super().__init__(column, sa.bindparam(name, expanding=True, type_=column.type))

    def self_group(self, against: Any = None) -> Any:
        """As it is: SQLite, which has no booleans, would be told `… IN (…) = 1`, and look at every row."""
        return self


@compiles(any_of)
def _in_list(element: any_of, compiler: SQLCompiler, **how: Any) -> str:
    column, listed = element.clauses
    return compiler.process(column.in_(listed), **how)


@compiles(any_of, "postgresql")
def _in_array(element: any_of, compiler: SQLCompiler, **how: Any) -> str:
    column, listed = element.clauses
    array = sa.bindparam(listed.key, type_=ARRAY(column.type))
    return f"{compiler.process(column, **how)} = ANY ({compiler.process(array, **how)})"


db = SQLAlchemy(model_class=Base, session_options={"expire_on_commit": False})


@contextmanager
def writing(patience_s: float | None = None) -> Iterator[None]:
    """Transactions that begin inside take the writers' place at their start, or raise Busy."""
    token = _patience_s.set(PATIENCE_S if patience_s is None else patience_s)
    try:
        yield
    finally:
        _patience_s.reset(token)


@contextmanager
def looking() -> Iterator[Connection]:
    """A connection for one question. PostgreSQL answers it outside of a transaction, which would be two round trips more."""
    with reading(), db.engine.connect() as connection:
        if connection.dialect.name == "postgresql":
            connection = connection.execution_options(isolation_level="AUTOCOMMIT")
        yield connection


@contextmanager
def reading() -> Iterator[None]:
    """Transactions that begin inside only read, also in the middle of a request that writes, and wait for nobody."""
    token = _patience_s.set(None)
    try:
        yield
    finally:
        _patience_s.reset(token)


def begin_writing() -> None:
    """As `writing`, until the context (a request, a command) ends."""
    _patience_s.set(PATIENCE_S)


def end_writing() -> None:
    _patience_s.set(None)


def packed(value: Any, *, is_sorted: bool = False) -> bytes:
    """The value as JSON, also where it holds a number beyond 64 bits, which phones may send and we only keep."""
    try:
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS if is_sorted else None)
    except TypeError:
        finite = json.loads(json.dumps(value), parse_constant=lambda _: None)
        return json.dumps(finite, sort_keys=is_sorted).encode()


def engine_options(url: str, zone: str, check_in_months: int) -> dict[str, Any]:
    """How the engine of `url` is made; its connections know the organisation's zone, and how long check-ins are kept."""
    for_all: dict[str, Any] = {
        "execution_options": {"zone": zone, "check_in_months": check_in_months},
        "json_serializer": lambda value: packed(value).decode(),
        "json_deserializer": orjson.loads,
        "hide_parameters": True,  # an error's words come into the log, and what people wrote must not
    }
    if url.startswith("sqlite"):
        options = for_all | {"pool_size": 24, "max_overflow": 8, "connect_args": {"check_same_thread": False}}
        try:
            from pysqlite3 import dbapi2

            options["module"] = dbapi2
        except ImportError:
            pass
        return options
    return for_all | {
        "pool_size": 12,
        "max_overflow": 12,
        "pool_pre_ping": True,
        "connect_args": {"options": "-c statement_timeout=15000 -c lock_timeout=5000 -c timezone=UTC -c jit=off"},
    }


def zone_of(connection: Connection) -> str:
    """The organisation's zone: where the days begin that this database's dates mean."""
    return str(connection.get_execution_options()["zone"])


def check_in_months_of(connection: Connection) -> int:
    """So many months check-ins are kept in this database."""
    return int(connection.get_execution_options()["check_in_months"])


def prepare_engine(engine: Engine, lock_file: Path) -> None:
    """Makes transactions on this engine begin as the module says. Once an engine."""
    if engine.dialect.name == "sqlite":
        place = WritersPlace(lock_file)
        event.listen(engine, "connect", _configure_sqlite)
        event.listen(engine, "begin", lambda connection: _begin_sqlite(connection, place))
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


def _begin_sqlite(connection: Connection, place: WritersPlace) -> None:
    patience_s = _patience_s.get()
    if patience_s is None:
        connection.exec_driver_sql("BEGIN")
        return
    place.take(patience_s)
    try:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    except sa.exc.OperationalError as error:  # a program that does not queue with us writes to the file
        place.give_back()
        log.error("nobody can write: %s", error.orig)
        raise no_writing(error) from error
    except BaseException:
        place.give_back()
        raise
    connection.info["writers_place"] = place


def _end_sqlite(connection: Connection, word: str) -> None:
    # The event fires before SQLAlchemy's own commit. We end the transaction here and only then let the next writer in:
    # else it would wait for our fsync in SQLite's polling instead of on the lock.
    try:
        if connection.connection.dbapi_connection.in_transaction:  # type: ignore[union-attr]
            connection.exec_driver_sql(word)
    finally:
        place = connection.info.pop("writers_place", None)
        if place is not None:
            place.give_back()
