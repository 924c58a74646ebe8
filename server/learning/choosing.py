"""Choosing an open course and leaving it again."""

from collections.abc import Sequence
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from server.foundation.acts import Act, Verdict, rejected
from server.foundation.bulk import put
from server.foundation.changefeed import Touch, person_stream
from server.foundation.database import any_of
from server.people import belonging

from . import published, standing
from .models import CourseEnrolment


class Choice(NamedTuple):
    act: Act
    course_id: str
    is_chosen: bool


_CHOSEN = sa.select(CourseEnrolment).where(
    any_of(CourseEnrolment.person_id, "people"), any_of(CourseEnrolment.course_id, "courses")
)


def choose_courses(connection: Connection, choices: Sequence[Choice]) -> list[Verdict]:
    """Each course is chosen or left as its person said last. An older word is dominated and changes nothing."""
    known = published.courses(connection, (one.course_id for one in choices))
    units = belonging.units_then(connection, {(one.act.person_id, one.act.at) for one in choices})
    values = {"people": sorted({one.act.person_id for one in choices}), "courses": sorted(known)}
    rows = {(row.person_id, row.course_id): dict(row._mapping) for row in connection.execute(_CHOSEN, values)}
    changed: dict[tuple[str, str], dict[str, object]] = {}
    verdicts = [Verdict("merged")] * len(choices)
    for index, one in sorted(enumerate(choices), key=lambda pair: pair[1].act.order):
        key = (one.act.person_id, one.course_id)
        course = known.get(one.course_id)
        if course is None or course.audience_unit_id not in units[key[0], one.act.at]:
            verdicts[index] = rejected("gone")
            continue
        if one.is_chosen and not course.is_open:
            verdicts[index] = rejected("not_open")
            continue
        row = rows.get(key) or standing.course_row(*key)
        if row["chosen_at"] is not None and (row["chosen_at"], row["chosen_op"]) >= one.act.order:
            continue
        rows[key] = changed[key] = row | {
            "is_chosen": one.is_chosen, "chosen_at": one.act.at, "chosen_op": one.act.op_id
        }  # fmt: skip
        verdicts[index] = Verdict("applied", None, (Touch(person_stream(key[0]), "enrolment", one.course_id),))
    put(connection, CourseEnrolment, list(changed.values()))
    return verdicts
