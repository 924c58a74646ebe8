"""What becomes of letters in the year: at the phones' push services, at a mail server, at a gateway of SMS. The channels are
the product's own, but for the one call that leaves the machine."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from sqlalchemy.engine import Connection

from config import Settings
from server.foundation.database import db, writing
from server.reminders import bouncing
from server.reminders.letters import GONE, OK, Channels, Letter, Send, Sent, later
from server.reminders.mail import Mail
from server.reminders.push import Push
from server.reminders.sms import Sms

from .playing import People
from .reports import of_exim, of_qmail, report
from .year_checker import HOUR, day_of

SECRET = "a secret of the tests alone"
OPEN = Settings(
    data=Path("/nowhere"), smtp_url="smtp://127.0.0.1:1", mail_from="Rundtur <rundtur@kommun.example>",
    sms_url="http://127.0.0.1:1",
)  # fmt: skip
STATUS = {"comes back": "5.1.1", "full": "5.2.2"}


class Killed(BaseException):
    """The worker is gone, at this very statement or letter."""


class Posted(People):
    """A year in which letters leave, arrive, come back and are read."""

    def __init__(self, *about: Any) -> None:
        super().__init__(*about)
        self.letters_left = -1
        self.channels: Channels = {"push": ToPhones(self), "mail": ToAddresses(self), "sms": ToNumbers(self)}

    def send_all(self) -> None:
        """What waits is sent."""
        raise NotImplementedError

    def _handed_over(self, letter: Letter) -> Sent:
        self.year.handed.append((self.clock.now, letter.address, letter.tag))
        self.letters_left -= 1
        if self.letters_left == 0:
            raise Killed
        return OK

    def push_to(self, letter: Letter) -> Sent:
        """What the phone's push service says of it."""
        now, human = self.clock.now, self.year.humans[letter.person_id]
        kind = human.phones[letter.address]
        is_closed = kind == "closed at times" and day_of(now).toordinal() % 3 == 0
        if kind == "dead":
            said = GONE
        elif kind == "refused" or is_closed or (kind == "flaky" and self.rng.random() < 0.5):
            said = later("busy", self.rng.choice((None, 30, 1800)))
            if kind != "refused":
                self.at(now + HOUR, self.send_all)  # another worker comes by between two rounds
            if self.rng.random() < 0.3:
                self._do_it_meanwhile(letter)
        else:
            said = OK
        self.year.tried.append((now, letter.address, letter.tag, said.how))
        if said is OK and kind != "silent":
            self.at(now + timedelta(seconds=self.rng.randrange(5, 50)), self.use, human, letter.address, letter.tag)
        return self._handed_over(letter) if said is OK else said

    def mail_to(self, letter: Letter) -> Sent:
        """What the mail server says of it; of some it reports later what became of them."""
        human = self.year.humans[letter.person_id]
        kind = next(kind for _, address, kind in human.addresses if address == letter.address)
        if kind == "unknown":
            return GONE
        if kind == "busy" and self.rng.random() < 0.5:
            return later("smtp_451")
        if kind in STATUS:
            self.at(self.clock.now + self.some_minutes(30 * 60, 1), self._come_back, letter, STATUS[kind])
        return self._handed_over(letter)

    def text_to(self, letter: Letter) -> Sent:
        return self._handed_over(letter)

    def _come_back(self, letter: Letter, status: str) -> None:
        mail = EmailMessage()
        mail["To"], mail["Subject"] = letter.address, "Du har en påminnelse från Rundtur"
        mail["Message-ID"] = bouncing.message_id(letter.delivery_id, "kommun.example", SECRET)
        raw = self.rng.choice((report(mail, status), of_qmail(mail, f"(#{status})"), of_exim(mail, f"550 {status} no")))
        with writing(), db.engine.begin() as connection:
            outcome = bouncing.note(connection, raw, self.clock.now, SECRET)
        assert outcome == ("bounced" if status == "5.1.1" else "did_not_arrive"), (outcome, letter)
        if outcome == "bounced":
            self.year.bounced.append((self.clock.now, letter.address))

    def _do_it_meanwhile(self, letter: Letter) -> None:
        """Reminded by another phone, or by themselves."""
        for task in self.year.tasks:
            if letter.is_nudge and task.person == letter.person_id and task.done_known_at is None:
                self.at(self.clock.now + self.some_minutes(50), self._complete, task, self.clock.now)


class ToPhones(Push):
    def __init__(self, posted: Posted) -> None:
        super().__init__(OPEN)
        self._posted = posted

    def prepare(self, connection: Connection, letters: Sequence[Letter]) -> Send:
        return self._posted.push_to


class ToAddresses(Mail):
    def __init__(self, posted: Posted) -> None:
        super().__init__(OPEN, SECRET)
        self._posted = posted

    def prepare(self, connection: Connection, letters: Sequence[Letter]) -> Send:
        return self._posted.mail_to

    def note(self, connection: Connection, results: Sequence[tuple[Letter, Sent]], now: datetime) -> None:
        super().note(connection, results, now)
        self._posted.year.bounced += [(now, letter.address) for letter, sent in results if sent is GONE]


class ToNumbers(Sms):
    def __init__(self, posted: Posted) -> None:
        super().__init__(OPEN)
        self._posted = posted

    def prepare(self, connection: Connection, letters: Sequence[Letter]) -> Send:
        return self._posted.text_to
