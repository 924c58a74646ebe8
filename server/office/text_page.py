"""What a rule says, in the product's words or the organisation's own, as it would be read; and with words that are tried."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from server.foundation.errors import NotFound
from server.foundation.texts import LANGUAGES
from server.reminders.letters import Words
from server.reminders.phrasing import TEXTS, Phrase, phrases, places, usual
from server.reminders.wording import examples


@dataclass(frozen=True, slots=True)
class Text:
    key: str
    words: dict[str, Phrase]
    """by language, with their places"""
    shown: dict[str, list[Words]]
    """the same of a case that is made up; of several and of one, where a number is named"""
    places: list[str]
    is_own: bool
    is_tried: bool
    """not kept yet"""


def read(session: Session, rule: str, tried: tuple[str, dict[str, Phrase]] | None = None) -> list[Text]:
    """The texts of a rule, one of them perhaps with words that are tried. Raises NotFound for a rule without words of ours."""
    if rule not in TEXTS:
        raise NotFound
    own = phrases(session.connection())
    found = []
    for key in TEXTS[rule]:
        is_tried = tried is not None and tried[0] == key
        words = {one: own.get((key, one)) or usual(key, one) for one in LANGUAGES} | (
            tried[1] if is_tried and tried else {}
        )
        shown = {one: examples(key, one, said) for one, said in words.items()}
        is_own = any((key, one) in own for one in LANGUAGES)
        found.append(Text(key, words, shown, places(key), is_own, is_tried))
    return found


def usual_words(key: str) -> dict[str, Phrase]:
    return {one: usual(key, one) for one in LANGUAGES}
