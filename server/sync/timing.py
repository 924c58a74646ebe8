"""Which time counts: no rule trusts a phone's clock (SYNC.md §5). Pure."""

from datetime import datetime, timedelta
from typing import Literal, NamedTuple

Quality = Literal["good", "skewed", "clamped", "jumped"]
DOUBTFUL: tuple[Quality, ...] = ("clamped", "jumped")
"""nobody can say when it happened, only that it was not later than when it was received"""
SMALL = timedelta(seconds=30)
"""Below this a difference of clocks is a slow network."""


class Timed(NamedTuple):
    effective_at: datetime
    quality: Quality


def effective(
    occurred_at: datetime,
    sent_at: datetime,
    received_at: datetime,
    not_before: datetime,
    *,
    jumped: bool,
) -> Timed:
    """When it happened, as the server holds it: the phone's time, moved by how wrong its clock was when it sent.

    Never before `not_before` (the last time that the phone had heard of the server, or its registration) and never
    after it was received. Right within a round trip where the clock was equally wrong at both moments.
    """
    earliest = min(not_before, received_at)
    skew = received_at - sent_at
    try:
        moved = occurred_at + skew
    except OverflowError:
        return Timed(earliest if occurred_at < received_at else received_at, "clamped")
    at = min(max(moved, earliest), received_at)
    # A slow network makes every act look a little late; within SMALL the edge is the truth, not a correction.
    if abs(at - moved) > SMALL:
        return Timed(at, "clamped")
    if jumped:
        return Timed(at, "jumped")
    return Timed(at, "skewed" if abs(skew) > SMALL else "good")
