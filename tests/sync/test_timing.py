"""No rule trusts a phone's clock, and none refuses an act because of it (SYNC.md §5)."""

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from server.foundation import clock as product_clock
from server.foundation.database import db
from server.people.models import Session
from server.sync import timing
from server.sync.models import SyncOperation

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
HEARD = NOON - timedelta(hours=4)
FIRST, LAST = datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, 23, 59, tzinfo=UTC)
HOUR, DAY, SECOND = timedelta(hours=1), timedelta(days=1), timedelta(seconds=1)


@pytest.mark.parametrize(
    ("occurred", "sent", "effective", "quality"),
    [
        pytest.param(NOON - HOUR, NOON, NOON - HOUR, "good", id="a right clock"),
        pytest.param(NOON - HOUR, NOON - 2 * SECOND, NOON - HOUR + 2 * SECOND, "good", id="a slow network"),
        pytest.param(NOON - HOUR + DAY, NOON + DAY, NOON - HOUR, "skewed", id="a day ahead"),
        pytest.param(NOON - HOUR - DAY, NOON - DAY, NOON - HOUR, "skewed", id="a day behind"),
        pytest.param(NOON - HOUR + DAY, NOON, NOON, "clamped", id="a day ahead, then corrected"),
        pytest.param(NOON - HOUR - DAY, NOON, HEARD, "clamped", id="a day behind, then corrected"),
        pytest.param(datetime(1970, 1, 1, tzinfo=UTC), NOON, HEARD, "clamped", id="1970, then corrected"),
        pytest.param(
            datetime(1970, 1, 1, tzinfo=UTC), datetime(1970, 1, 1, 1, tzinfo=UTC), NOON - HOUR, "skewed", id="1970"
        ),
        pytest.param(datetime(2099, 1, 1, tzinfo=UTC), NOON, NOON, "clamped", id="2099, then corrected"),
        pytest.param(
            datetime(2099, 1, 1, tzinfo=UTC), datetime(2099, 1, 1, 2, tzinfo=UTC), NOON - 2 * HOUR, "skewed", id="2099"
        ),
        pytest.param(LAST, FIRST, NOON, "clamped", id="the last moment, from the first"),
        pytest.param(FIRST, LAST, HEARD, "clamped", id="the first moment, from the last"),
        pytest.param(NOON + 5 * SECOND, NOON, NOON, "good", id="a little after it was sent"),
        pytest.param(HEARD - 5 * SECOND, NOON, HEARD, "good", id="a little before the server was heard"),
    ],
)
def test_the_time_that_counts(occurred, sent, effective, quality):
    assert timing.effective(occurred, sent, NOON, HEARD, jumped=False) == (effective, quality)


def test_a_clock_that_jumped_is_said_to_have_jumped():
    assert timing.effective(NOON - HOUR, NOON, NOON, HEARD, jumped=True) == (NOON - HOUR, "jumped")


def test_a_server_heard_after_the_answer_binds_nobody():
    assert timing.effective(NOON - HOUR, NOON, NOON, NOON + DAY, jumped=False).effective_at == NOON


def ledger_row():
    with db.engine.connect() as connection:
        return connection.execute(sa.select(SyncOperation.effective_at, SyncOperation.time_quality)).one()


def test_an_act_counts_from_when_it_was_done_not_from_when_it_arrived(ada, world, clock):
    phone = ada.phone()
    done_at = clock.move(hours=2)
    op = phone.op(world.done("tvatta"))
    clock.move(days=3)
    assert phone.sync(op).outcome["effective_at"] == product_clock.wire(done_at)
    assert ledger_row() == (done_at, "good")


def test_a_phone_with_the_wrong_year_is_believed_about_the_hour(ada, world, clock):
    phone = ada.phone()
    done_at = clock.move(hours=2)
    wrong = datetime(1970, 1, 1, tzinfo=UTC)
    op = phone.op(world.done("tvatta"), at=wrong)
    clock.move(hours=5)
    sent = product_clock.wire(wrong + 5 * HOUR)
    assert phone.sync(op, sent_at=sent).outcome["effective_at"] == product_clock.wire(done_at)
    assert ledger_row() == (done_at, "skewed")


def test_nothing_happened_before_the_phone_last_heard_of_the_server(ada, world, clock):
    phone = ada.phone()
    heard = clock.move(hours=2)
    op = phone.op(world.done("tvatta"), at=heard - DAY, heard=heard)
    clock.move(hours=2)
    assert phone.sync(op).outcome["effective_at"] == product_clock.wire(heard)
    assert ledger_row() == (heard, "clamped")


def test_nothing_happened_before_the_phone_was_registered(ada, world, clock):
    registered = clock.now
    phone = ada.phone()
    op = phone.op(world.done("tvatta"), at=registered - DAY)
    clock.move(hours=2)
    assert phone.sync(op).outcome["effective_at"] == product_clock.wire(registered)


def test_what_the_phone_claimed_is_kept_word_for_word(ada, world):
    phone = ada.phone()
    op = phone.op(world.done("tvatta"), at=datetime(2099, 12, 31, tzinfo=UTC))
    assert phone.sync(op).said == ["applied"]
    with db.engine.connect() as connection:
        raw = connection.execute(sa.select(SyncOperation.raw)).scalar_one()
    assert raw == op


def test_a_server_clock_that_goes_back_loses_nothing(ada, world, clock):
    phone = ada.phone().pull()
    phone.sync(world.done("tvatta"))
    clock.move(hours=-1)
    assert phone.sync(world.done("film")).said == ["applied"]
    assert len(phone.pull().rows("step_completion")) == 2


def test_a_server_clock_that_goes_back_lengthens_no_session(ada, clock):
    assert ada.get("/api/session").status_code == 200
    before = sessions()
    clock.move(hours=-9)  # to the day before
    assert ada.get("/api/session").status_code == 200
    assert sessions() == before


def sessions():
    with db.engine.connect() as connection:
        return connection.execute(sa.select(Session.expires_at, Session.extended_on)).all()


def test_a_leap_second_is_a_time_that_we_do_not_know_and_spoils_no_neighbour(ada, world):
    """No phone says it (their clocks smear or repeat it); who says it hears so."""
    phone = ada.phone()
    op = phone.op(world.done("tvatta")) | {"occurred_at": "2026-12-31T23:59:60.000Z"}
    assert phone.sync(op, phone.op(world.done("film"))).said == ["rejected:invalid", "applied"]


def test_what_was_done_in_the_hour_that_comes_twice_has_an_order(ada, world, clock):
    """In Stockholm it is half past two, and an hour later half past two again."""
    phone = ada.phone()
    clock.now = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    first = phone.op(world.noted("Före"), heard=clock.now)
    clock.move(hours=1)
    second = phone.op(world.noted("Efter"), heard=clock.now)
    assert set(phone.sync(second, first).said) == {"applied", "merged"}
    assert [row["text"] for row in phone.rows("note").values()] == ["Efter"]
