"""Deliveries out: claimed with a lease, sent outside of any transaction, and recorded.

A worker that is killed leaves its lease behind: when that is over, another sends again, under the same tag. What was
handed over is recorded whoever says so; every other outcome only by who still holds the lease.
"""

import logging
import math
import zlib
from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, time, timedelta
from typing import Any, NamedTuple, assert_never

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from server.foundation.database import UtcDateTime, any_of, writing
from server.foundation.errors import traced

from .decency import moment, next_decent, next_quiet
from .gathering import OF_DEPARTURES, heard_by
from .letters import Channel, Letter, Send, Sent, Words, later
from .listening import Listener, may_hear
from .models import Reminder, ReminderDelivery, ReminderOccurrence
from .reasons import of_minute
from .withdrawing import still_wanted
from .wording import neutral

log = logging.getLogger(__name__)
LEASE = timedelta(minutes=3)
BATCH, TOGETHER = 200, 8
"""so many letters a transaction, so many on their way at the same time"""
RECORD_PATIENCE_S = 60.0
"""well within the lease"""
FIRST_WAIT_S, LONGEST_WAIT_S = 30, 3600
LONGEST_TTL = timedelta(hours=24)
NUDGE_TTL = timedelta(hours=12)


class Claimed(NamedTuple):
    """A delivery that nobody else touches until its lease is over."""

    id: str
    reminder_id: str
    person_id: str
    channel: str
    address: str
    tries: int
    not_before: datetime
    claimed_until: datetime


_NOW = sa.bindparam("now", type_=UtcDateTime)
_FREE = sa.or_(
    sa.and_(ReminderDelivery.state == "waiting", ReminderDelivery.not_before <= _NOW),
    sa.and_(ReminderDelivery.state == "claimed", ReminderDelivery.claimed_until <= _NOW),
)
_CHOSEN = (
    sa.select(ReminderDelivery.id)
    .where(_FREE, any_of(ReminderDelivery.channel, "channels"))
    .order_by(ReminderDelivery.not_before)
    .limit(sa.bindparam("most"))
    .with_for_update(skip_locked=True)
    .cte("chosen")  # PostgreSQL asks a plain subquery again for each row, and would claim all that waits
)
_CLAIM = (
    sa.update(ReminderDelivery)
    .where(ReminderDelivery.id.in_(sa.select(_CHOSEN.c.id)), _FREE)
    .values(state="claimed", claimed_until=sa.bindparam("lease"), tries=ReminderDelivery.tries + 1)
    .returning(
        ReminderDelivery.id, ReminderDelivery.reminder_id, ReminderDelivery.person_id, ReminderDelivery.channel,
        ReminderDelivery.address, ReminderDelivery.tries, ReminderDelivery.not_before, ReminderDelivery.claimed_until,
    )
)  # fmt: skip


def claim(connection: Connection, now: datetime, most: int, channels: Collection[str]) -> list[Claimed]:
    """So many deliveries are this worker's until the lease ends; those that were due first. Any number of workers may ask."""
    values = {"now": now, "lease": now + LEASE, "most": most, "channels": sorted(channels)}
    return [Claimed(*row) for row in connection.execute(_CLAIM, values)]


def deliver(
    engine: Engine, now: datetime, zone: str, channels: Mapping[str, Channel], *, most: int = BATCH,
    together: int = TOGETHER,
) -> int:  # fmt: skip
    """A batch of what waits is sent, or known not to be wanted any more. Returns how many were dealt with; 0: none waits."""
    with writing(), engine.begin() as connection:
        claimed = claim(connection, now, most, list(channels))
        letters = letters_of(connection, claimed, now, zone)
        sends = {
            name: channel.prepare(connection, mine)
            for name, channel in channels.items()
            if (mine := [one for one in letters if one.channel == name])
        }
    results = _send(sends, letters, together)
    if results:
        # They are sent: giving up the place now would send them again.
        with writing(patience_s=RECORD_PATIENCE_S), engine.begin() as connection:
            record(connection, results, {one.id: one for one in claimed}, now, zone)
            for name in sends:
                channels[name].note(connection, [one for one in results if one[0].channel == name], now)
    return len(claimed)


_TEXTS = sa.select(
    Reminder.id, Reminder.rule, Reminder.nudge_on, Reminder.expires_at, Reminder.words, Reminder.target,
    sa.select(sa.func.min(ReminderOccurrence.ordinal))
    .where(ReminderOccurrence.reminder_id == Reminder.id)
    .scalar_subquery()
    .label("ordinal"),
).where(any_of(Reminder.id, "ids"))  # fmt: skip


def letters_of(connection: Connection, claimed: Sequence[Claimed], now: datetime, zone: str) -> list[Letter]:
    """What may go of what was claimed. The rest is put back until it may, or is over, in this transaction."""
    if not claimed:
        return []
    ids = {one.reminder_id for one in claimed}
    wanted = still_wanted(connection, ids, now, zone)
    texts = {row.id: row for row in connection.execute(_TEXTS, {"ids": sorted(ids)})}
    heard = heard_by(connection, (one.person_id for one in claimed), now, zone)
    letters, others = [], []
    for one in claimed:
        text, listener = texts[one.reminder_id], heard[one.person_id]
        leaves_at = of_minute(text.ordinal) if text.rule in OF_DEPARTURES else None
        if one.reminder_id not in wanted or (one.channel == "push" and not listener.has_reminders):
            others.append(_became(one, "withdrawn"))
        elif not may_hear(listener, text.rule, leaves_at, now, zone):
            others.append(_put_off(one, next_decent(now, listener.quiet, zone), _last(text, zone), "quiet"))
        elif (until := _until(text, listener, now, zone)) > now:
            letters.append(_letter(one, text, listener, until - now))
        else:
            others.append(_became(one, "failed", "too_late"))
    _write(connection, others)
    return letters


