"""Each operation gets one outcome, once and for ever (SYNC.md §2)."""

import json

import sqlalchemy as sa

from server.foundation.database import Base, db
from server.learning.models import StepCompletion
from server.people.models import Device
from server.sync.models import SyncOperation
from tests.cast import an_id


def test_a_replayed_operation_gets_the_identical_outcome(ada, world, clock):
    phone = ada.phone()
    op = phone.op(world.done("tvatta"))
    first = phone.send(op)
    clock.move(days=30)
    assert phone.send(op).outcomes == first.outcomes


def test_a_replayed_operation_changes_nothing(ada, world, clock):
    phone = ada.phone().pull()
    op = phone.op(world.done("tvatta"))
    phone.sync(op)
    clock.move(days=3)
    again = phone.sync(op)
    assert again.body["changes"] == []


def test_told_again_three_days_later_it_leaves_no_row_anywhere(ada, world, clock):
    """FAULTS 4: also none in the audit."""
    phone = ada.phone()
    ops = [phone.op(one) for one in (*world.all_of_hygien(), world.by_code("torget"), world.noted("Hej"))]
    phone.sync(*ops)
    before = rows_of_every_table()
    clock.move(days=3)
    phone.sync(*ops)
    assert rows_of_every_table() == before


def rows_of_every_table():
    with db.engine.connect() as connection:
        return {
            name: connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()
            for name, table in Base.metadata.tables.items()
        }


def test_an_answer_lost_on_the_way_is_given_again(ada, world):
    phone = ada.phone()
    op = phone.op(world.passed())
    lost = phone.send(op)
    again = phone.sync(op)
    assert again.outcomes == lost.outcomes
    assert list(phone.rows("attempt")) == [op["op_id"]]


def test_the_same_operation_twice_in_one_push_counts_once(ada, world):
    phone = ada.phone()
    op = phone.op(world.failed())
    assert phone.sync(op, op).said == ["applied", "applied"]
    assert len(phone.rows("attempt")) == 1


def test_an_id_that_comes_again_with_other_content_is_refused_and_noted(ada, world, caplog):
    phone = ada.phone()
    op = phone.op(world.done("tvatta"))
    phone.sync(op)
    assert phone.sync(op | {"step_key": "film"}).said == ["rejected:id_reuse"]
    assert op["op_id"] in caplog.text
    assert [row["step_key"] for row in phone.rows("step_completion").values()] == ["tvatta"]


def test_an_id_that_comes_twice_in_one_push_with_other_content_is_refused_once(ada, world):
    phone = ada.phone()
    op = phone.op(world.done("tvatta"))
    assert phone.sync(op, op | {"step_key": "film"}).said == ["applied", "rejected:id_reuse"]


def test_an_id_of_another_person_gets_the_same_answer_as_one_s_own_reused_one(ada, bruno, world):
    op = ada.phone().op(world.done("tvatta"))
    ada.sync(op)
    foreign = bruno.sync(op).outcome
    own = ada.sync(op | {"step_key": "film"}).outcome
    assert foreign == own
    assert bruno.own_phone.rows("step_completion") == {}


def test_outcomes_stand_in_the_order_of_the_operations(ada, world):
    phone = ada.phone()
    ops = [
        phone.op(one) for one in (world.placed("film", 3.5), world.done("tvatta"), world.placed("ova"), world.failed())
    ]
    assert [one["op_id"] for one in phone.sync(*reversed(ops)).outcomes] == [one["op_id"] for one in reversed(ops)]


def test_an_unknown_kind_is_deferred_and_stored_as_it_came(ada, world, count):
    said = ada.sync({"kind": "tip_shared", "text": "Ät lunch"}, world.done("tvatta"))
    assert said.said == ["deferred:newer", "applied"]
    raw = sa.select(SyncOperation.op_id).where(SyncOperation.kind == "tip_shared", SyncOperation.raw.is_not(None))
    assert count(raw) == 1


def test_a_newer_version_of_a_known_kind_is_deferred(ada, world):
    phone = ada.phone()
    op = phone.op(world.done("tvatta")) | {"v": 2, "how": "aloud"}
    assert phone.sync(op).said == ["deferred:newer"]
    assert phone.rows("step_completion") == {}


def test_a_deferred_operation_keeps_its_outcome_when_it_comes_again(ada, world):
    phone = ada.phone()
    op = phone.op({"kind": "tip_shared", "text": "Ät lunch"})
    assert phone.send(op).outcomes == phone.send(op).outcomes


