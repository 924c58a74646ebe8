"""A copy of a whole database in memory, and its return."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from config import Settings
from server.backup import restoring
from server.foundation.database import Base, writing
from server.learning import published

from .canary import CANARY

Copy = list[tuple[sa.Table, list[dict[str, Any]]]]


def copy_of(engine: Engine) -> Copy:
    with engine.connect() as connection:
        return [(table, [dict(row) for row in connection.execute(sa.select(table)).mappings()]) for table in _tables()]


def restore(settings: Settings, engine: Engine, copy: Copy, at: datetime) -> None:
    """The database is what it was, without whom it must forget, and in a new epoch."""
    with writing(), engine.begin() as connection:
        _without_order(connection)
        for table in reversed(_tables()):
            connection.execute(sa.delete(table))
        for table, rows in copy:
            if rows:
                connection.execute(sa.insert(table), rows)
    restoring._make_fit(settings, engine, at, signs_out=False)
    published.forget()


def _tables() -> list[sa.Table]:
    return [*Base.metadata.sorted_tables, CANARY]


def _without_order(connection: Connection) -> None:
    words = "PRAGMA defer_foreign_keys=ON"
    if connection.dialect.name == "postgresql":
        words = "SET LOCAL session_replication_role = replica"
    connection.exec_driver_sql(words)
