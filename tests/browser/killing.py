"""A phone that is killed right after a tap, again and again: what it had shown as saved by then, and what became of it."""

import os
import random
import re
import signal
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from playwright.sync_api import Error, Playwright

from bench.ground import Server
from tests.faults.history import Excused, Fault, History, Made, Row, Standing, judge
from tests.support.bad_line import TROUBLE, BadLine, Fate

from .driving import Phone, gone, wait_until
from .reading_server import person_id, rows
from .staging import ELIF, command
from .tearing import beginnings, stores_of, tear

SLUG = "en-lang-kurs"
MOST_MS = 200
SOON_MS = 30
"""Half of the kills fall where it is decided: about when the tick is shown."""
LOOKS = """
(() => {
  const tell = (what, words) => {
    const request = new XMLHttpRequest();
    request.open("POST", `/told/${what}`, false);
    request.send(words);
  };
  let step = null;
  addEventListener("click", ({ target }) => {
    if (!target.closest?.(".button-main")) return;
    step = location.pathname.split("/").at(-1);
    tell("tapped", step);
  }, true);
  new MutationObserver(() => {
    if (step === null) return;
    const isSaid = !location.pathname.endsWith(`/${step}`) || document.querySelector(".status-saved, .status-done");
    if (!isSaid) return;
    tell("shown", step);
    step = null;
  }).observe(document, { subtree: true, childList: true, characterData: true, attributes: true });
})();
"""
"""Told before the page goes on, so before anybody can see it: what is shown and not told is not to be had."""


TOLD = "SELECT json_extract(raw, '$.step_key') FROM sync_operation WHERE kind = 'step_completed' AND person_id = ?"
DONE = "SELECT step_key FROM step_completion WHERE person_id = ? AND step_key LIKE 'steg-%'"


class Found(NamedTuple):
    kills: int
    shown: int
    kept: int
    """of the steps that were tapped"""
    lost: int
    """shown and nowhere"""
    doubled: int
    phantom: int
    """there, and never tapped"""
    begun_anew: int
    """times that Chromium found a torn log, and threw a store of the phone's away"""


