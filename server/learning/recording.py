"""What people did in courses becomes true: set-wise, for many people at once.

Each function takes acts in any order, reads the rows they touch, merges in memory and writes the difference. The caller
holds the writer's place (SQLite) or a lock a person (PostgreSQL), so nobody else changes those rows meanwhile.
Repetition changes nothing and says so (`merged`).
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple, TypeVar

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from server.foundation.acts import Act, Verdict, rejected
from server.foundation.bulk import put
from server.foundation.changefeed import Touch, person_stream
from server.foundation.database import any_of

from . import deadlines, published, standing
from .models import Attempt, Note, Place, StepCompletion
from .scoring import Score, score


class StepDone(NamedTuple):
    act: Act
    course_id: str
    version: int
    step_key: str


class QuizTried(NamedTuple):
    act: Act
    course_id: str
    version: int
    step_key: str
    answers: dict[str, list[str]]


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


def complete_steps(connection: Connection, done: Sequence[StepDone]) -> list[Verdict]:
    """Each step is completed for its person. A step known to be completed stays so, at the earliest time."""
    known = published.courses(connection, (one.course_id for one in done))
    admitted = standing.admitted(connection, known, done)
    verdicts = [admitted[one.act.op_id] or _fits(known[one.course_id], one, quiz=False) for one in done]
    return _record(connection, known, done, _timely(connection, known, done, verdicts))


def attempt_quizzes(connection: Connection, tried: Sequence[QuizTried]) -> list[Verdict]:
    """Each attempt stands, scored from its answers; a passed one completes its step. Attempts are never added up."""
    known = published.courses(connection, (one.course_id for one in tried))
    admitted = standing.admitted(connection, known, tried)
    verdicts = [admitted[one.act.op_id] or _fits(known[one.course_id], one, quiz=True) for one in tried]
    verdicts = _timely(connection, known, tried, verdicts)
    rows: list[dict[str, Any]] = []
    winners: list[tuple[int, QuizTried]] = []
    for index, (one, verdict) in enumerate(zip(tried, verdicts, strict=True)):
        if verdict.status != "applied":
            continue
        result = _scored(known[one.course_id], one)
        rows.append(_attempt_row(one, *result))
        verdicts[index] = Verdict("applied", None, (Touch(person_stream(one.act.person_id), "attempt", one.act.op_id),))
        if result.passed:
            winners.append((index, one))
    put(connection, Attempt, rows, replace=False)
    recorded = _record(connection, known, [one for _, one in winners], [Verdict("applied")] * len(winners))
    for (index, _), step in zip(winners, recorded, strict=True):
        verdicts[index] = verdicts[index]._replace(touches=verdicts[index].touches + step.touches)
    begun = [one for one, verdict in zip(tried, verdicts, strict=True) if verdict.status == "applied"]
    pinned: standing.Followed = {}
    standing.begin(connection, known, begun, pinned)
    for index, one in enumerate(tried):
        if verdicts[index].status == "applied":
            also = pinned.pop((one.act.person_id, one.course_id), ())
            verdicts[index] = verdicts[index]._replace(touches=verdicts[index].touches + also)
    return verdicts


_PLACES = sa.select(Place.person_id, Place.item_id, Place.kept_at, Place.op_id).where(
    Place.person_id.in_(any_of("people")), Place.item_id.in_(any_of("items"))
)
_NOTES = sa.select(Note.person_id, Note.course_id, Note.step_key, Note.kept_at, Note.op_id).where(
    Note.person_id.in_(any_of("people")), Note.course_id.in_(any_of("courses"))
)


SeenElsewhere = Callable[[Connection, Sequence[PlaceWas]], set[str]]
"""Those of the places, by op_id, that are in something which is no course, and which their person could see."""


def keep_places(connection: Connection, places: Sequence[PlaceWas], elsewhere: SeenElsewhere) -> list[Verdict]:
    """Each person's place in a course or tour is the last one told. An older one is dominated and changes nothing."""
    refused = _unseen_places(connection, places, elsewhere)
    keys = [one.item_id for one in places]
    rows = {(one.act.person_id, one.item_id): _place_row(one) for one in _in_order(places, refused)}
    values = {"people": sorted({one.act.person_id for one in places}), "items": sorted(set(keys))}
    for person, item, at, op_id in connection.execute(_PLACES, values):
        row = rows.get((person, item))
        if row and (at, op_id) >= (row["kept_at"], row["op_id"]):
            del rows[person, item]
    put(connection, Place, list(rows.values()))
    return _won([one.act for one in places], "place", keys, rows.values(), refused)


