"""A coordinator's words to a group: counted and shown first, sent after a minute in which they can be taken back."""

from datetime import date, datetime, timedelta
from typing import Any, ClassVar, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from server.foundation import ids
from server.foundation.errors import NotFound, Refusal
from server.foundation.texts import LANGUAGES
from server.people import auditing
from server.people.models import Person

from .letters import Words
from .listening import is_here
from .models import GroupMessage
from .reasons import audiences

UNDO = timedelta(seconds=60)
MANY = 200
LONGEST_TITLE, LONGEST_BODY = 80, 600


class MessageEmpty(Refusal):
    """A title without a text, or the other way round, or neither in any language."""

    code: ClassVar[str] = "message_empty"
    status: ClassVar[int] = 422


class MessageTooLong(Refusal):
    code: ClassVar[str] = "message_too_long"
    status: ClassVar[int] = 422


class NobodyThere(Refusal):
    """The group has no people."""

    code: ClassVar[str] = "message_nobody"
    status: ClassVar[int] = 422


class CountNotConfirmed(Refusal):
    """So many people are told only by who has typed how many they are."""

    code: ClassVar[str] = "message_not_confirmed"
    status: ClassVar[int] = 422


class TooLate(Refusal):
    """The minute is over: it has gone out."""

    code: ClassVar[str] = "message_too_late"


class Group(NamedTuple):
    """Who a message goes to."""

    audience: str
    """unit, programme or departure"""
    audience_id: str


class Counted(NamedTuple):
    people: int
    everyone: int

    @property
    def is_many(self) -> bool:
        """So many that it is asked for twice: more than two hundred, or more than half of all."""
        return self.people > MANY or (self.people > 1 and self.people * 2 > self.everyone)


def count(session: Session, group: Group, today: date) -> Counted:
    """How many people the group has now, and how many there are at all."""
    people = audiences(today)
    in_group = (
        sa.select(people.c.person_id)
        .where(people.c.audience == group.audience, people.c.audience_id == group.audience_id)
        .where(is_here(people.c.person_id, today))
        .distinct()
        .subquery()
    )
    everyone = sa.select(sa.func.count()).select_from(Person).where(Person.deactivated_at.is_(None))
    return Counted(
        session.scalar(sa.select(sa.func.count()).select_from(in_group)) or 0,
        session.scalar(everyone.where(Person.erased_at.is_(None))) or 0,
    )


def checked(said: dict[str, Words]) -> dict[str, Words]:
    """The words by language, those that are there. Raises MessageEmpty, MessageTooLong."""
    tidy = {
        language: Words(" ".join(words.title.split()), "\n".join(_lines(words.body)))
        for language in LANGUAGES
        if (words := said.get(language)) and (words.title.strip() or words.body.strip())
    }
    if not tidy or not all(words.title and words.body for words in tidy.values()):
        raise MessageEmpty
    if any(len(words.title) > LONGEST_TITLE or len(words.body) > LONGEST_BODY for words in tidy.values()):
        raise MessageTooLong(title=LONGEST_TITLE, body=LONGEST_BODY)
    return tidy


def _lines(text: str) -> list[str]:
    printable = ("".join(one if one.isprintable() else " " for one in line) for line in text.splitlines())
    return [tidy for line in printable if (tidy := " ".join(line.split()))]


def write(
    session: Session, *, group: Group, said: dict[str, Words], confirmed: int | None, written_by: str, at: datetime,
    today: date,
) -> GroupMessage:  # fmt: skip
    """The message goes out when its minute is over. Each call is another message.

    Whether the group is in the writer's sight is the caller's to see. Raises MessageEmpty, MessageTooLong, NobodyThere,
    CountNotConfirmed.
    """
    words = checked(said)
    counted = count(session, group, today)
    if not counted.people:
        raise NobodyThere
    if counted.is_many and confirmed != counted.people:
        raise CountNotConfirmed(n=counted.people)
    message = GroupMessage(
        id=ids.new_id(), audience=group.audience, audience_id=group.audience_id,
        words={language: one._asdict() for language, one in words.items()}, written_by=written_by, written_at=at,
        sends_at=at + UNDO, recalled_at=None, people=counted.people,
    )  # fmt: skip
    session.add(message)
    _note(session, "group_message_written", message, written_by, at)
    return message


def recall(session: Session, *, message_id: str, actor_id: str, at: datetime) -> GroupMessage:
    """The message is not sent to anybody. Again: it stays so. Raises NotFound, TooLate.

    Decided by one conditional update, so that it is never both taken back and sent.
    """
    recalled = (
        sa.update(GroupMessage)
        .where(GroupMessage.id == message_id, GroupMessage.recalled_at.is_(None), GroupMessage.sends_at > at)
        .values(recalled_at=at)
    )
    is_done = session.connection().execute(recalled).rowcount
    message = session.get(GroupMessage, message_id, populate_existing=True)
    if message is None:
        raise NotFound
    if message.recalled_at is None:
        raise TooLate
    if is_done:
        _note(session, "group_message_recalled", message, actor_id, at)
    return message


def _note(session: Session, action: str, message: GroupMessage, actor_id: str, at: datetime) -> None:
    detail: dict[str, Any] = {"message_id": message.id, "audience": message.audience, "people": message.people}
    auditing.note(
        session, at=at, actor_id=actor_id, action=action, subject_id=None, audience_id=message.audience_id, **detail
    )