class Killing:
    """Elif's phone with a long course of steps that take a tap each, at the end of a line that fails half of the time.

    After each so many kills one of its stores is torn, in turn, as by a kill between two writes; 0: by what kills come to.
    """

    def __init__(
        self, playwright: Playwright, server: Server, folder: Path, steps: int, seed: int, torn_every: int = 0
    ) -> None:
        publish(server, folder / "pack", steps)
        self.server, self.line, self._dice = server, BadLine(server.port, seed), random.Random(seed)
        self.line.told = self._hear
        self.tapped, self.shown, self.missing = list[str](), list[str](), list[str]()
        self._pids, self._dead = list[int](), threading.Event()
        self._torn_every, self.torn = torn_every, 0
        self.one = Phone(playwright, folder / "phone", self.line.url)
        self._take_course()
        self._left = [f"steg-{number}" for number in range(steps)]

    def _take_course(self) -> None:
        self.one.sign_in(ELIF)
        self.one.controlled()
        self.one.visit(f"/learn/{SLUG}")
        self.one.press("Välj kursen")
        self.one.page.get_by_text(re.compile("Redo|Texten är redo")).first.wait_for()
        self.one.send()
        self.one.close()  # which writes the cookies; killed now, it would have forgotten who is signed in
        self._stores, self._begun = stores_of(self.one.profile), set[str]()
        self._look_at_the_stores()
        self._first = len(self._begun)
        self.line.is_bad(*TROUBLE, *[Fate.CARRIED] * len(TROUBLE))
        self._open()

    def _open(self) -> None:
        self.one.open()
        self.one.context.add_init_script(LOOKS)

    def kill_after_a_tap(self) -> None:
        """One step is done, and the phone dies up to 200 ms after; it is opened again."""
        one, step = self.one, self._left.pop(0)
        one.visit(f"/learn/{SLUG}/steps/{step}")
        button = one.page.get_by_role("button", name="Klar, nästa")
        button.wait_for()
        one.page.wait_for_timeout(450)  # a new button is deaf for a moment
        self._look_at_the_stores()
        self._pids, self._dead = one.processes(), threading.Event()
        with suppress(Error):
            button.click(no_wait_after=True)
        assert self._dead.wait(10), "the tap was heard"
        one.kill()
        gone(self._pids)
        if self._torn_every and len(self.tapped) % self._torn_every == 0:
            tear(self._stores[self.torn % len(self._stores)])
            self.torn += 1
        self._open()

    def _look_at_the_stores(self) -> None:
        self._begun.update(*map(beginnings, self._stores))

    def _hear(self, path: str, body: bytes) -> None:
        """In a thread of the line, while the page waits."""
        if path == "/told/tapped":
            self.tapped.append(body.decode())
            after_ms = self._dice.uniform(0, self._dice.choice((SOON_MS, MOST_MS)))
            threading.Timer(after_ms / 1_000, self._kill).start()
        else:
            self.shown.append(body.decode())

    def _kill(self) -> None:
        for pid in self._pids:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._dead.set()

    def judge(self) -> Found:
        """The line is good and everything is sent: what was shown stands in the server's ledger, each once."""
        self.line.is_good()
        self.one.send()
        self._look_at_the_stores()
        mine = person_id(self.server.data, ELIF)
        told = [step for (step,) in rows(self.server.data, TOLD, mine)]
        self.one.visit(f"/learn/{SLUG}")
        wait_until(lambda: self.one.page.locator(".stop-done").count() >= len(set(told)), "the screen says so, too")
        names = Counter(
            one.name for one in self._faults(told, [step for (step,) in rows(self.server.data, DONE, mine)])
        )
        self.missing = [step for step in self.shown if step not in told]
        return Found(
            kills=len(self.tapped),
            shown=len(self.shown),
            kept=len(set(told)),
            lost=names["lost"],
            doubled=names["doubled"],
            phantom=names["phantom"],
            begun_anew=len(self._begun) - self._first,
        )

    def _faults(self, told: list[str], done: list[str]) -> list[Fault]:
        """What the judge of histories says: of what was tapped only what was not shown may be missing."""
        made = [Made(0, step, ELIF, step) for step in self.tapped]
        unseen = [Excused(1, step) for step in self.tapped if step not in self.shown]
        standing = Standing([(step, ELIF) for step in told], [Row(ELIF, step) for step in done])
        return judge(History([*made, *unseen]), standing)

    def close(self) -> None:
        self.line.close()
        self.one.close()


@contextmanager
def killing(
    playwright: Playwright, server: Server, folder: Path, steps: int, seed: int, torn_every: int = 0
) -> Iterator[Killing]:
    made = Killing(playwright, server, folder, steps, seed, torn_every)
    try:
        yield made
    finally:
        with suppress(Error):  # its browser may be gone: what happened before is the news
            made.close()


def publish(server: Server, pack: Path, steps: int) -> None:
    """An open course of so many steps to be read."""
    (pack / "sv").mkdir(parents=True)
    listed = "\n".join(
        f"      - {{key: steg-{number}, kind: reading, title: {{sv: Steg {number}}}, minutes: 1}}"
        for number in range(steps)
    )
    (pack / "course.yaml").write_text(
        f"""course: {SLUG}
title: {{sv: En lång kurs}}
summary: {{sv: Många korta steg.}}
languages: [sv]
audience: ekero-kommun
open: true
modules:
  - key: alla
    title: {{sv: Alla steg}}
    steps:
{listed}
""",
        "utf-8",
    )
    for number in range(steps):
        (pack / "sv" / f"steg-{number}.md").write_text(f"Det här är steg {number}.\n", "utf-8")
    command(server, "content", "publish", pack)
