"""Writing many rows at once, the same on both databases.

The statements are written out once a table, and kept: SQLAlchemy compiles one with ON CONFLICT anew at each call. PostgreSQL
gets all rows in one statement, as JSON: 160 operations cost 2.1 ms instead of 5.6 with a statement a row (docs/benchmarks.md).
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session

from .database import packed

Row = Mapping[str, Any]


def put(
    connection: Connection | Session,
    model: Any,
    rows: Sequence[Row],
    *,
    replace: bool = True,
    key: tuple[str, ...] = (),
    moves: tuple[str, ...] = (),
    where: str = "",
) -> None:
    """The rows stand in the model's table, in place of those with the same key (or, with replace=False, beside them).

    The key is the primary key, if nothing else is said. Where they replace, no two of the rows have the same; of a row that
    stands only the columns `moves` (else all) are replaced, and only `where` that holds of it.
    """
    conflict = _replacing(model.__table__, key, moves) if replace else "ON CONFLICT DO NOTHING"
    _write(connection, model, rows, f"{conflict} WHERE {where}" if where else conflict)


def insert(connection: Connection | Session, model: Any, rows: Sequence[Row]) -> None:
    """The rows stand in the model's table. Raises IntegrityError where one of them does already."""
    _write(connection, model, rows, "")


def _write(connection: Connection | Session, model: Any, rows: Sequence[Row], conflict: str) -> None:
    if not rows:
        return
    bind = connection if isinstance(connection, Connection) else connection.connection()
    filled = _filled(model.__table__, "id" in rows[0])
    whole = [{**filled, **row} for row in rows]
    if bind.dialect.name == "postgresql":
        texts = [_with_json_as_text(model.__table__, row) for row in whole]
        bind.execute(_in_one(model.__table__, tuple(filled), conflict), {"rows": packed(texts).decode()})
    else:
        bind.execute(_row_by_row(model.__table__, tuple(filled), conflict), whole)


@cache
def _filled(table: sa.Table, has_id: bool) -> dict[str, Any]:
    """Each column and what it holds where a row does not say; an `id` that the database gives is not among them."""
    columns = [one for one in table.columns if has_id or one.name != "id"]
    return {one.name: one.default.arg if one.default is not None else None for one in columns}  # type: ignore[attr-defined]


@cache
def _in_one(table: sa.Table, names: tuple[str, ...], conflict: str) -> sa.TextClause:
    documents = _documents(table)
    types = {name: "text" if name in documents else _type_of(table.c[name]) for name in names}
    shape = ", ".join(f"{_quoted(name)} {type_}" for name, type_ in types.items())
    given = ", ".join(f"CAST({_quoted(name)} AS json)" if name in documents else _quoted(name) for name in names)
    rows = f"SELECT {given} FROM json_to_recordset(CAST(:rows AS json)) AS row({shape})"  # noqa: S608 # our models' names
    return sa.text(f"INSERT INTO {table.name} ({_listed(names)}) {rows} {conflict}")


def _with_json_as_text(table: sa.Table, row: dict[str, Any]) -> dict[str, Any]:
    """A document inside of the rows would be read with them, and one with a NUL, which we keep, refused."""
    texts = {name: packed(row[name]).decode() for name in _documents(table) if row[name] is not None}
    return row | texts if texts else row


@cache
def _documents(table: sa.Table) -> tuple[str, ...]:
    return tuple(column.name for column in table.columns if isinstance(column.type, sa.JSON))


def _type_of(column: sa.Column[Any]) -> str:
    return column.type.compile(postgresql.dialect())  # type: ignore[no-untyped-call]


@cache
def _row_by_row(table: sa.Table, names: tuple[str, ...], conflict: str) -> sa.TextClause:
    values = ", ".join(f":{name}" for name in names)
    statement = sa.text(f"INSERT INTO {table.name} ({_listed(names)}) VALUES ({values}) {conflict}")  # noqa: S608 # likewise
    return statement.bindparams(*(sa.bindparam(name, type_=table.c[name].type) for name in names))


@cache
def _replacing(table: sa.Table, key: tuple[str, ...], moves: tuple[str, ...]) -> str:
    keys = key or tuple(column.name for column in table.primary_key)
    moved = moves or tuple(column.name for column in table.columns if column.name not in keys)
    said = ", ".join(f"{_quoted(name)} = excluded.{_quoted(name)}" for name in moved)
    return f"ON CONFLICT ({_listed(keys)}) DO " + (f"UPDATE SET {said}" if said else "NOTHING")


def _listed(names: Iterable[str]) -> str:
    return ", ".join(map(_quoted, names))


def _quoted(name: str) -> str:
    return f'"{name}"'
