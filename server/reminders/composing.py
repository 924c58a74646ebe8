"""A letter as a mail: text and HTML in the person's language, without a name, a remote picture or a trace."""

import re
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import EmailPolicy
from email.utils import format_datetime, make_msgid, parseaddr
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from config import Settings
from server.foundation import clock
from server.foundation.texts import t

from . import bouncing, unsubscribing
from .letters import Letter

TEMPLATES = Path(__file__).parent / "templates"
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]")
_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[^\s@<>\[\]\",;:\\]{1,253}")
_WHOLE = {"list-unsubscribe", "message-id"}


class Unmailable(Exception):
    """Nothing can be sent to this address."""


class _Policy(EmailPolicy):
    """As SMTP wants it. A long address in a header stays whole, which the standard policy would write as an encoded word."""

    def fold_binary(self, name: str, value: str) -> bytes:
        if name.lower() in _WHOLE:
            return f"{name}: {value}\r\n".encode("ascii")
        return super().fold_binary(name, value)


POLICY = _Policy(linesep="\r\n")


class Composer:
    """Writes the mails of this installation."""

    def __init__(self, settings: Settings, secret: str) -> None:
        name, self.sender = parseaddr(settings.mail_from)
        self._domain = self.sender.rpartition("@")[2]
        self._from = Address(name or "Rundtur", addr_spec=self.sender)
        self._url, self._secret, self._is_open = settings.public_url, secret, settings.open_reminders
        self._jinja = Environment(
            loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
            lstrip_blocks=True,
        )  # fmt: skip

    def bytes_of(self, letter: Letter) -> bytes:
        """The whole mail. Raises Unmailable where the address is none."""
        return self.compose(letter).as_bytes(policy=POLICY)

    def compose(self, letter: Letter) -> EmailMessage:
        subject = _tidy(letter.words.title) if self._is_open else t("mail.subject", to=letter.language)
        message = self._head(letter.address, subject)
        message["Message-ID"] = bouncing.message_id(
            letter.delivery_id, self._domain, self._secret
        )  # the same if sent again
        out = None
        if letter.is_nudge:
            out = f"{self._url}/unsubscribe/{unsubscribing.token_for(letter.person_id, self._secret)}"
            message["List-Unsubscribe"] = f"<{out}>"
            message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        return self._filled(message, letter.language, self._words(letter, out))

    def code(self, address: str, language: str, code: str) -> bytes:
        """The mail by which a person shows that they read what comes to an address: a code, and nothing about them."""
        message = self._head(address, t("mail.code.subject", to=language))
        message["Message-ID"] = make_msgid(domain=self._domain)
        words: dict[str, object] = {
            "language": language, "title": t("mail.code.title", to=language, code=f"{code[:4]}-{code[4:]}"), "out": None,
            "link": f"{self._url}/me/reminders/mail", "first": t("mail.code.first", to=language),
            "paragraphs": [t("mail.code.body", to=language)], "name": t("mail.name", to=language),
            "action": t("mail.action", to=language), "line": t("mail.line", to=language),
            "why": t("mail.code.why", to=language), "unsubscribe": "",
        }  # fmt: skip
        return self._filled(message, language, words).as_bytes(policy=POLICY)

    def _head(self, address: str, subject: str) -> EmailMessage:
        message = EmailMessage(policy=POLICY)
        message["From"] = self._from
        message["To"] = Address(addr_spec=mailable(address))
        message["Subject"] = subject
        message["Date"] = format_datetime(clock.now())
        message["Auto-Submitted"] = "auto-generated"
        message["X-Auto-Response-Suppress"] = "All"  # Exchange's way to say the same
        return message

    def _filled(self, message: EmailMessage, language: str, words: dict[str, object]) -> EmailMessage:
        message.set_content(self._jinja.get_template("reminders/mail.txt").render(words), cte="quoted-printable")
        message.add_alternative(
            self._jinja.get_template("reminders/mail.html").render(words), subtype="html", cte="quoted-printable"
        )
        message["Content-Language"] = language  # last, for what was said before went into the first part
        return message

    def _words(self, letter: Letter, out: str | None) -> dict[str, object]:
        to = letter.language
        return {
            "language": to, "title": _tidy(letter.words.title), "out": out,
            "link": f"{self._url}/reminders/{letter.reminder_id}",  # there it is seen, and leads on to what it is about
            "first": t("mail.first", to=to),
            "paragraphs": [_tidy(line) for line in letter.words.body.splitlines() if line.strip()],
            "name": t("mail.name", to=to), "action": t("mail.action", to=to), "line": t("mail.line", to=to),
            "why": t("mail.why.nudge" if letter.is_nudge else "mail.why.duty", to=to),
            "unsubscribe": t("mail.unsubscribe", to=to),
        }  # fmt: skip


def _tidy(text: str) -> str:
    """One line without control characters: no header of its own, no odd gaps."""
    return " ".join(_CONTROLS.sub(" ", text).split())


def mailable(address: str) -> str:
    """The address, its domain as the network writes it. Raises Unmailable."""
    if not _ADDRESS.fullmatch(address):
        raise Unmailable
    local, _, domain = address.rpartition("@")
    try:
        return Address(addr_spec=f"{local}@{domain.encode('idna').decode('ascii')}").addr_spec
    except (UnicodeError, ValueError, IndexError):  # the standard parser's ways to say that it is none
        raise Unmailable from None
