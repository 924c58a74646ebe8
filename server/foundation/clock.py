"""The one place where the time is read, so that tests can say what time it is."""

import time
from calendar import monthrange
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

_read: Callable[[], datetime] = lambda: datetime.now(UTC)  # noqa: E731 - replaced as a whole by tests


def now() -> datetime:
    """This instant in UTC, cut to milliseconds (what the wire carries)."""
    instant = _read()
    return instant.replace(microsecond=instant.microsecond // 1000 * 1000)


def set_source(read: Callable[[], datetime]) -> Callable[[], datetime]:
    """Tells the time by `read` from now on; returns what told it before."""
    global _read
    before, _read = _read, read
    return before


def seconds() -> float:
    """The machine's own clock, for what a library compares with its reading of it."""
    return time.time()


def wire(instant: datetime) -> str:
    """An instant as the wire writes it: UTC, exactly milliseconds, `Z`."""
    return instant.astimezone(UTC).isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


def instant(text: str) -> datetime:
    """The instant that a wire text names. Raises ValueError where there is none (a thirteenth month) or it is not in UTC."""
    found = datetime.fromisoformat(text)
    if found.tzinfo is not UTC:
        raise ValueError(text)
    return found


def today(zone: str) -> date:
    """Today's date as the organisation counts it."""
    return now().astimezone(ZoneInfo(zone)).date()


def months_before(day: date, months: int) -> date:
    """The same day so many months ago, or the last of its month where that one is shorter."""
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def start_of(instant: datetime, zone: str) -> datetime:
    """The instant at which its day began: local midnight before it."""
    day = instant.astimezone(ZoneInfo(zone)).date()
    return datetime.combine(day, datetime.min.time(), tzinfo=ZoneInfo(zone)).astimezone(UTC)


def end_of(day: date, zone: str) -> datetime:
    """The instant at which a due date ends: local midnight after it."""
    after = datetime.combine(day + timedelta(days=1), datetime.min.time(), tzinfo=ZoneInfo(zone))
    return after.astimezone(UTC)
