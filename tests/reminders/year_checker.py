"""What must have been said in a year, worked out from what happened in it alone. Knows nothing of the product's code: the
contract (docs/reminders.md) written a second time, the slow and plain way."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

WALL = ZoneInfo("Europe/Stockholm")
QUIET = {"day": (19, 7), "evening": (22, 10), "night": (8, 16), "varying": (20, 9)}
NUDGES = ("assigned", "due", "overdue")
DAYS, EVERY, TIMES = 3, 7, 4
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@dataclass
class Human:
    id: str
    patterns: list[str]
    gone_at: datetime | None = None
    """deactivated, or the midnight after the last post's last day"""
    said: list[tuple[datetime, str, str]] = field(default_factory=list)
    """preferences, by when the server heard of them"""
    phones: dict[str, str] = field(default_factory=dict)
    """id → healthy, flaky, closed at times, dead, silent (it takes everything, and is never heard), refused (by its service)"""
    addresses: list[tuple[datetime, str, str]] = field(default_factory=list)
    """(since, mail address, works, busy, unknown, comes back, full), in order"""
    has_number: bool = False
    unit: str = ""
    signs_in: str = ""
    put_off: list[datetime] = field(default_factory=list)
    muted: list[tuple[datetime, str]] = field(default_factory=list)

    def prefers(self, name: str, at: datetime) -> str | None:
        return next((value for when, what, value in reversed(self.said) if what == name and when <= at), None)

    def sleeps(self, at: datetime) -> bool:
        wall = at.astimezone(WALL).time().replace(second=0, microsecond=0)
        own = self.prefers("quiet_hours", at)
        parts = [tuple(map(time.fromisoformat, own.split("-")))] if own else []
        parts = parts or [(time(since), time(until)) for since, until in (QUIET[one] for one in self.patterns)]
        return any(since <= wall < until if since < until else wall >= since or wall < until for since, until in parts)


@dataclass
class Task:
    """A course that a person is to do by a day."""

    person: str
    programme: str
    key: str
    started_on: date
    due_on: date
    known_at: datetime
    ended_at: datetime | None = None
    done_known_at: datetime | None = None


@dataclass
class Tour:
    id: str
    leaves: list[tuple[datetime, datetime]]
    """(known since, leaves at), in order"""
    changes: list[tuple[datetime, str, datetime, datetime]] = field(default_factory=list)
    """(at, id, was to leave at, leaves at now)"""
    cancelled_at: datetime | None = None
    seats: dict[str, tuple[datetime, datetime | None]] = field(default_factory=dict)
    removals: list[tuple[datetime, str, str, datetime]] = field(default_factory=list)
    """(at, id, who, was to leave at)"""

    def leaves_at(self, at: datetime) -> datetime | None:
        if self.cancelled_at and self.cancelled_at <= at:
            return None
        return next((leaves for since, leaves in reversed(self.leaves) if since <= at), None)

    def has(self, person: str, at: datetime) -> bool:
        since, until = self.seats[person]
        return since <= at and (until is None or at < until)


@dataclass(frozen=True)
class Reason:
    """As the contract has it: of one person, with the moments between which it may be said."""

    rule: str
    person: str
    subject: str
    due_at: datetime
    ends_at: datetime
    concerns: datetime | None = None
    """the moment of leaving that a change concerns"""


@dataclass
class Year:
    """Everything that happened, and everything that was said."""

    humans: dict[str, Human] = field(default_factory=dict)
    tasks: list[Task] = field(default_factory=list)
    tours: dict[str, Tour] = field(default_factory=dict)
    others: list[Reason] = field(default_factory=list)
    """results, attention, messages"""
    begins_on: date = date.min
    rounds: list[tuple[datetime, bool]] = field(default_factory=list)
    """of the worker: when, and whether it came to its end"""
    kills: set[datetime] = field(default_factory=set)
    said: list[tuple[str, str, str, datetime, datetime, str | None]] = field(default_factory=list)
    """(rule, person, subject, due, expires, tag) of each occurrence"""
    made: dict[str, tuple[datetime, str]] = field(default_factory=dict)
    """tag → when it was made, its person"""
    handed: list[tuple[datetime, str, str]] = field(default_factory=list)
    """(when, phone or address or number, tag)"""
    tried: list[tuple[datetime, str, str, str]] = field(default_factory=list)
    """(when, phone, tag, what its service said)"""
    heard: dict[str, list[datetime]] = field(default_factory=dict)
    """phone → when it was heard"""
    seen: dict[str, datetime] = field(default_factory=dict)
    bounced: list[tuple[datetime, str]] = field(default_factory=list)
    """(when we heard of it, address): it takes no mail"""


def local(day: date, hour: int) -> datetime:
    # In UTC: two times of one zone are compared, and reckoned with, by what the wall shows.
    return datetime.combine(day, time(hour), WALL).astimezone(UTC)


