"""What is in review is decided by a person: its effect comes once, the outcome of the push never changes (SYNC.md §2)."""

import pytest
import sqlalchemy as sa

from server.activities.models import CheckIn, Evidence
from server.foundation import clock as product_clock
from server.foundation.database import db, writing
from server.foundation.errors import NotAllowed, NotFound
from server.learning import recording
from server.learning.models import Attempt, ItemCompletion, StepCompletion
from server.people.models import AuditEntry, Person
from server.reminders.models import ReminderOccurrence
from server.sync.deciding import AlreadyDecided, TooLateToUndo, decide, settle_due, take_back
from server.sync.models import SyncDecision, SyncReceipt
from tests.reminders.making import start

WRONG = "00000000"


def say(deed, op_id, by, **other):
    """The deed, committed as a route would; `by` is who does it."""
    at = product_clock.now()
    who = {"decided_by": by.person_id} if deed is decide else {"actor_id": by.person_id}
    with writing():
        try:
            deed(db.session(), op_id=op_id, at=at, **who, **other)
            db.session.commit()
        finally:
            db.session.remove()


def counts(op, by, reason="", **other):
    say(decide, op["op_id"], by, counts=True, reason=reason, **other)


def does_not_count(op, by, reason=""):
    say(decide, op["op_id"], by, counts=False, reason=reason)


@pytest.fixture
def later(clock):
    """The minute of undo is over, and a worker comes by."""

    def settle():
        clock.move(minutes=1)
        settle_due(db.engine, clock.now)

    return settle


@pytest.fixture
def typed_wrong(ada, world):
    op = ada.own_phone.op(world.by_code("torget", code=WRONG))
    assert ada.sync(op).said == ["review:code_wrong"]
    return op


@pytest.fixture
def unenrolled(bruno, world):
    """bruno did a step of a closed course that was somebody else's to do."""
    with writing(), db.engine.begin() as connection:
        connection.execute(sa.text("UPDATE enrolment SET ended_on = started_on"))
    op = bruno.own_phone.op(world.done("tvatta"))
    assert bruno.sync(op).said == ["review:not_enrolled"]
    return op


def receipt(actor):
    (row,) = actor.own_phone.pull().rows("receipt").values()
    return row


def test_a_check_in_that_is_said_to_count_is_a_check_in(ada, hugo, typed_wrong, later, clock):
    counts(typed_wrong, hugo, "Guiden läste fel")
    later()
    assert receipt(ada) == {
        "op_id": typed_wrong["op_id"], "status": "applied", "code": None, "is_decision": True,
        "reason": "Guiden läste fel", "decided_at": product_clock.wire(clock.now), "operation": None,
    }  # fmt: skip
    (row,) = ada.own_phone.rows("check_in").values()
    assert (row["in_review"], row["checked_in_at"]) == (False, typed_wrong["occurred_at"])


def test_a_check_in_that_does_not_count_waits_no_longer_and_its_evidence_is_kept(ada, hugo, typed_wrong, later, count):
    does_not_count(typed_wrong, hugo, "Du var inte med")
    later()
    assert (receipt(ada)["status"], receipt(ada)["code"]) == ("rejected", "not_counted")
    assert receipt(ada)["reason"] == "Du var inte med"
    assert ada.own_phone.rows("check_in") == {}
    assert ada.phone().pull().rows("check_in") == {}
    assert (count(sa.select(CheckIn)), count(sa.select(Evidence))) == (0, 1)


def test_a_step_that_is_said_to_count_is_completed_when_it_was_done(bruno, hugo, unenrolled, later):
    counts(unenrolled, hugo)
    later()
    (step,) = bruno.own_phone.pull().rows("step_completion").values()
    assert step["completed_at"] == unenrolled["occurred_at"]


def test_what_the_decided_acts_complete_is_completed(bruno, hugo, unenrolled, world, later, count):
    rest = [bruno.own_phone.op(one) for one in world.all_of_hygien()[1:]]
    assert bruno.sync(*rest).said == ["review:not_enrolled"] * 3
    for one in (unenrolled, *rest):
        counts(one, hugo)
    later()
    assert count(sa.select(ItemCompletion)) == 1
    assert count(sa.select(Attempt)) == 2


