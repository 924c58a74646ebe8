"""Courses, programmes and what was done in them, as the wire has them: each function loads a set of one entity."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from server.foundation.clock import wire
from server.foundation.database import any_of

from .models import (
    Attempt,
    Course,
    CourseEnrolment,
    CourseVersion,
    Enrolment,
    ItemCompletion,
    Note,
    Place,
    Programme,
    ProgrammeItem,
    Step,
    StepCompletion,
)

Loaded = dict[str, dict[str, Any]]


_STEPS_DONE = sa.select(
    StepCompletion.course_id, StepCompletion.step_key, StepCompletion.version, StepCompletion.completed_at
).where(StepCompletion.person_id == sa.bindparam("person"), any_of(StepCompletion.course_id, "courses"))


def step_completions(connection: Connection, person_id: str, ids: Sequence[str]) -> Loaded:
    """protocol.StepCompletion, by `<course>/<step>/<version>`"""
    wanted = set(ids)
    values = {"person": person_id, "courses": _first_parts(ids)}
    return {
        f"{row.course_id}/{row.step_key}/{row.version}": {
            "course_id": row.course_id, "step_key": row.step_key, "version": row.version,
            "completed_at": wire(row.completed_at),
        }
        for row in connection.execute(_STEPS_DONE, values)
        if f"{row.course_id}/{row.step_key}/{row.version}" in wanted
    }  # fmt: skip


_ATTEMPTS = sa.select(
    Attempt.op_id, Attempt.course_id, Attempt.step_key, Attempt.version, Attempt.attempted_at, Attempt.right,
    Attempt.questions, Attempt.passed,
).where(any_of(Attempt.op_id, "ids"), Attempt.person_id == sa.bindparam("person"))  # fmt: skip


def attempts(connection: Connection, person_id: str, ids: Sequence[str]) -> Loaded:
    """protocol.Attempt, by op_id"""
    return {
        row.op_id: {
            "course_id": row.course_id, "step_key": row.step_key, "version": row.version,
            "attempted_at": wire(row.attempted_at), "right": row.right, "questions": row.questions,
            "passed": row.passed,
        }
        for row in connection.execute(_ATTEMPTS, {"person": person_id, "ids": ids})
    }  # fmt: skip


_PLACES = sa.select(Place.item_id, Place.step_key, Place.position_s, Place.kept_at).where(
    Place.person_id == sa.bindparam("person"), any_of(Place.item_id, "items")
)


def places(connection: Connection, person_id: str, ids: Sequence[str]) -> Loaded:
    """protocol.Place, by item"""
    return {
        row.item_id: {
            "item_id": row.item_id, "step_key": row.step_key, "position_s": row.position_s, "kept_at": wire(row.kept_at)
        }
        for row in connection.execute(_PLACES, {"person": person_id, "items": ids})
    }  # fmt: skip


_NOTES = sa.select(Note.course_id, Note.step_key, Note.text, Note.kept_at).where(
    Note.person_id == sa.bindparam("person"), any_of(Note.course_id, "courses")
)


def notes(connection: Connection, person_id: str, ids: Sequence[str]) -> Loaded:
    """protocol.Note, by `<course>/<step>`; to its owner only"""
    return {
        f"{row.course_id}/{row.step_key}": {
            "course_id": row.course_id, "step_key": row.step_key, "text": row.text, "kept_at": wire(row.kept_at)
        }
        for row in connection.execute(_NOTES, {"person": person_id, "courses": _first_parts(ids)})
    }  # fmt: skip


def enrolments(connection: Connection, person_id: str, ids: Sequence[str]) -> Loaded:
    """protocol.Enrolment, by programme or course"""
    return _programme_enrolments(connection, person_id, ids) | _course_enrolments(connection, person_id, ids)


_ENROLMENTS = (
    sa.select(
        Enrolment.programme_id, Enrolment.started_on, ProgrammeItem.key, ProgrammeItem.due_days,
        ProgrammeItem.is_mandatory, ItemCompletion.completed_at,
    )
    .join(ProgrammeItem, ProgrammeItem.programme_id == Enrolment.programme_id)
    .outerjoin(
        ItemCompletion,
        sa.and_(ItemCompletion.item_id == ProgrammeItem.item_id, ItemCompletion.person_id == Enrolment.person_id),
    )
    .where(
        Enrolment.person_id == sa.bindparam("person"),
        any_of(Enrolment.programme_id, "programmes"),
        Enrolment.ended_on.is_(None),
    )
    .order_by(Enrolment.programme_id, ProgrammeItem.position)
)  # fmt: skip


def _programme_enrolments(connection: Connection, person_id: str, ids: Sequence[str]) -> Loaded:
    found: Loaded = {}
    unfinished: set[str] = set()
    for row in connection.execute(_ENROLMENTS, {"person": person_id, "programmes": ids}):
        programme = found.setdefault(
            row.programme_id,
            {
                "kind": "programme", "programme_id": row.programme_id, "started_on": row.started_on.isoformat(),
                "items": [], "completed_at": None,
            },
        )  # fmt: skip
        due_on = None if row.due_days is None else (row.started_on + timedelta(days=row.due_days)).isoformat()
        done = row.completed_at and wire(row.completed_at)
        programme["items"].append({"key": row.key, "due_on": due_on, "completed_at": done})
        if row.is_mandatory and not done:
            unfinished.add(row.programme_id)
        if done:
            programme["completed_at"] = max(programme["completed_at"] or "", done)
    for programme_id in unfinished:
        found[programme_id]["completed_at"] = None
    return found


_OF_COURSES = (
    sa.select(
        Course.id, Course.current_version, CourseEnrolment.is_chosen, CourseEnrolment.pinned_version,
        ItemCompletion.version, ItemCompletion.completed_at, CourseVersion.documents,
    )
    .outerjoin(
        CourseEnrolment,
        sa.and_(CourseEnrolment.course_id == Course.id, CourseEnrolment.person_id == sa.bindparam("person")),
    )
    .outerjoin(
        ItemCompletion,
        sa.and_(ItemCompletion.item_id == Course.id, ItemCompletion.person_id == sa.bindparam("person")),
    )
    .outerjoin(
        CourseVersion,
        sa.and_(CourseVersion.course_id == Course.id, CourseVersion.number == CourseEnrolment.pinned_version),
    )
    .where(any_of(Course.id, "courses"))
)  # fmt: skip


def _course_enrolments(connection: Connection, person_id: str, ids: Sequence[str]) -> Loaded:
    found: Loaded = {}
    for row in connection.execute(_OF_COURSES, {"person": person_id, "courses": ids}):
        # The version that was begun matters only while it is not the current one and the course is not completed.
        is_pinned = row.pinned_version not in (None, row.current_version) and row.completed_at is None
        found[row.id] = {
            "kind": "course", "course_id": row.id, "chosen": bool(row.is_chosen),
            "pinned": {"version": row.pinned_version, "documents": row.documents} if is_pinned else None,
            "completed_version": row.version, "completed_at": row.completed_at and wire(row.completed_at),
        }  # fmt: skip
    return found


_PROGRAMMES = sa.select(Programme.id, Programme.slug, Programme.title, Programme.summary).where(
    any_of(Programme.id, "programmes"), Programme.audience_unit_id == sa.bindparam("unit")
)
_ITEMS = (
    sa.select(ProgrammeItem).where(any_of(ProgrammeItem.programme_id, "programmes")).order_by(ProgrammeItem.position)
)


def programmes(connection: Connection, unit_id: str, ids: Sequence[str]) -> Loaded:
    """protocol.Programme"""
    found: Loaded = {
        row.id: {"programme_id": row.id, "slug": row.slug, "title": row.title, "summary": row.summary, "items": []}
        for row in connection.execute(_PROGRAMMES, {"programmes": ids, "unit": unit_id})
    }
    for item in connection.execute(_ITEMS, {"programmes": sorted(found)}):
        found[item.programme_id]["items"].append(
            {
                "key": item.key, "kind": item.kind, "item_id": item.item_id, "is_mandatory": item.is_mandatory,
                "due_days": item.due_days, "after": item.after,
            }
        )  # fmt: skip
    return found


_REQUIRED = (
    sa.select(Step.course_id, Step.version, sa.func.count().label("n"))
    .where(Step.is_required, any_of(Step.course_id, "courses"))
    .group_by(Step.course_id, Step.version)
    .subquery()
)
_CATALOGUE = (
    sa.select(Course, CourseVersion.entry, CourseVersion.documents, CourseVersion.published_at, _REQUIRED.c.n)
    .join(
        CourseVersion,
        sa.and_(CourseVersion.course_id == Course.id, CourseVersion.number == Course.current_version),
    )
    .outerjoin(_REQUIRED, sa.and_(_REQUIRED.c.course_id == Course.id, _REQUIRED.c.version == Course.current_version))
    .where(
        any_of(Course.id, "courses"),
        Course.audience_unit_id == sa.bindparam("unit"),
        Course.retired_at.is_(None),
    )
)


def catalogue(connection: Connection, unit_id: str, ids: Sequence[str]) -> Loaded:
    """protocol.CatalogueEntry of courses; a retired one is gone"""
    return {
        row.id: {
            "kind": "course", "item_id": row.id, "slug": row.slug, **row.entry, "is_open": row.is_open,
            "version": row.current_version, "published_at": wire(row.published_at), "documents": row.documents,
            "required_steps": row.n or 0,
        }
        for row in connection.execute(_CATALOGUE, {"courses": ids, "unit": unit_id})
    }  # fmt: skip


def _first_parts(ids: Sequence[str]) -> list[str]:
    return sorted({one.partition("/")[0] for one in ids})