def day_of(at: datetime) -> date:
    return at.astimezone(WALL).date()


def reasons(year: Year) -> list[Reason]:
    """All that might have been said, had nothing come between."""
    found = list(year.others)
    for task in year.tasks:
        subject = f"{task.programme}/{task.key}"
        programme = Reason(
            "assigned", task.person, task.programme, local(task.started_on, 9), local(task.started_on, 9) + 30 * DAY
        )
        due = Reason("due", task.person, subject, local(task.due_on - DAYS * DAY, 9), local(task.due_on + DAY, 0))
        late = [task.due_on + DAY + EVERY * nth * DAY for nth in range(TIMES)]
        found += [programme, due]
        found += [Reason("overdue", task.person, subject, local(day, 9), local(day + EVERY * DAY, 9)) for day in late]
    for tour in year.tours.values():
        for person in tour.seats:
            for _, leaves in tour.leaves:
                found.append(Reason("tour_tomorrow", person, tour.id, local(day_of(leaves) - DAY, 17), leaves, leaves))
                found.append(Reason("leaving", person, tour.id, leaves - HOUR, leaves, leaves))
            for at, id_, was, now in tour.changes:
                found.append(Reason("departure_changed", person, f"{tour.id}/{id_}", at, now, min(was, now)))
        for at, id_, person, was in tour.removals:
            found.append(Reason("departure_changed", person, f"{tour.id}/{id_}", at, was, was))
    started = [one for one in found if one.rule == "message" or day_of(one.due_at) >= year.begins_on]
    return list(dict.fromkeys(started))


