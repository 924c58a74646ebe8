"""A one-time code that was just made goes to its person by SMS, from the page that shows it."""

from datetime import date, datetime
from typing import NamedTuple

import sqlalchemy as sa
from flask import current_app
from sqlalchemy.orm import Session

from server.foundation import ids
from server.foundation.database import db, writing
from server.foundation.errors import NotFound
from server.foundation.texts import t
from server.people import auditing
from server.people.models import Person, SignInCode
from server.reminders import contacts
from server.reminders.sms import Sms

from . import person_page
from .sight import Sight
from .words import spaced


class Code(NamedTuple):
    """A code as its page shows it."""

    person_id: str
    name: str
    code: str
    until: datetime
    number_ends: str | None
    """the last figures of the number that it can go to; None where there is none, or no gateway"""


def page_of(session: Session, *, person_id: str, name: str, code: str, until: datetime) -> Code:
    number = contacts.number_of(session.connection(), person_id) if _gateway() else None
    return Code(person_id, name, code, until, number and number[-2:])


def send(
    session: Session, helped: Sight, *, person_id: str, code: str, actor_id: str, at: datetime, today: date
) -> tuple[Code, bool]:
    """The code is handed to the gateway. Again: once more. Returns its page, and whether the gateway took it.

    Raises NotFound for a code that this coordinator did not make for this person, or that is used or over.
    """
    name = person_page.name_of(session, helped, person_id, today)
    select = sa.select(SignInCode.expires_at, Person.language).join(Person, Person.id == SignInCode.person_id)
    row = session.execute(
        select.where(
            SignInCode.code_hash == ids.hash_of(code), SignInCode.person_id == person_id, SignInCode.expires_at > at,
            SignInCode.issued_by == actor_id, SignInCode.used_at.is_(None), SignInCode.purpose == "password",
        )
    ).one_or_none()  # fmt: skip
    page = page_of(session, person_id=person_id, name=name, code=code, until=row.expires_at) if row else None
    number, gateway = contacts.number_of(session.connection(), person_id), _gateway()
    session.rollback()  # a gateway may be slow: nothing is held meanwhile
    if row is None or page is None or number is None or gateway is None:
        raise NotFound
    is_sent = gateway.say(number, t("sms.code", to=row.language, code=spaced(code))).how == "ok"
    _note(actor_id=actor_id, subject_id=person_id, at=at, is_sent=is_sent)
    return page, is_sent


def _gateway() -> Sms | None:
    settings = current_app.config["SETTINGS"]
    return Sms(settings) if settings.sms_url else None


def _note(*, actor_id: str, subject_id: str, at: datetime, is_sent: bool) -> None:
    with writing(), sa.orm.Session(db.engine) as session, session.begin():
        auditing.note(
            session, at=at, actor_id=actor_id, action="sign_in_code_by_sms", subject_id=subject_id, is_sent=is_sent
        )
