"""Shares: so much of each kind a process works at, and so much may wait for it.

What phones tell, what they ask, the office and the rest have places of their own: none waits behind another's crowd. Who
would wait too long (patience.py) is told at once when to come again, before anything was asked of the database.
"""

import logging
import secrets
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Final, NamedTuple

from flask import Flask, Response, current_app, g, request

from .access import ANYONE, UNSAFE
from .database import PATIENCE_S
from .errors import Busy
from .patience import (
    ELSEWHERE,
    FOR_PUSHES,
    FROM_S,
    TO_S,
    Patience,
    Seen,
    comes_again_after_s,
    has_waited_too_long,
    would_wait_too_long,
)

log = logging.getLogger(__name__)
PUSHES, PULLS, OFFICE, OTHERS = "pushes", "pulls", "office", "others"
SPARE: Final = 8
"""Threads for who needs no place: files, health, and being refused."""
_YOUNG, _NEWEST = 1 / 16, 1 / 512
"""How much the last one counts in how long a place is held, and in how many are let in: of a bus that is over in seconds little."""


class Figures(NamedTuple):
    working: int
    waiting: int
    refused: int


class Size(NamedTuple):
    places: int
    waiting: int
    patience: Patience


class _Waiting:
    """One that waits for a place."""

    __slots__ = ("is_refused", "signal", "since")

    def __init__(self, since: float) -> None:
        self.since, self.signal, self.is_refused = since, threading.Event(), False


class Share:
    """So many places, and so many who may wait for one, the eldest first. One a process and kind."""

    def __init__(
        self, places: int, most_waiting: int, patience: Patience = FOR_PUSHES, gives_up_after_s: float = PATIENCE_S,
        now: Callable[[], float] = time.monotonic,
    ) -> None:  # fmt: skip
        self._places, self._most_waiting, self._patience = places, most_waiting, patience
        self._gives_up_after_s, self._now = gives_up_after_s, now
        self._free = places
        self._waiting: deque[_Waiting] = deque()
        self._seen = Seen()
        self._refused = 0
        self._guard = threading.Lock()

    def take(self) -> float:
        """A place is the caller's until `give_back`, which wants what is returned here. Raises Busy."""
        with self._guard:
            if self.is_crowded:
                raise self._refusal()
            self._note_one(let_in=True)
            if self._free:
                self._free -= 1
                return self._now()
            mine = _Waiting(self._now())
            self._waiting.append(mine)
        if not mine.signal.wait(self._gives_up_after_s):
            self._give_up(mine)
        if mine.is_refused:
            with self._guard:
                raise self._refusal()
        return self._now()

    def give_back(self, since: float) -> None:
        """The eldest of those who wait has the place, or it is free."""
        with self._guard:
            now = self._now()
            held_s = self._seen.held_s
            self._seen = self._seen._replace(held_s=held_s + (now - since - held_s) * _YOUNG)
            while len(self._waiting) > 1 and self._is_late(now - self._waiting[0].since):
                late = self._waiting.popleft()
                late.is_refused = True
                late.signal.set()
            if self._waiting:
                self._waiting.popleft().signal.set()
            else:
                self._free += 1

    @property
    def working(self) -> int:
        """So many have a place."""
        return self._places - self._free

    @property
    def is_full(self) -> bool:
        """True while whoever comes now would wait."""
        return not self._free

    @property
    def is_crowded(self) -> bool:
        """True while whoever comes now is asked to come again."""
        before = len(self._waiting)
        return not self._free and (
            before >= self._most_waiting or would_wait_too_long(self._patience, self._seen, before, self._places)
        )

    def refusal_if_crowded(self) -> Busy | None:
        """What somebody is told who need not have come further in."""
        with self._guard:
            return self._refusal() if self.is_crowded else None

    def figures(self) -> Figures:
        with self._guard:
            return Figures(self.working, len(self._waiting), self._refused)

    def _is_late(self, waited_s: float) -> bool:
        return has_waited_too_long(self._patience, self._seen, waited_s)

    def _note_one(self, let_in: bool) -> None:
        before = self._seen.let_in
        self._seen = self._seen._replace(let_in=before + (let_in - before) * _NEWEST)

    def _give_up(self, mine: _Waiting) -> None:
        with self._guard:
            if mine.signal.is_set():
                return  # at the last moment: the place is this one's
            self._waiting.remove(mine)
            raise self._refusal()

    def _refusal(self) -> Busy:
        self._refused += 1
        self._note_one(let_in=False)
        return Busy(comes_again_after_s(self._seen, FROM_S + secrets.randbelow(TO_S - FROM_S + 1)))


def sizes(threads: int, waiting: int) -> dict[str, Size]:
    """Of each share how many work and how many may wait, and how long, of a process that works at so many pushes.

    Pushes may be many: most of them wait for the one that leads (sync/gather.py), and the more go together the better.
    """
    others = Size(max(1, threads // 8), waiting // 3, ELSEWHERE)
    return {PUSHES: Size(threads, waiting, FOR_PUSHES)} | dict.fromkeys((PULLS, OFFICE, OTHERS), others)


def threads_of_a_process(threads: int, waiting: int) -> int:
    """One for each that works or waits, and some to spare: then no request waits for a thread before it is looked at."""
    return SPARE + sum(one.places + one.waiting for one in sizes(threads, waiting).values())


def register(app: Flask) -> None:
    """Requests of `app` take a place of their share before anything else, and give it back when they are answered.

    A view may name its share by an attribute `share`, a function of the request.
    """
    settings = app.config["SETTINGS"]
    shares = {name: Share(*one) for name, one in sizes(settings.threads, settings.waiting).items()}
    app.extensions["shares"] = shares

    @app.before_request
    def queue() -> None:
        name = _share_of_request()
        if name is not None:
            came, share = time.monotonic(), shares[name]
            g.place = (share, came, share.take())

    @app.after_request
    def account(response: Response) -> Response:
        """What the process knows of how long it took: a support line reads it in any browser, and so do the benches."""
        if "place" in g:
            _, came, since = g.place
            waited_s, worked_s = since - came, time.monotonic() - since
            response.headers["Server-Timing"] = f"queue;dur={waited_s * 1000:.0f}, work;dur={worked_s * 1000:.0f}"
        return response

    @app.teardown_request
    def leave(_error: BaseException | None) -> None:
        share, _, since = g.pop("place", (None, 0.0, 0.0))
        if share is not None:
            share.give_back(since)


def _share_of_request() -> str | None:
    if request.endpoint is None:
        return None
    view = current_app.view_functions[request.endpoint]
    if hasattr(view, "share"):
        return str(view.share())
    if request.path.startswith("/office/"):
        return OFFICE
    if request.method not in UNSAFE and ANYONE in getattr(view, "policy", ()):
        return None  # the app's page, files that are the same for all, health: they ask little or nothing
    return OTHERS
