"""When a time that is in doubt matters: near the deadline of something mandatory (SYNC.md §5)."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from server.foundation import clock
from server.foundation.database import any_of, zone_of
from server.foundation.days import days_after

from .models import Enrolment, ProgrammeItem
from .standing import InCourse

NEAR = timedelta(hours=48)


def is_doubtful(at: datetime, until: datetime, deadline: datetime) -> bool:
    """Whether nobody can say on which side of the deadline it happened: near it, and not surely before it. Pure."""
    return abs(at - deadline) <= NEAR and until > deadline


def in_doubt(connection: Connection, acts: Sequence[InCourse]) -> set[str]:
    """Those of the acts, by op_id, whose time is in doubt and near a deadline of their person's in that course."""
    doubtful = [one for one in acts if one.act.doubtful_until and not one.act.is_granted]
    if not doubtful:
        return set()
    deadlines = _deadlines(connection, doubtful)
    return {
        one.act.op_id
        for one in doubtful
        if one.act.doubtful_until
        and any(
            is_doubtful(one.act.at, one.act.doubtful_until, deadline)
            for deadline in deadlines.get((one.act.person_id, one.course_id), ())
        )
    }


_DUE: sa.Select[Any] = (
    sa.select(
        Enrolment.person_id,
        ProgrammeItem.item_id,
        days_after(Enrolment.started_on, ProgrammeItem.due_days).label("due_on"),
    )
    .join(ProgrammeItem, ProgrammeItem.programme_id == Enrolment.programme_id)
    .where(
        any_of(Enrolment.person_id, "people"),
        any_of(ProgrammeItem.item_id, "items"),
        ProgrammeItem.is_mandatory,
        ProgrammeItem.due_days.is_not(None),
        Enrolment.ended_on.is_(None),
    )
)


def _deadlines(connection: Connection, acts: Sequence[InCourse]) -> dict[tuple[str, str], list[datetime]]:
    values = {"people": sorted({one.act.person_id for one in acts}), "items": sorted({one.course_id for one in acts})}
    found: dict[tuple[str, str], list[datetime]] = {}
    for row in connection.execute(_DUE, values):
        due_on: date = row.due_on
        found.setdefault((row.person_id, row.item_id), []).append(clock.end_of(due_on, zone_of(connection)))
    return found
