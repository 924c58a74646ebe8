"""Courses in immutable versions, programmes, enrolments, and the facts of what was done."""

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from server.foundation.database import Base

STEP_KINDS = ("reading", "video", "audio", "quiz", "task", "reflection")


class Course(Base):
    __tablename__ = "course"
    id: Mapped[str] = mapped_column(sa.String(36), primary_key=True)
    slug: Mapped[str] = mapped_column(sa.String(64), unique=True)
    audience_unit_id: Mapped[str] = mapped_column(sa.ForeignKey("unit.id"), index=True)
    is_open: Mapped[bool]
    current_version: Mapped[int]
    retired_at: Mapped[datetime | None]


class CourseVersion(Base):
    """What was published once; it never changes."""

    __tablename__ = "course_version"
    course_id: Mapped[str] = mapped_column(sa.ForeignKey("course.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    published_at: Mapped[datetime]
    source_hash: Mapped[str] = mapped_column(sa.String(64))
    entry: Mapped[dict[str, Any]]
    """title, summary, minutes, picture, picture_alt: what the catalogue shows"""
    documents: Mapped[dict[str, Any]]
    """a protocol.DocumentRef a language"""


class Step(Base):
    __tablename__ = "step"
    course_id: Mapped[str] = mapped_column(sa.String(36), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    position: Mapped[int]
    kind: Mapped[str] = mapped_column(sa.String(16))
    is_required: Mapped[bool]
    hash: Mapped[str] = mapped_column(sa.String(64))
    title: Mapped[dict[str, str]]
    quiz: Mapped[dict[str, Any] | None]
    """the key: {pass_share, counts, mode, right: {question: [choices]}}; only the server reads it"""
    __table_args__ = (
        sa.ForeignKeyConstraint(["course_id", "version"], ["course_version.course_id", "course_version.number"]),
    )


class Programme(Base):
    __tablename__ = "programme"
    id: Mapped[str] = mapped_column(sa.String(36), primary_key=True)
    slug: Mapped[str] = mapped_column(sa.String(64), unique=True)
    title: Mapped[dict[str, str]]
    summary: Mapped[dict[str, str]]
    audience_unit_id: Mapped[str] = mapped_column(sa.ForeignKey("unit.id"), index=True)


class ProgrammeItem(Base):
    """A stop on a programme's line: a course, or an activity (which lives in another feature: no foreign key)."""

    __tablename__ = "programme_item"
    programme_id: Mapped[str] = mapped_column(sa.ForeignKey("programme.id"), primary_key=True)
    key: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    position: Mapped[int]
    kind: Mapped[str] = mapped_column(sa.String(16))
    item_id: Mapped[str] = mapped_column(sa.String(36), index=True)
    is_mandatory: Mapped[bool]
    due_days: Mapped[int | None]
    after: Mapped[list[str]]


class Enrolment(Base):
    __tablename__ = "enrolment"
    person_id: Mapped[str] = mapped_column(sa.ForeignKey("person.id"), primary_key=True)
    programme_id: Mapped[str] = mapped_column(sa.ForeignKey("programme.id"), primary_key=True, index=True)
    started_on: Mapped[date]
    ended_on: Mapped[date | None]


class CourseEnrolment(Base):
    """One's own relation to a course: chosen or left, and the version that was begun."""

    __tablename__ = "course_enrolment"
    person_id: Mapped[str] = mapped_column(sa.ForeignKey("person.id"), primary_key=True)
    course_id: Mapped[str] = mapped_column(sa.ForeignKey("course.id"), primary_key=True)
    is_chosen: Mapped[bool] = mapped_column(default=False)
    chosen_at: Mapped[datetime | None]
    chosen_op: Mapped[str | None] = mapped_column(sa.String(36))
    begun_at: Mapped[datetime | None]
    begun_op: Mapped[str | None] = mapped_column(sa.String(36))
    pinned_version: Mapped[int | None]


class StepCompletion(Base):
    """A fact: this step was done on this version. A set union; the earliest time counts."""

    __tablename__ = "step_completion"
    person_id: Mapped[str] = mapped_column(sa.ForeignKey("person.id"), primary_key=True)
    course_id: Mapped[str] = mapped_column(sa.ForeignKey("course.id"), primary_key=True)
    step_key: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    completed_at: Mapped[datetime]


class Attempt(Base):
    """One try at a quiz; append-only, never added up."""

    __tablename__ = "attempt"
    op_id: Mapped[str] = mapped_column(sa.String(36), primary_key=True)
    person_id: Mapped[str] = mapped_column(sa.ForeignKey("person.id"), index=True)
    course_id: Mapped[str] = mapped_column(sa.ForeignKey("course.id"))
    step_key: Mapped[str] = mapped_column(sa.String(64))
    version: Mapped[int]
    attempted_at: Mapped[datetime]
    recorded_at: Mapped[datetime | None] = mapped_column(index=True)
    """when the server came to know of it, and its result could be told; not noted of the first ones"""
    right: Mapped[int]
    questions: Mapped[int]
    passed: Mapped[bool]
    answers: Mapped[dict[str, Any]]


class ItemCompletion(Base):
    """A course or activity that a person has completed, for good.

    Derived: it can be rebuilt from the facts, for as long as those are kept (check-ins are deleted after their time).
    """

    __tablename__ = "item_completion"
    person_id: Mapped[str] = mapped_column(sa.ForeignKey("person.id"), primary_key=True)
    item_id: Mapped[str] = mapped_column(sa.String(36), primary_key=True)
    kind: Mapped[str] = mapped_column(sa.String(16))
    version: Mapped[int | None]
    completed_at: Mapped[datetime]


class Place(Base):
    """Where someone was in a course or a tour: the last one wins."""

    __tablename__ = "place"
    person_id: Mapped[str] = mapped_column(sa.ForeignKey("person.id"), primary_key=True)
    item_id: Mapped[str] = mapped_column(sa.String(36), primary_key=True)
    step_key: Mapped[str] = mapped_column(sa.String(64))
    position_s: Mapped[float | None]
    kept_at: Mapped[datetime]
    op_id: Mapped[str] = mapped_column(sa.String(36))


class Note(Base):
    """A private reflection: read by its owner and nobody else."""

    __tablename__ = "note"
    person_id: Mapped[str] = mapped_column(sa.ForeignKey("person.id"), primary_key=True)
    course_id: Mapped[str] = mapped_column(sa.String(36), primary_key=True)
    step_key: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    text: Mapped[str] = mapped_column(sa.Text)
    kept_at: Mapped[datetime]
    op_id: Mapped[str] = mapped_column(sa.String(36))
