"""Erasing a person: what they were told, and every way to them."""

import sqlalchemy as sa
from sqlalchemy.orm import Session

from .models import ContactAddress, PushSubscription, Reminder, ReminderDelivery, ReminderMute, ReminderOccurrence

OF_PERSON = (ReminderDelivery, ReminderOccurrence, Reminder, PushSubscription, ReminderMute, ContactAddress)


def erase(session: Session, *, person_id: str) -> None:
    """The person is told nothing, and nothing says what they were told. Again: nothing changes.

    What they wrote to a group as its coordinator stays: those are the organisation's words, and lie with who read them.
    """
    for model in OF_PERSON:
        session.execute(sa.delete(model).where(model.person_id == person_id))
