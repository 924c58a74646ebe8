"""A story of some weeks: people act on their phones, and everything that can go wrong does; then it is quiet, and it is judged."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from . import store as stores
from . import world
from .leaving import Leaver
from .phone import Phone, new_id
from .server import Server
from .times import DAY, HOUR, MINUTE, SECOND, at, ms_of
from .upheavals import Upheavals

TUNNEL_MS = 12 * HOUR


@dataclass(frozen=True)
class Size:
    operations: int = 1_500
    burst: int = 12
    """acts of one visit, on average"""
    days: int = 20
    page: int = 60
    """changes a page: small ones make many pages"""
    happenings: int = 4
    """of each sort"""
    clear: int = 62
    """of a hundred requests so many arrive and are answered"""
    tunnel: int = 50
    """of a hundred visits so many end where all phones have a network again at once"""


class Story(Upheavals):
    """Visits to phones, and what befalls these."""

    def __init__(self, seed: int, size: Size, server: Server, blank: Callable[[], Any]) -> None:
        super().__init__(seed, server, blank, size.clear)
        self.size, self.begins = size, self.now
        self.ends = self.begins + size.days * DAY
        self.leaver = Leaver(seed, server, self.fired)
        self._plan()

    def _plan(self) -> None:
        for number in range(world.PEOPLE):
            self._new_phone(world.person(number))
        for _ in range(world.PEOPLE // 3):
            self.fired["second_phone"] += 1
            self._new_phone(world.person(self.rng.randrange(world.PEOPLE)))
        visits = max(1, self.size.operations // self.size.burst)
        for moment in sorted(self._some_time() for _ in range(visits)):
            self.at(moment, self._visit)
        for day in range(1, self.size.days):
            self.at(self.begins + day * DAY, self._back_up)
        for act in (
            self._clock_jumps, self._clock_jumps, self._reinstall, self._lose_storage, self._restart, self._clone,
            self._copy_to_another, self._switch, self._probe, self._break_rule, self._restart,
        ):  # fmt: skip
            for _ in range(self.size.happenings):
                self.at(self._some_time(), act)
        once = (self._publish, self._publish, self._retire, self._move, self._move, self._grow_old)
        for act in once:
            self.at(self._some_time(), act)
        restore = self.begins + self.rng.randrange(2 * DAY, self.ends - self.begins)
        self.at(restore, self._restore)
        self._plan_leaving(restore)

    def _plan_leaving(self, restore: int) -> None:
        for moment in self.leaver.visits(self.begins, restore):
            self.at(moment, self._unless_erased)
        self.at(self.leaver.end(self.begins, restore), lambda: self.leaver.erase(self.now))
        self.at(restore + HOUR, lambda: self.leaver.push_again(self.now))

    def _unless_erased(self) -> None:
        if not self.server.is_erased(self.leaver.phone.person_id):
            self.leaver.act(self.now)

    def _some_time(self) -> int:
        return self.begins + self.rng.randrange(HOUR, self.size.days * DAY)

    def _new_phone(self, person_id: str) -> Phone:
        phone = Phone(len(self.phones), person_id, random.Random(self.rng.getrandbits(64)))
        self.phones.append(phone)
        return phone

    def _some_phone(self) -> Phone:
        return self.rng.choice(self.phones)

    def _visit(self) -> None:
        """Somebody does something, as a rule without a network, which comes back soon or late."""
        phone = self._some_phone()
        acts = self.rng.randint(1, 2 * self.size.burst - 1)
        back = self.now + self.rng.randrange(MINUTE, 20 * HOUR)
        if self.rng.random() < self.size.tunnel / 100:  # a bus leaves a tunnel: spread over half a minute
            self.fired["tunnel"] += 1
            back = (self.now // TUNNEL_MS + 1) * TUNNEL_MS + self.rng.randrange(30 * SECOND)
        if self.rng.random() < 0.9:
            self.fired["offline"] += 1
            self.offline_until[phone.name] = back
        for n in range(acts):
            self._act(phone, self.now + n * self.rng.randrange(1, 9) * SECOND // 9)
        self.at(max(self.now + 2 * SECOND, self.offline_until.get(phone.name, 0)), self.run, phone)

    def _act(self, phone: Phone, now_ms: int) -> None:
        number = next(n for n in range(world.PEOPLE) if world.person(n) == phone.person_id)
        said, codes = self.tongue.say(number)
        row = phone.act(said, now_ms)
        self.oracle.entered(phone, row, codes, now_ms)
        if self.chronicle:
            self.chronicle.saved(phone.person_id, row, self.now)

    def _clock_jumps(self) -> None:
        phone = self._some_phone()
        years = {"clock_1970": ms_of(at(0)), "clock_2099": ms_of(at(0)) + 129 * 365 * DAY}
        name = self.rng.choice(("clock_ahead", "clock_behind", "clock_corrected", "clock_corrected", *years))
        offsets = {"clock_ahead": DAY, "clock_behind": -DAY, "clock_corrected": 0}
        self.fired[name] += 1
        phone.jump(offsets[name] if name in offsets else years[name] - self.now)

    def _restart(self) -> None:
        phone = self._some_phone()
        self.fired["restarted"] += 1
        phone.restart()
        self.run(phone)

    def _reinstall(self) -> None:
        """Everything on the phone is gone; a new installation of the same person."""
        phone = self._some_phone()
        self.fired["reinstalled"] += 1
        ledger = self.in_ledger()
        for store in phone.stores.values():
            self.oracle.wiped(store, ledger)
        phone.stores, phone.keepsake = {}, {}
        phone.restart()
        self.after(MINUTE, self.run, phone)

    def _lose_storage(self) -> None:
        """The browser throws the database away, and the few words beside it stay."""
        phone = self._some_phone()
        for _ in range(3):
            self._act(phone, self.now)
        store = phone.stores.pop(phone.person_id, None)
        if store:
            self.fired["storage_lost"] += 1
            gone = self.oracle.wiped(store, self.in_ledger())
            phone.restart()
            self._act(phone, self.now)
            self.oracle.vanished.append((phone.store, store.device_id, gone))
            self.after(MINUTE, self.run, phone)

    def _clone(self) -> None:
        phone = self._some_phone()
        if phone.stores:
            self.fired["cloned"] += 1
            self.phones.append(phone.copied_to(len(self.phones), random.Random(self.rng.getrandbits(64))))
            for store in self.phones[-1].stores.values() if self.chronicle else ():
                self.chronicle.copied(store, self.now)

    def _copy_to_another(self) -> None:
        """A copied profile in another person's hands: their database bears the first one's id."""
        phone, other = self._some_phone(), world.person(self.rng.randrange(world.PEOPLE))
        if phone.person_id != other:
            self.fired["copied_to_another"] += 1
            taken = self._new_phone(other)
            taken.keepsake[other] = (phone.store.device_id, 0)
            self._act(taken, self.now)
            self.after(MINUTE, self.run, taken)

    def _switch(self) -> None:
        phone = self._some_phone()
        self.fired["switched"] += 1
        before = phone.stores.get(phone.person_id)
        other = world.person(self.rng.randrange(world.PEOPLE))
        if self.rng.random() < 0.3:  # the session alone is another's: a tab of the first person is still open
            self._ask_for_another(phone, other)
            return
        phone.sign_in(other)
        if before and phone.stores.get(before.person_id) is not before:
            self.oracle.wiped(before, self.in_ledger(), is_told=True)
        self._act(phone, self.now)
        self.after(MINUTE, self.run, phone)

    def _ask_for_another(self, phone: Phone, other: str) -> None:
        """It asks in its person's name with another's session: it is told so, and stops until it is opened again."""
        if phone.in_flight or other == phone.person_id:
            return
        phone.in_flight = True
        question = phone.question(self.now)
        question.request.session = other
        self._clear(phone, question)
        self.after(HOUR, phone.restart)

    def _probe(self) -> None:
        """A known id with other content, and by another account."""
        phone = self._some_phone()
        rows = list(phone.store.ring.values())
        if not rows:
            return
        row = self.rng.choice(rows)
        if row.op["op_id"] not in self.in_ledger():
            return
        way = self.rng.choice(("tampered", "stolen"))
        self.fired[way] += 1
        if way == "tampered":
            op, person, device = (
                row.op | {"occurred_at": "2020-01-01T00:00:00.000Z"},
                phone.person_id,
                phone.store.device_id,
            )
        else:
            others = [one for n in range(world.PEOPLE) if (one := world.person(n)) != phone.person_id]
            op, person, device = row.op, self.rng.choice(others), new_id(self.rng, self.now)
        self.check_probe(phone.forged(op, person, device, self.now))

    def _break_rule(self) -> None:
        """A rule has a defect that shows with the next act of this phone alone."""
        phone = self._some_phone()
        self._act(phone, self.now)
        row = stores.waiting(phone.store)[-1]
        self.server.defective.add(row.op["op_id"])
        self.fired["defect"] += 1
        self.after(2 * SECOND, self.run, phone)