@pytest.mark.parametrize("is_yes", [True, False])
def test_the_outcome_of_the_push_stays_whatever_is_decided(ada, hugo, typed_wrong, later, is_yes):
    before = ada.own_phone.send(typed_wrong).outcomes
    (counts if is_yes else does_not_count)(typed_wrong, hugo)
    later()
    assert ada.own_phone.send(typed_wrong).outcomes == before


def test_sent_again_it_has_its_effect_once(ada, hugo, typed_wrong, later, count):
    counts(typed_wrong, hugo)
    later()
    ada.sync(typed_wrong)
    settle_due(db.engine, product_clock.now())
    assert (count(sa.select(CheckIn)), count(sa.select(Evidence)), count(sa.select(SyncReceipt))) == (1, 1, 1)


def test_within_its_minute_nobody_hears_of_a_decision(ada, hugo, typed_wrong, clock, count):
    counts(typed_wrong, hugo)
    clock.move(seconds=59)
    settle_due(db.engine, clock.now)
    assert ada.own_phone.pull().rows("receipt") == {}
    assert count(sa.select(CheckIn)) == 0


def test_within_its_minute_it_can_be_taken_back_and_decided_anew(ada, hugo, typed_wrong, later, clock):
    counts(typed_wrong, hugo)
    clock.move(seconds=59)
    say(take_back, typed_wrong["op_id"], hugo)
    later()
    assert ada.own_phone.pull().rows("receipt") == {}
    does_not_count(typed_wrong, hugo)
    later()
    assert receipt(ada)["status"] == "rejected"


def test_after_its_minute_it_cannot_be_taken_back(hugo, typed_wrong, clock, later):
    counts(typed_wrong, hugo)
    clock.move(minutes=1)
    with pytest.raises(TooLateToUndo):
        say(take_back, typed_wrong["op_id"], hugo)
    later()
    with pytest.raises(TooLateToUndo):
        say(take_back, typed_wrong["op_id"], hugo)


def test_who_comes_second_changes_nothing(ada, hugo, sofia, typed_wrong, later):
    counts(typed_wrong, hugo)
    with pytest.raises(AlreadyDecided):
        does_not_count(typed_wrong, sofia)
    later()
    with pytest.raises(AlreadyDecided):
        does_not_count(typed_wrong, sofia)
    assert receipt(ada)["status"] == "applied"


def test_a_no_may_become_a_yes_of_who_has_seen_it_and_a_yes_stays(ada, hugo, sofia, typed_wrong, later):
    does_not_count(typed_wrong, hugo)
    later()
    with pytest.raises(AlreadyDecided):
        counts(typed_wrong, sofia)
    counts(typed_wrong, sofia, instead_of=hugo.person_id)
    later()
    assert receipt(ada)["status"] == "applied"
    assert [row["in_review"] for row in ada.own_phone.rows("check_in").values()] == [False]
    with pytest.raises(AlreadyDecided):
        say(decide, typed_wrong["op_id"], hugo, counts=False, reason="", instead_of=sofia.person_id)


def test_a_yes_that_was_to_replace_a_no_can_be_taken_back_and_said_again(ada, hugo, typed_wrong, later):
    does_not_count(typed_wrong, hugo)
    later()
    counts(typed_wrong, hugo, instead_of=hugo.person_id)
    say(take_back, typed_wrong["op_id"], hugo)
    later()
    assert receipt(ada)["status"] == "rejected"
    counts(typed_wrong, hugo, instead_of=hugo.person_id)
    later()
    assert receipt(ada)["status"] == "applied"


def test_each_word_stands_in_the_audit(hugo, sofia, typed_wrong, later, ada):
    counts(typed_wrong, hugo, "Fel")
    say(take_back, typed_wrong["op_id"], hugo)
    does_not_count(typed_wrong, hugo, "Inte med")
    later()
    counts(typed_wrong, sofia, "Jo", instead_of=hugo.person_id)
    with db.engine.connect() as connection:
        rows = connection.execute(sa.select(AuditEntry).order_by(AuditEntry.at, AuditEntry.id)).all()
    said = [(row.action, row.actor_id, row.detail["reason"]) for row in rows if "op_id" in row.detail]
    assert said == [
        ("act_counted", hugo.person_id, "Fel"), ("decision_taken_back", hugo.person_id, "Fel"),
        ("act_not_counted", hugo.person_id, "Inte med"), ("act_counted", sofia.person_id, "Jo"),
    ]  # fmt: skip
    assert {row.subject_id for row in rows if "op_id" in row.detail} == {ada.person_id}


