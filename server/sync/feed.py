"""Changes out: what a person's streams carry since their cursor, in pages (SYNC.md §3)."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import orjson
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from server.activities import present as activities
from server.foundation.changefeed import SyncChange, SyncStream, audience_stream, departure_stream, person_stream
from server.foundation.database import any_of
from server.learning import present as learning
from server.people import belonging
from server.people import present as people
from server.reminders import present as reminders

from . import replaying
from .cursor import Cursor

MOST_CHANGES = 500
MOST_BYTES = 512 * 1024

Loader = Callable[[Connection, str, Sequence[str]], dict[str, dict[str, Any]]]
"""(connection, what follows the colon in the stream's name, entity ids) → data by entity id; absent: gone"""

LOADERS: dict[tuple[str, str], Loader] = {
    ("person", "self"): reminders.selves,
    ("person", "preference"): people.preferences,
    ("person", "enrolment"): learning.enrolments,
    ("person", "step_completion"): learning.step_completions,
    ("person", "attempt"): learning.attempts,
    ("person", "place"): learning.places,
    ("person", "note"): learning.notes,
    ("person", "check_in"): activities.my_check_ins,
    ("person", "booking"): activities.bookings,
    ("person", "my_departure"): activities.my_departures,
    ("person", "receipt"): replaying.receipts,
    ("person", "reminder"): reminders.reminders,
    ("audience", "programme"): learning.programmes,
    ("audience", "catalogue_entry"): lambda c, unit, ids: (
        learning.catalogue(c, unit, ids) | activities.catalogue(c, unit, ids)
    ),
    ("departure", "roster_line"): activities.roster,
    ("departure", "check_in"): activities.departure_check_ins,
    ("departure", "typed_code"): activities.typed_codes,
}


class Page(NamedTuple):
    changes: list[dict[str, Any]]
    reset: list[str]
    reached: dict[str, int]
    more: bool


class _Row(NamedTuple):
    stream: str
    seq: int
    entity: str
    entity_id: str
    deleted: bool


def streams_of(connection: Connection, person_id: str, now: datetime) -> list[str]:
    """The streams that the person may read now: their own, their units', and departures they guide."""
    units = belonging.unit_ids(connection, [person_id]).get(person_id, set())
    guided = activities.guided_now(connection, person_id, now)
    return [
        person_stream(person_id),
        *sorted(audience_stream(unit) for unit in units),
        *sorted(departure_stream(departure) for departure in guided),
    ]


def read(connection: Connection, person_id: str, cursor: Cursor | None, epoch: str, now: datetime) -> Page:
    """What is new since `cursor`. Without one, or with one of another epoch or ahead of us: everything, after a reset."""
    allowed = streams_of(connection, person_id, now)
    heads = _heads(connection, allowed)
    since = dict(cursor.reached) if cursor and cursor.epoch == epoch else {}
    reset = [stream for stream in (cursor.reached if cursor else ()) if stream not in allowed]
    for stream in allowed:
        head, floor = heads.get(stream, (0, 0))
        if cursor is not None and (stream not in since or since[stream] > head or since[stream] < floor):
            reset.append(stream)
            since[stream] = 0
    if cursor is None:
        reset = list(allowed)
    reached = {stream: since.get(stream, 0) for stream in allowed}
    behind = [stream for stream in allowed if reached[stream] < heads.get(stream, (0, 0))[0]]
    rows = _rows(connection, behind, reached)
    taken = rows[:MOST_CHANGES]
    changes, kept = _fit(_load(connection, taken))
    for row in taken[:kept]:
        reached[row.stream] = row.seq
    more = kept < len(rows)
    if not more:
        reached |= {stream: heads[stream][0] for stream in behind}
    return Page(changes, sorted(set(reset)), reached, more)


_HEADS = sa.select(SyncStream.stream, SyncStream.head, SyncStream.floor).where(any_of(SyncStream.stream, "streams"))
_NEXT = (
    sa.select(SyncChange.stream, SyncChange.seq, SyncChange.entity, SyncChange.entity_id, SyncChange.deleted)
    .where(SyncChange.stream == sa.bindparam("of"), SyncChange.seq > sa.bindparam("after"))
    .order_by(SyncChange.seq)
    .limit(sa.bindparam("most"))
)


def _heads(connection: Connection, streams: list[str]) -> dict[str, tuple[int, int]]:
    rows = connection.execute(_HEADS, {"streams": streams})
    return {row.stream: (row.head, row.floor) for row in rows}


def _rows(connection: Connection, streams: list[str], reached: dict[str, int]) -> list[_Row]:
    """The next changes, stream by stream in a fixed order; one more than a page, so that we know whether more follow."""
    rows: list[_Row] = []
    for stream in streams:
        values = {"of": stream, "after": reached[stream], "most": MOST_CHANGES + 1 - len(rows)}
        rows += [_Row(*row) for row in connection.execute(_NEXT, values)]
        if len(rows) > MOST_CHANGES:
            break
    return rows


def _load(connection: Connection, rows: list[_Row]) -> list[dict[str, Any]]:
    wanted: dict[tuple[str, str], list[str]] = {}
    for row in rows:
        if not row.deleted:
            wanted.setdefault((row.stream, row.entity), []).append(row.entity_id)
    loaded = {}
    for (stream, entity), ids in wanted.items():
        kind, _, subject = stream.partition(":")
        loaded[stream, entity] = LOADERS[kind, entity](connection, subject, ids)
    changes = []
    for row in rows:
        data = loaded.get((row.stream, row.entity), {}).get(row.entity_id)
        changes.append(
            {
                "stream": row.stream,
                "entity": row.entity,
                "id": row.entity_id,
                "deleted": data is None,
                "v": 1,
                "data": data,
            }
        )
    return changes


def _fit(changes: list[dict[str, Any]]) -> tuple[list[dict[str, Any]], int]:
    """As many as a page may weigh, at least one."""
    if len(changes) < 50:
        return changes, len(changes)  # no entity comes near 10 kB
    weight = 0
    for index, change in enumerate(changes):
        weight += len(orjson.dumps(change))
        if weight > MOST_BYTES and index:
            return changes[:index], index
    return changes, len(changes)
