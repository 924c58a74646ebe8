"""The phones that a person has: which of them take reminders, and a try whether one does."""

from datetime import datetime
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from server.foundation import clock
from server.foundation.clock import wire
from server.foundation.database import writing
from server.foundation.texts import t
from server.people import devices

from . import subscribing
from .letters import Letter, Words
from .models import PushSubscription
from .push import Push

TRY_FOR_S = 300
Said = Literal["handed_over", "later", "refused", "gone", "no_subscription"]
_SAID: dict[str, Said] = {"ok": "handed_over", "later": "later", "refused": "refused", "gone": "gone"}


def listed(
    connection: Connection, *, person_id: str, this: str | None, session_hash: str, since: datetime
) -> list[dict[str, Any]]:
    """protocol.OwnDevice, the last heard first.

    The phone that asks takes reminders only where its subscription is of this very sign-in: else it says so again.
    """
    taking = subscribing.of_person(connection, person_id)
    return [
        {
            "device_id": row.id, "label": row.label, "registered_at": wire(row.registered_at),
            "last_heard_at": wire(row.last_heard_at), "is_this": row.id == this,
            "gets_push": row.id in taking and (row.id != this or taking[row.id].session_hash == session_hash),
            "push_confirmed_at": wire(taking[row.id].confirmed_at) if row.id in taking else None,
        }
        for row in devices.of_person(connection, person_id, since)
    ]  # fmt: skip


def try_out(engine: Engine, push: Push, *, person_id: str, device_id: str, language: str) -> Said:
    """A test message was handed over for the phone, or why it was not. Each call sends one, in the place of the last."""
    mine = sa.select(PushSubscription.id).where(
        PushSubscription.device_id == device_id, PushSubscription.person_id == person_id
    )
    with engine.connect() as connection:
        found = connection.execute(mine).scalar_one_or_none()
        if found is None:
            return "no_subscription"
        letter = _letter(found, person_id, language)
        send = push.prepare(connection, [letter])
    sent = send(letter)
    with writing(), engine.begin() as connection:
        push.note(connection, [(letter, sent)], clock.now())
    return _SAID[sent.how]


def _letter(subscription_id: str, person_id: str, language: str) -> Letter:
    words = Words(t("push.try.title", to=language), t("push.try.body", to=language))
    return Letter(
        delivery_id="", reminder_id="", person_id=person_id, channel="push", address=subscription_id, rule="try",
        is_nudge=False, language=language, words=words, neutral=words, target="/me", tag="try", topic="try",
        urgency="high", ttl_s=TRY_FOR_S, expires_at=clock.now(),
    )  # fmt: skip
