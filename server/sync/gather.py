"""Group commit: pushes that arrive together share one transaction, and so one fsync and one set of statements.

Whoever finds nobody at work leads: takes all that wait, lets them become true, commits, and hands out the answers.
The others wait for theirs, but not for ever: a leader may hang. There is no thread of its own and no added delay: a lone
push is its own group.
"""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from server.foundation.database import PATIENCE_S
from server.foundation.errors import Busy

from .receive import Answer, Push

MOST_TOGETHER = 32
Work = Callable[[Sequence[Push]], list[Answer]]
"""Makes pushes true in one committed transaction; raises: then none of them is."""


@dataclass(slots=True, eq=False)
class _Waiting:
    push: Push
    signal: threading.Event = field(default_factory=threading.Event)
    """set when the answer is there, or when it is this one's turn to lead"""
    answer: Answer | None = None
    error: BaseException | None = None


class Gathering:
    """One a process."""

    def __init__(self, work: Work, patience_s: float = PATIENCE_S) -> None:
        self._work, self._patience_s = work, patience_s
        self._waiting: list[_Waiting] = []
        self._guard = threading.Lock()
        self._has_leader = False

    def submit(self, push: Push) -> Answer:
        """The push is true and committed. Raises what its own work raised; a neighbour's failure never does.

        Raises Busy where the others take too long. It may come true nevertheless: sent again, it gets its outcome.
        """
        mine = _Waiting(push)
        with self._guard:
            self._waiting.append(mine)
            leads = not self._has_leader
            self._has_leader = True
        if not leads and not mine.signal.wait(self._patience_s):
            self._give_up(mine)
        if mine.answer is None and mine.error is None:
            self._lead()
        if mine.error is not None:
            raise mine.error
        assert mine.answer is not None
        return mine.answer

    def _give_up(self, mine: _Waiting) -> None:
        with self._guard:
            if mine.signal.is_set():
                return  # at the last moment: the answer is there, or it is this one's turn to lead
            if mine in self._waiting:
                self._waiting.remove(mine)
        raise Busy

    def _lead(self) -> None:
        with self._guard:
            group, self._waiting = self._waiting[:MOST_TOGETHER], self._waiting[MOST_TOGETHER:]
        try:
            self._settle(group)
        finally:
            with self._guard:
                self._has_leader = bool(self._waiting)
                if self._waiting:
                    self._waiting[0].signal.set()  # the eldest leads next, and is part of its own group
            for one in group:
                one.signal.set()

    def _settle(self, group: list[_Waiting]) -> None:
        try:
            answers = self._work([one.push for one in group])
        except BaseException as error:
            # Who cannot write at all cannot write for one of them either: each alone would wait as long again.
            if len(group) == 1 or isinstance(error, Busy) or not isinstance(error, Exception):
                for one in group:
                    one.error = error
                return
            for one in group:
                self._settle([one])
        else:
            for one, answer in zip(group, answers, strict=True):
                one.answer = answer
