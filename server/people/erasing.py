"""Erasing a person: who they were. What stays of them is a row that says that somebody was, so that their phone hears it."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from .models import Device, Employment, Person, Preference, RoleHeld, SignInCode, UploadTicket

OF_PERSON = (Employment, RoleHeld, Preference, UploadTicket, Device, SignInCode)
NOBODY = "–"


def erase(session: Session, *, person_id: str, at: datetime) -> None:
    """Nothing says who the person was, nor where they worked. Again: the first moment stays.

    Their sessions stay until they end: who holds the secret of one is told that they are erased, and wipes the phone.
    """
    person = session.get_one(Person, person_id, with_for_update=True)
    person.email, person.name, person.language = f"{person_id}@erased.invalid", NOBODY, "sv"
    person.password_hash, person.alias, person.is_protected = None, None, False
    person.is_demo, person.erased_at = False, person.erased_at or at
    session.flush()
    session.execute(sa.update(SignInCode).where(SignInCode.issued_by == person_id).values(issued_by=None))
    for model in OF_PERSON:
        session.execute(sa.delete(model).where(model.person_id == person_id))
