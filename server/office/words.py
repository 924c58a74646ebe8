"""Dates, times and sentences as the office's pages say them."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from babel.dates import format_date
from flask import Flask, current_app

from server.foundation import clock
from server.foundation.texts import catalogue, language, pick, say_date, say_time, t


def register(app: Flask) -> None:
    """Templates can say these."""
    for say in (t, has_text, pick, language, day, full_day, time, clock_time, local_day, spaced, capital):
        app.add_template_global(say, say.__name__)


def has_text(key: str) -> bool:
    return key in catalogue(language())


def _zone() -> str:
    return str(current_app.config["SETTINGS"].zone)


def today() -> date:
    return clock.today(_zone())


def local_day(instant: datetime) -> date:
    """The date on which it happened, as the organisation counts it."""
    return instant.astimezone(ZoneInfo(_zone())).date()


def day(on: date) -> str:
    """Short, for a cell: i dag, i morgon, 12 nov, 12 nov 2025."""
    now = today()
    if abs((on - now).days) <= 1:
        return say_date(on, now)
    said = format_date(on, "d MMM" if on.year == now.year else "d MMM y", locale=language())
    return said.replace(".", "")


def full_day(on: date) -> str:
    """For a heading: i morgon, onsdag 25 november."""
    now = today()
    said = format_date(on, "EEEE d MMMM" if on.year == now.year else "EEEE d MMMM y", locale=language())
    return f"{say_date(on, now)}, {said}" if abs((on - now).days) <= 1 else said


def time(instant: datetime) -> str:
    return say_time(instant, _zone())


def clock_time(instant: datetime) -> str:
    """To the second, for what is a matter of seconds."""
    return f"{time(instant)}{':' if language() == 'en' else '.'}{instant.second:02}"


def spaced(code: str) -> str:
    """A code in two halves, to be read aloud."""
    half = len(code) // 2
    return f"{code[:half]}-{code[half:]}"


def capital(text: str) -> str:
    return text[:1].upper() + text[1:]
