"""Check-ins are kept for a time, 24 months unless it is set otherwise; that a tour was completed is kept for good."""

from datetime import date, datetime

import pytest
import sqlalchemy as sa

from server.activities.models import CheckIn, Evidence
from server.foundation import clock as product_clock
from server.foundation.database import db, writing
from server.learning.models import ItemCompletion
from server.sync import forgetting
from server.sync.deciding import UNDO, decide, settle
from server.sync.forgetting import forget_old
from server.sync.models import SyncOperation, SyncReceipt
from tests.cast import Actor
from tests.reminders.making import do

TWO_YEARS = {"days": 732}
"""the day after the last one on which a check-in of the first day is kept"""


@pytest.fixture
def later(app, world, clock):
    """So much later: the phone is signed in anew, and the day's work is done."""

    def after(phone, **time):
        clock.move(**time)
        phone.actor = Actor(app, world, phone.actor.name)
        return forget_old(db.engine, clock.now)

    return after


def item(phone, world):
    """What the phone knows of the tour in its person's programme."""
    items = phone.rows("enrolment")[world.programmes["ny-har"]]["items"]
    return next(one for one in items if one["key"] == "rundan")


def ledger():
    with db.engine.connect() as connection:
        select = sa.select(SyncOperation.kind, SyncOperation.raw, SyncOperation.effective_at)
        return [tuple(row) for row in connection.execute(select.order_by(SyncOperation.seq))]


def test_when_their_time_is_over_neither_time_nor_evidence_is_left(ada, world, later, count):
    phone = ada.phone()
    phone.sync(world.by_place("torget"), world.by_code("kyrkan"))
    assert later(phone, **TWO_YEARS) == 2
    assert [count(sa.select(one)) for one in (CheckIn, Evidence)] == [0, 0]
    assert ledger() == [("forgotten", None, None)] * 2


def test_the_phone_forgets_them_too(ada, world, later):
    phone = ada.phone()
    phone.sync(world.by_place("torget"), world.by_code("kyrkan"))
    assert len(phone.rows("check_in")) == 2
    later(phone, **TWO_YEARS)
    phone.pull()
    assert phone.rows("check_in") == {}


def test_the_tour_stays_completed_on_its_day_and_at_no_hour(ada, world, later, clock):
    phone = ada.phone()
    phone.sync(world.by_place("torget"), world.by_code("kyrkan"))
    done = item(phone, world)["completed_at"]
    later(phone, **TWO_YEARS)
    assert done == product_clock.wire(datetime.fromisoformat("2026-11-24T08:00Z"))
    assert item(phone.pull(), world)["completed_at"] == "2026-11-23T23:00:00.000Z"


def test_a_check_in_is_kept_until_the_last_day_of_its_time(ada, world, later, count):
    phone = ada.phone()
    phone.sync(world.by_place("torget"))
    assert later(phone, days=731) == 0
    assert [count(sa.select(one)) for one in (CheckIn, Evidence)] == [1, 1]
    assert ledger()[0][0] == "checked_in"


def test_what_led_to_no_check_in_goes_as_well(ada, carla, world, later, count):
    phone = ada.phone()
    said = phone.sync(world.by_code("torget", code="00000000"), world.by_place("nowhere")).said
    assert said == ["review:code_wrong", "rejected:unknown_stop"]
    later(phone, **TWO_YEARS)
    assert count(sa.select(Evidence)) == 0
    assert ledger() == [("forgotten", None, None)] * 2
    assert phone.pull().rows("check_in") == {}


def test_what_was_decided_of_it_goes_as_well_and_the_phone_forgets_it(ada, hugo, world, later, count, clock):
    phone = ada.phone()
    wrong = phone.op(world.by_code("kyrkan", code="00000000"))
    phone.sync(wrong)
    word = {"counts": False, "reason": "Inte med", "decided_by": hugo.person_id, "at": clock.now - UNDO}
    do(decide, op_id=wrong["op_id"], **word)
    with writing(), db.engine.begin() as connection:
        settle(connection, clock.now)
    assert phone.pull().rows("receipt")[wrong["op_id"]]["reason"] == "Inte med"
    later(phone, **TWO_YEARS)
    assert phone.pull().rows("receipt") == {}
    assert count(sa.select(SyncReceipt)) == 0


def test_what_was_learned_stays_as_it_was_said(ada, world, later):
    phone = ada.phone()
    phone.sync(world.done("tvatta"))
    before = ledger()
    later(phone, **TWO_YEARS)
    assert ledger() == before


def test_sent_again_it_gets_its_outcome_and_does_not_come_back(ada, world, later, count):
    phone = ada.phone()
    told = phone.op(world.by_code("torget"))
    first = phone.sync(told).outcome
    later(phone, **TWO_YEARS)
    again = phone.send(told)
    assert again.outcome == first | {"effective_at": None}
    assert again.body["missing"] == []
    assert count(sa.select(CheckIn)) == 0


def test_there_may_be_more_of_them_than_one_transaction_takes(ada, bruno, world, later, count, monkeypatch):
    monkeypatch.setattr(forgetting, "MOST", 1)
    phone = ada.phone()
    phone.sync(world.by_place("torget"), world.by_code("kyrkan"))
    bruno.sync(world.by_code("torget"))
    assert later(phone, **TWO_YEARS) == 3
    assert count(sa.select(CheckIn)) == 0
    assert {kind for kind, _, _ in ledger()} == {"forgotten"}


def test_again_nothing_changes_and_nobody_hears_of_it(ada, world, later, clock):
    phone = ada.phone()
    phone.sync(world.by_place("torget"), world.by_code("kyrkan"))
    later(phone, **TWO_YEARS)
    phone.pull()
    assert forget_old(db.engine, clock.now) == 0
    assert phone.sync().body["changes"] == []


def test_a_late_check_in_goes_the_next_day_and_takes_nothing_away(ada, world, later, count):
    phone = ada.phone()
    forgotten_in_a_drawer = phone.op(world.by_place("skolan"), heard=datetime.fromisoformat("2026-11-24T08:00Z"))
    phone.sync(world.by_place("torget"), world.by_code("kyrkan"))
    later(phone, **TWO_YEARS)
    assert phone.sync(forgotten_in_a_drawer).said == ["applied"]
    assert count(sa.select(CheckIn)) == 1
    later(phone, days=1)
    assert count(sa.select(CheckIn)) == 0
    assert count(sa.select(ItemCompletion).where(ItemCompletion.kind == "activity")) == 1
    assert item(phone.pull(), world)["completed_at"] == "2026-11-23T23:00:00.000Z"


def test_a_phone_knows_for_how_long(ada):
    assert ada.phone().pull().rows("self")[ada.person_id]["check_in_months"] == 24


MONTHS = {
    "a year": (date(2026, 11, 25), 12, date(2025, 11, 25)),
    "into a shorter month": (date(2026, 3, 31), 1, date(2026, 2, 28)),
    "into a leap day": (date(2028, 3, 30), 1, date(2028, 2, 29)),
    "over a new year": (date(2026, 1, 15), 2, date(2025, 11, 15)),
}


@pytest.mark.parametrize(("day", "months", "before"), [pytest.param(*case, id=name) for name, case in MONTHS.items()])
def test_months_are_those_of_the_calendar(day, months, before):
    assert product_clock.months_before(day, months) == before
