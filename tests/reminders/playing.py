"""A year of many people, played on the real product: what happens goes in by its own doors (operations, deeds). By one seed,
in the order of time."""

import heapq
import itertools
import random
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from server.foundation import clock, ids
from server.foundation.database import db, writing
from server.learning.enrolling import end_enrolment
from server.learning.models import Enrolment, Programme, ProgrammeItem
from server.people.addresses import change_address
from server.people.devices import Call, hear
from server.people.enlisting import deactivate
from server.people.models import Device, Employment, Person, Session
from server.protocol.operations import LooseOperation
from server.reminders import contacts, own_address
from server.reminders.models import ContactAddress, PushSubscription, Reminder, ReminderOccurrence
from server.reminders.unsubscribing import refuse_nudges
from server.sync import exchange
from server.sync.receive import Push
from server.sync.understanding import understand

from .making import do
from .year_checker import DAY, HOUR, Human, Reason, Task, Year, day_of, local

ITEMS = {"brand": 10, "hygien": 24}
OWN_HOURS = ("21:00-07:00", "22:00-02:30", "02:15-10:00", "23:30-05:00")
KINDS = ("healthy", "healthy", "healthy", "flaky", "closed at times", "dead", "silent", "refused")
ADDRESSES = ("works", "works", "works", "busy", "unknown", "comes back", "full")
MINUTE = timedelta(minutes=1)


class Stage:
    """Where the year is played: what happens when, by one seed."""

    def __init__(self, world: Any, clock: Any, seed: int, begins_on: date, days: int) -> None:
        self.world, self.clock, self.rng = world, clock, random.Random(seed)
        self.year = Year(begins_on=begins_on)
        self.begins_on, self.ends_on = begins_on, begins_on + timedelta(days=days)
        self._count, self._queue = itertools.count(), []

    _queue: list[tuple[datetime, int, Callable[..., None], tuple[Any, ...]]]

    def at(self, when: datetime, act: Callable[..., None], *arguments: Any) -> None:
        heapq.heappush(self._queue, (when, next(self._count), act, arguments))

    def play(self) -> None:
        """All that was planned happens, in its order."""
        while self._queue and self._queue[0][0] < local(self.ends_on, 0):
            when, _, act, arguments = heapq.heappop(self._queue)
            self.clock.now = when
            act(*arguments)

    def some_time(self, since: date | None = None) -> datetime:
        since = since or self.begins_on
        days = max((self.ends_on - since).days, 1)
        return local(since, 0) + self.some_minutes(days * 1440)

    def some_minutes(self, most: int, least: int = 0) -> timedelta:
        """Never upon a full minute, on which the worker does its rounds."""
        return timedelta(minutes=self.rng.randrange(least, most), seconds=13)


def write(rows: dict[Any, list[dict[str, Any]]]) -> None:
    with writing(), db.engine.begin() as connection:
        for model, values in rows.items():
            if values:
                connection.execute(sa.insert(model), values)


