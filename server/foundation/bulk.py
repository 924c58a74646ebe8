"""Writing many rows at once, the same on both databases."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session


@cache
def _statement(table: sa.Table, dialect: str, replace: bool) -> Any:
    insert = (postgresql if dialect == "postgresql" else sqlite).insert(table)
    if not replace:
        return insert.on_conflict_do_nothing()
    keys = [column.name for column in table.primary_key]
    rest = {column.name: insert.excluded[column.name] for column in table.columns if column.name not in keys}
    return insert.on_conflict_do_update(index_elements=keys, set_=rest)


def put(
    connection: Connection | Session, model: Any, rows: Sequence[Mapping[str, Any]], *, replace: bool = True
) -> None:
    """The rows stand in the model's table, in place of those with the same primary key (or, with replace=False, beside)."""
    if rows:
        bind = connection if isinstance(connection, Connection) else connection.connection()
        bind.execute(_statement(model.__table__, bind.dialect.name, replace), list(rows))
