"""What people keep for themselves in courses and tours: the place where they are, and private notes.

As in recording.py: set-wise, for many people at once, by whoever holds the writer's place or a lock a person.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple, TypeVar

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from server.foundation.acts import Act, Verdict, rejected
from server.foundation.bulk import put
from server.foundation.changefeed import Touch, person_stream
from server.foundation.database import any_of

from . import published, standing
from .models import Note, Place


class PlaceWas(NamedTuple):
    act: Act
    item_id: str
    step_key: str
    position_s: float | None


class NoteWas(NamedTuple):
    act: Act
    course_id: str
    step_key: str
    text: str


Kept = TypeVar("Kept", PlaceWas, NoteWas)


_PLACES = sa.select(Place.person_id, Place.item_id, Place.kept_at, Place.op_id).where(
    any_of(Place.person_id, "people"), any_of(Place.item_id, "items")
)
_NOTES = sa.select(Note.person_id, Note.course_id, Note.step_key, Note.kept_at, Note.op_id).where(
    any_of(Note.person_id, "people"), any_of(Note.course_id, "courses")
)


SeenElsewhere = Callable[[Connection, Sequence[PlaceWas]], set[str]]
"""Those of the places, by op_id, that are in something which is no course, and which their person could see."""


def keep(connection: Connection, kept: Sequence[PlaceWas | NoteWas], elsewhere: SeenElsewhere) -> list[Verdict]:
    """Places and private notes are kept, of those who may. Together, because who may is asked of the database once."""
    refused = _refused(connection, kept, elsewhere)
    places = [one for one in kept if isinstance(one, PlaceWas)]
    notes = [one for one in kept if isinstance(one, NoteWas)]
    places_kept = iter(keep_places(connection, places, refused) if places else ())
    notes_kept = iter(keep_notes(connection, notes, refused) if notes else ())
    return [next(places_kept if isinstance(one, PlaceWas) else notes_kept) for one in kept]


def keep_places(connection: Connection, places: Sequence[PlaceWas], refused: dict[str, Verdict]) -> list[Verdict]:
    """Each person's place in a course or tour is the last one told. An older one is dominated and changes nothing."""
    keys = [one.item_id for one in places]
    rows = {(one.act.person_id, one.item_id): _place_row(one) for one in _in_order(places, refused)}
    values = {"people": sorted({one.act.person_id for one in places}), "items": sorted(set(keys))}
    for person, item, at, op_id in connection.execute(_PLACES, values):
        row = rows.get((person, item))
        if row and (at, op_id) >= (row["kept_at"], row["op_id"]):
            del rows[person, item]
    put(connection, Place, list(rows.values()))
    return _won([one.act for one in places], "place", keys, rows.values(), refused)


def keep_notes(connection: Connection, notes: Sequence[NoteWas], refused: dict[str, Verdict]) -> list[Verdict]:
    """Each private note is what its owner wrote last. An older text is dominated and changes nothing."""
    keys = [f"{one.course_id}/{one.step_key}" for one in notes]
    rows = {(one.act.person_id, one.course_id, one.step_key): _note_row(one) for one in _in_order(notes, refused)}
    values = {
        "people": sorted({one.act.person_id for one in notes}),
        "courses": sorted({one.course_id for one in notes}),
    }
    for person, course, step, at, op_id in connection.execute(_NOTES, values):
        row = rows.get((person, course, step))
        if row and (at, op_id) >= (row["kept_at"], row["op_id"]):
            del rows[person, course, step]
    put(connection, Note, list(rows.values()))
    return _won([one.act for one in notes], "note", keys, rows.values(), refused)


class _InCourse(NamedTuple):
    act: Act
    course_id: str
    step_key: str


def _refused(
    connection: Connection, kept: Sequence[PlaceWas | NoteWas], elsewhere: SeenElsewhere
) -> dict[str, Verdict]:
    """Why those do not count, by op_id, that are in nothing which their person could see."""
    known = published.courses(connection, (one.item_id if isinstance(one, PlaceWas) else one.course_id for one in kept))
    in_courses: list[_InCourse | NoteWas] = []
    others: list[PlaceWas] = []
    for one in kept:
        if isinstance(one, NoteWas):
            in_courses.append(one)
        elif one.item_id in known:
            in_courses.append(_InCourse(one.act, one.item_id, one.step_key))
        else:
            others.append(one)
    seen = elsewhere(connection, others) if others else set()
    unseen = {one.act.op_id: rejected("gone") for one in others if one.act.op_id not in seen}
    return _out_of_place(connection, known, in_courses) | unseen


def _out_of_place(
    connection: Connection, known: dict[str, published.PublishedCourse], acts: Sequence[_InCourse | NoteWas]
) -> dict[str, Verdict]:
    """Who may not do a closed course may still read and write in it: only what is not there for them is refused.

    A step that any version has is there: whoever began on an older one is still in it.
    """
    admitted = standing.admitted(connection, known, acts)
    gone = {op_id: verdict for op_id, verdict in admitted.items() if verdict and verdict.status == "rejected"}
    there = [one for one in acts if one.act.op_id not in gone]
    nowhere = [one for one in there if not known[one.course_id].has_step(one.step_key)]
    return gone | {one.act.op_id: rejected("unknown_step") for one in nowhere}


def _in_order(acts: Sequence[Kept], refused: dict[str, Verdict]) -> list[Kept]:
    return sorted((one for one in acts if one.act.op_id not in refused), key=lambda one: one.act.order)


def _won(
    acts: Sequence[Act],
    entity: str,
    keys: Sequence[str],
    rows: Iterable[dict[str, Any]],
    refused: dict[str, Verdict],
) -> list[Verdict]:
    winners = {row["op_id"] for row in rows}
    return [
        Verdict("applied", None, (Touch(person_stream(act.person_id), entity, key),))
        if act.op_id in winners
        else refused.get(act.op_id, Verdict("merged"))
        for act, key in zip(acts, keys, strict=True)
    ]


def _place_row(one: PlaceWas) -> dict[str, Any]:
    return {
        "person_id": one.act.person_id, "item_id": one.item_id, "step_key": one.step_key,
        "position_s": one.position_s, "kept_at": one.act.at, "op_id": one.act.op_id,
    }  # fmt: skip


def _note_row(one: NoteWas) -> dict[str, Any]:
    return {
        "person_id": one.act.person_id, "course_id": one.course_id, "step_key": one.step_key,
        "text": one.text, "kept_at": one.act.at, "op_id": one.act.op_id,
    }  # fmt: skip
