"""What the server says to people, in each language: JSON catalogues, keys shared by all."""

import json
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from babel.core import Locale
from babel.dates import format_date, format_datetime, format_time
from babel.plural import PluralRule
from flask import current_app, g, has_request_context, request

FOLDER = Path(__file__).resolve().parent.parent / "texts"
LANGUAGES = ("sv", "en")


@cache
def catalogue(language: str) -> dict[str, Any]:
    """All texts of a language; a value is a sentence, or {"one": …, "other": …}."""
    texts: dict[str, Any] = {}
    for path in sorted((FOLDER / language).glob("*.json")):
        texts |= json.loads(path.read_text("utf-8"))
    return texts


@cache
def _plural(language: str) -> PluralRule:
    return Locale.parse(language).plural_form


def language() -> str:
    """The reader's language: the signed-in person's, else the browser's, else the organisation's."""
    if not has_request_context():
        return LANGUAGES[0]
    if "language" not in g:
        g.language = request.accept_languages.best_match(LANGUAGES) or current_app.config["SETTINGS"].language
    return str(g.language)


def t(key: str, *, to: str | None = None, **values: Any) -> str:
    """The sentence `key` in the reader's language (or `to`). An unknown key is a defect that a test finds."""
    speaking = to or language()
    text = catalogue(speaking).get(key) or catalogue(LANGUAGES[0]).get(key) or key
    if isinstance(text, dict):
        text = text.get(_plural(speaking)(values.get("n", 0))) or text["other"]
    return str(text).format(**values) if values else str(text)


def pick(texts: dict[str, str], to: str | None = None) -> str:
    """The text in the reader's language, else in the organisation's, else in any."""
    wanted = to or language()
    return texts.get(wanted) or texts.get(LANGUAGES[0]) or next(iter(texts.values()), "")


def say_date(day: date, today: date) -> str:
    """A date as people say it: today, tomorrow, on Thursday, 3 December."""
    away = (day - today).days
    near = {-1: "time.yesterday", 0: "time.today", 1: "time.tomorrow"}.get(away)
    if near:
        return t(near)
    if 1 < away < 7:
        return format_date(day, "EEEE", locale=language())
    return format_date(day, "d MMMM" if day.year == today.year else "d MMMM y", locale=language())


def say_full_day(day: date, to: str) -> str:
    """A date that is read on another day, too: Thursday 3 December."""
    return format_date(day, "EEEE d MMMM", locale=to)


def say_time(instant: datetime, zone: str, to: str | None = None) -> str:
    speaking = to or language()
    return format_time(instant, "HH:mm" if speaking == "en" else "HH.mm", tzinfo=ZoneInfo(zone), locale=speaking)


def say_moment(instant: datetime, zone: str) -> str:
    pattern = "EEE d MMM HH:mm" if language() == "en" else "EEE d MMM HH.mm"
    return format_datetime(instant, pattern, tzinfo=ZoneInfo(zone), locale=language())
