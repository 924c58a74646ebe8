"""Shares: so much of each kind a process works at, and so much may wait for it.

What phones tell, what they ask, the office and the rest have places of their own: none waits behind another's crowd. Who
would wait too long is told at once when to come again, before anything was asked of the database. How long it would be
is reckoned by Little's law: those who wait, times how long a place is held, by the number of places.
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

log = logging.getLogger(__name__)
PUSHES, PULLS, OFFICE, OTHERS = "pushes", "pulls", "office", "others"
LONGEST_S: Final = 0.8
"""So long a phone may have to wait that tells something: more of those who stand there would not make the server faster."""
AT_MOST_S: Final = 1.2
"""Who has waited longer, whatever was reckoned, is sent away while many are: it comes again by itself, and nobody looks on."""
MANY: Final = 0.75
"""Many are sent away where fewer are let in."""
LONGEST_ELSEWHERE_S: Final = 5.0
"""Where a person looks on, waiting is better than being sent away."""
FROM_S: Final = 4
TO_S: Final = 10
"""Between these seconds who was refused comes again, so that a crowd does not come back as one; and as many times later as more
come than are let in: to refuse costs something too."""
LATEST: Final = 5
"""times later, and no more: when the crowd is gone, nobody shall wait for long"""
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
    longest_s: float
    at_most_s: float


class _Waiting:
    """One that waits for a place."""

    __slots__ = ("is_refused", "signal", "since")

    def __init__(self, since: float) -> None:
        self.since, self.signal, self.is_refused = since, threading.Event(), False


class Share:
    """So many places, and so many who may wait for one, the eldest first. One a process and kind."""

    def __init__(
        self, places: int, most_waiting: int, longest_s: float = LONGEST_S, at_most_s: float = AT_MOST_S,
        patience_s: float = PATIENCE_S, now: Callable[[], float] = time.monotonic,
    ) -> None:  # fmt: skip
        self._places, self._most_waiting, self._now = places, most_waiting, now
        self._longest_s, self._at_most_s, self._patience_s = longest_s, at_most_s, patience_s
        self._free = places
        self._waiting: deque[_Waiting] = deque()
        self._held_s = 0.0
        self._let_in = 1.0
        self._refused = 0
        self._guard = threading.Lock()

    def take(self) -> float:
        """A place is the caller's until `give_back`, which wants what is returned here. Raises Busy."""
        with self._guard:
            if not self._free and self._is_crowded():
                raise self._refusal()
            self._let_in += (1 - self._let_in) * _NEWEST
            if self._free:
                self._free -= 1
                return self._now()
            mine = _Waiting(self._now())
            self._waiting.append(mine)
        if not mine.signal.wait(self._patience_s):
            self._give_up(mine)
        if mine.is_refused:
            with self._guard:
                raise self._refusal()
        return self._now()

    def give_back(self, since: float) -> None:
        """The eldest of those who wait has the place, or it is free."""
        with self._guard:
            now = self._now()
            self._held_s += (now - since - self._held_s) * _YOUNG
            while self._let_in < MANY and len(self._waiting) > 1 and now - self._waiting[0].since > self._at_most_s:
                late = self._waiting.popleft()
                late.is_refused = True
                late.signal.set()
            if self._waiting:
                self._waiting.popleft().signal.set()
            else:
                self._free += 1

    @property
    def is_full(self) -> bool:
        """True while whoever comes now would wait."""
        return not self._free

    def figures(self) -> Figures:
        with self._guard:
            return Figures(self._places - self._free, len(self._waiting), self._refused)

    def _is_crowded(self) -> bool:
        waiting = len(self._waiting)
        return waiting >= self._most_waiting or (waiting + 1) * self._held_s > self._longest_s * self._places

    def _give_up(self, mine: _Waiting) -> None:
        with self._guard:
            if mine.signal.is_set():
                return  # at the last moment: the place is this one's
            self._waiting.remove(mine)
            raise self._refusal()

    def _refusal(self) -> Busy:
        self._refused += 1
        self._let_in -= self._let_in * _NEWEST
        times = min(LATEST, 1 / self._let_in)
        return Busy(round((FROM_S + secrets.randbelow(TO_S - FROM_S + 1)) * times))


def sizes(threads: int, waiting: int) -> dict[str, Size]:
    """Of each share how many work and how many may wait, and how long, of a process that works at so many pushes.

    Pushes may be many: most of them wait for the one that leads (sync/gather.py), and the more go together the better.
    """
    others = Size(max(1, threads // 4), waiting // 3, LONGEST_ELSEWHERE_S, PATIENCE_S)
    return {PUSHES: Size(threads, waiting, LONGEST_S, AT_MOST_S)} | dict.fromkeys((PULLS, OFFICE, OTHERS), others)


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
            g.place = (share, share.take())
            g.came = came

    @app.after_request
    def account(response: Response) -> Response:
        """What the process knows of how long it took: a support line reads it in any browser, and so do the benches."""
        if "came" in g:
            since = g.place[1]
            waited_s, worked_s = since - g.came, time.monotonic() - since
            response.headers["Server-Timing"] = f"queue;dur={waited_s * 1000:.0f}, work;dur={worked_s * 1000:.0f}"
        return response

    @app.teardown_request
    def leave(_error: BaseException | None) -> None:
        share, since = g.pop("place", (None, 0.0))
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
