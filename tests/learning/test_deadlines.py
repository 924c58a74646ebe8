"""A time that is in doubt near a deadline is for a person to judge; anywhere else it is taken as it is (SYNC.md §5)."""

from datetime import UTC, datetime, timedelta

import pytest

from server.foundation import clock as product_clock
from server.foundation.database import db, writing
from server.learning.deadlines import is_doubtful
from server.sync.deciding import decide, settle_due

DEADLINE = datetime(2026, 11, 28, 23, tzinfo=UTC)
"""the end of the 28th in Stockholm: the fourteenth day of ada's programme"""
HOUR, SECOND = timedelta(hours=1), timedelta(seconds=1)


@pytest.mark.parametrize(
    ("at", "until", "is_in_doubt"),
    [
        pytest.param(-HOUR, HOUR, True, id="before, heard after"),
        pytest.param(HOUR, 2 * HOUR, True, id="after"),
        pytest.param(-48 * HOUR, HOUR, True, id="two days before"),
        pytest.param(48 * HOUR, 50 * HOUR, True, id="two days after"),
        pytest.param(-48 * HOUR - SECOND, HOUR, False, id="more than two days before"),
        pytest.param(48 * HOUR + SECOND, 50 * HOUR, False, id="more than two days after"),
        pytest.param(-2 * HOUR, -HOUR, False, id="heard in time, so done in time"),
        pytest.param(-2 * HOUR, 0 * HOUR, False, id="heard at the last moment"),
    ],
)
def test_where_nobody_can_say_on_which_side_of_the_deadline_it_was(at, until, is_in_doubt):
    assert is_doubtful(DEADLINE + at, DEADLINE + until, DEADLINE) is is_in_doubt


@pytest.fixture
def after(clock):
    """Three hours after the deadline."""
    clock.now = DEADLINE + 3 * HOUR
    return clock


def told(phone, statement, *, jumped=True):
    now = product_clock.now()
    return phone.op(statement, at=now - 4 * HOUR, heard=now - 6 * HOUR, jumped=jumped)


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        (lambda world: world.done("tvatta"), "review:clock_unsure"),
        (lambda world: world.passed(), "review:clock_unsure"),
        (lambda world: world.failed(), "applied"),
        (lambda world: world.done("larma", "brand"), "applied"),
        (lambda world: world.placed("film"), "applied"),
        (lambda world: world.done("nowhere"), "rejected:unknown_step"),
    ],
    ids=["a step", "a passed quiz", "a failed one", "nothing mandatory", "a place", "no such step"],
)
def test_only_what_may_complete_something_dated_is_judged(ada, world, after, statement, said):
    phone = ada.phone()
    assert phone.sync(told(phone, statement(world))).said == [said]


def test_a_clock_that_could_not_be_right_is_in_doubt_too(ada, world, after):
    phone = ada.phone()
    op = phone.op(world.done("tvatta"), at=after.now - timedelta(days=30), heard=after.now - HOUR)
    assert phone.sync(op).said == ["review:clock_unsure"]


def test_a_clock_that_was_right_is_not(ada, world, after):
    phone = ada.phone()
    assert phone.sync(told(phone, world.done("tvatta"), jumped=False)).said == ["applied"]


def test_who_has_no_deadline_there_is_not_judged(sofia, world, after):
    phone = sofia.phone()
    assert phone.sync(told(phone, world.done("larma", "brand"))).said == ["applied"]


def test_the_order_of_telling_does_not_matter(ada, bruno, world, after):
    """Also where the last of them would have completed the course."""
    for actor, order in ((ada, 1), (bruno, -1)):
        phone = actor.phone()
        ops = [told(phone, one, jumped=at == 1) for at, one in enumerate(world.all_of_hygien())][::order]
        said = phone.sync(*ops).said[::order]
        assert said == ["applied", "review:clock_unsure", "applied", "applied"]


def test_what_waits_for_a_decision_has_changed_nothing_that_a_phone_could_wait_for(ada, world, after):
    """Else the phone takes it for settled, and it is gone from the screen until somebody decides."""
    phone = ada.phone()
    waits, counts = phone.sync(told(phone, world.passed()), told(phone, world.failed())).outcomes
    assert (waits["status"], waits["at"]) == ("review", None)
    assert counts["status"] == "applied"
    assert counts["at"]


def test_what_a_person_judges_to_count_counts_at_its_time(ada, hugo, world, after):
    phone = ada.own_phone
    op = told(phone, world.done("tvatta"))
    phone.sync(op)
    with writing():
        decide(
            db.session(), op_id=op["op_id"], counts=True, reason="", decided_by=hugo.person_id, at=product_clock.now()
        )
        db.session.commit()
        db.session.remove()
    after.move(minutes=1)
    settle_due(db.engine, after.now)
    (step,) = phone.pull().rows("step_completion").values()
    assert step["completed_at"] == op["occurred_at"]
