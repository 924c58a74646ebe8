"""A copy of a whole database in memory, and its return."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from server.foundation.database import Base, writing
from server.learning import published
from server.sync import exchange

from .canary import CANARY

Copy = list[tuple[sa.Table, list[dict[str, Any]]]]


def copy_of(engine: Engine) -> Copy:
    with engine.connect() as connection:
        return [(table, [dict(row) for row in connection.execute(sa.select(table)).mappings()]) for table in _tables()]


def restore(engine: Engine, copy: Copy) -> None:
    """The database is what it was, in a new epoch."""
    with writing(), engine.begin() as connection:
        _without_order(connection)
        for table in reversed(_tables()):
            connection.execute(sa.delete(table))
        for table, rows in copy:
            if rows:
                connection.execute(sa.insert(table), rows)
        exchange.new_epoch(connection)
    published.forget()


def _tables() -> list[sa.Table]:
    return [*Base.metadata.sorted_tables, CANARY]


def _without_order(connection: Connection) -> None:
    words = "PRAGMA defer_foreign_keys=ON"
    if connection.dialect.name == "postgresql":
        words = "SET LOCAL session_replication_role = replica"
    connection.exec_driver_sql(words)
