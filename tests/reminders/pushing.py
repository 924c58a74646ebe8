"""People whose phones take reminders at a push service on loopback; letters to them."""

from datetime import timedelta
from typing import Any, NamedTuple

import sqlalchemy as sa

from config import Settings
from server.foundation.database import db
from server.reminders import vapid
from server.reminders.letters import Letter, Words
from server.reminders.models import PushSubscription
from tests.cast import Actor, Clock, Phone
from tests.support.push_service import PushService, Subscribed

WORDS = Words("Ny kurs", "Hygien väntar på dig.")
NEUTRAL = Words("Rundtur", "Du har en påminnelse från Rundtur.")


class Taker(NamedTuple):
    """A phone that takes reminders."""

    phone: Phone
    held: Subscribed
    subscription_id: str


def taking(actor: Actor, service: PushService, phone: Phone | None = None) -> Taker:
    """The person said yes on that phone: its service and our server know of it."""
    phone = phone or actor.phone()
    key = actor.get("/api/push/key").get_json()
    held = service.subscribe(key["key"])
    answer = actor.post("/api/push/subscriptions", held.asked(phone.device_id, key["key_id"]))
    assert answer.status_code == 204, answer.text
    return Taker(phone, held, row_of(phone.device_id).id)


def row_of(device_id: str) -> Any:
    with db.engine.connect() as connection:
        return connection.execute(
            sa.select(PushSubscription.__table__).where(PushSubscription.device_id == device_id)
        ).one_or_none()


def newest_key(settings: Settings) -> vapid.VapidKey:
    return vapid.ring(settings.data)[0]


def a_letter(taker: Taker, clock: Clock, **other: Any) -> Letter:
    usual: dict[str, Any] = {
        "delivery_id": "d", "reminder_id": "01900000-0000-7000-8000-000000000042",
        "person_id": taker.phone.actor.person_id, "channel": "push", "address": taker.subscription_id, "rule": "nudge",
        "is_nudge": True, "language": "sv", "words": WORDS, "neutral": NEUTRAL, "target": "/learn/hygien",
        "tag": "01900000-0000-7000-8000-000000000042", "topic": "AZAAAAAAcACAAAAAAAAAQg", "urgency": "normal",
        "ttl_s": 3600, "expires_at": clock.now + timedelta(hours=1),
    }  # fmt: skip
    return Letter(**usual | other)
