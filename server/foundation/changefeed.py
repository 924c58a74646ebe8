"""Streams of changes: what a phone must hear about, numbered so that no reader ever misses one (SYNC.md §3).

A number is given only by UPDATE … RETURNING on the stream's own row, which stays locked until commit: if n is visible,
all below n are visible or were never used. The table is compacted: one row a (stream, entity, id), moved up at each change.
"""

from collections.abc import Iterable
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Mapped, Session, mapped_column

from .bulk import put
from .database import Base, packed


class SyncStream(Base):
    __tablename__ = "sync_stream"
    stream: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    head: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    floor: Mapped[int] = mapped_column(sa.BigInteger, default=0)


class SyncChange(Base):
    __tablename__ = "sync_change"
    stream: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    seq: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True)
    entity: Mapped[str] = mapped_column(sa.String(24))
    entity_id: Mapped[str] = mapped_column(sa.String(200))
    deleted: Mapped[bool]
    __table_args__ = (sa.UniqueConstraint("stream", "entity", "entity_id"), {"sqlite_with_rowid": False})


class Touch(NamedTuple):
    """One thing that a stream's readers must read again."""

    stream: str
    entity: str
    entity_id: str
    deleted: bool = False


def person_stream(person_id: str) -> str:
    return f"person:{person_id}"


def audience_stream(unit_id: str) -> str:
    return f"audience:{unit_id}"


def departure_stream(departure_id: str) -> str:
    return f"departure:{departure_id}"


def touch(session: Session, stream: str, entity: str, entity_id: str, *, deleted: bool = False) -> None:
    """The stream's readers will hear of it when this transaction commits. Repeating it changes nothing."""
    session.info.setdefault("touches", {})[stream, entity, entity_id] = deleted


def publish(connection: Connection | Session, touches: Iterable[Touch]) -> dict[tuple[str, str, str], int]:
    """Each touch has its number, the last statements before commit. Returns the number of each (stream, entity, id).

    Streams are taken in sorted order, so that two transactions that share some cannot wait for each other in a ring.
    """
    latest = {(touch.stream, touch.entity, touch.entity_id): touch.deleted for touch in touches}
    counts: dict[str, int] = {}
    for stream, _, _ in latest:
        counts[stream] = counts.get(stream, 0) + 1
    heads = _advance(connection, counts) if counts else {}
    given: dict[tuple[str, str, str], int] = {}
    rows = []
    for (stream, entity, entity_id), deleted in latest.items():
        seq = heads[stream] - counts[stream] + 1
        counts[stream] -= 1
        given[stream, entity, entity_id] = seq
        rows.append({"stream": stream, "seq": seq, "entity": entity, "entity_id": entity_id, "deleted": deleted})
    put(connection, SyncChange, rows, key=("stream", "entity", "entity_id"))
    return given


_EACH = {"postgresql": "json_each_text(CAST(:counts AS json))", "sqlite": "json_each(:counts)"}
_ADVANCE = {
    dialect: sa.text(
        f"INSERT INTO sync_stream (stream, head, floor) SELECT key, CAST(value AS bigint), 0 FROM {each} AS one "  # noqa: S608
        "WHERE true ORDER BY key "
        "ON CONFLICT (stream) DO UPDATE SET head = sync_stream.head + excluded.head RETURNING stream, head"
    )
    for dialect, each in _EACH.items()
}


def _advance(connection: Connection | Session, counts: dict[str, int]) -> dict[str, int]:
    bind = connection if isinstance(connection, Connection) else connection.connection()
    heads = bind.execute(_ADVANCE[bind.dialect.name], {"counts": packed(counts).decode()})
    return {stream: int(head) for stream, head in heads}


def publish_session(session: Session) -> None:
    """What `touch` noted in this session is published. Called before each commit."""
    noted: dict[tuple[str, str, str], bool] | None = session.info.pop("touches", None)
    if noted:
        publish(session, [Touch(*key, deleted) for key, deleted in noted.items()])
