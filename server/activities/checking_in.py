"""Checking in at a stop: evidence is kept, the first time and the highest confidence count."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from server.foundation.acts import Act, Verdict, rejected
from server.foundation.bulk import put
from server.foundation.changefeed import Touch, departure_stream, person_stream
from server.foundation.database import any_of

from .attendance import CONFIDENCE, Seen, attended_at
from .hours import hours
from .models import Activity, Booking, CheckIn, Departure, DepartureGuide, Evidence, Stop, TypedCode


class CheckedIn(NamedTuple):
    act: Act
    departure_id: str
    stop_key: str
    method: str
    code: str | None
    detail: dict[str, Any]


class Attended(NamedTuple):
    """A person attended an activity: for the layer above, which makes it count in a programme."""

    person_id: str
    activity_id: str
    at: datetime


class _Departure(NamedTuple):
    activity_id: str
    required_stops: int
    starts_at: datetime
    ends_at: datetime
    is_cancelled: bool
    codes: dict[str, str | None]
    people: set[str]


_Key = tuple[str, str, str]


def check_in(connection: Connection, acts: Sequence[CheckedIn]) -> tuple[list[Verdict], list[Attended]]:
    """Each person has checked in at the stop. Again: the earliest time stays, the best evidence counts, all is kept.

    What does not hold (a wrong code, another time, a cancelled departure) is kept as evidence and goes to review; it never
    changes another act's outcome.
    """
    departures = _departures(connection, acts)
    verdicts = [_judge(departures, one) for one in acts]
    evidence = _evidence(acts, verdicts)
    granted = {one.act.op_id for one in acts if one.act.is_granted}
    put(connection, Evidence, [row for row in evidence if row["op_id"] not in granted], replace=False)
    put(connection, Evidence, [row for row in evidence if row["op_id"] in granted])
    before = _before(connection, acts)
    now = dict(before)
    for one, verdict in zip(acts, verdicts, strict=True):
        if verdict.status != "applied":
            continue
        key, seen = _key(one), Seen(one.act.at, CONFIDENCE[one.method])
        old = now.get(key, seen)
        now[key] = Seen(min(old.checked_in_at, seen.checked_in_at), max(old.confidence, seen.confidence))
    changed = {key: seen for key, seen in now.items() if before.get(key) != seen}
    put(connection, CheckIn, [_row(key, seen) for key, seen in changed.items()])
    return (
        [_heard(one, verdict) for one, verdict in zip(acts, verdicts, strict=True)],
        _attended(departures, now, {(departure, person) for departure, _, person in changed}),
    )


def dismiss(connection: Connection, acts: Sequence[CheckedIn]) -> list[Touch]:
    """Somebody has decided that these do not count: their evidence is kept, and waits for nobody any more. Again: the same.

    Returns what readers must hear.
    """
    for one in acts:
        connection.execute(
            sa.update(Evidence).where(Evidence.op_id == one.act.op_id).values(dismissed_at=one.act.told_at)
        )
    return [touch for one in acts for touch in _heard(one, Verdict("review")).touches]


def _judge(departures: dict[str, _Departure], one: CheckedIn) -> Verdict:
    departure = departures.get(one.departure_id)
    if departure is None or one.act.person_id not in departure.people:
        return rejected("gone")
    if one.stop_key not in departure.codes:
        return rejected("unknown_stop")
    if one.act.is_granted:
        return Verdict("applied")
    if one.method == "typed_code" and one.code != departure.codes[one.stop_key]:
        return Verdict("review", "code_wrong")
    if departure.is_cancelled:
        return Verdict("review", "departure_cancelled")
    if hours(departure.starts_at, departure.ends_at, one.act.at) != "open":
        return Verdict("review", "outside_hours")
    return Verdict("applied")


def _heard(one: CheckedIn, verdict: Verdict) -> Verdict:
    if verdict.status == "rejected":
        return verdict
    person, departure = one.act.person_id, one.departure_id
    return verdict._replace(
        touches=(
            Touch(person_stream(person), "check_in", f"{departure}/{one.stop_key}"),
            Touch(departure_stream(departure), "check_in", f"{departure}/{one.stop_key}/{person}"),
        )
    )


def _attended(departures: dict[str, _Departure], seen: dict[_Key, Seen], pairs: set[tuple[str, str]]) -> list[Attended]:
    found = []
    for departure_id, person in sorted(pairs):
        departure = departures[departure_id]
        at = attended_at(
            departure.required_stops,
            (one for (d, _, p), one in seen.items() if (d, p) == (departure_id, person)),
        )
        if at:
            found.append(Attended(person, departure.activity_id, at))
    return found


_DEPARTURES = (
    sa.select(
        Departure.id, Departure.activity_id, Activity.required_stops, Departure.starts_at, Departure.ends_at,
        Departure.cancelled_at,
    )
    .join(Activity, Activity.id == Departure.activity_id)
    .where(any_of(Departure.id, "departures"))
)  # fmt: skip
_STOPS = (
    sa.select(Departure.id, Stop.key, TypedCode.code)
    .join(Stop, Stop.activity_id == Departure.activity_id)
    .outerjoin(TypedCode, sa.and_(TypedCode.departure_id == Departure.id, TypedCode.stop_key == Stop.key))
    .where(any_of(Departure.id, "departures"))
)
_MEMBERS = sa.union(
    *(
        sa.select(one.departure_id, one.person_id).where(
            any_of(one.departure_id, "departures"), any_of(one.person_id, "people")
        )
        for one in (Booking, DepartureGuide)
    )
)


def _departures(connection: Connection, acts: Sequence[CheckedIn]) -> dict[str, _Departure]:
    values = _people_and_departures(acts)
    found = {
        row.id: _Departure(
            row.activity_id, row.required_stops, row.starts_at, row.ends_at, row.cancelled_at is not None, {}, set()
        )
        for row in connection.execute(_DEPARTURES, values)
    }
    for departure, stop, code in connection.execute(_STOPS, values):
        found[departure].codes[stop] = code
    for departure, person in connection.execute(_MEMBERS, values):
        found[departure].people.add(person)
    return found


_BEFORE = sa.select(
    CheckIn.departure_id, CheckIn.stop_key, CheckIn.person_id, CheckIn.checked_in_at, CheckIn.confidence
).where(any_of(CheckIn.departure_id, "departures"), any_of(CheckIn.person_id, "people"))


def _before(connection: Connection, acts: Sequence[CheckedIn]) -> dict[_Key, Seen]:
    rows = connection.execute(_BEFORE, _people_and_departures(acts))
    return {(row[0], row[1], row[2]): Seen(row[3], row[4]) for row in rows}


def _people_and_departures(acts: Sequence[CheckedIn]) -> dict[str, list[str]]:
    return {
        "people": sorted({one.act.person_id for one in acts}),
        "departures": sorted({one.departure_id for one in acts}),
    }


def _key(one: CheckedIn) -> _Key:
    return one.departure_id, one.stop_key, one.act.person_id


def _row(key: _Key, seen: Seen) -> dict[str, Any]:
    return {
        "departure_id": key[0], "stop_key": key[1], "person_id": key[2],
        "checked_in_at": seen.checked_in_at, "confidence": seen.confidence,
    }  # fmt: skip


def _evidence(acts: Sequence[CheckedIn], verdicts: Sequence[Verdict]) -> list[dict[str, Any]]:
    return [
        {
            "op_id": one.act.op_id, "departure_id": one.departure_id, "stop_key": one.stop_key,
            "person_id": one.act.person_id, "method": one.method, "confidence": CONFIDENCE[one.method],
            "holds": verdict.status == "applied", "at": one.act.at, "detail": one.detail, "dismissed_at": None,
        }
        for one, verdict in zip(acts, verdicts, strict=True)
        if verdict.status != "rejected"
    ]  # fmt: skip