def test_an_invalid_operation_is_rejected_and_its_neighbours_are_applied(ada, world):
    wrong = [
        world.done("tvatta") | {"version": "1"},
        world.done("tvatta") | {"mood": "good"},
        {"kind": "step_completed"},
        world.done("ÅÄÖ"),
        world.placed("film", -1),
        world.by_code("torget", code="not a code"),
    ]
    said = ada.sync(world.done("tvatta"), *wrong, world.done("film")).said
    assert said == ["applied", *["rejected:invalid"] * len(wrong), "applied"]


def test_removing_a_rejected_operation_changes_no_other_outcome(ada, bruno, world):
    with_it = ada.sync(world.done("tvatta"), world.done("nowhere"), world.placed("film")).said
    without = bruno.sync(world.done("tvatta"), world.placed("film")).said
    assert [one for one in with_it if not one.startswith("rejected")] == without


def test_an_operation_without_its_heads_is_rejected_by_name(ada, world):
    phone = ada.phone()
    op = phone.op(world.done("tvatta"))
    del op["clock_jumped"]
    assert phone.sync(op).said == ["rejected:invalid"]


def test_a_rejected_operation_stays_rejected(ada, world):
    phone = ada.phone()
    op = phone.op(world.done("nowhere"))
    assert phone.send(op).outcomes == phone.send(op).outcomes


def test_what_an_outcome_stands_at_has_been_reached_by_the_same_answer(ada, world):
    said = ada.phone().pull().sync(*world.all_of_hygien(), world.placed("film"), world.noted("Ja"))
    for outcome in said.outcomes:
        assert outcome["at"]
        assert all(said.body["reached"][stream] >= seq for stream, seq in outcome["at"].items())


def test_an_outcome_names_no_stream_that_the_person_does_not_read(ada, world):
    said = ada.sync(world.by_code("torget"))
    assert set(said.outcome["at"]) <= set(said.body["reached"])


def test_a_push_leaves_one_ledger_row_an_operation(ada, world, count):
    ada.sync(world.done("tvatta"), world.done("nowhere"), {"kind": "tip_shared"})
    ada.sync(world.done("film"))
    assert count(sa.select(SyncOperation.op_id)) == 4


def test_a_phone_that_speaks_for_someone_else_is_stopped(ada, bruno, world, count):
    said = ada.phone().send(world.done("tvatta"), person_id=bruno.person_id)
    assert (said.status, said.code) == (409, "wrong_person")
    assert count(sa.select(StepCompletion)) == 0


def test_the_device_of_another_person_cannot_push(ada, bruno, world, count):
    phone = bruno.phone()
    said = ada.phone().send(world.done("tvatta"), device_id=phone.device_id)
    assert (said.status, said.code) == (409, "device_taken")
    assert count(sa.select(StepCompletion)) == 0


def test_the_device_of_another_person_cannot_be_registered(ada, bruno):
    phone = bruno.phone()
    taken = ada.post("/api/devices", {"device_id": phone.device_id, "label": "mine"})
    assert (taken.status_code, taken.get_json()["code"]) == (409, "device_taken")


def test_a_device_is_registered_for_nobody_but_who_is_signed_in(ada, bruno, count):
    said = ada.post("/api/devices", {"device_id": an_id(1), "label": "mine", "person_id": bruno.person_id})
    assert (said.status_code, said.get_json()["code"]) == (409, "wrong_person")
    assert count(sa.select(Device).where(Device.id == an_id(1))) == 0
    said = ada.post("/api/devices", {"device_id": an_id(1), "label": "mine", "person_id": ada.person_id})
    assert said.status_code == 200


def test_a_phone_that_the_database_has_forgotten_is_taken_in_again(ada, world):
    phone = ada.phone(registers=False)
    assert phone.sync(world.done("tvatta")).said == ["applied"]


def test_registering_a_device_again_keeps_its_first_time(ada, clock):
    phone = ada.phone()
    first = ada.post("/api/devices", {"device_id": phone.device_id, "label": "a"}).get_json()
    clock.move(days=1)
    assert ada.post("/api/devices", {"device_id": phone.device_id, "label": "b"}).get_json() == first


def test_an_answer_is_never_kept_by_a_cache(ada):
    assert ada.sync().response.headers["Cache-Control"] == "no-store"


def test_a_zipped_push_is_read_like_a_plain_one(ada, world):
    phone = ada.phone()
    body = json.dumps(phone.envelope([phone.op(world.done("tvatta"))])).encode()
    assert phone.send_zipped(body).said == ["applied"]


def test_without_a_session_nothing_is_taken_and_nothing_is_told(app, ada, world):
    phone = ada.phone()
    ada.client.delete_cookie("sid")
    said = phone.send(world.done("tvatta"))
    assert (said.status, said.code) == (401, "sign_in_needed")
