"""How long who comes may be let wait, who is sent away, and when to come again: decided by numbers alone.

How long it would be is reckoned by Little's law: those who wait, times how long a place is held, by the number of places; and
as long again as a place is held.
"""

from typing import Final, NamedTuple

from .database import PATIENCE_S

LONGEST_S: Final = 1.0
"""So long a phone may have to wait for its answer that tells something, while many are sent away: more of those who stand there
would not make the server faster."""
AT_MOST_S: Final = 1.25
"""Who would be answered later than this, whatever was reckoned, is sent away then: it comes again by itself, and nobody looks on."""
CROWD_S: Final = 2.0
"""So long where hardly anybody is: a crowd that is served in seconds need not come again."""
LONGEST_ELSEWHERE_S: Final = 5.0
"""Where a person looks on, waiting is better than being sent away."""
MANY: Final = 0.75
"""Many are sent away where fewer are let in."""
FROM_S: Final = 4
TO_S: Final = 10
"""Between these seconds who was refused comes again, so that a crowd does not come back as one; and later, the more come for each
that is let in."""
LATEST: Final = 5
"""times later, and no more: when the crowd is gone, nobody shall wait for long"""


class Patience(NamedTuple):
    """How long it may take to be answered."""

    longest_s: float
    """reckoned when somebody comes, while many are sent away"""
    at_most_s: float
    """reckoned when its place is free, while many are sent away"""
    crowd_s: float
    """reckoned when somebody comes, while hardly anybody is sent away"""


class Seen(NamedTuple):
    """What those who came before have shown."""

    held_s: float = 0.0
    """how long a place is held"""
    let_in: float = 1.0
    """what part of those who come is let in"""

    @property
    def are_many_sent_away(self) -> bool:
        return self.let_in < MANY


FOR_PUSHES: Final = Patience(LONGEST_S, AT_MOST_S, CROWD_S)
ELSEWHERE: Final = Patience(LONGEST_ELSEWHERE_S, PATIENCE_S, LONGEST_ELSEWHERE_S)


def would_wait_too_long(patience: Patience, seen: Seen, before: int, places: int) -> bool:
    """Whether who comes now, where so many wait already, is told at once to come again."""
    answered_s = patience.longest_s if seen.are_many_sent_away else patience.crowd_s
    return (before + 1) * seen.held_s / places > _of_it_waiting(answered_s, seen.held_s)


def has_waited_too_long(patience: Patience, seen: Seen, waited_s: float) -> bool:
    """Whether who has waited for so long makes room for the next, who is in time."""
    return seen.are_many_sent_away and waited_s > _of_it_waiting(patience.at_most_s, seen.held_s)


def _of_it_waiting(answered_s: float, held_s: float) -> float:
    """What the work leaves of it; half of it at least, so that somebody stands ready wherever a place is free."""
    return max(answered_s - held_s, answered_s / 2)


def comes_again_after_s(seen: Seen, drawn: int) -> int:
    """After how many seconds who is sent away comes again, who has drawn a number from FROM_S to TO_S.

    By the square of how many come for each that is let in: a refusal is paid from the time of those who are. Of five
    times what can be done two to three come for each then, where five would come if nobody were asked to be late.
    """
    return round(drawn * min(LATEST, 1 / seen.let_in**2))
