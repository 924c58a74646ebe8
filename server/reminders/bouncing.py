"""A mail that comes back: what a mail server reports of it (RFC 3464), read from the message that it sends us.

Which mail it was tells the Message-ID that we gave it, for reports carry the head of what they are about. It is signed, and
known to nobody but who got that mail: nobody can have somebody else's address taken for a dead one.
"""

import hmac
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from email import message_from_bytes
from email.message import Message
from email.parser import HeaderParser
from email.policy import compat32
from typing import Any, Literal, NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from . import contacts
from .models import ReminderDelivery

LARGEST = 1024 * 1024
LATEST = timedelta(days=14)
"""servers give up after some days; a report of an older mail says nothing of today"""
_TOKEN = re.compile(r"<([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.([0-9a-f]{32})@")
_STATUS = re.compile(r"\s*([245]\.\d{1,3}\.\d{1,3})\b")
_NOT_THE_ADDRESS = re.compile(r"5\.(7|6|3)\.\d+|5\.2\.[234]|5\.4\.[67]|5\.5\.[1-9]\d*")
"""a mailbox that is full, a loop, our mail not wanted: refused for good, and no word about whose address it is"""

Outcome = Literal["bounced", "did_not_arrive", "nothing_failed", "not_ours", "no_report"]
SAID: dict[Outcome, str] = {
    "bounced": "The address takes no mail: for 30 days nothing goes there, and its person is told.",
    "did_not_arrive": "That mail did not arrive, which says nothing about the address: noted with the mail, and that is all.",
    "nothing_failed": "Nothing has failed for good: nothing changes.",
    "not_ours": "This reports no mail of the last 14 days from here: nothing changes.",
    "no_report": "This is no report of a mail server (RFC 3464): nothing changes.",
}


class Report(NamedTuple):
    delivery_id: str
    mac: str
    """both empty where it names no mail of ours"""
    status: str | None
    """the code of what failed for good (RFC 3463); None: nothing has"""


def message_id(delivery_id: str, domain: str, secret: str) -> str:
    """Of the mail of this delivery: the same each time that it is sent."""
    return f"<{delivery_id}.{_sign(delivery_id, secret)}@{domain}>"


def read(raw: bytes) -> Report | None:
    """What the message reports, or None where it is no report that can be read."""
    try:
        parts = list(message_from_bytes(raw[:LARGEST], policy=compat32).walk())
        about = next((found for part in parts if (found := _original(part))), None)
        groups = [group for part in parts if _is(part, "message/delivery-status") for group in _groups(part)]
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return None  # the standard parser's ways to say that it is none
    if not groups:
        return None
    return Report(about[1] if about else "", about[2] if about else "", _failed(groups))


def note(connection: Connection, raw: bytes, now: datetime, secret: str) -> Outcome:
    """What the report says holds. Again: the same, from the later moment on."""
    report = read(raw)
    if report is None:
        return "no_report"
    one = connection.execute(_DELIVERY, {"id": report.delivery_id, "since": now - LATEST}).one_or_none()
    if one is None or not hmac.compare_digest(report.mac, _sign(report.delivery_id, secret)):
        return "not_ours"
    if report.status is None:
        return "nothing_failed"
    is_gone = _is_gone(report.status)
    why = "gone" if is_gone else f"bounced_{report.status}"
    connection.execute(_FAILED, {"of": report.delivery_id, "why": why})
    if is_gone:
        contacts.bounced(connection, {one.person_id: one.address}, now)
    return "bounced" if is_gone else "did_not_arrive"


_DELIVERY = sa.select(ReminderDelivery.person_id, ReminderDelivery.address).where(
    ReminderDelivery.id == sa.bindparam("id"), ReminderDelivery.channel == "mail",
    sa.or_(ReminderDelivery.sent_at.is_(None), ReminderDelivery.sent_at > sa.bindparam("since")),
)  # fmt: skip
_FAILED = (
    sa.update(ReminderDelivery)
    .where(ReminderDelivery.id == sa.bindparam("of"))
    .values(state="failed", failure=sa.bindparam("why"), claimed_until=None)
)


def _sign(delivery_id: str, secret: str) -> str:
    key = hmac.digest(secret.encode(), b"bounces", "sha256")
    return hmac.digest(key, delivery_id.encode(), "sha256")[:16].hex()


def _is(part: Message, kind: str) -> bool:
    return bool(part.get_content_type() == kind)


def _original(part: Message) -> re.Match[str] | None:
    """The Message-ID of ours in the head of the mail that came back."""
    if _is(part, "message/rfc822"):
        inside = part.get_payload()
        head: Any = inside[0] if isinstance(inside, list) and inside else None
    elif _is(part, "text/rfc822-headers"):
        text = part.get_payload(decode=True)
        head = HeaderParser().parsestr(text.decode("utf-8", "replace")) if isinstance(text, bytes) else None
    else:
        return None
    return _TOKEN.search(str(head.get("Message-ID", ""))) if head is not None else None


def _groups(report: Message) -> Iterator[tuple[str, str]]:
    """What became of the mail at each address: (action, status)."""
    inside: Any = report.get_payload()
    for group in inside if isinstance(inside, list) else []:
        action, status = str(group.get("Action", "")).strip().lower(), _STATUS.match(str(group.get("Status", "")))
        if action and status:
            yield action, status[1]


def _failed(groups: list[tuple[str, str]]) -> str | None:
    """The first that failed, unless the mail arrived somewhere all the same (an address that leads to several)."""
    if any(action in ("delivered", "relayed", "expanded") for action, _ in groups):
        return None
    return next((status for action, status in groups if action == "failed" and not status.startswith("2")), None)


def _is_gone(status: str) -> bool:
    """Whether the address itself is no more. 4.x.x that failed: its server gave up waiting."""
    return status.startswith("5.") and not _NOT_THE_ADDRESS.fullmatch(status)
