"""The worker's tasks, through huey. The queue only nudges: what is to be done stands in the database, each round finds
all of it, and two rounds at once double nothing. A queue that is lost or broken is made anew; nothing else is lost.
"""

import logging
import sqlite3
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from huey import crontab
from sqlalchemy.engine import Connection, Engine

from config import Settings
from server.foundation import clock
from server.foundation.bulk import put
from server.foundation.database import writing
from server.foundation.errors import traced

from .delivering import deliver
from .letters import Channel, Channels
from .mail import Mail
from .models import ReminderDelivery, WorkerBeat
from .push import Push
from .queueing import FILE, make_ready, queue_of
from .sms import Sms
from .ticking import tick

log = logging.getLogger(__name__)
Daily = Callable[[Engine, datetime], object]
"""what the layers above want done once a day"""
Round = Callable[[Engine, datetime], None]
"""what the layers above want done in each round"""
LATE_S = 300
"""a worker that has not done its round for so long, or leaves what is due lying for so long, is late"""
AWAY_S = 90
"""a queue that has taken nothing for so long before the last round is away"""


def channels_of(settings: Settings, secret: str, push: Push) -> Channels:
    """The ways to people that these settings open."""
    ways: Channels = {"push": push}
    if settings.smtp_url:
        ways["mail"] = Mail(settings, secret)
    if settings.sms_url:
        ways["sms"] = Sms(settings)
    return ways


class Tasks:
    """A queue and its two tasks; a process that only nudges never runs them."""

    def __init__(
        self,
        settings: Settings,
        engine: Engine,
        channels: Mapping[str, Channel],
        *,
        daily: Daily | None = None,
        also: Round | None = None,
    ) -> None:
        self._is_file, self._file = not settings.queue_url, settings.data / FILE
        self._is_whole: bool | None = None
        """None: nobody has looked yet"""
        self.queue = queue_of(settings)
        self._engine, self._zone, self._channels = engine, settings.zone, channels
        self._daily = daily
        self._also = also
        self.is_stopping: Callable[[], bool] = lambda: False
        self.rounds = self.queue.periodic_task(crontab(), name="round")(self.do_round)
        self.deliveries = self.queue.task(name="deliver")(self.do_deliver)

    @property
    def ways(self) -> list[str]:
        """The channels that there are, by name."""
        return sorted(self._channels)

    def nudge(self, after: timedelta | None = None) -> None:
        """A worker does a round soon, or when so much time is over: for who has committed what somebody is to be told of.

        One that waits is enough. Never fails: a nudge that is lost costs at most the minute until the next round.
        """
        try:
            if self._is_lost():
                return
            if after:
                self.rounds.schedule(delay=after.total_seconds())
            elif self.queue.storage.queue_size() == 0:
                self.rounds()
        except Exception as error:
            log.error("the queue took no nudge: %s", traced(error))

    def _ask_for_help(self) -> None:
        try:
            if self.queue.storage.queue_size() == 0:
                self.deliveries()
        except Exception as error:
            log.error("the queue took no delivery: %s", traced(error))

    def do_round(self) -> None:
        """What is due by now has its reminders and deliveries; the worker was heard; somebody delivers.

        Last comes what is done once a day.
        """
        self._do_also()
        tick(self._engine, clock.now(), self._zone, self.ways)
        beat(self._engine, clock.now())
        try:
            self.deliveries()
        except Exception as error:
            log.error("the queue took no delivery: %s", traced(error))
            self.do_deliver()
        else:
            beat(self._engine, clock.now(), "queue")
        self._do_daily()

    def _do_daily(self) -> None:
        """What is to be done once a day was done on this one."""
        today = clock.today(self._zone)
        if self._daily is None or _last(self._engine, "daily", self._zone) == today:
            return
        try:
            self._daily(self._engine, clock.now())
            beat(self._engine, clock.now(), "daily")
        except Exception as error:
            log.error("the day's work failed, and is tried again in the next round: %s", traced(error))

    def _do_also(self) -> None:
        try:
            if self._also:
                self._also(self._engine, clock.now())
        except Exception as error:
            log.error("a part of the round failed, and is tried again in the next: %s", traced(error))

    def do_deliver(self) -> None:
        """Everything that waits and is due was sent, or put off. While there is more, others are asked to help."""
        has_asked = False
        while not self.is_stopping() and deliver(self._engine, clock.now(), self._zone, self._channels):
            if not has_asked:
                self._ask_for_help()
                has_asked = True

    def mend(self) -> None:
        """The queue can be used: it is there, holds its tables and can be read. What is none is made anew."""
        storage = self.queue.storage
        try:
            if self._is_lost():
                storage.close()
            if self._is_lost() or not self._is_whole:
                make_ready(self.queue)
            storage.queue_size()
            self._found(True, "the queue can be used again")
        except sqlite3.OperationalError as error:  # busy, or tables are missing
            log.warning("the queue cannot be used now: %s", error)
            self._is_whole = False
        except sqlite3.DatabaseError as error:
            log.error("the queue's file is made anew: %s", error)
            storage.close()
            for path in (self._file, Path(f"{self._file}-journal")):
                path.unlink(missing_ok=True)
            make_ready(self.queue)
        except Exception as error:  # its server is away, or the tables there are: they are made again next time
            self._found(False, "the queue cannot be used: %s", traced(error))

    def _found(self, is_whole: bool, words: str, *values: object) -> None:
        """Said once when it goes away, and once when it is back."""
        if self._is_whole is not is_whole and (self._is_whole is not None or not is_whole):
            log.error(words, *values)
        self._is_whole = is_whole

    def _is_lost(self) -> bool:
        return self._is_file and not self._file.exists()


def beat(engine: Engine, at: datetime, name: str = "round") -> None:
    """The worker was heard, or has done its day's work."""
    with writing(), engine.begin() as connection:
        put(connection, WorkerBeat, [{"name": name, "at": at}])


def _last(engine: Engine, name: str, zone: str) -> date | None:
    """The day of the last such beat."""
    with engine.connect() as connection:
        at = connection.execute(sa.select(WorkerBeat.at).where(WorkerBeat.name == name)).scalar_one_or_none()
    return at and at.astimezone(ZoneInfo(zone)).date()


_LAST = sa.select(WorkerBeat.at).where(WorkerBeat.name == "round")
_NOW = sa.bindparam("now", type_=ReminderDelivery.not_before.type)
_OLDEST = sa.select(sa.func.min(ReminderDelivery.not_before)).where(
    sa.or_(
        sa.and_(ReminderDelivery.state == "waiting", ReminderDelivery.not_before <= _NOW),
        sa.and_(ReminderDelivery.state == "claimed", ReminderDelivery.claimed_until <= _NOW),
    )
)


def lag_s(connection: Connection, now: datetime) -> int | None:
    """How far the worker is behind: the age of its last round, or of what is due and unsent. None: it was never heard."""
    last = connection.execute(_LAST).scalar_one_or_none()
    oldest: datetime | None = connection.execute(_OLDEST, {"now": now}).scalar_one()
    return None if last is None else max(0, round((now - min(last, oldest or now)).total_seconds()))


_BEATS = sa.select(WorkerBeat.name, WorkerBeat.at).where(WorkerBeat.name.in_(("round", "queue")))


def is_queue_away(connection: Connection) -> bool | None:
    """The rounds are done without a queue, so that what is to be said at once waits for its minute. None: no round yet."""
    at = dict(connection.execute(_BEATS).tuples().all())
    if "round" not in at:
        return None
    return "queue" not in at or (at["round"] - at["queue"]).total_seconds() > AWAY_S
