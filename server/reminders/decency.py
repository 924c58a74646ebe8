"""When a person may be spoken to: quiet hours by the shift pattern of their posts, or as they said themselves. Pure.

A day is the organisation's, and so is the clock on its wall, which jumps over an hour in March and shows one twice in October.
"""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

Quiet = tuple[tuple[int, int], ...]
"""The quiet parts of a day, in minutes after midnight, from … until before …, in order and apart; never the whole day."""

DAY = 24 * 60
BY_PATTERN = {"day": "19:00-07:00", "evening": "22:00-10:00", "night": "08:00-16:00", "varying": "20:00-09:00"}
LEAST_LEFT = 60
"""Of several posts together a person must be left with so many minutes; a post that would take them is passed over."""


def quiet_hours(own: str | None, patterns: Iterable[str]) -> Quiet:
    """The person's own word ("21:00-07:00") where there is one; else what all their posts want, as far as hours are left."""
    if own:
        return _joined([*_parts(own)])
    quiet: Quiet = ()
    for pattern in sorted(set(patterns)) or ["day"]:
        more = _joined([*quiet, *_parts(BY_PATTERN[pattern])])
        quiet = more if DAY - sum(until - since for since, until in more) >= LEAST_LEFT else quiet
    return quiet


def is_decent(instant: datetime, quiet: Quiet, zone: str) -> bool:
    """Whether the person may be spoken to at this instant."""
    return not _left(instant.astimezone(ZoneInfo(zone)), quiet)


def next_decent(instant: datetime, quiet: Quiet, zone: str) -> datetime:
    """The first instant from this one on at which the clock on the wall shows no quiet hour."""
    wall = ZoneInfo(zone)
    while left := _left(instant.astimezone(wall), quiet):
        instant = _onward(instant, left, wall)
    return instant.astimezone(UTC)


def next_quiet(instant: datetime, quiet: Quiet, zone: str) -> datetime:
    """The first instant from this one on at which it does: within a day, or a day later where nothing is quiet."""
    wall, latest = ZoneInfo(zone), instant + timedelta(days=1)
    loud = _rest(quiet)
    while instant < latest and (left := _left(instant.astimezone(wall), loud)):
        instant = _onward(instant, left, wall)
    return min(instant, latest).astimezone(UTC)


def moment(day: date, at: time, zone: str) -> datetime:
    """When the clock on the wall shows this time of this day first; where it jumps over it, the moment of the jump."""
    wall = ZoneInfo(zone)
    local = datetime.combine(day, at, wall)
    instant = local.astimezone(UTC)
    if instant.astimezone(wall).replace(tzinfo=None) == local.replace(tzinfo=None):
        return instant
    # The time does not exist. By the offset after the jump it lies just before: from there it is a few minutes on.
    instant = local.replace(fold=1).astimezone(UTC).replace(second=0, microsecond=0)
    while instant.astimezone(wall).replace(tzinfo=None) < local.replace(tzinfo=None):
        instant += timedelta(minutes=1)
    return instant


def day_of(instant: datetime, zone: str) -> date:
    """The organisation's day in which the instant lies."""
    return instant.astimezone(ZoneInfo(zone)).date()


def _onward(instant: datetime, left: timedelta, wall: ZoneInfo) -> datetime:
    """On by what the clock says is left; in a night in which the clocks change, by a minute, and then it is asked again."""
    reached = instant + left
    if reached.astimezone(wall).utcoffset() == instant.astimezone(wall).utcoffset():
        return reached
    return instant.replace(second=0, microsecond=0) + timedelta(minutes=1)


def _left(local: datetime, quiet: Quiet) -> timedelta:
    """How long the part in which this time lies goes on by the clock; nothing where it lies in none."""
    minute = local.hour * 60 + local.minute
    for since, until in quiet:
        if since <= minute < until:
            return timedelta(minutes=until - minute, seconds=-local.second, microseconds=-local.microsecond)
    return timedelta(0)


def _parts(said: str) -> list[tuple[int, int]]:
    since, until = (int(part[:2]) * 60 + int(part[3:]) for part in said.split("-"))
    return [(since, until)] if since < until else [(since, DAY), (0, until)]


def _joined(parts: Iterable[tuple[int, int]]) -> Quiet:
    joined: list[tuple[int, int]] = []
    for since, until in sorted(part for part in parts if part[0] < part[1]):
        if joined and since <= joined[-1][1]:
            joined[-1] = joined[-1][0], max(joined[-1][1], until)
        else:
            joined.append((since, until))
    return tuple(joined)


def _rest(quiet: Quiet) -> Quiet:
    edges = [0, *(edge for part in quiet for edge in part), DAY]
    return tuple((since, until) for since, until in zip(edges[::2], edges[1::2], strict=True) if since < until)
