"""A mail server on this machine that takes what it is given, and does what a bad one does."""

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP as POLICY
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP as Server
from aiosmtpd.smtp import AuthResult, Envelope, LoginPassword, Session

ANSWERS = Callable[[str], str | None]


@dataclass
class PostOffice:
    """What it took, and what it says instead where a test wants that."""

    taken: list[bytes] = field(default_factory=list)
    envelopes: list[tuple[str, list[str]]] = field(default_factory=list)
    connections: int = 0
    at_address: ANSWERS = lambda _: None
    at_message: ANSWERS = lambda _: None
    port: int = 0

    @property
    def mails(self) -> list[EmailMessage]:
        """What it took, read by the standard library as a mail program would."""
        return [message_from_bytes(one, policy=POLICY) for one in self.taken]  # type: ignore[arg-type]

    async def handle_EHLO(
        self, server: Server, session: Session, envelope: Envelope, hostname: str, said: list[str]
    ) -> list[str]:
        self.connections += 1
        session.host_name = hostname
        return said

    async def handle_RCPT(
        self, server: Server, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        answer = self.at_address(address)
        if answer is None:
            envelope.rcpt_tos.append(address)
        elif answer.startswith("421"):
            server.transport.close()
        return answer or "250 2.1.5 OK"

    async def handle_DATA(self, server: Server, session: Session, envelope: Envelope) -> str:
        answer = self.at_message(envelope.rcpt_tos[0])
        if answer is None or answer.startswith("250"):
            self.taken.append(bytes(envelope.content or b""))
            self.envelopes.append((str(envelope.mail_from), list(envelope.rcpt_tos)))
        return answer or "250 2.0.0 taken"


@contextmanager
def post_office(password: str | None = None, port: int = 0) -> Iterator[PostOffice]:
    office = PostOffice()

    def knows(_server: Any, _session: Any, _envelope: Any, _mechanism: str, given: Any) -> AuthResult:
        is_right = isinstance(given, LoginPassword) and given.password.decode() == password
        return AuthResult(success=is_right, handled=False)

    more: dict[str, Any] = {"authenticator": knows, "auth_require_tls": False} if password else {}
    controller = Controller(office, hostname="127.0.0.1", port=port or free_port(), **more)
    controller.start()
    office.port = controller.port
    try:
        yield office
    finally:
        controller.stop()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
