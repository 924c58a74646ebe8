"""What acts are about, in words that the office may read: a tour and its stop, a course and its step. Never what was said."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from server.activities.models import Activity, Departure, Stop
from server.learning.models import CourseVersion, Step

Texts = dict[str, str]


@dataclass(frozen=True, slots=True)
class Subject:
    """Either may be unknown: what a server newer or older than ours was told need not make sense here."""

    whole: Texts | None = None
    """the tour or the course"""
    part: Texts | None = None
    """the stop or the step"""
    starts_at: datetime | None = None
    ends_at: datetime | None = None


def subjects(session: Session, rows: Sequence[Any]) -> dict[str, Subject]:
    """Of each act (op_id, kind, raw), by op_id. Two queries, whatever the number."""
    stops, steps = _stops(session, rows), _steps(session, rows)
    found = {}
    for row in rows:
        said = row.raw
        if row.kind == "checked_in":
            found[row.op_id] = stops.get((said.get("departure_id"), said.get("stop_key")), Subject())
        elif row.kind in ("step_completed", "quiz_attempted"):
            found[row.op_id] = steps.get((said.get("course_id"), said.get("version"), said.get("step_key")), Subject())
        else:
            found[row.op_id] = Subject()
    return found


def _stops(session: Session, rows: Sequence[Any]) -> dict[tuple[Any, Any], Subject]:
    ids = sorted({str(row.raw.get("departure_id")) for row in rows if row.kind == "checked_in"})
    select = (
        sa.select(Departure.id, Stop.key, Activity.entry, Stop.name, Departure.starts_at, Departure.ends_at)
        .join(Activity, Activity.id == Departure.activity_id)
        .join(Stop, Stop.activity_id == Activity.id)
        .where(Departure.id.in_(ids))
    )
    return {
        (row.id, row.key): Subject(row.entry["title"], row.name, row.starts_at, row.ends_at)
        for row in session.execute(select)
    }


def _steps(session: Session, rows: Sequence[Any]) -> dict[tuple[Any, Any, Any], Subject]:
    kinds = ("step_completed", "quiz_attempted")
    ids = sorted({str(row.raw.get("course_id")) for row in rows if row.kind in kinds})
    of_step = sa.and_(CourseVersion.course_id == Step.course_id, CourseVersion.number == Step.version)
    select = (
        sa.select(Step.course_id, Step.version, Step.key, CourseVersion.entry, Step.title)
        .join(CourseVersion, of_step)
        .where(Step.course_id.in_(ids))
    )
    return {
        (row.course_id, row.version, row.key): Subject(row.entry["title"], row.title) for row in session.execute(select)
    }