def test_nobody_decides_about_their_own_act(ada, typed_wrong):
    with pytest.raises(NotAllowed):
        counts(typed_wrong, ada)


@pytest.mark.parametrize("statement", ["done", "nowhere"])
def test_only_what_is_in_review_is_decided(ada, hugo, world, statement):
    op = ada.own_phone.op(world.done("tvatta") if statement == "done" else world.done("nowhere"))
    ada.sync(op)
    with pytest.raises(NotFound):
        counts(op, hugo)
    with pytest.raises(NotFound):
        say(take_back, op["op_id"], hugo)


def test_what_is_no_longer_there_when_it_is_said_to_count_is_said_to_be_gone(ada, hugo, typed_wrong, later):
    with writing(), db.engine.begin() as connection:
        connection.execute(sa.text("DELETE FROM booking"))
    counts(typed_wrong, hugo)
    later()
    assert (receipt(ada)["status"], receipt(ada)["code"]) == ("rejected", "gone")


def test_a_defect_leaves_a_decision_standing_until_it_is_mended(bruno, hugo, unenrolled, later, monkeypatch, count):
    def fail(connection, acts):
        raise ZeroDivisionError

    counts(unenrolled, hugo)
    with monkeypatch.context() as broken:
        broken.setattr(recording, "complete_steps", fail)
        later()
    assert (count(sa.select(SyncDecision)), count(sa.select(SyncReceipt))) == (1, 0)
    later()
    assert (count(sa.select(SyncDecision)), count(sa.select(StepCompletion))) == (0, 1)


def test_two_workers_at_once_settle_each_decision_once(app, ada, bruno, hugo, typed_wrong, unenrolled, clock, count):
    from threading import Thread

    counts(typed_wrong, hugo)
    counts(unenrolled, hugo)
    clock.move(minutes=2)
    engine = db.engine
    both = [Thread(target=settle_due, args=(engine, clock.now)) for _ in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert count(sa.select(SyncReceipt)) == 2
    assert count(sa.select(SyncDecision)) == 0


def test_a_closed_account_s_act_is_decided_too(ada, hugo, typed_wrong, later, clock, count):
    with writing(), db.engine.begin() as connection:
        connection.execute(sa.update(Person).where(Person.id == ada.person_id).values(deactivated_at=clock.now))
    counts(typed_wrong, hugo)
    later()
    assert count(sa.select(CheckIn)) == 1


def attention():
    with db.engine.connect() as connection:
        rows = connection.execute(
            sa.select(ReminderOccurrence.ordinal, ReminderOccurrence.closed_why)
            .where(ReminderOccurrence.rule == "attention")
            .order_by(ReminderOccurrence.ordinal)
        )
        return [tuple(row) for row in rows]


def test_its_person_is_told_what_did_not_count_and_no_longer_that_it_waits(ada, hugo, world, later, clock):
    start(clock.now.date(), "attention")
    op = ada.own_phone.op(world.by_code("torget", code=WRONG))
    ada.sync(op)
    assert attention() == [(0, None)]
    does_not_count(op, hugo)
    later()
    assert attention() == [(0, "done"), (1, None)]


def test_what_counts_reminds_nobody_any_more(ada, hugo, world, later, clock):
    start(clock.now.date(), "attention")
    op = ada.own_phone.op(world.by_code("torget", code=WRONG))
    ada.sync(op)
    counts(op, hugo)
    later()
    assert attention() == [(0, "done")]


def test_the_worker_s_round_settles_what_is_due(app, ada, hugo, typed_wrong, clock):
    counts(typed_wrong, hugo)
    clock.move(minutes=1)
    app.extensions["tasks"].mend()
    app.extensions["tasks"].do_round()
    assert receipt(ada)["status"] == "applied"