class People(Stage):
    """They come and go, learn with and without a network, and say how they want to hear of it."""

    programme = "p" * 36

    def __init__(self, *about: Any) -> None:
        super().__init__(*about)
        self._seqs: dict[str, int] = {}
        self._there: set[str] = set()
        items = [
            {"programme_id": self.programme, "key": key, "position": at, "kind": "course", "after": [],
             "item_id": self.world.courses[key], "is_mandatory": True, "due_days": days}
            for at, (key, days) in enumerate(ITEMS.items())
        ]  # fmt: skip
        row = {"id": self.programme, "slug": "aret", "title": {"sv": "Året"}, "summary": {}}
        write({Programme: [row | {"audience_unit_id": self.world.units["kommun"]}], ProgrammeItem: items})

    def hire(self) -> None:
        """Somebody is there at the beginning, or comes in the course of the year; and most do what is asked, some late."""
        rng = self.rng
        person = ids.new_id()
        patterns = rng.choices(["day", "evening", "night", "varying"], [6, 2, 2, 1], k=1 + (rng.random() < 0.1))
        human = self.year.humans[person] = Human(person, patterns)
        is_new = rng.random() < 0.6
        offset = rng.randrange((self.ends_on - self.begins_on).days) if is_new else -rng.randrange(60)
        started_on = self.begins_on + timedelta(days=offset)
        known_at = local(started_on, 8) + self.some_minutes(2 * 1440, -3 * 1440)
        human.phones = {ids.new_id(): rng.choice(KINDS) for _ in range(rng.choice((0, 1, 1, 1, 2)))}
        human.has_number = rng.random() < 0.5
        human.unit = "hemtjanst" if rng.random() < 0.1 else "omsorg"
        leaves_on = max(started_on, self.begins_on) + timedelta(days=rng.randrange(3, 90))
        leaves_on = leaves_on if rng.random() < 0.2 else None
        if leaves_on and rng.random() < 0.5:
            human.gone_at = local(leaves_on + timedelta(days=1), 0)
        elif leaves_on:
            human.gone_at = local(leaves_on, 0) + self.some_minutes(1440)
            self.at(human.gone_at, self._deactivate, human)
            leaves_on = None
        self.at(
            max(known_at, local(self.begins_on, 0) + self.some_minutes(60)), self._arrive, human, started_on, leaves_on
        )

    def _arrive(self, human: Human, started_on: date, leaves_on: date | None) -> None:
        now, rng = self.clock.now, self.rng
        self._there.add(human.id)
        posts = [
            {"id": ids.new_id(), "person_id": human.id, "unit_id": self.world.units[human.unit], "title": "",
             "shift_pattern": pattern, "from_on": min(started_on, day_of(now)), "to_on": leaves_on}
            for pattern in human.patterns
        ]  # fmt: skip
        devices = [
            {"id": phone, "person_id": human.id, "label": "", "registered_at": now - 9 * DAY, "last_heard_at": now,
             "app_version": "sim"}
            for phone in [*human.phones, human.id]
        ]  # fmt: skip
        human.signs_in = f"{human.id}@ar.example"
        human.addresses.append((now, human.signs_in, rng.choice(ADDRESSES)))
        person = {"id": human.id, "email": human.signs_in, "name": "", "created_at": now, "language": "sv"}
        enrolled = {"person_id": human.id, "programme_id": self.programme, "started_on": started_on}
        write({Person: [person], Employment: posts, Device: devices, Enrolment: [enrolled]})
        signed_in = {"token_hash": human.id, "person_id": human.id, "created_at": now, "extended_on": day_of(now)}
        write({Session: [signed_in | {"expires_at": now + 999 * DAY}]})
        write({PushSubscription: [self._subscription(human.id, phone) for phone in human.phones]})
        if human.has_number:
            write({ContactAddress: [{"person_id": human.id, "phone_number": f"+4670{len(self._there):07}"}]})
        self._plan_ways(human)
        self._plan_acts(human, started_on)

    def _plan_acts(self, human: Human, started_on: date) -> None:
        """What they will do of what is asked, and what they will say to reminders."""
        now, rng = self.clock.now, self.rng
        for key, days in ITEMS.items():
            due_on = started_on + timedelta(days=days)
            task = Task(human.id, self.programme, key, started_on, due_on, now)
            self.year.tasks.append(task)
            if rng.random() < 0.85:
                done_at = now + self.some_minutes(40 * 1440)
                delay = rng.choice([timedelta(0)] * 3 + [timedelta(minutes=rng.randrange(30, 10 * 1440))])
                self.at(done_at + delay, self._complete, task, done_at)
        if rng.random() < 0.07:
            self.at(now + self.some_minutes(30 * 1440), self._unenrol, human.id)
        for _ in range(rng.choice((0, 0, 0, 1, 2))):
            self.at(self.some_time(day_of(now)), self._prefer, human)
        if rng.random() < 0.15:
            self.at(now + self.some_minutes(20 * 1440), self._refuse_mail, human)
        for act, chance in ((self._put_off, 0.1), (self._mute, 0.08), (self._enter_wrong_code, 0.1)):
            if rng.random() < chance:
                self.at(now + self.some_minutes(40 * 1440), act, human)

    def _plan_ways(self, human: Human) -> None:
        """When their phones are used, and their address changes, in the year that is left."""
        now = self.clock.now
        for phone, kind in human.phones.items():
            self.year.heard[phone] = [now]
            for _ in range(0 if kind in ("dead", "silent") else self.rng.randrange(9)):
                self.at(self.some_time(day_of(now)), self.use, human, phone)
        if human.addresses[0][2] in ("unknown", "comes back") and self.rng.random() < 0.5:
            self.at(self.some_time(day_of(now)), self._change_address, human)

    def use(self, human: Human, phone: str, tag: str | None = None) -> None:
        """The phone is heard; now and then its person looks at what it shows."""
        if not self.is_here(human.id):
            return
        with writing(), db.engine.begin() as connection:
            hear(connection, [Call(phone, human.id, "sim", self.clock.now)])
        self.year.heard[phone].append(self.clock.now)
        if tag and self.rng.random() < 0.3:
            self.push(human.id, {"kind": "reminder_seen", "reminder_id": tag})
            self.year.seen.setdefault(tag, self.clock.now)

    def _change_address(self, human: Human) -> None:
        """They mend it themselves, or a coordinator does."""
        if not self.is_here(human.id):
            return
        new, now = f"{human.id}@ny.example", self.clock.now
        if self.rng.random() < 0.5:
            _, code = own_address.want(db.engine, person_id=human.id, to=new, at=now)
            own_address.confirm(db.engine, person_id=human.id, code=code, at=now)
        else:
            do(change_address, person_id=human.id, to=new, at=now, actor_id=None)
            do(_follow, person_id=human.id, at=now)
            human.signs_in = new
        human.addresses.append((now, new, "works"))

    def _subscription(self, person: str, phone: str) -> dict[str, Any]:
        now = self.clock.now
        return {
            "id": phone, "person_id": person, "device_id": phone, "endpoint": f"https://push/{phone}",
            "endpoint_hash": phone, "p256dh": "", "auth": "", "key_id": "", "made_at": now, "confirmed_at": now,
            "failures": 0, "session_hash": person,
        }  # fmt: skip

    def is_here(self, person: str) -> bool:
        gone_at = self.year.humans[person].gone_at
        return gone_at is None or self.clock.now < gone_at - HOUR

    def push(self, person: str, *statements: dict[str, Any], done_at: datetime | None = None) -> list[str]:
        """What the person's own phone tells, now; it was done at `done_at`, without a network. Returns the ids."""
        now, operations = self.clock.now, []
        for statement in statements:
            self._seqs[person] = self._seqs.get(person, 0) + 1
            head = {
                "op_id": ids.new_id(), "seq": self._seqs[person], "v": 1, "clock_jumped": False,
                "occurred_at": _wire(done_at or now), "heard_server_at": _wire((done_at or now) - HOUR),
            }  # fmt: skip
            operations.append(understand(LooseOperation.model_validate(head | statement)))
        (answer,) = exchange.push_all(db.engine, [Push(person, person, "sim", now, now, operations)])
        assert {one["status"] for one in answer.outcomes} <= {"applied", "merged", "review"}, (answer, statements)
        return [one.op_id for one in operations]

    def _complete(self, task: Task, done_at: datetime) -> None:
        is_over = task.done_known_at or (task.ended_at and task.ended_at <= self.clock.now)
        if is_over or not self.is_here(task.person):
            return
        steps = [self.world.done("larma", "brand"), self.world.done("ut", "brand")]
        ops = self.push(task.person, *(steps if task.key == "brand" else self.world.all_of_hygien()), done_at=done_at)
        task.done_known_at = self.clock.now
        if task.key == "hygien" and self.clock.now - done_at > 10 * MINUTE:
            self.other("exam_result", task.person, ops[-1], 2 * DAY)

    def other(self, rule: str, person: str, subject: str, lasts: timedelta) -> None:
        self.year.others.append(Reason(rule, person, subject, self.clock.now, self.clock.now + lasts))

    def _unenrol(self, person: str) -> None:
        do(end_enrolment, person_id=person, programme_id=self.programme, ended_on=day_of(self.clock.now))
        for task in self.year.tasks:
            if task.person == person:
                task.ended_at = self.clock.now

    def _deactivate(self, human: Human) -> None:
        if human.id in self._there:
            do(deactivate, email=human.signs_in, at=self.clock.now)

    def _prefer(self, human: Human) -> None:
        name = self.rng.choice(["reminders", "quiet_hours", "mail"])
        value = self.rng.choice(OWN_HOURS if name == "quiet_hours" else ["off", "on"])
        if self.is_here(human.id):
            self.push(human.id, {"kind": "preference_set", "name": name, "value": value})
            human.said.append((self.clock.now, name, value))

    def _refuse_mail(self, human: Human) -> None:
        """By the one click of a mail."""
        if self.is_here(human.id):
            do(refuse_nudges, person_id=human.id, at=self.clock.now)
            human.said.append((self.clock.now, "mail", "off"))

    def _last_nudge(self, person: str) -> Any:
        select = sa.select(Reminder.id, Reminder.closed_at).where(
            Reminder.person_id == person, Reminder.rule == "nudge"
        )
        with db.engine.connect() as connection:
            return connection.execute(select.order_by(Reminder.made_at.desc()).limit(1)).one_or_none()

    def _put_off(self, human: Human) -> None:
        nudge = self._last_nudge(human.id)
        if nudge and self.is_here(human.id):
            until_on = day_of(self.clock.now) + timedelta(days=self.rng.choice((1, 1, 2)))
            self.push(human.id, {"kind": "reminder_snoozed", "reminder_id": nudge.id, "until_on": until_on.isoformat()})
            human.put_off.append(self.clock.now)

    def _mute(self, human: Human) -> None:
        nudge = self._last_nudge(human.id)
        if nudge and self.is_here(human.id):
            self.push(human.id, {"kind": "reminder_muted", "reminder_id": nudge.id})
            of = sa.select(ReminderOccurrence.subject).where(ReminderOccurrence.reminder_id == nudge.id)
            with db.engine.connect() as connection:
                human.muted += [(self.clock.now, subject) for subject in connection.execute(of).scalars()]

    def _enter_wrong_code(self, human: Human) -> None:
        tour = next((one for one in self.year.tours.values() if human.id in one.seats), None)
        if tour and self.is_here(human.id) and tour.has(human.id, self.clock.now):
            (op,) = self.push(human.id, self.world.by_code("torget", tour.id, code="00000000"))
            self.other("attention", human.id, op, 7 * DAY)


def _follow(session: Any, person_id: str, at: datetime) -> None:
    contacts.moved(session.connection(), person_id, at)


def _wire(at: datetime) -> str:
    return clock.wire(at)
