"""The installations of the app: whose they are, when they were heard, and which of their operations are missing."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, ClassVar, NamedTuple, Protocol

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from server.foundation.bulk import change, put
from server.foundation.database import any_of
from server.foundation.errors import Erased, Refusal

from . import tickets
from .models import Device, Person

HEARD_EVERY = timedelta(minutes=5)
"""How exactly it is noted when a phone was last heard."""
MOST_GAPS = 1_000
"""As many as are remembered of one phone: who has more has a broken counter, not a thousand losses."""
MOST_TOLD = 20
MOST_LISTED = 50


class DeviceTaken(Refusal):
    """The installation belongs to somebody else."""

    code: ClassVar[str] = "device_taken"


class WrongPerson(Refusal):
    """The phone speaks for somebody other than who is signed in."""

    code: ClassVar[str] = "wrong_person"


Range = tuple[int, int]


class Heard(NamedTuple):
    id: str
    registered_at: datetime
    seen_through: int
    highest_seq: int
    gaps: list[Range] | None
    missing_since: datetime | None = None
    storage_lost_at: datetime | None = None

    def has_seen(self, seq: int) -> bool:
        """That number, or it is so old that nobody knows any more."""
        return seq <= self.highest_seq and not any(first <= seq <= last for first, last in self.gaps or ())


class GapsOf(Protocol):
    """Reads the gaps from the ledger, which this feature does not know."""

    def __call__(self, connection: Connection, device_id: str, seen_through: int, highest: int) -> list[Range]: ...


_DEVICE = sa.select(
    Device.id, Device.person_id, Device.registered_at, Device.last_heard_at, Device.app_version,
    Device.seen_through, Device.highest_seq, Device.gaps, Device.removed_at, Device.missing_since,
    Device.storage_lost_at,
)  # fmt: skip
_DEVICES = _DEVICE.where(any_of(Device.id, "ids"))
_DEVICE = _DEVICE.where(Device.id == sa.bindparam("id"))
_ERASED = sa.select(Person.erased_at).where(Person.id == sa.bindparam("id")).with_for_update(read=True, key_share=True)
"""PostgreSQL waits here for who is erasing them."""


class Call(NamedTuple):
    """A phone is heard: it speaks for a person."""

    device_id: str
    person_id: str
    app_version: str
    at: datetime


def hear(connection: Connection, calls: Iterable[Call]) -> dict[str, Heard]:
    """The phones are registered as their people's, and were heard at that time. Repetition moves the time on.

    A phone that this database has forgotten (a restore) is registered again rather than refused. Raises DeviceTaken.
    """
    calls = list(calls)
    rows = {row.id: row for row in connection.execute(_DEVICES, {"ids": sorted({one.device_id for one in calls})})}
    heard, again = {}, {}
    for one in calls:
        row = rows.get(one.device_id)
        if row is None:
            register(connection, one.device_id, one.person_id, "", one.at, one.app_version)
            heard[one.device_id] = Heard(one.device_id, one.at, 0, 0, [])
            continue
        if row.person_id != one.person_id:
            raise DeviceTaken
        if one.at - row.last_heard_at > HEARD_EVERY or row.app_version != one.app_version or row.removed_at:
            told = {"id": one.device_id, "last_heard_at": one.at, "app_version": one.app_version, "removed_at": None}
            again[one.device_id] = told
        heard[one.device_id] = _heard(row)
    change(connection, Device, list(again.values()))
    return heard


def _heard(row: Any) -> Heard:
    gaps = row.gaps if row.gaps is None else [(first, last) for first, last in row.gaps]
    return Heard(
        row.id, row.registered_at, row.seen_through, row.highest_seq, gaps, row.missing_since, row.storage_lost_at
    )


def is_to_note(connection: Connection, device_id: str, person_id: str, at: datetime) -> bool:
    """Of a phone that only asks: whether it is on its person's list, and was noted as heard too long before `at`."""
    own = sa.select(Device.id).where(Device.id == device_id, Device.person_id == person_id, Device.removed_at.is_(None))
    return connection.execute(own.where(Device.last_heard_at < at - HEARD_EVERY)).first() is not None


def register(
    connection: Connection,
    device_id: str,
    person_id: str,
    label: str,
    at: datetime,
    app_version: str | None = None,
    numbered_after: int = 0,
) -> datetime:
    """The device is the person's. Again: its label is renewed. Returns when it was first registered.

    May raise DeviceTaken; and Erased, of who was erased after the session was read: they have no device any more, so none
    of their acts comes in behind the erasure's back.
    """
    row = connection.execute(_DEVICE, {"id": device_id}).one_or_none()
    if row is None:
        if connection.execute(_ERASED, {"id": person_id}).scalar_one():
            raise Erased
        first = {
            "id": device_id, "person_id": person_id, "label": label, "registered_at": at, "last_heard_at": at,
            "app_version": app_version, "seen_through": numbered_after, "highest_seq": numbered_after, "gaps": [],
        }  # fmt: skip
        put(connection, Device, [first], replace=False)
        row = connection.execute(_DEVICE, {"id": device_id}).one()  # the page and its worker may register at once
    if row.person_id != person_id:
        raise DeviceTaken
    connection.execute(sa.update(Device).where(Device.id == device_id).values(label=label, removed_at=None))
    return row.registered_at  # type: ignore[no-any-return]


