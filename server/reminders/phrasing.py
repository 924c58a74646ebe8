"""The words of rules, where the organisation has some of its own in place of the product's."""

from collections.abc import Iterable
from datetime import datetime
from string import Formatter
from typing import ClassVar

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session

from server.foundation.bulk import put
from server.foundation.errors import NotFound, Refusal
from server.foundation.texts import LANGUAGES, catalogue
from server.people import auditing

from .letters import Words
from .models import ReminderText

TEXTS: dict[str, tuple[str, ...]] = {
    "assigned": ("assigned",), "due": ("due",), "overdue": ("overdue",), "tour_tomorrow": ("tour_tomorrow",),
    "leaving": ("leaving",), "departure_changed": ("moved", "moved_place", "cancelled", "removed"),
    "exam_result": ("passed", "not_passed"), "attention": ("attention",),
}  # fmt: skip
"""Of each rule the texts that it may say, one for each case."""
LONGEST_TITLE, LONGEST_BODY = 80, 300
Phrases = dict[tuple[str, str], Words]
"""The own words, by text and language."""


class TextEmpty(Refusal):
    """A title without a body, or the other way round, or neither."""

    code: ClassVar[str] = "text_empty"
    status: ClassVar[int] = 422


class TextTooLong(Refusal):
    code: ClassVar[str] = "text_too_long"
    status: ClassVar[int] = 422


class PlaceUnknown(Refusal):
    """A place in braces that nothing is put into, or a brace without its other."""

    code: ClassVar[str] = "text_place_unknown"
    status: ClassVar[int] = 422


def usual(key: str, language: str) -> Words:
    """The product's own words, with their places; of several numbers those for many."""
    found = (catalogue(language)[f"reminder.{key}.{part}"] for part in ("title", "body"))
    return Words(*(text["other"] if isinstance(text, dict) else text for text in found))


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
    rows = connection.execute(sa.select(ReminderText.key, ReminderText.language, ReminderText.title, ReminderText.body))
    return {(row.key, row.language): Words(row.title, row.body) for row in rows}


def checked(key: str, said: dict[str, Words]) -> dict[str, Words]:
    """The words, tidied. Raises TextEmpty, TextTooLong, PlaceUnknown."""
    may = places(key)
    tidy = {one: Words(*(" ".join(text.split()) for text in words)) for one, words in said.items()}
    for words in tidy.values():
        if not (words.title and words.body):
            raise TextEmpty
        if len(words.title) > LONGEST_TITLE or len(words.body) > LONGEST_BODY:
            raise TextTooLong(title=LONGEST_TITLE, body=LONGEST_BODY)
        try:
            unknown = [name for text in words for name in _named(text) if name not in may]
        except ValueError:
            raise PlaceUnknown(places=_listed(may)) from None
        if unknown:
            raise PlaceUnknown(places=_listed(may))
    return tidy


def _listed(names: list[str]) -> str:
    return ", ".join(f"{{{name}}}" for name in names) or "–"


def phrase(session: Session, *, key: str, said: dict[str, Words], at: datetime, actor_id: str) -> None:
    """What is said from now on in these words; where they are the product's own, those. Again: the last words count.

    What is in an inbox already stays as it was said. Raises NotFound, TextEmpty, TextTooLong, PlaceUnknown.
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