def keep_notes(connection: Connection, notes: Sequence[NoteWas]) -> list[Verdict]:
    """Each private note is what its owner wrote last. An older text is dominated and changes nothing."""
    known = published.courses(connection, (one.course_id for one in notes))
    refused = _out_of_place(connection, known, notes)
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


def _unseen_places(connection: Connection, places: Sequence[PlaceWas], elsewhere: SeenElsewhere) -> dict[str, Verdict]:
    known = published.courses(connection, (one.item_id for one in places))
    in_courses = [_InCourse(one.act, one.item_id, one.step_key) for one in places if one.item_id in known]
    others = [one for one in places if one.item_id not in known]
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


def _fits(course: published.PublishedCourse, one: StepDone | QuizTried, *, quiz: bool) -> Verdict:
    """Applied where the version has that step, and it is of the kind that can be done this way."""
    step = course.versions.get(one.version, {}).get(one.step_key)
    if step is None:
        return rejected("unknown_step")
    return Verdict("applied") if (step.kind == "quiz") is quiz else rejected("invalid")


def _scored(course: published.PublishedCourse, one: QuizTried) -> Score:
    return score(course.versions[one.version][one.step_key].quiz or {"right": {}, "pass_share": 1}, one.answers)


def _timely(
    connection: Connection,
    known: dict[str, published.PublishedCourse],
    acts: Sequence[StepDone | QuizTried],
    verdicts: list[Verdict],
) -> list[Verdict]:
    """What may complete something in time or too late, at a time that is in doubt, goes to review: a person decides.

    It is told by the act alone and its deadline, never by what else was done: so the order of telling does not matter.
    """
    may = [
        one
        for one, verdict in zip(acts, verdicts, strict=True)
        if verdict.status == "applied" and _may_complete(known[one.course_id], one)
    ]
    doubted = deadlines.in_doubt(connection, may)
    return [
        Verdict("review", "clock_unsure") if one.act.op_id in doubted else verdict
        for one, verdict in zip(acts, verdicts, strict=True)
    ]


def _may_complete(course: published.PublishedCourse, one: StepDone | QuizTried) -> bool:
    is_required = course.versions[one.version][one.step_key].rule.is_required
    return is_required and (isinstance(one, StepDone) or _scored(course, one).passed)


def _record(
    connection: Connection,
    known: dict[str, published.PublishedCourse],
    done: Sequence[StepDone | QuizTried],
    verdicts: list[Verdict],
) -> list[Verdict]:
    """The facts of the applied ones stand; completions follow. Returns the verdicts with what readers must hear."""
    applied = [one for one, verdict in zip(done, verdicts, strict=True) if verdict.status == "applied"]
    if not applied:
        return verdicts
    facts = standing.facts(connection, applied)
    new: dict[tuple[str, str, str, int], datetime] = {}
    for one in applied:
        key = (one.act.person_id, one.course_id, one.step_key, one.version)
        before = new.get(key) or facts.get(key[:2], {}).get(key[2:])
        if before is None or one.act.at < before:
            new[key] = one.act.at
    for (person, course, step, version), at in new.items():
        facts.setdefault((person, course), {})[step, version] = at
    put(connection, StepCompletion, [_fact_row(key, at) for key, at in new.items()])
    followed = standing.settle_courses(connection, known, facts, {key[:2] for key in new})
    standing.begin(connection, known, applied, followed)
    return [_with_touches(one, verdict, new, followed) for one, verdict in zip(done, verdicts, strict=True)]


def _with_touches(
    one: StepDone | QuizTried,
    verdict: Verdict,
    new: dict[tuple[str, str, str, int], datetime],
    followed: standing.Followed,
) -> Verdict:
    if verdict.status != "applied":
        return verdict
    person = one.act.person_id
    if (person, one.course_id, one.step_key, one.version) not in new:
        return Verdict("merged")
    stream = person_stream(person)
    fact = Touch(stream, "step_completion", f"{one.course_id}/{one.step_key}/{one.version}")
    return Verdict("applied", None, (fact, *followed.get((person, one.course_id), ())))


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


def _fact_row(key: tuple[str, str, str, int], at: datetime) -> dict[str, Any]:
    person, course, step, version = key
    return {"person_id": person, "course_id": course, "step_key": step, "version": version, "completed_at": at}


def _attempt_row(one: QuizTried, right: int, questions: int, passed: bool) -> dict[str, Any]:
    return {
        "op_id": one.act.op_id, "person_id": one.act.person_id, "course_id": one.course_id, "step_key": one.step_key,
        "version": one.version, "attempted_at": one.act.at,
        "recorded_at": one.act.told_at or one.act.at, "right": right, "questions": questions, "passed": passed,
        "answers": one.answers,
    }  # fmt: skip


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
