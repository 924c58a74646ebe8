"""What people did before a folder was loaded. It becomes true by the rules that a phone's operations go through."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple
from zlib import crc32
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from server.activities.checking_in import CheckedIn
from server.activities.models import Departure, Stop, TypedCode
from server.foundation import ids
from server.foundation.acts import Act, Verdict
from server.foundation.changefeed import touch
from server.learning import published
from server.learning.models import Course, Step
from server.learning.recording import QuizTried, StepDone, attempt_quizzes, complete_steps
from server.sync.apply import check_in

FROM, HOURS = time(8, 30), 7
"""people study at work, each at an hour of their own"""
BETWEEN = timedelta(minutes=6)
"""one step and the next on the same day"""


class Impossible(Exception):
    """It cannot have been so; the words say why and what to do."""


class Studied(NamedTuple):
    """What one person did in one course: all of it from the first day to the last, or its first steps on the first day."""

    person_id: str
    course: Course
    begun_on: date
    done_on: date | None
    steps: int | None


def study(session: Session, studied: Studied, *, at: datetime, zone: ZoneInfo) -> None:
    """The steps are done on those days, each quiz with its right answers. Again: nothing changes. Raises Impossible."""
    person, course = studied.person_id, studied.course
    steps = _steps(session, studied)
    last = studied.done_on or studied.begun_on
    if not studied.begun_on <= last <= at.astimezone(zone).date():
        raise Impossible("the days are in the order begun_on, done_on, and none of them is to come; correct them")
    done: list[StepDone] = []
    tried: list[QuizTried] = []
    for index, step in enumerate(steps):
        day = studied.begun_on + (last - studied.begun_on) * index // max(1, len(steps) - 1)
        wall = datetime.combine(day, FROM, zone) + timedelta(minutes=_own(person, HOURS * 60)) + index * BETWEEN
        act = _act(person, min(wall.astimezone(UTC), at), "step", course.id, step.key)
        if step.quiz:
            tried.append(QuizTried(act, course.id, step.version, step.key, step.quiz["right"]))
        else:
            done.append(StepDone(act, course.id, step.version, step.key))
    session.flush()
    connection = session.connection()
    verdicts = complete_steps(connection, done) + attempt_quizzes(connection, tried)
    published.forget()  # what is not committed yet may never be
    _tell(session, verdicts)


def attend(session: Session, departure: Departure, stops_of: dict[str, int], *, at: datetime) -> None:
    """Each person checked in at so many of the departure's first stops, by their codes. Again: nothing changes.

    Raises Impossible.
    """
    if departure.ends_at > at:
        raise Impossible(
            "nobody can have checked in yet; leave checked_in away, or set the departure on an earlier day"
        )
    stops = session.execute(
        sa.select(Stop.key, TypedCode.code)
        .join(TypedCode, sa.and_(TypedCode.stop_key == Stop.key, TypedCode.departure_id == departure.id))
        .where(Stop.activity_id == departure.activity_id)
        .order_by(Stop.position)
    ).all()
    if max(stops_of.values()) > len(stops):
        raise Impossible(f"the activity has {len(stops)} stops; nobody can have checked in at more")
    each_s = (departure.ends_at - departure.starts_at).total_seconds() / len(stops)
    acts = []
    for person, count in stops_of.items():
        for index, stop in enumerate(stops[:count]):
            when = departure.starts_at + timedelta(seconds=int((index + 0.5) * each_s) + _own(person, 240))
            act = _act(person, when, "stop", departure.id, stop.key)
            acts.append(CheckedIn(act, departure.id, stop.key, "typed_code", stop.code, {"code": stop.code}))
    session.flush()
    _tell(session, check_in(session.connection(), acts))


def _steps(session: Session, studied: Studied) -> Sequence[Step]:
    of_course = sa.select(Step).where(
        Step.course_id == studied.course.id, Step.version == studied.course.current_version
    )
    steps = session.scalars(of_course.order_by(Step.position)).all()
    if studied.steps is None:
        return steps
    if studied.steps >= len(steps):
        raise Impossible(f"the course has {len(steps)} steps; where all of them are done, say done_on instead")
    return steps[: studied.steps]


def _act(person_id: str, at: datetime, *what: str) -> Act:
    return Act(ids.id_of("beforehand", person_id, *what), person_id, at, at)


def _own(person_id: str, most: int) -> int:
    """A number below `most` that is this person's: not everybody does things at the same minute."""
    return crc32(person_id.encode()) % most


def _tell(session: Session, verdicts: Sequence[Verdict]) -> None:
    """Its readers hear of it. Raises Impossible where a rule took something otherwise."""
    for verdict in verdicts:
        if verdict.status not in ("applied", "merged"):
            raise Impossible(
                f"it would not count ({verdict.code or verdict.status}); enrol the person in it, or open it to their unit"
            )
        for one in verdict.touches:
            touch(session, one.stream, one.entity, one.entity_id, deleted=one.deleted)
