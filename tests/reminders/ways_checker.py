"""What must have gone by mail and SMS in a year, worked out from what happened in it alone: the contract of docs/reminders.md
("Where no phone is heard") written a second time, the slow and plain way. What depends on a moment at which a worker was killed
is neither asked for nor forbidden."""

from bisect import bisect_left
from collections import defaultdict
from datetime import datetime, timedelta
from itertools import groupby, pairwise

from .year_checker import DAY, HOUR, Checker, Human, Reason, day_of, local

OF_TOURS = ("tour_tomorrow", "leaving", "departure_changed")
ALIVE, LEFT_ALONE, HEARD_EVERY = 14 * DAY, 30 * DAY, timedelta(minutes=5)
SOON = timedelta(minutes=4)
Way = str


class Ways:
    """Each reminder took the other ways that it had to, and no other."""

    def __init__(self, checker: Checker) -> None:
        self.checker, self.year, self.meant = checker, checker.year, checker.meant
        self.wrong: list[str] = []
        self.rounds = [at for at, _ in self.year.rounds]
        self.whole = [at for at, is_whole in self.year.rounds if is_whole and at not in self.year.kills]
        self.handed: dict[str, list[tuple[datetime, str]]] = defaultdict(list)
        for at, address, tag in self.year.handed:
            self.handed[tag].append((at, address))
        self.tried: dict[str, list[tuple[datetime, str, str]]] = defaultdict(list)
        for at, phone, tag, how in self.year.tried:
            self.tried[phone].append((at, tag, how))
        self.noted = {phone: list(noted(times)) for phone, times in self.year.heard.items()}

    def check(self) -> list[str]:
        for tag, ones in self.meant.items():
            human = self.year.humans[self.year.made[tag][1]]
            for way in ("mail", "sms"):
                self._check_unasked(way, tag, ones, human)
                self._check_lost(way, tag, ones, human)
            self._check_one_mail(tag, human)
        return self.wrong

    def _check_unasked(self, way: Way, tag: str, ones: list[Reason], human: Human) -> None:
        """What went was to go: since some round that had come by then."""
        made_at = self.year.made[tag][0]
        for at, address in self.handed[tag]:
            if way_of(address) != way or (human.put_off and ones[0].rule in ("assigned", "due", "overdue")):
                continue
            since = (one for one in reversed(self._rounds(self.rounds, made_at, at)) if self._goes(way, tag, one, "no"))
            if next(since, None) is None:
                self.wrong.append(f"by {way} at {at}, though nothing asked for it: {ones} made {made_at}")
            if way == "mail" and self._has_bounced(address, at):
                self.wrong.append(f"by mail at {at} to an address that takes none: {ones}")
            if way == "mail" and address != address_of(human, at):
                self.wrong.append(f"by mail at {at} to an address of yesterday: {ones}")
            if way == "mail" and self._is_nudge(tag) and human.prefers("mail", at) == "off":
                self.wrong.append(f"a nudge by mail at {at}, to who said no: {ones}")

    def _check_lost(self, way: Way, tag: str, ones: list[Reason], human: Human) -> None:
        """What was to go in one round, and still in the next, went."""
        if human.put_off:
            return
        made_at = self.year.made[tag][0]
        asked: datetime | None = None
        for at in self._rounds(self.whole, made_at, max(one.ends_at for one in ones)):
            if not (self._goes(way, tag, at, "yes") and self._may_be_sent(tag, human, at)):
                asked = None
            elif asked is None:
                asked = at
            elif at >= asked + SOON:
                if not any(way_of(address) == way and when <= at for when, address in self.handed[tag]):
                    self.wrong.append(f"lost: never by {way}, though it was to go at {asked} and {at}: {ones}")
                return

    def _check_one_mail(self, tag: str, human: Human) -> None:
        """One mail: a second one only where the first came back from an address that is another's by now."""
        mails = [(at, address) for at, address in self.handed[tag] if way_of(address) == "mail"]
        for (_, before), (at, after) in pairwise(mails):
            if before != after and not any(when <= at and known == before for when, known in self.year.bounced):
                self.wrong.append(f"two mails of {tag}: to {before}, and at {at} to {after}, for {human.id}")

    def _rounds(self, rounds: list[datetime], since: datetime, until: datetime) -> list[datetime]:
        return rounds[bisect_left(rounds, since) : bisect_left(rounds, until + timedelta(seconds=1))]

    def _is_nudge(self, tag: str) -> bool:
        return tag in self.checker.nudges

    def _may_be_sent(self, tag: str, human: Human, at: datetime) -> bool:
        """Now, and as its person has said since it was made."""
        made_at = self.year.made[tag][0]
        is_in_time = not self._is_nudge(tag) or day_of(at) == day_of(made_at)
        is_settled = not any(made_at < when <= at for when, *_ in human.said)
        return is_in_time and is_settled and any(self.checker.is_hour(one, at) for one in self.meant[tag])

    def _goes(self, way: Way, tag: str, at: datetime, surely: str) -> bool:
        """Whether it goes that way in this round. `surely` "yes": without any doubt; "no": where there is some, too."""
        person = self.year.made[tag][1]
        human, ones = self.year.humans[person], self.meant[tag]
        seen_at = self.year.seen.get(tag)
        if (seen_at and seen_at < at and not human.put_off) or not any(self.checker.holds(one, at) for one in ones):
            return False
        address, kind = address_of(human, at), kind_of(human, at)
        if way == "mail":
            is_open = not self._has_bounced(address, at) and (surely == "no" or kind == "works")
            is_open = is_open and not (self._is_nudge(tag) and human.prefers("mail", at) == "off")
        else:
            is_open = human.has_number and self._is_of_the_day(ones[0], at)
        if not is_open:
            return False
        said = {self._holds_back(human, phone, tag, at) for phone in human.phones}
        return said <= {"no"} if surely == "yes" else "yes" not in said

    def _is_of_the_day(self, one: Reason, at: datetime) -> bool:
        return one.rule in ("leaving", "departure_changed") and one.ends_at <= local(day_of(at) + DAY, 0)

    def _has_bounced(self, address: str, at: datetime) -> bool:
        return any(when < at < when + LEFT_ALONE for when, known in self.year.bounced if known == address)

    def _holds_back(self, human: Human, phone: str, tag: str, at: datetime) -> str:
        """Whether the phone may still hear it, or has: yes, no, or perhaps."""
        made_at, lives = self.year.made[tag][0], self._lives(phone, at)
        pushed = [when for when, address in self.handed[tag] if address == phone and when <= at]
        wait = timedelta(minutes=30) if self.meant[tag][0].rule in OF_TOURS else 4 * HOUR
        if lives == "no" or (not pushed and human.prefers("reminders", made_at) == "off"):
            return "no"
        if not pushed:
            return lives if at < made_at + wait and human.prefers("reminders", at) != "off" else "perhaps"
        if any(when > pushed[-1] for when in self._rounds(self.noted[phone], pushed[-1], at)):
            return lives
        if at >= pushed[-1] + wait:
            return "no" if pushed[-1] not in self.year.kills else "perhaps"
        return lives if at < made_at + wait else "perhaps"

    def _lives(self, phone: str, at: datetime) -> str:
        """Heard lately, and not refused by its service again and again. Of two rounds in one moment either may be the first."""
        before = [one for one in self.tried[phone] if one[0] <= at]
        gone = {when < at and when not in self.year.kills for when, _, how in before if how == "gone"}
        if gone:
            return "no" if True in gone else "perhaps"
        if not any(at - ALIVE < when <= at for when in self.noted.get(phone, [])):
            return "no"
        least = most = 0
        for when, ones in groupby(before, key=lambda one: one[0]):
            hows = [how for *_, how in ones]
            failed, is_sure = hows.count("later"), when < at and when not in self.year.kills
            least = 0 if "ok" in hows else least + is_sure
            most = failed if "ok" in hows and is_sure else most + failed
        return "yes" if most < 5 else "no" if least >= 5 else "perhaps"


def noted(times: list[datetime]) -> list[datetime]:
    """When a phone was heard is known to five minutes."""
    kept: list[datetime] = []
    for at in times:
        if not kept or at - kept[-1] > HEARD_EVERY:
            kept.append(at)
    return kept


def way_of(address: str) -> Way:
    return "mail" if "@" in address else "sms" if address.startswith("+") else "push"


def address_of(human: Human, at: datetime) -> str:
    return [address for since, address, _ in human.addresses if since <= at][-1]


def kind_of(human: Human, at: datetime) -> str:
    return [kind for since, _, kind in human.addresses if since <= at][-1]
