"""What people did in courses becomes true: set-wise, for many people at once.

Each function takes acts in any order, reads the rows they touch, merges in memory and writes the difference. The caller
holds the writer's place (SQLite) or a lock a person (PostgreSQL), so nobody else changes those rows meanwhile.
Repetition changes nothing and says so (`merged`).
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy.engine import Connection

from server.foundation.acts import Act, Verdict, rejected
from server.foundation.bulk import put
from server.foundation.changefeed import Touch, person_stream

from . import deadlines, published, standing
from .models import Attempt, StepCompletion
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
