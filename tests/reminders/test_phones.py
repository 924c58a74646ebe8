"""A person sees which of their phones get reminders, tries one, and takes a lost one off."""

import pytest

from server.foundation import clock as product_clock
from server.foundation import ids
from tests.cast import Actor

from .pushing import row_of, taking


def listed(actor, this=""):
    answer = actor.get(f"/api/devices?this={this}")
    assert answer.status_code == 200
    return answer.get_json()["devices"]


def test_one_sees_one_s_own_phones_the_last_heard_first(ada, bruno, service, clock):
    taking(bruno, service)
    silent = ada.phone()
    clock.move(hours=1)
    taker = taking(ada, service)
    this, other = listed(ada, taker.phone.device_id)
    assert this == {
        "device_id": taker.phone.device_id, "label": "test", "registered_at": product_clock.wire(clock.now),
        "last_heard_at": product_clock.wire(clock.now), "is_this": True, "gets_push": True,
        "push_confirmed_at": product_clock.wire(clock.now),
    }  # fmt: skip
    assert (other["device_id"], other["is_this"], other["gets_push"], other["push_confirmed_at"]) == (
        silent.device_id, False, False, None,
    )  # fmt: skip


def test_a_phone_that_was_not_heard_for_as_long_as_a_sign_in_lasts_is_not_listed(ada, clock):
    ada.phone()
    clock.move(days=89)
    assert len(listed(ada)) == 1
    ada.phone()
    clock.move(days=2)
    assert len(listed(Actor(ada.app, ada.world, "ada"))) == 1


def test_after_a_new_sign_in_the_phone_is_asked_to_say_so_again(app, world, ada, service):
    """Its subscription hangs on the old sign-in, whose end would take it along."""
    taker = taking(ada, service)
    again = Actor(app, world, "ada")
    assert listed(again, taker.phone.device_id)[0]["gets_push"] is False
    again.post("/api/push/subscriptions", taker.held.asked(taker.phone.device_id, row_of(taker.phone.device_id).key_id))
    assert listed(again, taker.phone.device_id)[0]["gets_push"] is True
    ada.delete("/api/session")
    assert row_of(taker.phone.device_id) is not None


def test_a_try_arrives_and_opens_the_app(ada, service):
    taker = taking(ada, service)
    answer = ada.post(f"/api/devices/{taker.phone.device_id}/test")
    assert answer.get_json() == {"said": "handed_over"}
    message = service.taken[0].message
    assert message["reminder_id"] is None
    assert message["notification"]["navigate"] == "http://localhost:8000/me"
    assert message["notification"]["tag"] == "try"


@pytest.mark.parametrize(
    ("answered", "said", "is_kept"),
    [((410, {}), "gone", False), ((403, {}), "refused", True), ((503, {}), "later", True)],
)
def test_a_try_says_what_became_of_it(ada, service, answered, said, is_kept):
    taker = taking(ada, service)
    service.answers[taker.held.token] = answered
    assert ada.post(f"/api/devices/{taker.phone.device_id}/test").get_json() == {"said": said}
    assert (row_of(taker.phone.device_id) is not None) == is_kept


def test_a_try_on_a_phone_without_reminders_says_so(ada, service):
    assert ada.post(f"/api/devices/{ada.phone().device_id}/test").get_json() == {"said": "no_subscription"}


def test_nobody_tries_another_s_phone(ada, bruno, service):
    taker = taking(ada, service)
    assert bruno.post(f"/api/devices/{taker.phone.device_id}/test").get_json() == {"said": "no_subscription"}
    assert service.taken == []


def test_a_phone_is_tried_a_few_times_a_minute_and_no_more(ada, bruno, service):
    taker, other = taking(ada, service), taking(bruno, service)
    said = [ada.post(f"/api/devices/{taker.phone.device_id}/test").status_code for _ in range(6)]
    assert said == [200] * 5 + [429]
    assert bruno.post(f"/api/devices/{other.phone.device_id}/test").status_code == 200


def test_a_lost_phone_is_taken_off_hears_nothing_and_is_signed_out(app, world, ada, service):
    lost = Actor(app, world, "ada")
    taker = taking(lost, service)
    assert ada.delete(f"/api/devices/{taker.phone.device_id}").status_code == 204
    assert row_of(taker.phone.device_id) is None
    assert lost.get("/api/session").status_code == 401
    assert ada.get("/api/session").status_code == 200
    assert listed(ada) == []


def test_the_phone_in_the_hand_is_taken_off_and_stays_signed_in(ada, service):
    taker = taking(ada, service)
    assert ada.delete(f"/api/devices/{taker.phone.device_id}").status_code == 204
    assert row_of(taker.phone.device_id) is None
    assert ada.get("/api/session").status_code == 200


def test_a_phone_that_was_taken_off_is_back_when_it_is_heard(ada, world):
    phone = ada.phone()
    ada.delete(f"/api/devices/{phone.device_id}")
    assert listed(ada) == []
    phone.sync(world.done("tvatta"))
    assert [one["device_id"] for one in listed(ada)] == [phone.device_id]


def test_nobody_takes_another_s_phone_off(ada, bruno, service):
    taker = taking(ada, service)
    for device in (taker.phone.device_id, ids.new_id()):
        assert bruno.delete(f"/api/devices/{device}").status_code == 404
    assert row_of(taker.phone.device_id) is not None
    assert ada.get("/api/session").status_code == 200
