"""A defect of ours costs one operation a delay, and never its neighbours anything (SYNC.md §2, FAULTS 25)."""

import logging

import pytest
import sqlalchemy as sa

from server.foundation.database import db
from server.learning import keeping
from server.learning.models import Place, StepCompletion
from server.sync import exchange, ledger, receive
from server.sync.models import SyncFailure, SyncOperation


@pytest.fixture
def broken(monkeypatch):
    """Keeping a place on the step “film” has a defect, which shows after it has written something."""
    sound = keeping.keep_places

    def keep_places(connection, places, refused):
        verdicts = sound(connection, places, refused)
        if any(one.step_key == "film" for one in places):
            raise ZeroDivisionError("a defect")
        return verdicts

    monkeypatch.setattr(keeping, "keep_places", keep_places)


def test_a_rule_that_raises_spoils_no_neighbour(ada, world, broken):
    said = ada.sync(world.done("tvatta"), world.placed("film"), world.placed("larma", course="brand"), world.failed())
    assert said.said == ["applied", "retry:unexpected", "applied", "applied"]
    assert said.outcomes[1]["retry_after_s"] == receive.RETRY_AFTER_S
    assert len(ada.own_phone.rows("place")) == 1


def test_a_rule_that_raises_leaves_nothing_behind(ada, world, broken, count):
    ada.sync(world.placed("film"))
    assert count(sa.select(Place)) == 0
    assert count(sa.select(SyncOperation)) == 0
    assert "place" not in {key.entity for key in ada.own_phone.replica}


def test_what_was_to_be_tried_again_is_applied_once_the_defect_is_mended(ada, world, broken, monkeypatch):
    phone = ada.phone()
    op = phone.op(world.placed("film"))
    assert phone.sync(op).said == ["retry:unexpected"]
    monkeypatch.undo()
    assert phone.sync(op).said == ["applied"]


def test_after_five_unexpected_errors_an_operation_is_in_quarantine(ada, world, broken, count):
    phone = ada.phone()
    op = phone.op(world.placed("film"))
    said = [phone.sync(op).said[0] for _ in range(ledger.QUARANTINE_AFTER + 1)]
    assert said == ["retry:unexpected"] * 4 + ["deferred:quarantined"] * 2
    kept = sa.select(SyncOperation).where(SyncOperation.code == "quarantined", SyncOperation.raw.is_not(None))
    assert count(kept) == 1


def test_an_unexpected_error_is_noted_without_what_the_person_wrote(ada, world, broken, caplog):
    with caplog.at_level(logging.DEBUG):
        ada.sync(world.placed("film"), world.noted("hemliga tankar"))
    with db.engine.connect() as connection:
        assert connection.execute(sa.select(SyncFailure.error)).scalar_one() == "ZeroDivisionError"
    assert "hemliga" not in caplog.text


@pytest.mark.parametrize("state", ["40001", "40P01", "23505"])
def test_what_another_transaction_got_in_the_way_of_is_tried_again(ada, world, monkeypatch, state):
    sound, tries = exchange.receive, []

    def receive_late(connection, pushes):
        tries.append(1)
        if len(tries) < exchange.TRIES:
            raise sa.exc.OperationalError("", {}, hindered(state))
        return sound(connection, pushes)

    monkeypatch.setattr(exchange, "receive", receive_late)
    assert ada.sync(world.done("tvatta")).said == ["applied"]
    assert len(tries) == exchange.TRIES


@pytest.mark.parametrize(("state", "code"), [("40001", "busy"), ("53100", "storage_full"), (None, "busy")])
def test_a_database_that_cannot_write_makes_the_phone_wait_and_loses_nothing(
    ada, world, monkeypatch, state, code, count
):
    phone = ada.phone()

    def fail(connection, pushes):
        raise sa.exc.OperationalError("", {}, hindered(state))

    monkeypatch.setattr(exchange, "receive", fail)
    op = phone.op(world.done("tvatta"))
    said = phone.send(op)
    assert (said.status, said.code, said.response.headers["Retry-After"]) == (503, code, "15")
    assert count(sa.select(StepCompletion)) == 0
    monkeypatch.undo()
    assert phone.sync(op).said == ["applied"]


def test_a_database_that_fails_inside_of_a_rule_fails_the_push_not_the_operation(ada, world, monkeypatch, count):
    def fail(connection, places, refused):
        raise sa.exc.OperationalError("", {}, hindered("53100"))

    monkeypatch.setattr(keeping, "keep_places", fail)
    assert ada.phone().send(world.done("tvatta"), world.placed("film")).code == "storage_full"
    assert count(sa.select(StepCompletion)) == 0
    assert count(sa.select(SyncFailure)) == 0


def test_a_database_that_fails_while_a_set_is_taken_apart_fails_the_push(ada, world, monkeypatch, count):
    errors = [ZeroDivisionError(), sa.exc.OperationalError("", {}, hindered("53100"))]

    def fail(connection, places, refused):
        raise errors.pop(0)

    monkeypatch.setattr(keeping, "keep_places", fail)
    assert ada.phone().send(world.placed("film")).code == "storage_full"
    assert errors == []
    assert count(sa.select(SyncFailure)) == 0


def test_an_error_that_nobody_foresaw_has_the_shape_of_every_error(ada, world, monkeypatch):
    def fail(connection, pushes):
        raise KeyError("a defect outside of any rule")

    monkeypatch.setattr(exchange, "receive", fail)
    said = ada.phone().send(world.done("tvatta"))
    assert (said.status, said.code) == (500, "server_error")
    assert "defect" not in said.response.text


def hindered(state):
    error = Exception("hindered")
    error.sqlstate = state
    return error
