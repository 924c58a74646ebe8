"""What needs a person's decision or look: acts in review, what waits for a technician, phones that have lost something.

Never what somebody wrote or answered, nor where they were; and of learning the day, not the hour.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from server.activities.models import CheckIn, Evidence
from server.foundation.errors import NotFound
from server.learning.models import StepCompletion
from server.people.models import Person
from server.sync.deciding import IS_IN_REVIEW
from server.sync.models import SyncDecision, SyncOperation, SyncReceipt

from . import act_words, lost_phones, sight
from .act_words import Subject
from .exception_readers import Reader, is_within, may_decide
from .sight import SHOWN, Post

PAGE = 25
ROOMS = ("review", "waiting", "phones", "decided")


@dataclass(frozen=True, slots=True)
class Tally:
    """How many there are that need somebody."""

    review: int
    waiting: int
    phones: int

    @property
    def all(self) -> int:
        return self.review + self.waiting + self.phones


@dataclass(frozen=True, slots=True)
class Word:
    """What somebody decided; it can be taken back until it stands."""

    counts: bool
    status: str | None
    """what came of it, once it stands"""
    has_failed: bool
    """it was to count, and could not: what it is about is gone"""
    reason: str | None
    by_id: str
    by: str
    at: datetime
    stands_at: datetime | None


@dataclass(frozen=True, slots=True)
class ActRow:
    op_id: str
    person_id: str
    name: str
    posts: list[Post]
    kind: str
    code: str
    subject: Subject
    at: datetime
    """when it is said to have happened"""
    received_at: datetime
    may_decide: bool
    word: Word | None


@dataclass(frozen=True, slots=True)
class Page:
    room: str
    tally: Tally
    matching: int
    page: int
    acts: list[ActRow]
    phones: list[lost_phones.PhoneRow]
    undoable: list[ActRow]
    """decided within the last minute"""

    @property
    def pages(self) -> int:
        return max(1, -(-self.matching // PAGE))


def tally(session: Session, reader: Reader, now: datetime) -> Tally:
    """One query."""
    listed = (_reviews(reader), _waiting(reader), lost_phones.news(reader, now))
    counts = [sa.select(sa.func.count()).select_from(one.subquery()).scalar_subquery() for one in listed]
    return Tally(*(int(value) for value in session.execute(sa.select(*counts)).one()))


def read(session: Session, reader: Reader, room: str, now: datetime, page: int) -> Page:
    """The room that was asked for, of the people in sight."""
    counted = tally(session, reader, now)
    if room == "decided":
        matching = session.scalar(sa.select(sa.func.count()).select_from(_decided(reader).subquery())) or 0
    else:
        matching = getattr(counted, room)
    page = min(page, max(1, -(-matching // PAGE)))
    rows = session.execute(_listed(reader, room, now).limit(PAGE).offset((page - 1) * PAGE)).all()
    undoable = session.execute(_pending(reader)).all() if room == "review" else []
    if room == "phones":
        return Page(room, counted, matching, page, [], lost_phones.filled(session, reader, rows), [])
    acts = _act_rows(session, reader, [*rows, *undoable])
    return Page(room, counted, matching, page, acts[: len(rows)], [], acts[len(rows) :])


def _listed(reader: Reader, room: str, now: datetime) -> sa.Select[Any]:
    if room == "phones":
        return lost_phones.news(reader, now)
    return {"review": _reviews, "waiting": _waiting, "decided": _decided}[room](reader)


def check_may_decide(session: Session, reader: Reader, op_id: str) -> None:
    """Raises NotFound for an act of somebody whom the reader does not coordinate, as if there were none."""
    of_act = sa.select(SyncOperation.person_id).where(SyncOperation.op_id == op_id).scalar_subquery()
    if session.scalar(sa.select(Person.id).where(Person.id == of_act, is_within(reader.helped, reader.today))) is None:
        raise NotFound


def word_on(session: Session, reader: Reader, op_id: str) -> ActRow:
    """The act with what was decided of it. Raises NotFound."""
    rows = session.execute(_decided(reader).where(SyncOperation.op_id == op_id)).all()
    if not rows:
        raise NotFound
    return _act_rows(session, reader, rows)[0]


_IS_OPEN = sa.text("sync_operation.status IN ('review', 'deferred')")
"""words and no parameters: else SQLite would not take the index of what is not settled"""
_BY = aliased(Person)
_BY_NAME = sa.case((_BY.is_protected, _BY.alias), else_=_BY.name)


def _acts(reader: Reader) -> sa.Select[Any]:
    """Acts of people in sight that were not simply applied, with what became of them since."""
    decided_by = sa.func.coalesce(SyncDecision.decided_by, SyncReceipt.decided_by)
    code = sa.case((SyncReceipt.status == "review", SyncReceipt.code), else_=SyncOperation.code)
    return (
        sa.select(
            SyncOperation.op_id, SyncOperation.person_id, SHOWN.label("name"), SyncOperation.kind, SyncOperation.raw,
            code.label("code"), SyncOperation.effective_at, SyncOperation.received_at,
            SyncReceipt.status.label("receipt"), SyncReceipt.code.label("receipt_code"),
            SyncDecision.counts, SyncDecision.stands_at, decided_by.label("by_id"),
            sa.func.coalesce(SyncDecision.reason, SyncReceipt.reason).label("reason"),
            sa.func.coalesce(SyncDecision.decided_at, SyncReceipt.decided_at).label("decided_at"),
            _BY_NAME.label("by_name"), may_decide(reader),
        )
        .join(Person, Person.id == SyncOperation.person_id)
        .outerjoin(SyncReceipt, SyncReceipt.op_id == SyncOperation.op_id)
        .outerjoin(SyncDecision, SyncDecision.op_id == SyncOperation.op_id)
        .outerjoin(_BY, _BY.id == decided_by)
        .where(_IS_OPEN, SyncOperation.raw.is_not(None), is_within(reader.seen, reader.today))
    )  # fmt: skip


def _reviews(reader: Reader) -> sa.Select[Any]:
    """What nobody has decided and somebody must: not where the same was done again in a way that holds."""
    waits = _acts(reader).where(IS_IN_REVIEW, SyncDecision.op_id.is_(None), ~_is_superseded())
    return waits.order_by(SyncOperation.received_at, SyncOperation.op_id)


def _is_superseded() -> sa.ColumnElement[bool]:
    checked_in = sa.exists().where(
        Evidence.op_id == SyncOperation.op_id, CheckIn.departure_id == Evidence.departure_id,
        CheckIn.stop_key == Evidence.stop_key, CheckIn.person_id == Evidence.person_id,
        CheckIn.confidence >= Evidence.confidence,
    )  # fmt: skip
    completed = sa.exists().where(
        StepCompletion.person_id == SyncOperation.person_id,
        StepCompletion.course_id == SyncOperation.raw["course_id"].as_string(),
        StepCompletion.step_key == SyncOperation.raw["step_key"].as_string(),
        # An earlier time may still be worth a decision, where the time is the question.
        sa.or_(SyncOperation.code == "not_enrolled", StepCompletion.completed_at <= SyncOperation.effective_at),
    )
    return sa.or_(checked_in, completed)


def _waiting(reader: Reader) -> sa.Select[Any]:
    waits = _acts(reader).where(SyncOperation.status == "deferred", SyncReceipt.op_id.is_(None))
    return waits.order_by(SyncOperation.received_at, SyncOperation.op_id)


def _pending(reader: Reader) -> sa.Select[Any]:
    return _acts(reader).where(SyncDecision.op_id.is_not(None)).order_by(SyncDecision.decided_at.desc()).limit(PAGE)


def _decided(reader: Reader) -> sa.Select[Any]:
    by = sa.func.coalesce(SyncDecision.decided_by, SyncReceipt.decided_by)
    at = sa.func.coalesce(SyncDecision.decided_at, SyncReceipt.decided_at)
    return _acts(reader).where(by.is_not(None)).order_by(at.desc(), SyncOperation.op_id)


def _act_rows(session: Session, reader: Reader, rows: Sequence[Any]) -> list[ActRow]:
    posts = sight.posts(session, reader.seen, [row.person_id for row in rows], reader.today)
    subjects = act_words.subjects(session, rows)
    return [
        ActRow(
            row.op_id, row.person_id, row.name, posts.get(row.person_id, []), row.kind, row.code or "",
            subjects[row.op_id], row.effective_at or row.received_at, row.received_at, bool(row.may_decide), _word(row),
        )
        for row in rows
    ]  # fmt: skip


def _word(row: Any) -> Word | None:
    if row.by_id is None:
        return None
    is_pending = row.stands_at is not None
    counts = row.counts if is_pending else row.receipt in ("applied", "merged")
    status = None if is_pending else row.receipt
    has_failed = status == "rejected" and row.receipt_code != "not_counted"
    return Word(
        bool(counts), status, has_failed, row.reason, row.by_id, row.by_name or "–", row.decided_at, row.stands_at
    )