class Checker:
    def __init__(self, year: Year) -> None:
        self.year = year
        self.tasks: dict[tuple[str, str], list[Task]] = {}
        for task in year.tasks:
            for subject in (task.programme, f"{task.programme}/{task.key}"):
                self.tasks.setdefault((task.person, subject), []).append(task)
        self.nudged: dict[tuple[str, date], set[str]] = {}
        nudges = {tag for rule, *_, tag in year.said if rule in NUDGES and tag}
        for tag in nudges:
            at, person = year.made[tag]
            self.nudged.setdefault((person, day_of(at)), set()).add(tag)
        self.nudges, self.wrong = nudges, []
        self.meant: dict[str, list[Reason]] = {}

    def check(self) -> list[str]:
        """Everything that is not as it should be, in words."""
        self._check_making()
        self._check_handing_over(self.meant)
        return self.wrong

    def _check_making(self) -> None:
        said: dict[tuple[object, ...], list[str]] = {}
        for *key, tag in self.year.said:
            said.setdefault(tuple(key), []).extend([tag] if tag else [])
        expected = {(one.rule, one.person, one.subject, one.due_at, one.ends_at): one for one in reasons(self.year)}
        for key, tags in said.items():
            if key not in expected:
                self.wrong.append(f"nobody could say this: {key}")
            elif len(tags) > 1:
                self.wrong.append(f"said twice: {key}")
        for key, one in expected.items():
            self._check_time(one, said.get(key, []))
        for key, tags in said.items():
            for tag in tags if key in expected else []:
                self.meant.setdefault(tag, []).append(expected[key])

    def _check_time(self, one: Reason, tags: list[str]) -> None:
        """It was made in the first round in which it might be said; or in one that was killed before; or never."""
        may, human = [], self.year.humans[one.person]
        for at, is_whole in self.year.rounds:
            if at < one.due_at:
                continue
            if at >= one.ends_at:
                break
            if self.holds(one, at) and self.is_hour(one, at) and self._has_room(one, at, tags):
                may.append(at)
                if is_whole:
                    break
        made = [self.year.made[tag][0] for tag in tags]
        is_free = one.rule in NUDGES and human.put_off  # what came again took a day
        if not is_free and (bool(made) != bool(may) and not (may and not made and not self._any_whole(may))):
            self.wrong.append(f"made {made or 'never'}, but it should have been {may[-1:] or 'never'}: {one}")
        elif made and made[0] not in may and not is_free:
            self.wrong.append(f"made {made[0]}, but it should have been {may[-1]}: {one}")

    def _any_whole(self, may: list[datetime]) -> bool:
        whole = {at for at, is_whole in self.year.rounds if is_whole}
        return any(at in whole for at in may)

    def holds(self, one: Reason, at: datetime) -> bool:
        """Whether the reason is true, as far as was known then."""
        human = self.year.humans[one.person]
        if (human.gone_at and at >= human.gone_at) or not one.due_at <= at < one.ends_at:
            return False
        if one.rule in NUDGES:
            return self._nudge_holds(one, at)
        if one.concerns is None:
            return True
        tour = self.year.tours[one.subject.partition("/")[0]]
        if any(one.subject == f"{tour.id}/{id_}" for _, id_, *_ in tour.removals):
            return not tour.has(one.person, at)
        if not tour.has(one.person, at):
            return False
        if one.rule == "departure_changed":
            return [id_ for when, id_, *_ in tour.changes if when <= at][-1:] == [one.subject.partition("/")[2]] and (
                tour.seats[one.person][0] <= one.due_at
            )
        told_anew = one.rule == "tour_tomorrow" and any(one.due_at <= when <= at for when, *_ in tour.changes)
        return tour.leaves_at(at) == one.concerns and not told_anew

    def _nudge_holds(self, one: Reason, at: datetime) -> bool:
        human = self.year.humans[one.person]
        if any(when <= at and subject == one.subject for when, subject in human.muted):
            return False
        tasks = self.tasks[one.person, one.subject]
        return any(
            task.known_at <= at and (task.ended_at is None or at < task.ended_at)
            and (task.done_known_at is None or at < task.done_known_at)
            for task in tasks
        )  # fmt: skip

    def is_hour(self, one: Reason, at: datetime) -> bool:
        human = self.year.humans[one.person]
        if one.rule in NUDGES and human.prefers("reminders", at) == "off":
            return False
        if one.rule == "leaving" or (
            one.rule == "departure_changed" and one.concerns and day_of(one.concerns) <= day_of(at)
        ):
            return True
        return not human.sleeps(at)

    def _has_room(self, one: Reason, at: datetime, tags: list[str]) -> bool:
        """A nudge waits where another was made on that day."""
        others = self.nudged.get((one.person, day_of(at)), set()) - set(tags)
        return one.rule not in NUDGES or not any(self.year.made[tag][0] < at for tag in others)

    def _check_handing_over(self, meant: dict[str, list[Reason]]) -> None:
        handed: dict[tuple[str, str], list[datetime]] = {}
        for at, phone, tag in self.year.handed:
            handed.setdefault((phone, tag), []).append(at)
            if tag not in meant:
                continue  # said already: nobody could say it
            human = self.year.humans[self.year.made[tag][1]]
            if not any(self.holds(one, at) for one in meant[tag]):
                self.wrong.append(f"handed over at {at}, when it was no longer true: {meant[tag]}")
            self._check_answered(human, at, phone, tag, meant[tag])
            is_of_today = day_of(self.year.made[tag][0]) == day_of(at)
            if tag in self.nudges and not is_of_today and not human.put_off:
                self.wrong.append(f"a nudge of another day was handed over at {at}: {meant[tag]}")
            if not any(self.is_hour(one, at) for one in meant[tag]):
                self.wrong.append(
                    f"handed over at {at}, in the quiet hours of {human.patterns} {human.said}: {meant[tag]}"
                )
        self._check_once(handed)
        self._check_nudges_of_a_day()
        self._check_healthy(meant, handed)

    def _check_answered(self, human: Human, at: datetime, phone: str, tag: str, ones: list[Reason]) -> None:
        """Nothing is sent of what was seen, and nothing to a phone of who wants no pushes."""
        seen_at = self.year.seen.get(tag)
        if seen_at and seen_at < at and not human.put_off:
            self.wrong.append(f"sent at {at}, though it was seen at {seen_at}: {ones}")
        if phone in human.phones and human.prefers("reminders", at) == "off":
            self.wrong.append(f"pushed at {at} to who wants none: {ones}")

    def _check_once(self, handed: dict[tuple[str, str], list[datetime]]) -> None:
        for (phone, tag), times in handed.items():
            put_off = self.year.humans[self.year.made[tag][1]].put_off
            for before, after in pairwise(times):
                if before not in self.year.kills and not any(before <= when <= after for when in put_off):
                    self.wrong.append(f"{tag} was handed over twice to {phone}: {before}, {after}")

    def _check_nudges_of_a_day(self) -> None:
        days: dict[tuple[str, date], set[str]] = {}
        for at, _, tag in self.year.handed:
            if tag in self.nudges:
                days.setdefault((self.year.made[tag][1], day_of(at)), set()).add(tag)
        for (person, day), tags in [*days.items(), *self.nudged.items()]:
            if len(tags) > 1:
                self.wrong.append(f"{len(tags)} nudges for {person} on {day}")

    def _check_healthy(self, meant: dict[str, list[Reason]], handed: dict[tuple[str, str], list[datetime]]) -> None:
        """A phone that always takes pushes was given everything that still held an hour after it was made."""
        for tag, ones in meant.items():
            at, person = self.year.made[tag]
            human = self.year.humans[person]
            later = at + HOUR
            if tag in self.year.seen:
                continue
            if human.prefers("reminders", at) == "off" or human.prefers("reminders", later) == "off":
                continue
            if not all(any(self.holds(one, when) and self.is_hour(one, when) for one in ones) for when in (at, later)):
                continue
            for phone, kind in human.phones.items():
                if kind == "healthy" and (phone, tag) not in handed:
                    self.wrong.append(f"lost: {ones} never reached {phone}, made at {at}")
