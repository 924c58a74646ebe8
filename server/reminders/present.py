"""Reminders as the wire has them."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from server.foundation import clock
from server.foundation.clock import wire
from server.foundation.database import any_of, zone_of
from server.people import present as people

from . import contacts
from .decency import day_of
from .models import Reminder


def selves(connection: Connection, person_id: str, ids: Sequence[str]) -> dict[str, dict[str, Any]]:
    """protocol.Self: with what its person must know of their own mail"""
    now, zone = clock.now(), zone_of(connection)
    known = people.selves(connection, person_id, ids)
    if not known:
        return known
    way = contacts.mail_way(connection, person_id, now)
    until = way.fails_until and day_of(way.fails_until, zone).isoformat()
    said = {
        "mail_fails": {"address": way.address, "until": until} if until else None,
        "mail_goes_to": {"address": way.address, "is_own": way.is_own},
    }
    return {one: self | said for one, self in known.items()}


_MINE = sa.select(Reminder).where(Reminder.person_id == sa.bindparam("person"), any_of(Reminder.id, "ids"))


def reminders(connection: Connection, person_id: str, ids: Sequence[str]) -> dict[str, dict[str, Any]]:
    """protocol.Reminder, by id; to its person only"""
    return {
        row.id: {
            "reminder_id": row.id, "rule": row.rule, "made_at": wire(row.made_at), "expires_at": wire(row.expires_at),
            "words": row.words, "target": row.target, "about": row.about,
            "closed_at": row.closed_at and wire(row.closed_at), "closed_why": row.closed_why,
            "seen_at": row.seen_at and wire(row.seen_at),
            "snoozed_until": row.snoozed_until and row.snoozed_until.isoformat(), "is_muted": row.is_muted,
        }
        for row in connection.execute(_MINE, {"person": person_id, "ids": ids})
    }  # fmt: skip
