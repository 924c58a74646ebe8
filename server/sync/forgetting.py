"""What is kept for a time only is deleted when it is over: check-ins, and what the ledger holds of them.

In short transactions, so that no phone waits for long; two at once double nothing.
"""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.engine import Engine

from server.activities import forgetting
from server.foundation import clock
from server.foundation.changefeed import publish
from server.foundation.database import check_in_months_of, writing, zone_of
from server.learning import standing

from . import ledger
from .receive import lock_people

MOST = 500
"""so many a transaction"""


def forget_old(engine: Engine, now: datetime) -> int:
    """No check-in is left that was older than its time this morning. Again: nothing changes. Returns at how many stops.

    What stays is that its person has completed the activity, and on which day.
    """
    with engine.connect() as connection:
        today = now.astimezone(ZoneInfo(zone_of(connection))).date()
        last = clock.months_before(today, check_in_months_of(connection)) - timedelta(days=1)
        before = clock.end_of(last, zone_of(connection))
    forgotten = 0
    while count := _forget_visits(engine, before):
        forgotten += count
    while _forget_words(engine, before):
        pass
    return forgotten


def _forget_visits(engine: Engine, before: datetime) -> int:
    with writing(), engine.begin() as connection:
        visits = forgetting.visits_before(connection, before, MOST)
        people = {one.person_id for one in visits}
        lock_people(connection, people)
        hours = standing.forget_hours(connection, people, before)
        publish(connection, forgetting.forget_visits(connection, visits) + hours)
    return len(visits)


def _forget_words(engine: Engine, before: datetime) -> int:
    with writing(), engine.begin() as connection:
        forgotten, touches = ledger.forget_check_ins(connection, before, MOST)
        publish(connection, touches)
    return forgotten
