"""Reminders as they lie in the database, made by hand where a test is not about how they come to be."""

from datetime import datetime, timedelta
from typing import Any

from server.foundation import ids
from server.reminders.models import Reminder

WORDS = {"sv": {"title": "Ny kurs", "body": "Hygien väntar på dig."}, "en": {"title": "New course", "body": "Hygien."}}


def a_reminder(person_id: str, at: datetime, **other: Any) -> Reminder:
    """A nudge of today that nobody has seen."""
    usual: dict[str, Any] = {
        "id": ids.new_id(), "person_id": person_id, "rule": "nudge", "nudge_on": at.date(), "made_at": at,
        "expires_at": at + timedelta(days=30), "about": [], "words": WORDS, "target": "/learn/hygien",
    }  # fmt: skip
    return Reminder(**usual | other)
