"""A person's own mail address: told by themselves in the app, and used once they have shown that they read what comes there.

It is where reminders go, and nothing else: what they sign in with stays, and no address opens a session. Until a code that was
mailed there comes back, nothing has changed.
"""

import secrets
from datetime import datetime, timedelta
from typing import ClassVar

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from server.foundation import ids
from server.foundation.changefeed import Touch, person_stream, publish
from server.foundation.database import writing
from server.foundation.errors import Refusal
from server.people import addresses, auditing
from server.people.models import Person
from server.people.signing_in import CODE_ALPHABET

from . import contacts
from .composing import Unmailable, mailable
from .letters import Sent
from .models import ContactAddress

CODE_FOR = timedelta(minutes=30)
MOST_TRIES = 5
LENGTH = 8


class AddressCodeWrong(Refusal):
    """Another code, one that is used or over, or one of too many tries: the same answer for all."""

    code, status = "address_code_wrong", 422


class MailOff(Refusal):
    """This organisation sends no mail."""

    code: ClassVar[str] = "mail_off"


class MailNotTaken(Refusal):
    """The mail server says that there is nobody at that address."""

    code, status = "mail_not_taken", 422


class MailDown(Refusal):
    """The mail server takes nothing just now."""

    code, status = "mail_down", 503


_MINE = ContactAddress.person_id == sa.bindparam("of")
_WANT = sa.update(ContactAddress).where(_MINE).values(
    wanted_address=sa.bindparam("address"), wanted_code=sa.bindparam("code"), wanted_until=sa.bindparam("until"),
    wanted_tries=0,
)  # fmt: skip
_TRY = (
    sa.update(ContactAddress)
    .where(_MINE, ContactAddress.wanted_until > sa.bindparam("now"), ContactAddress.wanted_tries < MOST_TRIES)
    .values(wanted_tries=ContactAddress.wanted_tries + 1)
    .returning(ContactAddress.wanted_address, ContactAddress.wanted_code)
)


def want(engine: Engine, *, person_id: str, to: str, at: datetime) -> tuple[str, str]:
    """A code for this address is waited for, and no earlier one. Returns the address and the code, to be mailed there.

    Nothing else has changed yet. Raises AddressWrong.
    """
    address = addresses.tidy(to)
    try:
        mailable(address)
    except Unmailable:
        raise addresses.AddressWrong from None
    code = "".join(secrets.choice(CODE_ALPHABET) for _ in range(LENGTH))
    with writing(), engine.begin() as connection:
        contacts.make(connection, [person_id])
        values = {"of": person_id, "address": address, "code": ids.hash_of(code), "until": at + CODE_FOR}
        connection.execute(_WANT, values)
    return address, code


def answer(sent: Sent) -> None:
    """What the mail server said of the code, as the person is told it. Raises MailNotTaken, MailDown."""
    if sent.how == "gone":
        raise MailNotTaken
    if sent.how != "ok":
        raise MailDown


def confirm(engine: Engine, *, person_id: str, code: str, at: datetime) -> None:
    """Mail goes to the address at which the code was read, also what waits. Again: the code is used.

    Each try counts, whatever comes of it. Raises AddressCodeWrong.
    """
    tidy = code.upper().replace("-", "").replace(" ", "")
    with writing(), engine.begin() as connection:
        tried = connection.execute(_TRY, {"of": person_id, "now": at}).one_or_none()
        is_right = tried is not None and secrets.compare_digest(tried.wanted_code, ids.hash_of(tidy))
        if tried is not None and is_right:
            _goes_to(connection, person_id, tried.wanted_address, at)
    if not is_right:
        raise AddressCodeWrong


def _goes_to(connection: Connection, person_id: str, address: str, at: datetime) -> None:
    """Where it is what they sign in with, they have no other. What came back from there before is forgotten."""
    signs_in = connection.execute(sa.select(Person.email).where(Person.id == person_id)).scalar_one()
    connection.execute(_SET, {"of": person_id, "address": None if address == signs_in else address, "bounced": address})
    _changed(connection, person_id, "own_address_set", at)


def drop(connection: Connection, *, person_id: str, at: datetime) -> None:
    """Mail goes to what the person signs in with. Again: nothing changes."""
    if connection.execute(_DROP, {"of": person_id}).rowcount:
        _changed(connection, person_id, "own_address_removed", at)


def _changed(connection: Connection, person_id: str, action: str, at: datetime) -> None:
    auditing.note_on(connection, at=at, actor_id=person_id, action=action, subject_id=person_id)
    contacts.follow(connection, person_id, contacts.mail_way(connection, person_id, at).address)
    publish(connection, [Touch(person_stream(person_id), "self", person_id)])


_NOTHING_WANTED = {"wanted_address": None, "wanted_code": None, "wanted_until": None, "wanted_tries": 0}
_IS_BOUNCED = ContactAddress.bounced_address == sa.bindparam("bounced")
_SET = sa.update(ContactAddress).where(_MINE).values(
    own_address=sa.bindparam("address"),
    mail_bounced_at=sa.case((_IS_BOUNCED, None), else_=ContactAddress.mail_bounced_at), **_NOTHING_WANTED,
)  # fmt: skip
_DROP = sa.update(ContactAddress).where(_MINE, ContactAddress.own_address.is_not(None)).values(own_address=None)
