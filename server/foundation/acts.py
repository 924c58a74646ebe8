"""What a rule needs to know of an operation, and what it says of it. Features speak in these, whatever the wire says."""

from datetime import datetime
from typing import Literal, NamedTuple

from .changefeed import Touch

Status = Literal["applied", "merged", "review", "deferred", "rejected", "retry"]
"""A rule says the first three or `rejected`; the receiver alone defers and asks for another try."""


class Act(NamedTuple):
    """Somebody did something at a time that the server holds to be right."""

    op_id: str
    person_id: str
    at: datetime
    told_at: datetime | None = None
    """when the server heard of it; no rule lets it decide anything"""
    doubtful_until: datetime | None = None
    """`at` is in doubt (the clock jumped, or could not be right), but it was not later than this"""
    is_granted: bool = False
    """somebody who may has decided that it counts"""

    @property
    def order(self) -> tuple[datetime, str]:
        """Of two acts of which one counts, the greater is the later one, on every machine alike."""
        return self.at, self.op_id


class Verdict(NamedTuple):
    """What became of an act, and what its readers must hear."""

    status: Status
    code: str | None = None
    touches: tuple[Touch, ...] = ()


def rejected(code: str) -> Verdict:
    return Verdict("rejected", code)
