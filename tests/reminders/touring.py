"""The rest of the year: tours that are moved, cancelled and left, messages, and a worker that dies now and then."""

from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event

from server.activities.departing import book, cancel, keep_only, set_departure
from server.activities.models import DepartureChange
from server.foundation import ids
from server.foundation.database import db
from server.reminders.delivering import deliver
from server.reminders.models import GroupMessage, Reminder, ReminderOccurrence
from server.reminders.ticking import tick

from .making import ZONE, do, start
from .playing import MINUTE, write
from .posting import Killed, Posted
from .year_checker import DAY, HOUR, Reason, Tour, Year, day_of, local

REGULAR = (7, 9, 10, 16, 17)
"""the hours at which quiet hours end and rules are due; besides, at any time and after anything that happened"""
OUTAGE = timedelta(days=3)


class Played(Posted):
    """A year, with tours, messages and the worker."""

    def __init__(self, world: Any, clock: Any, seed: int, people: int, begins_on: date, days: int) -> None:
        super().__init__(world, clock, seed, begins_on, days)
        self.statements_left = -1
        self.stands_still = self.some_time()
        start(begins_on)
        for _ in range(people):
            self.hire()
        for week in range(days // 7):
            self.at(local(begins_on + timedelta(days=7 * week), 11) + 13 * MINUTE / 60, self._offer_tour)
        for _ in range(days // 20):
            self.at(self.some_time(), self._write_message)
        for day in (begins_on + timedelta(days=n) for n in range(days)):
            for when in (*(local(day, hour) for hour in REGULAR), local(day, 0) + self.rng.randrange(1440) * MINUTE):
                self.at(when, self._round)

    def run(self) -> Year:
        """What happened and what was said in the whole year."""
        event.listen(db.engine, "before_cursor_execute", self._maybe_die)
        try:
            self.play()
        finally:
            event.remove(db.engine, "before_cursor_execute", self._maybe_die)
        select = sa.select(ReminderOccurrence.__table__).where(ReminderOccurrence.rule.is_not(None))
        with db.engine.connect() as connection:
            for row in connection.execute(select):
                self.year.said.append(
                    (row.rule, row.person_id, row.subject, row.due_at, row.expires_at, row.reminder_id)
                )
            for row in connection.execute(sa.select(Reminder.id, Reminder.made_at, Reminder.person_id)):
                self.year.made[row.id] = (row.made_at, row.person_id)
        return self.year

    def _soon(self) -> None:
        """The worker comes by every minute."""
        now = self.clock.now.replace(second=0)
        self.at(now + MINUTE, self._round)

    def _offer_tour(self) -> None:
        """A tour in two weeks for some of those who are here."""
        now, rng = self.clock.now, self.rng
        leaves = local(day_of(now) + timedelta(days=rng.randrange(2, 14)), 8) + timedelta(
            minutes=30 * rng.randrange(14)
        )
        tour = self._set(f"tur-{now:%m-%d}", leaves)
        here = sorted(one for one in self._there if self.is_here(one))
        for person in rng.sample(here, min(len(here), 8)):
            latest = int((leaves - now - 3 * HOUR) / MINUTE)
            self.at(now + self.some_minutes(latest if rng.random() < 0.2 else 60), self._book, tour, person)
        if rng.random() < 0.4:
            self.at(now + self.some_minutes(int((leaves - now) / MINUTE), 90), self._move, tour)
        if rng.random() < 0.15:
            self.at(now + self.some_minutes(int((leaves - now) / MINUTE), 90), self._cancel, tour)
        if rng.random() < 0.3:
            self.at(now + self.some_minutes(int((leaves - now) / MINUTE), 90), self._lose_a_seat, tour)
        self.at(leaves - HOUR, self._round)

    def _set(self, slug: str, leaves: datetime) -> Tour:
        departure = do(
            set_departure, slug=slug, activity_id=self.world.activities["rundan"], starts_at=leaves,
            ends_at=leaves + 3 * HOUR, meeting_place={"sv": "Bussen"}, seats=20, at=self.clock.now,
        )  # fmt: skip
        tour = self.year.tours.setdefault(departure.id, Tour(departure.id, []))
        tour.leaves.append((self.clock.now, leaves))
        self.slugs[departure.id] = slug
        return tour

    slugs: dict[str, str] = {}  # noqa: RUF012 - ids are never the same twice

    def _book(self, tour: Tour, person: str) -> None:
        leaves = tour.leaves_at(self.clock.now)
        if self.is_here(person) and leaves and self.clock.now < leaves - 2 * HOUR and person not in tour.seats:
            do(book, departure_id=tour.id, person_id=person, at=self.clock.now)
            tour.seats[person] = (self.clock.now, None)
            if leaves < self.clock.now + 2 * DAY:
                self._soon()

    def _move(self, tour: Tour) -> None:
        now, was = self.clock.now, tour.leaves_at(self.clock.now)
        day = day_of(max(now, was)) + timedelta(days=self.rng.randrange(6)) if was else None
        leaves = local(day, 8) + timedelta(minutes=30 * self.rng.randrange(14)) if day else None
        if was and leaves and now < was and leaves > now + 3 * HOUR and leaves != was:
            self._set(self.slugs[tour.id], leaves)
            self._note_change(tour, was, leaves)
            self._soon()
            self.at(leaves - HOUR, self._round)

    def _cancel(self, tour: Tour) -> None:
        was = tour.leaves_at(self.clock.now)
        if was and self.clock.now < was:
            do(cancel, slug=self.slugs[tour.id], at=self.clock.now)
            tour.cancelled_at = self.clock.now
            self._note_change(tour, was, was)
            self._soon()

    def _note_change(self, tour: Tour, was: datetime, leaves: datetime) -> None:
        select = sa.select(DepartureChange.id).where(DepartureChange.departure_id == tour.id)
        with db.engine.connect() as connection:
            rows = connection.execute(select.order_by(DepartureChange.changed_at.desc(), DepartureChange.id.desc()))
            tour.changes.append((self.clock.now, rows.scalars().first(), was, leaves))

    def _lose_a_seat(self, tour: Tour) -> None:
        now = self.clock.now
        held = sorted(person for person, (_, until) in tour.seats.items() if until is None)
        if held:
            lost = self.rng.choice(held)
            do(keep_only, departure_id=tour.id, guides=set(), roster=set(held) - {lost}, at=now)
            tour.seats[lost] = (tour.seats[lost][0], now)
            change = sa.select(DepartureChange.id).where(
                DepartureChange.departure_id == tour.id, DepartureChange.person_id == lost
            )
            with db.engine.connect() as connection:
                id_ = connection.execute(change).scalar_one()
            tour.removals.append((now, id_, lost, tour.leaves[-1][1]))
            self._soon()

    def _write_message(self) -> None:
        """To everybody in the unit who is here when it goes out, a minute later."""
        now = self.clock.now
        sends_at = now + MINUTE
        if self._stands_still(sends_at):
            return
        row = {
            "id": ids.new_id(), "audience": "unit", "audience_id": self.world.units["hemtjanst"], "words": {"sv": {}},
            "written_by": self.world.people["hugo"], "written_at": now, "sends_at": sends_at, "people": 0,
        }  # fmt: skip
        row["words"] = {"sv": {"title": "Hej", "body": "Vi ses."}}
        write({GroupMessage: [row]})
        for human in self.year.humans.values():
            is_meant = human.unit == "hemtjanst" and human.id in self._there
            if is_meant and (human.gone_at is None or sends_at < human.gone_at):
                reason = Reason("message", human.id, row["id"], sends_at, sends_at + 7 * DAY)
                self.year.others.append(reason)
        self.at(sends_at.replace(second=0) + MINUTE, self._round)

    def _stands_still(self, at: datetime) -> bool:
        return self.stands_still - MINUTE <= at < self.stands_still + OUTAGE

    def _round(self) -> None:
        """One of two workers does its round; now and then it is killed in it, and four minutes later the other comes by."""
        now = self.clock.now
        if self._stands_still(now):
            return
        if self.rng.random() < 0.05:
            self.statements_left = self.rng.randrange(1, 60)
        elif self.rng.random() < 0.05:
            self.letters_left = self.rng.randrange(3)
        is_planned = False
        try:
            tick(db.engine, now, ZONE, list(self.channels))
            is_planned = True
            self.send_all()
        except Killed:
            self.year.kills.add(now)
            self.at(now + 4 * MINUTE, self._round)
        finally:
            self.statements_left = self.letters_left = -1
        self.year.rounds.append((now, is_planned))

    def send_all(self) -> None:
        """What waits is sent, with no round before it."""
        while deliver(db.engine, self.clock.now, ZONE, self.channels, most=20, together=1):
            pass

    def _maybe_die(self, *_: Any) -> None:
        self.statements_left -= 1
        if self.statements_left == 0:
            raise Killed
