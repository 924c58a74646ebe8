"""Simulated time: milliseconds since 1970, and the instants that the wire writes."""

from datetime import UTC, datetime, timedelta

SECOND = 1_000
MINUTE, HOUR, DAY = 60 * SECOND, 3_600 * SECOND, 86_400 * SECOND
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def at(ms: int) -> datetime:
    return _EPOCH + timedelta(milliseconds=ms)


def ms_of(instant: datetime) -> int:
    return round((instant - _EPOCH) / timedelta(milliseconds=1))


def instant_of(ms: int) -> str:
    """As wire has it: UTC, exactly milliseconds."""
    return at(ms).isoformat(timespec="milliseconds").replace("+00:00", "Z")