def of_person(connection: Connection, person_id: str, since: datetime) -> list[Any]:
    """The person's phones that were heard since then, the last heard first."""
    heard = (
        sa.select(Device.id, Device.label, Device.registered_at, Device.last_heard_at)
        .where(Device.person_id == person_id, Device.removed_at.is_(None), Device.last_heard_at >= since)
        .order_by(Device.last_heard_at.desc(), Device.id)
    )
    return list(connection.execute(heard.limit(MOST_LISTED)))


def remove(connection: Connection, device_id: str, person_id: str, at: datetime) -> bool:
    """The phone is off its person's list until it is heard again, and its upload tickets are revoked. Again: it stays off.

    False where it is not theirs.
    """
    own = sa.update(Device).where(Device.id == device_id, Device.person_id == person_id)
    if not connection.execute(own.values(removed_at=at)).rowcount:
        return False
    tickets.revoke(connection, at=at, actor_id=person_id, person_id=person_id, device_id=device_id)
    return True


class Told(NamedTuple):
    """Numbers that a phone has told of its operations."""

    device: Heard
    seqs: list[int]
    at: datetime


def note_seqs(connection: Connection, told: Sequence[Told], gaps_of: GapsOf) -> dict[str, list[Range]]:
    """These numbers have been seen. Returns of each device the ranges that are missing, the lowest ones.

    The gaps are remembered with the device: a number that never comes must not make every later push read them all.
    """
    missing, changed = {}, []
    for device, seqs, at in told:
        before = device.gaps
        if before is None:  # of a phone that was heard last before they were
            before = gaps_of(connection, device.id, device.seen_through, device.highest_seq)
        highest, gaps = seen(device.highest_seq, before, seqs)
        missing[device.id] = gaps[:MOST_TOLD]
        if (highest, gaps) != (device.highest_seq, device.gaps):
            through = gaps[0][0] - 1 if gaps else highest
            values = {"id": device.id, "seen_through": through, "highest_seq": highest, "gaps": gaps}
            changed.append(values | _since(device, gaps, at))
    change(connection, Device, changed)
    return missing


def _since(device: Heard, gaps: list[Range], at: datetime) -> dict[str, datetime | None]:
    """A gap is news for a coordinator from when it came up, until it is filled or somebody has looked."""
    has_grown = bool(gaps) and gaps[-1][1] > device.highest_seq
    return {
        "missing_since": (device.missing_since or (at if has_grown else None)) if gaps else None,
        "storage_lost_at": device.storage_lost_at if gaps else None,
    }


def note_loss(connection: Connection, device_id: str, lost_through: int, at: datetime) -> list[Range]:
    """The phone's store was cleared: of its numbers up to that one, those that have not come never will. Again: the same.

    Returns what is missing. Where all of them had come, nothing is lost.
    """
    row = connection.execute(_DEVICE, {"id": device_id}).one()
    gaps, highest = [(first, last) for first, last in row.gaps or ()], row.highest_seq
    if lost_through > highest:
        gaps, highest = [*gaps, (highest + 1, lost_through)][-MOST_GAPS:], lost_through
    if gaps:
        values = {"gaps": gaps, "highest_seq": highest, "missing_since": row.missing_since or at, "storage_lost_at": at}
        connection.execute(sa.update(Device).where(Device.id == device_id).values(values))
    return gaps[:MOST_TOLD]


def note_copy(connection: Connection, device_id: str, at: datetime) -> None:
    """A number of the phone came twice with different acts. Again: the time moves on."""
    connection.execute(sa.update(Device).where(Device.id == device_id).values(doubled_at=at))


def see(connection: Connection, device_id: str) -> bool:
    """Somebody has looked at what is wrong with the phone: it is no news until more is. False where nothing was."""
    news = (Device.missing_since, Device.storage_lost_at, Device.doubled_at)
    told = sa.update(Device).where(Device.id == device_id, sa.or_(*(one.is_not(None) for one in news)))
    return connection.execute(told.values(dict.fromkeys(one.key for one in news))).rowcount > 0


def seen(highest: int, gaps: list[Range], seqs: list[int]) -> tuple[int, list[Range]]:
    """The highest number, and the gaps below it, once `seqs` have been seen, too. Pure."""
    for seq in sorted(set(seqs)):
        if seq <= highest:
            gaps = [part for gap in gaps for part in _without(seq, gap)]
            continue
        if seq > highest + 1:
            gaps = [*gaps, (highest + 1, seq - 1)]
        highest = seq
    return highest, gaps[:MOST_GAPS]


def _without(seq: int, gap: Range) -> list[Range]:
    first, last = gap
    if not first <= seq <= last:
        return [gap]
    return [(start, end) for start, end in ((first, seq - 1), (seq + 1, last)) if start <= end]
