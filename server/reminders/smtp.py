"""The way to the mail server: where it is, and one connection that carries a batch of letters."""

import smtplib
import ssl
import time
from dataclasses import dataclass
from threading import Lock
from typing import Self
from urllib.parse import parse_qs, unquote, urlsplit

TIMEOUT_S = 10
BATCH_S = 100
"""A slow server has so long for a batch: the lease on its letters must not end while they are on their way."""


@dataclass(frozen=True, slots=True)
class Route:
    host: str
    port: int
    is_tls: bool
    """from the first byte"""
    has_starttls: bool
    user: str
    password: str

    @property
    def is_open(self) -> bool:
        """True where a password would be readable on the way."""
        return bool(self.user) and not self.is_tls and not self.has_starttls


def route_of(url: str) -> Route:
    """Where the setting says that the mail server is. Raises ValueError with what is wrong."""
    parts = urlsplit(url)
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
        raise ValueError("it is written like smtp://mail.example:587?starttls=1 or smtps://mail.example")
    is_tls = parts.scheme == "smtps"
    return Route(
        parts.hostname, parts.port or (465 if is_tls else 25), is_tls,
        parse_qs(parts.query).get("starttls") == ["1"], unquote(parts.username or ""), unquote(parts.password or ""),
    )  # fmt: skip


class Line:
    """One connection, opened by the first letter and closed after the last. In one thread at a time.

    A server that cannot be reached is not asked again by the same batch: a thousand letters would wait for a thousand
    time-outs.
    """

    def __init__(self, route: Route, letters: int) -> None:
        self._route, self._left = route, letters
        self._lock = Lock()
        self._smtp: smtplib.SMTP | None = None
        self._down: OSError | None = None
        self._until = time.monotonic() + BATCH_S

    def __enter__(self) -> Self:
        """One letter's turn; the last one hangs up."""
        self._lock.acquire()
        return self

    def __exit__(self, *_: object) -> None:
        self._left -= 1
        if self._left <= 0:
            self._hang_up()
        self._lock.release()

    def carry(self, sender: str, address: str, message: bytes) -> None:
        """The mail server has taken the message. Raises what smtplib raises."""
        is_used = self._smtp is not None
        try:
            self._opened().sendmail(sender, [address], message)
        except smtplib.SMTPException as error:
            if self._down or not _is_tired(error):
                raise
            self._hang_up()
            if not is_used:
                self._down = error
                raise
            self.carry(sender, address, message)

    def _opened(self) -> smtplib.SMTP:
        if self._down:
            raise self._down
        if time.monotonic() > self._until:
            raise TimeoutError
        if self._smtp is None:
            try:
                self._smtp = _connected(self._route)
            except OSError as error:
                self._down = error
                raise
        return self._smtp

    def _hang_up(self) -> None:
        if self._smtp:
            try:
                self._smtp.quit()
            except smtplib.SMTPException:
                self._smtp.close()
            self._smtp = None

    def __del__(self) -> None:
        if self._smtp:  # a batch that was cut short
            self._smtp.close()


def _connected(route: Route) -> smtplib.SMTP:
    secure = ssl.create_default_context()
    smtp: smtplib.SMTP = (
        smtplib.SMTP_SSL(route.host, route.port, timeout=TIMEOUT_S, context=secure)
        if route.is_tls
        else smtplib.SMTP(route.host, route.port, timeout=TIMEOUT_S)
    )
    try:
        if route.has_starttls:
            smtp.starttls(context=secure)
        if route.user:
            smtp.login(route.user, route.password)
    except BaseException:
        smtp.close()
        raise
    return smtp


def _is_tired(error: smtplib.SMTPException) -> bool:
    """The server has ended the connection; one that was used (idle for too long, enough letters) is worth another."""
    return isinstance(error, smtplib.SMTPServerDisconnected) or code_of(error) == 421


def code_of(error: Exception) -> int | None:
    """The number that the server answered with, where it answered."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return next((int(code) for code, _ in error.recipients.values()), None)
    return int(error.smtp_code) if isinstance(error, smtplib.SMTPResponseException) else None


def words_of(error: smtplib.SMTPRecipientsRefused) -> str:
    """What the server said beside the number; it may hold addresses and belongs into no log."""
    return next((words.decode("utf-8", "replace") for _, words in error.recipients.values()), "")


def ask(url: str) -> str:
    """Whether the mail server lets us in: a stable code, `smtp.said.<code>` in the texts."""
    try:
        _connected(route_of(url)).quit()
    except smtplib.SMTPAuthenticationError:
        return "sign_in"
    except ssl.SSLError:
        return "tls"
    except (smtplib.SMTPNotSupportedError, smtplib.SMTPHeloError):
        return "not_like_this"
    except TimeoutError:
        return "timeout"
    except OSError:
        return "no_connection"
    return "reached"
