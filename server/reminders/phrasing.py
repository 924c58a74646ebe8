"""The words of rules, where the organisation has some of its own in place of the product's."""

from collections.abc import Iterable
from datetime import datetime
from string import Formatter
from typing import ClassVar, NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session

from server.foundation.bulk import put
from server.foundation.errors import NotFound, Refusal
from server.foundation.texts import LANGUAGES, catalogue
from server.people import auditing

from .models import ReminderText

TEXTS: dict[str, tuple[str, ...]] = {
    "assigned": ("assigned",), "due": ("due",), "overdue": ("overdue",), "tour_tomorrow": ("tour_tomorrow",),
    "leaving": ("leaving",), "departure_changed": ("moved", "moved_place", "cancelled", "removed"),
    "exam_result": ("passed", "not_passed"), "attention": ("attention",),
}  # fmt: skip
"""Of each rule the texts that it may say, one for each case."""
LONGEST_TITLE, LONGEST_BODY = 80, 300
NUMBER = "n"
"""the place that is a number: what names it is said in two ways, of one and of several"""


class Phrase(NamedTuple):
    """What is said, with its places."""

    title: str
    body: str
    one: str = ""
    """the body of one alone, where it names a number"""

    def of(self, number: object) -> dict[str, str]:
        return {"title": self.title, "body": self.one if self.one and number == 1 else self.body}


Phrases = dict[tuple[str, str], Phrase]
"""The own words, by text and language."""


class TextEmpty(Refusal):
    """A title without a body, or the other way round, or neither."""

    code: ClassVar[str] = "text_empty"
    status: ClassVar[int] = 422


class TextTooLong(Refusal):
    code: ClassVar[str] = "text_too_long"
    status: ClassVar[int] = 422


class OneMissing(Refusal):
    """A body names a number, and nobody has said how it reads of one."""

    code: ClassVar[str] = "text_one_missing"
    status: ClassVar[int] = 422


class PlaceUnknown(Refusal):
    """A place in braces that nothing is put into, or a brace without its other."""

    code: ClassVar[str] = "text_place_unknown"
    status: ClassVar[int] = 422


def usual(key: str, language: str) -> Phrase:
    """The product's own words, with their places."""
    title, body = (catalogue(language)[f"reminder.{key}.{part}"] for part in ("title", "body"))
    return Phrase(title, body["other"], body["one"]) if isinstance(body, dict) else Phrase(title, body)


def places(key: str) -> list[str]:
    """What a text may say of each case: {course}, {day} …, as the product's words do in any language."""
    return sorted({name for language in LANGUAGES for text in usual(key, language) for name in _named(text)})


def _named(text: str) -> Iterable[str]:
    """The places in a text. Raises ValueError where a brace stands alone, or asks for more than a name."""
    for _, name, spec, conversion in Formatter().parse(text):
        if name is not None:
            if not name.isidentifier() or spec or conversion:
                raise ValueError(name)
            yield name


def phrases(connection: Connection) -> Phrases:
    """All of the organisation's own words."""
    row = ReminderText
    rows = connection.execute(sa.select(row.key, row.language, row.title, row.body, row.one))
    return {(one.key, one.language): Phrase(one.title, one.body, one.one or "") for one in rows}


def checked(key: str, said: dict[str, Phrase]) -> dict[str, Phrase]:
    """The words, tidied. Raises TextEmpty, TextTooLong, PlaceUnknown, OneMissing."""
    may = places(key)
    return {one: _checked(Phrase(*(" ".join(text.split()) for text in words)), may) for one, words in said.items()}


def _checked(words: Phrase, may: list[str]) -> Phrase:
    if not (words.title and words.body):
        raise TextEmpty
    if len(words.title) > LONGEST_TITLE or max(len(words.body), len(words.one)) > LONGEST_BODY:
        raise TextTooLong(title=LONGEST_TITLE, body=LONGEST_BODY)
    try:
        title, body, one = (set(_named(text)) for text in words)
    except ValueError:
        raise PlaceUnknown(places=_listed(may)) from None
    in_title = [name for name in may if name != NUMBER]
    if not title <= set(in_title):
        raise PlaceUnknown(places=_listed(in_title))
    if not body | one <= set(may):
        raise PlaceUnknown(places=_listed(may))
    if NUMBER not in body:
        return words._replace(one="")
    if not words.one:
        raise OneMissing
    return words


def _listed(names: list[str]) -> str:
    return ", ".join(f"{{{name}}}" for name in names) or "–"


def phrase(session: Session, *, key: str, said: dict[str, Phrase], at: datetime, actor_id: str) -> None:
    """What is said from now on in these words; where they are the product's own, those. Again: the last words count.

    What is in an inbox already stays as it was said. Raises NotFound, TextEmpty, TextTooLong, PlaceUnknown, OneMissing.
    """
    if not any(key in texts for texts in TEXTS.values()):
        raise NotFound
    own = {one: words for one, words in checked(key, said).items() if words != usual(key, one)}
    session.execute(sa.delete(ReminderText).where(ReminderText.key == key))
    rows = [{"key": key, "language": one, **words._asdict(), "set_at": at} for one, words in own.items()]
    put(session, ReminderText, rows)
    auditing.note(
        session, at=at, actor_id=actor_id, action="rule_worded", subject_id=None, text=key, languages=sorted(own)
    )
