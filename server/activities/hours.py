"""When a check-in at a departure counts: pure, the same on the phone (pwa/src/model/hours.ts); tests/vectors/hours.json."""

from datetime import datetime, timedelta
from typing import Literal

BEFORE = timedelta(hours=2)
"""People gather before it leaves …"""
AFTER = timedelta(hours=6)
"""… and buses are late."""


def hours(starts_at: datetime, ends_at: datetime, at: datetime) -> Literal["early", "open", "over"]:
    """Whether the check-in is open at that time, both ends included."""
    if at < starts_at - BEFORE:
        return "early"
    return "open" if at <= ends_at + AFTER else "over"
