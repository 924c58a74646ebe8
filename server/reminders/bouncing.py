"""A mail that comes back: what a mail server reports of it (reports.py), read from the message that it sends us.

Which mail it was tells the Message-ID that we gave it, for reports carry the head of what they are about. It is signed, and
known to nobody but who got that mail: nobody can have somebody else's address taken for a dead one.
"""

import hmac
from datetime import datetime, timedelta
from typing import Literal

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from . import contacts
from .models import ReminderDelivery
from .reports import is_gone, read

LATEST = timedelta(days=14)
"""servers give up after some days; a report of an older mail says nothing of today"""

Outcome = Literal["bounced", "did_not_arrive", "nothing_failed", "not_ours", "no_report"]
SAID: dict[Outcome, str] = {
    "bounced": "The address takes no mail: for 30 days nothing goes there, and its person is told.",
    "did_not_arrive": "That mail did not arrive, which says nothing about the address: noted with the mail, and that is all.",
    "nothing_failed": "Nothing has failed for good: nothing changes.",
    "not_ours": "This reports no mail of the last 14 days from here: nothing changes.",
    "no_report": "This is no report of a mail server that can be read: nothing changes.",
}


def message_id(delivery_id: str, domain: str, secret: str) -> str:
    """Of the mail of this delivery: the same each time that it is sent."""
    return f"<{delivery_id}.{_sign(delivery_id, secret)}@{domain}>"


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
    has_gone = is_gone(report.status)
    why = "gone" if has_gone else f"bounced_{report.status}"
    connection.execute(_FAILED, {"of": report.delivery_id, "why": why})
    if has_gone:
        contacts.bounced(connection, {one.person_id: one.address}, now)
    return "bounced" if has_gone else "did_not_arrive"


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
