"""What was deferred is tried again; the outcome that the phone was given stays, and a receipt says what came of it."""

import pytest
import sqlalchemy as sa

from server.foundation import changefeed
from server.foundation import clock as product_clock
from server.foundation.database import db, writing
from server.learning import keeping
from server.protocol import operations
from server.sync import understanding
from server.sync.ceiling import DayCeiling
from server.sync.models import SyncReceipt
from server.sync.replaying import replay


def replay_now():
    with writing(), db.engine.begin() as connection:
        return replay(connection)


@pytest.fixture
def older(monkeypatch):
    """A server that does not know yet how to keep a note."""
    versions = {kind: v for kind, v in operations.VERSIONS.items() if kind != "note_kept"}
    monkeypatch.setattr(understanding, "VERSIONS", versions)
    return monkeypatch


def test_what_was_newer_than_the_server_is_applied_after_its_upgrade(ada, world, clock, older):
    phone = ada.phone()
    op = phone.op(world.noted("Kvar"))
    assert phone.sync(op).said == ["deferred:newer"]
    older.undo()
    clock.move(days=2)
    assert replay_now() == (1, 0)
    phone.pull()
    (note,) = phone.rows("note").values()
    assert (note["text"], note["kept_at"]) == ("Kvar", op["occurred_at"])
    (receipt,) = phone.rows("receipt").values()
    assert receipt == {
        "op_id": op["op_id"], "status": "applied", "code": None, "decided_at": product_clock.wire(clock.now),
        "operation": None, "is_decision": False, "reason": None,
    }  # fmt: skip


def test_the_outcome_of_a_replayed_operation_never_changes(ada, world, older):
    phone = ada.phone()
    op = phone.op(world.noted("Kvar"))
    first = phone.send(op).outcomes
    older.undo()
    replay_now()
    assert phone.send(op).outcomes == first


def test_what_is_still_newer_goes_on_waiting(ada):
    ada.sync({"kind": "tip_shared", "text": "Ät lunch"})
    assert replay_now() == (0, 1)
    assert ada.phone().pull().rows("receipt") == {}


def test_a_mended_defect_lets_its_operation_out_of_quarantine(ada, world, monkeypatch):
    def fail(connection, notes, refused):
        raise ZeroDivisionError

    monkeypatch.setattr(keeping, "keep_notes", fail)
    phone = ada.phone()
    op = phone.op(world.noted("Kvar"))
    assert [phone.sync(op).said[0] for _ in range(5)][-1] == "deferred:quarantined"
    assert replay_now() == (0, 1)
    monkeypatch.undo()
    assert replay_now() == (1, 0)
    assert [row["text"] for row in phone.pull().rows("note").values()] == ["Kvar"]


def test_a_database_that_fails_ends_the_replay_and_leaves_everything_waiting(ada, world, older, count):
    ada.sync(world.noted("Kvar"))
    older.undo()

    def fail(connection, notes, refused):
        raise sa.exc.OperationalError("", {}, Exception("disk full"))

    with pytest.MonkeyPatch.context() as broken:
        broken.setattr(keeping, "keep_notes", fail)
        with pytest.raises(sa.exc.OperationalError):
            replay_now()
    assert count(sa.select(SyncReceipt)) == 0
    assert replay_now() == (1, 0)


def test_replaying_again_decides_nothing_twice(ada, world, older, count):
    ada.sync(world.noted("Kvar"))
    older.undo()
    assert [replay_now(), replay_now()] == [(1, 0), (0, 0)]
    assert count(sa.select(SyncReceipt)) == 1


def test_a_replay_takes_the_streams_in_the_order_in_which_pushes_take_them(ada, bruno, world, older, monkeypatch):
    """Else it and a push that share two streams could wait for each other in a ring."""
    for actor in (bruno, ada, bruno):
        actor.sync(world.noted(f"Hej från {actor.name}"))
    older.undo()
    taken, advance = [], changefeed._advance

    def watched(connection, counts):
        taken.append(sorted(counts))
        return advance(connection, counts)

    monkeypatch.setattr(changefeed, "_advance", watched)
    assert replay_now() == (3, 0)
    assert taken == [sorted(f"person:{one.person_id}" for one in (ada, bruno))], "all at once, and so in order"


def test_what_turns_out_to_be_invalid_is_said_to_be(ada, world, older):
    ada.sync(world.noted("Kvar") | {"mood": "good"})
    older.undo()
    assert replay_now() == (1, 0)
    (receipt,) = ada.phone().pull().rows("receipt").values()
    assert (receipt["status"], receipt["code"]) == ("rejected", "invalid")


def test_an_operation_replayed_late_does_not_undo_what_was_said_since(ada, world, clock, older):
    phone = ada.phone()
    phone.sync(world.noted("förr"))
    older.undo()
    clock.move(hours=1)
    phone.sync(world.noted("nu"))
    assert replay_now() == (1, 0)
    phone.pull()
    assert [row["text"] for row in phone.rows("note").values()] == ["nu"]
    assert [row["status"] for row in phone.rows("receipt").values()] == ["merged"]


def test_above_the_ceiling_of_a_day_the_phone_waits_and_loses_nothing(app, ada, bruno, world, clock):
    app.extensions["day_ceiling"] = DayCeiling(3)
    phone = ada.phone()
    assert phone.sync(world.done("tvatta"), world.done("film")).status == 200
    ops = [phone.op(world.placed("film")), phone.op(world.placed("ova"))]
    refused = phone.send(*ops)
    assert (refused.status, refused.code, refused.response.headers["Retry-After"]) == (429, "too_much_today", "3600")
    assert phone.sync().status == 200
    assert bruno.sync(world.done("tvatta")).said == ["applied"]
    clock.move(days=1)
    assert phone.sync(*ops).status == 200
