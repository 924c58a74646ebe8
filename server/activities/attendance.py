"""When an activity is attended: pure, the same on the phone (pwa/src/model/activity.ts); tests/vectors/attendance.json."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

LOW, MEDIUM, HIGH = 1, 2, 3
CONFIDENCE = {"place": LOW, "typed_code": MEDIUM}
WORDS = {LOW: "low", MEDIUM: "medium", HIGH: "high"}


class Seen(NamedTuple):
    """A check-in at one stop."""

    checked_in_at: datetime
    confidence: int


def attended_at(required_stops: int, seen: Iterable[Seen]) -> datetime | None:
    """When the rule was met: that many stops, one of them with medium confidence or better. None: not met."""
    times = sorted(seen)
    firm = [one.checked_in_at for one in times if one.confidence >= MEDIUM]
    if len(times) < required_stops or not firm:
        return None
    return max(times[required_stops - 1].checked_in_at, firm[0])
