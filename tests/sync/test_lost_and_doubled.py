"""A phone that lost its store says so, and one that was copied is noticed: both are news for a coordinator (FAULTS 36, 38)."""

import sqlalchemy as sa

from server.foundation.database import db
from server.people.models import Device


def news(device_id):
    with db.engine.connect() as connection:
        row = connection.execute(sa.select(Device).where(Device.id == device_id)).one()
    return {name for name in ("missing_since", "storage_lost_at", "doubled_at") if getattr(row, name)}


def registered(actor, phone, **more):
    answer = actor.post("/api/devices", {"device_id": phone.device_id, "label": "", **more})
    assert answer.status_code == 200
    return answer.get_json()["missing"]


def test_a_cleared_store_is_told_at_once_with_what_never_came(ada, world):
    phone = ada.phone()
    phone.sync(world.done("tvatta"))
    assert registered(ada, phone, lost_through=8) == [[2, 8]]
    assert news(phone.device_id) == {"missing_since", "storage_lost_at"}
    phone.seq = 8
    assert phone.sync(world.done("film")).body["missing"] == [[2, 8]]


def test_a_cleared_store_of_which_all_had_come_has_lost_nothing(ada, world):
    phone = ada.phone()
    phone.sync(world.done("tvatta"))
    assert registered(ada, phone, lost_through=1) == []
    assert news(phone.device_id) == set()


def test_told_again_it_is_the_same_loss(ada, world):
    phone = ada.phone()
    assert [registered(ada, phone, lost_through=3) for _ in range(2)] == [[[1, 3]]] * 2


def test_a_phone_that_was_forgotten_here_tells_its_loss_too(ada):
    phone = ada.phone(registers=False)
    assert registered(ada, phone, lost_through=3) == [[1, 3]]


def test_a_gap_is_news_from_when_it_came_up_until_it_is_filled(ada, world, clock):
    phone = ada.phone()
    late = phone.op(world.done("tvatta"))
    phone.sync(world.done("film"))
    assert news(phone.device_id) == {"missing_since"}
    clock.move(hours=1)
    phone.sync(late)
    assert news(phone.device_id) == set()


def test_a_lost_operation_that_comes_after_all_is_no_loss(ada, world):
    phone = ada.phone()
    op = phone.op(world.done("tvatta"))
    registered(ada, phone, lost_through=1)
    phone.sync(op)
    assert news(phone.device_id) == set()


def test_two_phones_under_one_id_are_noticed_and_both_are_heard(ada, world, caplog):
    phone = ada.phone()
    copy = ada.phone(phone.device_id, registers=False)
    assert phone.sync(world.done("tvatta")).said == ["applied"]
    assert copy.sync(world.done("film")).said == ["applied"]
    assert news(phone.device_id) == {"doubled_at"}
    assert "copied" in caplog.text


def test_a_store_that_was_put_back_after_a_month_loses_and_doubles_nothing(ada, world, clock):
    """FAULTS 40: it tells again what was told, goes on with numbers that were given already, and hears all it has missed."""
    phone = ada.phone().pull()
    told = [phone.op(world.done("tvatta")), phone.op(world.failed())]
    first = phone.send(*told)
    before = (phone.seq, phone.cursor, phone.reached, dict(phone.replica))
    phone.sync(world.done("film"), world.noted("Sedan dess"))
    clock.move(days=30)
    phone.seq, phone.cursor, phone.reached, phone.replica = before
    again = phone.sync(*told, world.noted("Nu", "tvatta"))
    assert (again.outcomes[:2], again.said[2]) == (first.outcomes, "applied")
    assert {row["text"] for row in phone.rows("note").values()} == {"Sedan dess", "Nu"}
    assert (len(phone.rows("step_completion")), len(phone.rows("attempt"))) == (2, 1)
    assert news(phone.device_id) == {"doubled_at"}


def test_one_act_sent_twice_is_no_copy(ada, world):
    phone = ada.phone()
    ops = [phone.op(world.done("tvatta")), phone.op(world.done("film"))]
    phone.sync(*ops)
    phone.sync(*ops)
    assert news(phone.device_id) == set()


def test_two_acts_of_one_number_in_one_push_are_noticed(ada, world):
    phone = ada.phone()
    first = phone.op(world.done("tvatta"))
    phone.seq = 0
    phone.sync(first, world.done("film"))
    assert news(phone.device_id) == {"doubled_at"}


def test_a_late_number_is_no_copy(ada, world):
    phone = ada.phone()
    late = phone.op(world.done("tvatta"))
    phone.sync(world.done("film"))
    phone.sync(late)
    assert news(phone.device_id) == set()
