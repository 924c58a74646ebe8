"""Signing in: by password, by a one-time code, and carrying a session to the home-screen app."""

import secrets
from datetime import datetime, timedelta
from typing import ClassVar

import sqlalchemy as sa
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy.orm import Session as DatabaseSession

from server.foundation import ids
from server.foundation.errors import Refusal

from . import auditing, tickets
from .models import Person, Session, SignInCode

# OWASP's second choice: 19 MiB and two passes, which several at once can afford on a small machine.
_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
NOBODY = "$argon2id$v=19$m=19456,t=2,p=1$+8Kz8kvep73KwRC54L6m6Q$O6p/yr7pSaBCzA9AgXVd2feHSHmhBWon4AYwlR72WbU"
"""What an unknown address is weighed against: nobody has this password. Made once; making it costs a sign-in's time."""
CODE_ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
PASSWORD_CODE_FOR = timedelta(hours=24)
HANDOVER_FOR = timedelta(minutes=10)
SHORTEST_PASSWORD = 10


class SignInFailed(Refusal):
    """Wrong address or wrong password: the same answer, and the same time, for both."""

    code: ClassVar[str] = "sign_in_failed"
    status: ClassVar[int] = 401


class PasswordTooShort(Refusal):
    code: ClassVar[str] = "password_too_short"
    status: ClassVar[int] = 422


def hash_password(password: str) -> str:
    return _hasher.hash(password)


def by_password(session: DatabaseSession, *, email: str, password: str) -> Person:
    """Who has this address and password. Raises SignInFailed, after as long for an unknown address as for a known one."""
    found = _active(session, email)
    stored = found.password_hash if found else None
    session.rollback()  # weighing a password takes long: nobody may wait for the writer's place meanwhile
    try:
        _hasher.verify(stored or NOBODY, password)
    except (VerificationError, InvalidHashError):
        raise SignInFailed from None
    person = _active(session, email) if stored else None
    if person is None or person.password_hash != stored:
        raise SignInFailed
    return person


def by_code(session: DatabaseSession, *, email: str, code: str, new_password: str, at: datetime) -> Person:
    """The code is used, the person has the new password, no other session and no upload ticket. Again: it is refused."""
    if len(new_password) < SHORTEST_PASSWORD:
        raise PasswordTooShort(n=SHORTEST_PASSWORD)
    person = _use(session, code, "password", at)
    if person.email != email.strip().casefold():
        raise SignInFailed
    person.password_hash = hash_password(new_password)
    session.execute(sa.delete(Session).where(Session.person_id == person.id))
    auditing.note(session, at=at, actor_id=person.id, action="password_set_by_code", subject_id=person.id)
    tickets.revoke(session.connection(), at=at, actor_id=person.id, person_id=person.id, device_id=None)
    return person


def by_handover(session: DatabaseSession, *, code: str, at: datetime) -> Person:
    """The code is used; whoever had it continues the session of who made it."""
    return _use(session, code, "handover", at)


def issue_code(
    session: DatabaseSession, *, person_id: str, purpose: str, issued_by: str, at: datetime
) -> tuple[str, datetime]:
    """The person has a fresh one-time code and no older one of that purpose. Returns it (told once) and its end."""
    session.execute(
        sa.delete(SignInCode).where(
            SignInCode.person_id == person_id, SignInCode.purpose == purpose, SignInCode.used_at.is_(None)
        )
    )
    code = "".join(secrets.choice(CODE_ALPHABET) for _ in range(10))
    expires_at = at + (PASSWORD_CODE_FOR if purpose == "password" else HANDOVER_FOR)
    session.add(
        SignInCode(
            code_hash=ids.hash_of(code), purpose=purpose, person_id=person_id, issued_by=issued_by, issued_at=at,
            expires_at=expires_at,
        )
    )  # fmt: skip
    if purpose == "password":
        auditing.note(session, at=at, actor_id=issued_by, action="sign_in_code_issued", subject_id=person_id)
    return code, expires_at


def withdraw_codes(session: DatabaseSession) -> None:
    """No code opens anything any more. For a restored database, which may hold codes that were used since."""
    session.execute(sa.delete(SignInCode).where(SignInCode.used_at.is_(None)))


def _use(session: DatabaseSession, code: str, purpose: str, at: datetime) -> Person:
    tidy = code.upper().replace("-", "").replace(" ", "")
    used = session.execute(
        sa.update(SignInCode)
        .where(
            SignInCode.code_hash == ids.hash_of(tidy),
            SignInCode.purpose == purpose,
            SignInCode.used_at.is_(None),
            SignInCode.expires_at > at,
        )
        .values(used_at=at)
        .returning(SignInCode.person_id)
    ).scalar_one_or_none()
    person = session.get(Person, used) if used else None
    if person is None or person.deactivated_at or person.erased_at:
        raise SignInFailed
    return person


def _active(session: DatabaseSession, email: str) -> Person | None:
    return session.scalars(
        sa.select(Person).where(
            Person.email == email.strip().casefold(), Person.deactivated_at.is_(None), Person.erased_at.is_(None)
        )
    ).one_or_none()
