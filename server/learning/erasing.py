"""Erasing a person: what they learnt, answered and wrote."""

import sqlalchemy as sa
from sqlalchemy.orm import Session

from .models import Attempt, CourseEnrolment, Enrolment, ItemCompletion, Note, Place, StepCompletion

OF_PERSON = (Enrolment, CourseEnrolment, StepCompletion, Attempt, ItemCompletion, Place, Note)


def erase(session: Session, *, person_id: str) -> None:
    """Nothing of the person's learning is left. Again: nothing changes."""
    for model in OF_PERSON:
        session.execute(sa.delete(model).where(model.person_id == person_id))
