"""Posts that have ended. A post ends with its last day: nobody does anything, so nobody would tell its person's phones."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from server.foundation.changefeed import Touch, person_stream, publish
from server.foundation.database import writing, zone_of

from .models import Employment

MOST = 500
"""so many people a transaction: no phone waits for long"""
LOOKS_BACK = timedelta(days=7)
"""So long the worker may have been away."""

_ENDED = (
    sa.select(Employment.person_id)
    .where(Employment.to_on >= sa.bindparam("first"), Employment.to_on < sa.bindparam("today"))
    .distinct()
    .order_by(Employment.person_id)
)


def tell_of_ended(engine: Engine, now: datetime) -> int:
    """Who had a post that has ended reads on their phone which units are left. Again: they read it again.

    Returns how many people.
    """
    with engine.connect() as connection:
        today = now.astimezone(ZoneInfo(zone_of(connection))).date()
        people = connection.execute(_ENDED, {"first": today - LOOKS_BACK, "today": today}).scalars().all()
    for first in range(0, len(people), MOST):
        touches = [Touch(person_stream(person), "self", person) for person in people[first : first + MOST]]
        with writing(), engine.begin() as connection:
            publish(connection, touches)
    return len(people)
