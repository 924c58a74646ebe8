"""Dates are those of the organisation's zone, wherever that is (RUNDTUR_ZONE)."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
import sqlalchemy as sa

from server.foundation.database import db, writing
from server.people.models import Employment
from tests.cast import Actor, World
from tests.databases import running


@pytest.fixture(params=["Europe/Stockholm", "Pacific/Kiritimati"])
def there(settings, clock, request):
    """Ada's last day is the 24th; at 11 in the morning, UTC, it is over on Kiritimati, 14 hours ahead."""
    clock.now = datetime(2026, 11, 24, 11, tzinfo=UTC)
    with running(replace(settings, zone=request.param)) as app:
        ada = Actor(app, World(), "ada")
        with writing(), db.engine.begin() as connection:
            ends = sa.update(Employment).where(Employment.person_id == ada.person_id)
            connection.execute(ends.values(to_on=date(2026, 11, 24)))
        yield ada, request.param == "Europe/Stockholm", request.param


def test_a_post_ends_at_midnight_of_the_organisation_s_zone(there):
    ada, still_there, zone = there
    phone = ada.phone().pull()
    (me,) = phone.rows("self").values()
    assert (me["zone"], len(me["units"])) == (zone, 1 if still_there else 0)
    assert bool(phone.rows("programme")) is still_there
    document = next(iter(ada.own_phone.pull().rows("catalogue_entry").values()), None)
    assert bool(document) is still_there


def test_what_was_done_counts_by_the_day_in_the_organisation_s_zone(there):
    ada, still_there, _ = there
    assert ada.sync(ada.world.chose("brand")).said == (["applied"] if still_there else ["rejected:gone"])
