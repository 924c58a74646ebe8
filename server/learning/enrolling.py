"""Enrolling people in programmes."""

from datetime import date
from typing import ClassVar

import sqlalchemy as sa
from sqlalchemy.orm import Session

from server.foundation.changefeed import person_stream, touch
from server.foundation.errors import Refusal

from .models import Enrolment, Programme, ProgrammeItem


class UnknownProgramme(Refusal):
    code: ClassVar[str] = "unknown_programme"


def programme_named(session: Session, slug: str) -> Programme:
    """The programme of that name. Raises UnknownProgramme."""
    programme = session.scalars(sa.select(Programme).where(Programme.slug == slug)).one_or_none()
    if programme is None:
        raise UnknownProgramme(programme=slug)
    return programme


def enrol(session: Session, *, person_id: str, programme_id: str, started_on: date) -> Enrolment:
    """The person is enrolled from that day. Again: the first day stays."""
    enrolment = session.get(Enrolment, (person_id, programme_id))
    if enrolment is None:
        enrolment = Enrolment(person_id=person_id, programme_id=programme_id, started_on=started_on)
        session.add(enrolment)
    enrolment.ended_on = None
    _tell(session, person_id, programme_id)
    return enrolment


def end_enrolment(session: Session, *, person_id: str, programme_id: str, ended_on: date) -> None:
    """The enrolment is over. Again: the first end stays. What was done stays done."""
    enrolment = session.get(Enrolment, (person_id, programme_id))
    if enrolment and enrolment.ended_on is None:
        enrolment.ended_on = ended_on
        _tell(session, person_id, programme_id)


def tell_enrolled(session: Session, programme_id: str) -> None:
    """Whoever is enrolled in the programme hears of it anew, and of its courses."""
    enrolled = sa.select(Enrolment.person_id).where(
        Enrolment.programme_id == programme_id, Enrolment.ended_on.is_(None)
    )
    for person in session.scalars(enrolled).all():
        _tell(session, person, programme_id)


def _tell(session: Session, person_id: str, programme_id: str) -> None:
    touch(session, person_stream(person_id), "enrolment", programme_id)
    items = sa.select(ProgrammeItem.item_id).where(
        ProgrammeItem.programme_id == programme_id, ProgrammeItem.kind == "course"
    )
    for course in session.scalars(items):
        touch(session, person_stream(person_id), "enrolment", course)
