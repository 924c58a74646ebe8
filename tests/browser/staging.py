"""Where screens are walked through: one server, phones with empty profiles, and what every walk does."""

import re
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple

from playwright.sync_api import Page, Playwright

from bench.ground import Server
from config import ROOT

from .driving import Phone
from .reading_server import COMING, coming_departure, documents

WELCOME, DESK, OPEN, SECURITY = (
    "valkommen-till-ekero",
    "digital-arbetsplats",
    "trygg-arbetsmiljo",
    "informationssakerhet",
)
ELIF, MAJA, TOM, GRETA, HUGO, KARIN = (
    f"{name}@ekero.example"
    for name in ("elif.demir", "maja.lindqvist", "tom.barkley", "greta.holm", "hugo.strom", "karin.sjovall")
)
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/18.5 Mobile/15E148 Safari/604.1"
)

WIDE: dict[str, Any] = {"viewport": {"width": 1280, "height": 900}, "device_scale_factor": 1}
"""the screen on a coordinator's desk"""


class Scene(NamedTuple):
    name: str
    phone: Phone


Scenes = Iterator[Scene]


class Stage:
    """Where a walk happens: one server, and phones with empty profiles."""

    def __init__(self, playwright: Playwright, server: Server, folder: Path, **options: Any) -> None:
        self.server, self._playwright, self.path = server, playwright, folder
        self._options = {"viewport": {"width": 390, "height": 844}, "device_scale_factor": 2, **options}
        self.phones: list[Phone] = []
        self._profiles = count()

    def phone(self, **options: Any) -> Phone:
        profile = self.path / f"phone-{next(self._profiles)}"
        self.phones.append(Phone(self._playwright, profile, self.server.url, **{**self._options, **options}))
        return self.phones[-1]

    def course(self, slug: str, language: str = "sv") -> dict[str, Any]:
        return documents(self.server.data, "course", language)[slug]

    @property
    def tour(self) -> dict[str, Any]:
        return documents(self.server.data, "activity")["ekero-runt"]

    @property
    def departure(self) -> str:
        return coming_departure(self.server.data)

    def depart_in(self, **when: float) -> None:
        """Moves tomorrow's departure: guides get its codes from the evening before, and "now" is a state of its own."""
        start = (datetime.now(UTC) + timedelta(**when)).replace(minute=0)
        change(
            self.server,
            f"UPDATE departure SET starts_at = ?, ends_at = ? WHERE {COMING}",
            stamp(start),
            stamp(start + timedelta(hours=3.5)),
        )


STAYS = """() => {
  const after = setTimeout;
  window.setTimeout = (act, wait, ...more) => after(act, wait < 1000 ? wait : 3600_000, ...more);
}"""
"""On this page nothing goes away by itself: what is shown for a moment is looked at for longer."""


def at_the_desk(one: Phone, path: str = "/office/exceptions") -> None:
    """The coordinator is signed in, at that page of the office."""
    one.visit(f"/office/sign-in?next={path}")
    one.give_password(HUGO)
    one.page.wait_for_url(re.compile(f"{re.escape(path)}$"))


def stamp(at: datetime) -> str:
    return at.strftime("%Y-%m-%d %H:%M:00.000000")


def change(server: Server, statement: str, *values: Any) -> None:
    with closing(sqlite3.connect(server.data / "rundtur.sqlite3", timeout=10)) as connection:
        connection.execute(statement, values)
        connection.commit()


def command(server: Server, *words: object) -> None:
    """One of the administrator's commands, in a process of its own."""
    run = [sys.executable, "-m", "flask", "--app", "server.wsgi:app", *map(str, words)]
    subprocess.run(run, cwd=ROOT, env=server.environment, check=True, timeout=60)


def departs_now(server: Server) -> None:
    """The demo's tour leaves tomorrow; a check-in counts in its hours only."""
    began = datetime.now(UTC) - timedelta(minutes=30)
    hours = stamp(began), stamp(began + timedelta(hours=3.5))
    change(server, f"UPDATE departure SET starts_at = ?, ends_at = ? WHERE {COMING}", *hours)


def steps(course: dict[str, Any]) -> list[dict[str, Any]]:
    return [step for module in course["modules"] for step in module["steps"]]


def right_answers(one: Phone | Page, question: dict[str, Any], *, wrong: bool = False) -> None:
    page = one.page if isinstance(one, Phone) else one
    page.get_by_text(question["text"], exact=True).wait_for()
    choices = page.locator(".choice input")
    right = [index for index, choice in enumerate(question["choices"]) if choice["right"]]
    picked = [next(i for i in range(len(question["choices"])) if i not in right)] if wrong else right
    for index in picked:
        choices.nth(index).check()


def settle(one: Phone) -> None:
    """The heading stands, and what moves has come to rest."""
    one.page.locator("h1").first.wait_for()
    one.page.evaluate("document.fonts.ready")
    one.page.wait_for_timeout(150)