def _letter(one: Claimed, text: Any, listener: Listener, ttl: timedelta) -> Letter:
    return Letter(
        delivery_id=one.id, reminder_id=one.reminder_id, person_id=one.person_id, channel=one.channel,
        address=one.address, rule=text.rule, is_nudge=text.rule == "nudge", language=listener.language,
        words=Words(**(text.words.get(listener.language) or next(iter(text.words.values())))),
        neutral=neutral(listener.language), target=text.target, tag=one.reminder_id,
        topic=one.reminder_id.replace("-", ""),
        urgency="high" if text.rule in ("leaving", "departure_changed") else "normal",
        ttl_s=math.ceil(ttl.total_seconds()), expires_at=text.expires_at,
    )  # fmt: skip


def _last(text: Any, zone: str) -> datetime:
    """Until when it makes sense to hand it over: a nudge on its day alone, so that the next day has one and not two."""
    ends_at: datetime = text.expires_at
    return min(ends_at, moment(text.nudge_on + timedelta(days=1), time(0), zone)) if text.nudge_on else ends_at


def _until(text: Any, listener: Listener, now: datetime, zone: str) -> datetime:
    """Until when a service may keep it for a phone that is off: a nudge until the quiet hours, a duty as long as it holds."""
    if text.rule == "nudge":
        return min(_last(text, zone), now + NUDGE_TTL, next_quiet(now, listener.quiet, zone))
    return min(_last(text, zone), now + LONGEST_TTL)


def _send(sends: Mapping[str, Send], letters: Sequence[Letter], together: int) -> list[tuple[Letter, Sent]]:
    def send(letter: Letter) -> Sent:
        try:
            return sends[letter.channel](letter)
        except Exception as error:
            log.error("a channel failed (%s): %s", letter.channel, traced(error))
            return later("unexpected")

    if min(together, len(letters)) <= 1:
        return [(letter, send(letter)) for letter in letters]
    with ThreadPoolExecutor(min(together, len(letters))) as pool:
        return list(zip(letters, pool.map(send, letters), strict=True))


def record(
    connection: Connection, results: Sequence[tuple[Letter, Sent]], claimed: Mapping[str, Claimed], now: datetime,
    zone: str,
) -> None:  # fmt: skip
    """Each letter's outcome stands. Again: what was handed over stays so."""
    _alarm(connection, results, now)
    ids = sorted({letter.reminder_id for letter, _ in results})
    texts = {row.id: row for row in connection.execute(_TEXTS, {"ids": ids})}
    handed_over, others = [], []
    for letter, sent in results:
        one = claimed[letter.delivery_id]
        match sent.how:
            case "ok":
                handed_over.append({"of": one.id, "at": now})
            case "gone":
                others.append(_became(one, "failed", "gone"))
            case "refused":
                others.append(_became(one, "failed", sent.reason))
            case "later":
                not_before = now + _wait(one, sent.retry_after_s)
                others.append(_put_off(one, not_before, _last(texts[one.reminder_id], zone), sent.reason))
            case _:
                assert_never(sent.how)
    if handed_over:
        connection.execute(_HANDED_OVER, handed_over)
    _write(connection, others)


def _alarm(connection: Connection, results: Sequence[tuple[Letter, Sent]], now: datetime) -> None:
    """A refusal is our fault: said in the log once a day and reason, by whichever worker meets it first."""
    met = {(letter.channel, sent.reason) for letter, sent in results if sent.how == "refused"}
    if not met:
        return
    said = sa.select(ReminderDelivery.channel, ReminderDelivery.failure).where(
        ReminderDelivery.state == "failed", ReminderDelivery.not_before >= now - timedelta(days=1),
        ReminderDelivery.failure.in_(sorted(reason or "" for _, reason in met)),
    )  # fmt: skip
    for channel, reason in sorted(met - set(connection.execute(said.distinct()).tuples())):
        log.error("%s refuses what we send: %s", channel, reason)


def _wait(one: Claimed, told_s: int | None) -> timedelta:
    """As long as we were told; else longer each time. Spread by the delivery's own id, so that they do not all come back at once."""
    wait_s = told_s if told_s is not None else min(FIRST_WAIT_S * 2 ** (one.tries - 1), LONGEST_WAIT_S)
    return timedelta(seconds=wait_s * (1 + zlib.crc32(f"{one.id}/{one.tries}".encode()) / 2**32 / 2))


_Row = dict[str, Any]


def _became(one: Claimed, state: str, failure: str | None = None) -> _Row:
    return {"of": one.id, "lease": one.claimed_until, "to": state, "why": failure, "from": one.not_before}


def _put_off(one: Claimed, not_before: datetime, last: datetime, why: str | None) -> _Row:
    if not_before >= last:
        return _became(one, "failed", why)
    return _became(one, "waiting", why) | {"from": not_before}


_WRITE = (
    sa.update(ReminderDelivery)
    .where(
        ReminderDelivery.id == sa.bindparam("of"),
        ReminderDelivery.state == "claimed",
        ReminderDelivery.claimed_until == sa.bindparam("lease"),
    )
    .values(
        state=sa.bindparam("to"), failure=sa.bindparam("why"), not_before=sa.bindparam("from"), claimed_until=None,
    )
)  # fmt: skip
_HANDED_OVER = (
    sa.update(ReminderDelivery)
    .where(ReminderDelivery.id == sa.bindparam("of"), ReminderDelivery.state != "waiting")
    .values(state="sent", sent_at=sa.bindparam("at"), claimed_until=None, failure=None)
)


def _write(connection: Connection, rows: Sequence[_Row]) -> None:
    if rows:
        connection.execute(_WRITE, list(rows))
