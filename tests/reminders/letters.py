"""Letters as delivering hands them to a channel, made by hand where a test is about the channel."""

from datetime import timedelta
from typing import Any

from server.foundation import clock, ids
from server.reminders.letters import Letter, Words

NEUTRAL = {
    "sv": Words("Du har en påminnelse", "Öppna Rundtur för att läsa den."),
    "en": Words("You have a reminder", "Open Rundtur to read it."),
}
NUDGE = {
    "sv": Words("Hygien väntar på dig", "Kursen tar tolv minuter.\nDen kan vänta till arbetstid."),
    "en": Words("Hygiene is waiting for you", "The course takes twelve minutes.\nIt may wait for working hours."),
}
LEAVING = {
    "sv": Words("Bussen går 09.00", "Rundan går från Torget om en timme – kom i tid."),
    "en": Words("The bus leaves at 09:00", "The tour leaves from the square in an hour."),
}


def a_letter(person_id: str, address: str, language: str = "sv", **other: Any) -> Letter:
    """A nudge by mail."""
    usual: dict[str, Any] = {
        "delivery_id": ids.new_id(), "reminder_id": ids.new_id(), "person_id": person_id, "channel": "mail",
        "address": address, "rule": "nudge", "is_nudge": True, "language": language, "words": NUDGE[language],
        "neutral": NEUTRAL[language], "target": "/learn/hygien", "tag": "t", "topic": "t", "urgency": "normal",
        "ttl_s": 3600, "expires_at": clock.now() + timedelta(days=1),
    }  # fmt: skip
    return Letter(**usual | other)


def a_duty(person_id: str, address: str, language: str = "sv", **other: Any) -> Letter:
    """The bus leaves in an hour."""
    return a_letter(
        person_id, address, language,
        **{"rule": "leaving", "is_nudge": False, "words": LEAVING[language], "target": "/site"} | other,
    )  # fmt: skip
