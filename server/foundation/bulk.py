"""Writing many rows at once, the same on both databases: all of them in one statement, as JSON.

A statement a row would be dear. On PostgreSQL it is a round trip: 160 operations cost 5.6 ms so, and 2.1 as JSON. On SQLite
Python's lock is let go of at each row, and whoever has it then keeps it for up to 5 ms: beside one busy thread 320 operations
took 400 ms so, and take 8 (docs/benchmarks.md).

The statements are written out once a table, and kept: SQLAlchemy compiles one with ON CONFLICT anew at each call.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
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


def change(connection: Connection, model: Any, rows: Sequence[Row]) -> None:
    """Of each row that stands under its `id`, what is said here holds; all of them say the same columns, and none comes twice."""
    if rows:
        table, names = model.__table__, tuple(rows[0])
        _execute(connection, table, names, rows, _changing(connection.dialect.name, table, names))


def _write(connection: Connection | Session, model: Any, rows: Sequence[Row], conflict: str) -> None:
    if not rows:
        return
    bind = connection if isinstance(connection, Connection) else connection.connection()
    table = model.__table__
    filled = _filled(table, "id" in rows[0])
    names = tuple(filled)
    whole = [{**filled, **row} for row in rows]
    _execute(bind, table, names, whole, _inserting(bind.dialect.name, table, names, conflict))


def _execute(
    connection: Connection, table: sa.Table, names: tuple[str, ...], rows: Sequence[Row], statement: sa.TextClause
) -> None:
    told = _objects(table, rows) if connection.dialect.name == "postgresql" else _lists(table, names, rows)
    connection.execute(statement, {"rows": packed(told).decode()})


@cache
def _filled(table: sa.Table, has_id: bool) -> dict[str, Any]:
    """Each column and what it holds where a row does not say; an `id` that the database gives is not among them."""
    columns = [one for one in table.columns if has_id or one.name != "id"]
    return {one.name: one.default.arg if one.default is not None else None for one in columns}  # type: ignore[attr-defined]


@cache
def _inserting(database: str, table: sa.Table, names: tuple[str, ...], conflict: str) -> sa.TextClause:
    rows = _given(database, table, names)
    # Without WHERE, SQLite would take ON CONFLICT for the beginning of a join.
    return sa.text(f"INSERT INTO {table.name} ({_listed(names)}) {rows} WHERE true {conflict}")


@cache
def _changing(database: str, table: sa.Table, names: tuple[str, ...]) -> sa.TextClause:
    changed = ", ".join(f"{_quoted(name)} = told.{_quoted(name)}" for name in names if name != "id")
    rows = _given(database, table, names)
    return sa.text(f"UPDATE {table.name} SET {changed} FROM ({rows}) AS told WHERE {table.name}.id = told.id")  # noqa: S608 # our models' names


def _given(database: str, table: sa.Table, names: tuple[str, ...]) -> str:
    """What makes rows of the one parameter `rows`."""
    if database != "postgresql":
        columns = ", ".join(f"json_extract(value, '$[{place}]') AS {_quoted(name)}" for place, name in enumerate(names))
        return f"SELECT {columns} FROM json_each(:rows)"  # noqa: S608 # likewise
    documents = _documents(table)
    types = {name: "text" if name in documents else _type_of(table.c[name]) for name in names}
    shape = ", ".join(f"{_quoted(name)} {type_}" for name, type_ in types.items())
    columns = ", ".join(
        f"CAST({_quoted(name)} AS json) AS {_quoted(name)}" if name in documents else _quoted(name) for name in names
    )
    return f"SELECT {columns} FROM json_to_recordset(CAST(:rows AS json)) AS row({shape})"  # noqa: S608 # likewise


def _objects(table: sa.Table, rows: Sequence[Row]) -> Sequence[Row]:
    """A document inside of the rows would be read with them, and one with a NUL, which we keep, refused: it is a text in them."""
    documents = _documents(table)
    if not documents:
        return rows
    return [
        {**row, **{name: packed(row[name]).decode() for name in documents if row.get(name) is not None}} for row in rows
    ]


@cache
def _documents(table: sa.Table) -> tuple[str, ...]:
    return tuple(column.name for column in table.columns if isinstance(column.type, sa.JSON))


def _type_of(column: sa.Column[Any]) -> str:
    return column.type.compile(postgresql.dialect())  # type: ignore[no-untyped-call]


def _lists(table: sa.Table, names: tuple[str, ...], rows: Sequence[Row]) -> list[list[Any]]:
    """Each value as it is stored, in the order of the columns: SQLite finds it by its place quicker than by its name."""
    columns = [(name, _storing(table.c[name])) for name in names]
    return [[_stored(store, row[name]) for name, store in columns] for row in rows]


def _stored(store: Callable[[Any], Any] | None, value: Any) -> Any:
    return value if store is None or value is None else store(value)


@cache
def _storing(column: sa.Column[Any]) -> Callable[[Any], Any] | None:
    """What becomes of a value before SQLite gets it, as SQLAlchemy has it; None where it is given as it is."""
    if isinstance(column.type, sa.JSON):
        return lambda document: packed(document).decode()
    return column.type.dialect_impl(_SQLITE).bind_processor(_SQLITE)


_SQLITE = sqlite.dialect()


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
