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

from flask import Flask, current_app, g, request

from .access import ANYONE, UNSAFE
from .database import PATIENCE_S
from .errors import Busy

log = logging.getLogger(__name__)
PUSHES, PULLS, OFFICE, OTHERS = "pushes", "pulls", "office", "others"
LONGEST_S: Final = 0.8
"""Longer nobody is let wait: more of those who stand there would not make the server faster."""
FROM_S: Final = 4
TO_S: Final = 10
"""Between these seconds who was refused comes again, so that a crowd does not come back as one; and as many times later as more
come than are let in: to refuse costs something too."""
LATEST: Final = 5
"""times later, and no more: when the crowd is gone, nobody shall wait for long"""
SPARE: Final = 8
"""Threads for who needs no place: files, health, and being refused."""
_YOUNG, _NEWEST = 1 / 16, 1 / 64
"""How much the last one counts in how long a place is held, and in how many are let in."""


class Figures(NamedTuple):
    working: int
    waiting: int
    refused: int


class Share:
    """So many places, and so many who may wait for one, the eldest first. One a process and kind."""

    def __init__(
        self, places: int, most_waiting: int, patience_s: float = PATIENCE_S, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._places, self._most_waiting, self._patience_s, self._now = places, most_waiting, patience_s, now
        self._free = places
        self._waiting: deque[threading.Event] = deque()
        self._held_s = 0.0
        self._let_in = 1.0
        self._refused = 0
        self._guard = threading.Lock()

    def take(self) -> float:
        """A place is the caller's until `give_back`, which wants what is returned here. Raises Busy."""
        mine = threading.Event()
        with self._guard:
            if not self._free and self._is_crowded():
                raise self._refusal()
            self._let_in += (1 - self._let_in) * _NEWEST
            if self._free:
                self._free -= 1
                return self._now()
            self._waiting.append(mine)
        if not mine.wait(self._patience_s):
            self._give_up(mine)
        return self._now()

    def give_back(self, since: float) -> None:
        """The eldest of those who wait has the place, or it is free."""
        with self._guard:
            self._held_s += (self._now() - since - self._held_s) * _YOUNG
            if self._waiting:
                self._waiting.popleft().set()
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
        return waiting >= self._most_waiting or (waiting + 1) * self._held_s > LONGEST_S * self._places

    def _give_up(self, mine: threading.Event) -> None:
        with self._guard:
            if mine.is_set():
                return  # at the last moment: the place is this one's
            self._waiting.remove(mine)
            raise self._refusal()

    def _refusal(self) -> Busy:
        self._refused += 1
        self._let_in -= self._let_in * _NEWEST
        times = min(LATEST, 1 / self._let_in)
        return Busy(round((FROM_S + secrets.randbelow(TO_S - FROM_S + 1)) * times))


def places(threads: int, waiting: int) -> dict[str, tuple[int, int]]:
    """Of each share how many work and how many may wait, of a process that works at so many pushes.

    Pushes may be many: most of them wait for the one that leads (sync/gather.py), and the more go together the better.
    """
    few, fewer = max(1, threads // 4), waiting // 3
    return {PUSHES: (threads, waiting), PULLS: (few, fewer), OFFICE: (few, fewer), OTHERS: (few, fewer)}


def threads_of_a_process(threads: int, waiting: int) -> int:
    """One for each that works or waits, and some to spare: then no request waits for a thread before it is looked at."""
    return SPARE + sum(map(sum, places(threads, waiting).values()))


def register(app: Flask) -> None:
    """Requests of `app` take a place of their share before anything else, and give it back when they are answered.

    A view may name its share by an attribute `share`, a function of the request.
    """
    settings = app.config["SETTINGS"]
    shares = {name: Share(*one) for name, one in places(settings.threads, settings.waiting).items()}
    app.extensions["shares"] = shares

    @app.before_request
    def queue() -> None:
        name = _share_of_request()
        if name is not None:
            share = shares[name]
            g.place = (share, share.take())

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
