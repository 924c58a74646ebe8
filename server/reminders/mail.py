"""Reminders by mail: over SMTP, one connection a batch."""

import logging
import re
import smtplib
from collections.abc import Callable, Sequence
from datetime import datetime
from email.utils import parseaddr

from sqlalchemy.engine import Connection

from config import MAIL_FROM, Settings
from server.starting import Unfit

from . import contacts
from .composing import Composer, Unmailable, mailable
from .letters import GONE, OK, Letter, Send, Sent, later, refused
from .smtp import Line, code_of, route_of, words_of

log = logging.getLogger(__name__)

_STATUS = re.compile(r"\b[245]\.(\d{1,3})\.\d{1,3}\b")
_PLACEHOLDER = re.compile(r"@(.*\.)?(example(\.(com|net|org|invalid))?|invalid|test|localhost|local)$", re.IGNORECASE)


class Mail:
    """The channel: made once a process."""

    def __init__(self, settings: Settings, secret: str) -> None:
        self._route = route_of(settings.smtp_url)
        self._composer = Composer(settings, secret)

    def prepare(self, connection: Connection, letters: Sequence[Letter]) -> Send:
        line = Line(self._route, len(letters))

        def send(letter: Letter) -> Sent:
            with line:
                return _outcome(line, self._composer.sender, letter.address, lambda: self._composer.bytes_of(letter))

        return send

    def say_code(self, address: str, language: str, code: str) -> Sent:
        """The code is on its way to the address, or why it is not. Nothing of it is remembered here."""
        with Line(self._route, 1) as line:
            return _outcome(line, self._composer.sender, address, lambda: self._composer.code(address, language, code))

    def note(self, connection: Connection, results: Sequence[tuple[Letter, Sent]], now: datetime) -> None:
        """An address that is no more is known as such, so that the next reminder goes another way."""
        gone = {letter.person_id: letter.address for letter, sent in results if sent.how == "gone"}
        contacts.bounced(connection, gone, now)


def check(settings: Settings) -> None:
    """The settings of mail fit together. Raises Unfit with what to do."""
    if not settings.smtp_url:
        return
    try:
        route = route_of(settings.smtp_url)
    except ValueError as error:
        raise Unfit(f"RUNDTUR_SMTP_URL cannot be read: {error}.") from None
    _, address = parseaddr(settings.mail_from)
    if not re.fullmatch(r"[^\s@<>]+@[^\s@<>]+", address) or re.search(r"[\r\n]", settings.mail_from):
        raise Unfit(f"RUNDTUR_MAIL_FROM is “{settings.mail_from}”; it is written like “{MAIL_FROM}”.")
    if settings.is_production and _PLACEHOLDER.search(address):
        raise Unfit("Production with a mail server needs RUNDTUR_MAIL_FROM with an address that takes mail.")
    if settings.is_production and route.is_open:
        raise Unfit("RUNDTUR_SMTP_URL would send its password in the open: use smtps:// or add ?starttls=1.")


def _outcome(line: Line, sender: str, address: str, compose: Callable[[], bytes]) -> Sent:
    try:
        line.carry(sender, mailable(address), compose())
    except Unmailable:
        return GONE
    except smtplib.SMTPAuthenticationError:
        log.error("the mail server refuses RUNDTUR_SMTP_URL's user or password")
        return later("smtp_sign_in")  # kept until somebody has mended it
    except smtplib.SMTPRecipientsRefused as error:
        return _of_address(error)
    except smtplib.SMTPResponseException as error:
        code = code_of(error) or 0
        return refused(f"smtp_{code}") if code >= 500 else later(f"smtp_{code}")
    except OSError:  # not there, too slow, cut off; smtplib's own errors are of this kind
        return later("smtp_down")
    return OK


def _of_address(error: smtplib.SMTPRecipientsRefused) -> Sent:
    """Whether the server does not know the address, or does not want us: the second says nothing about a person."""
    code = code_of(error) or 0
    status = _STATUS.search(words_of(error))
    about = int(status[1]) if status else None
    if code < 500 or about in (3, 4) or code == 552:
        return later(f"smtp_{code}")  # a full mailbox, a system that is busy
    is_known_gone = about in (1, 2) if about is not None else code in (550, 551, 553)
    return GONE if is_known_gone else refused(f"smtp_{code}")
