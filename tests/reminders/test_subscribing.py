"""A phone takes reminders for the person who said yes on it, for nobody else, and no longer than it is signed in."""

from dataclasses import replace

import pytest
import sqlalchemy as sa

from server.foundation import ids
from server.foundation.database import db, writing
from server.people import enlisting
from server.people.models import Person
from server.people.signing_in import hash_password
from server.reminders import subscribing, vapid
from server.reminders.models import PushSubscription, ReminderDelivery
from tests.cast import HEADERS, Actor
from tests.support.push_service import to_text

from .making import a_reminder
from .pushing import newest_key, row_of, taking

HOST = "fcm.googleapis.com"
SUBSCRIPTIONS = sa.select(PushSubscription.id)


@pytest.fixture
def asked(ada, app, service):
    """What ada's phone would say, changed as the test wants."""

    def build(**other):
        key = newest_key(app.config["SETTINGS"])
        return service.subscribe(key.public).asked(ada.own_phone.device_id, key.id) | other

    return build


def said(actor, body):
    answer = actor.post("/api/push/subscriptions", body)
    return (answer.status_code, (answer.get_json(silent=True) or {}).get("code"))


def test_a_phone_takes_reminders_and_says_so_again(ada, service, count, clock):
    taker = taking(ada, service)
    first = row_of(taker.phone.device_id)
    clock.move(days=1)
    body = taker.held.asked(taker.phone.device_id, first.key_id)
    assert said(ada, body) == (204, None)
    again = row_of(taker.phone.device_id)
    assert (again.id, again.made_at, again.confirmed_at) == (
        first.id,
        first.made_at,
        clock.now.replace(tzinfo=None),
    ) or (again.confirmed_at == clock.now)
    assert count(SUBSCRIPTIONS) == 1


def test_a_new_endpoint_of_a_phone_takes_the_place_of_the_old_and_what_waits_for_it(ada, service, count, clock):
    old = taking(ada, service)
    with writing():
        reminder = a_reminder(ada.person_id, clock.now)
        db.session.add(reminder)
        db.session.flush()
        db.session.add(
            ReminderDelivery(
                id=ids.new_id(), reminder_id=reminder.id, person_id=ada.person_id, channel="push",
                address=old.subscription_id, state="waiting", not_before=clock.now,
            )
        )  # fmt: skip
        db.session.commit()
        db.session.remove()
    new = taking(ada, service, old.phone)
    assert count(SUBSCRIPTIONS) == 1
    assert new.subscription_id != old.subscription_id
    assert count(sa.select(ReminderDelivery).where(ReminderDelivery.address == new.subscription_id)) == 1


def test_the_endpoint_of_a_shared_phone_moves_to_who_says_yes_last(ada, bruno, service, count):
    taker = taking(ada, service)
    theirs = bruno.phone()
    assert said(bruno, taker.held.asked(theirs.device_id, row_of(taker.phone.device_id).key_id)) == (204, None)
    assert row_of(taker.phone.device_id) is None
    assert row_of(theirs.device_id).person_id == bruno.person_id
    assert row_of(theirs.device_id).id != taker.subscription_id
    assert count(SUBSCRIPTIONS) == 1


def test_the_eleventh_phone_takes_the_place_of_the_one_longest_unheard(ada, service, count, clock):
    takers = []
    for _ in range(10):
        takers.append(taking(ada, service))
        clock.move(minutes=1)
    key = row_of(takers[0].phone.device_id).key_id
    assert said(ada, takers[0].held.asked(takers[0].phone.device_id, key)) == (204, None)
    clock.move(minutes=1)
    taking(ada, service)
    gone = [taker for taker in takers if row_of(taker.phone.device_id) is None]
    assert gone == [takers[1]]
    assert count(SUBSCRIPTIONS) == subscribing.MOST_A_PERSON


@pytest.mark.parametrize(
    "endpoint",
    [f"http://{HOST}/x", f"https://{HOST}:8443/x", f"https://{HOST}@evil.example/x", "https://evil.example/x",
     "https://127.0.0.1/x", "https://[::ffff:127.0.0.1]/x", "http://127.0.0.1:1/p/x"],
)  # fmt: skip
def test_an_endpoint_of_no_service_is_refused_and_nothing_is_asked(ada, asked, net, count, endpoint):
    assert said(ada, asked(endpoint=endpoint)) == (422, "endpoint_refused")
    assert (net.looked_up, net.opened, count(SUBSCRIPTIONS)) == ([], [], 0)


@pytest.mark.parametrize("addresses", [["10.0.0.1"], ["142.250.74.106", "::ffff:127.0.0.1"], ["fd00::1"]])
def test_a_service_whose_name_leads_inside_is_refused(ada, asked, net, count, addresses):
    net.names[HOST] = addresses
    assert said(ada, asked(endpoint=f"https://{HOST}/fcm/send/x")) == (422, "endpoint_refused")
    assert (net.opened, count(SUBSCRIPTIONS)) == ([], 0)


def test_a_name_that_cannot_be_looked_up_now_is_taken_and_looked_up_when_it_is_sent_to(ada, asked, net):
    assert said(ada, asked(endpoint=f"https://{HOST}/fcm/send/x")) == (204, None)
    assert (net.looked_up, net.opened) == ([HOST], [])


def test_an_endpoint_is_no_longer_than_2048(ada, asked, net):
    fits = f"https://{HOST}/".ljust(2_048, "x")
    assert said(ada, asked(endpoint=fits)) == (204, None)
    assert said(ada, asked(endpoint=fits + "x")) == (400, "bad_request")


OFF_CURVE = to_text(b"\x04" + b"\x01" * 64)
KEYS = {
    "64 bytes": {"p256dh": to_text(b"\x04" + b"\x01" * 63)},
    "66 bytes": {"p256dh": to_text(b"\x04" + b"\x01" * 65)},
    "no uncompressed point": {"p256dh": to_text(b"\x02" + b"\x01" * 64)},
    "not on the curve": {"p256dh": OFF_CURVE},
    "all zero": {"p256dh": to_text(bytes(65))},
    "empty": {"p256dh": ""},
    "auth of 15": {"auth": to_text(b"x" * 15)},
    "auth of 17": {"auth": to_text(b"x" * 17)},
    "half a letter": {"auth": "A" * 21},
}


@pytest.mark.parametrize("wrong", KEYS.values(), ids=KEYS)
def test_keys_that_no_message_could_be_written_with_are_refused(ada, asked, count, wrong):
    assert said(ada, asked(**wrong)) in ((422, "push_keys_wrong"), (400, "bad_request"))
    assert count(SUBSCRIPTIONS) == 0


def test_padding_is_taken_off(ada, asked):
    body = asked()
    assert said(ada, body | {"auth": f"{body['auth']}=="}) == (204, None)
    assert row_of(body["device_id"]).auth == body["auth"]


def test_a_subscription_with_a_key_that_is_not_ours_is_made_again(ada, asked, count):
    assert said(ada, asked(key_id="0" * 12)) == (409, "key_is_old")
    assert count(SUBSCRIPTIONS) == 0


def test_nobody_subscribes_another_s_phone(ada, bruno, asked, count):
    assert said(ada, asked(device_id=bruno.phone().device_id)) == (409, "device_taken")
    assert count(SUBSCRIPTIONS) == 0


def test_a_phone_that_a_restored_server_has_forgotten_is_known_again(ada, asked):
    forgotten = ids.new_id()
    assert said(ada, asked(device_id=forgotten)) == (204, None)
    assert row_of(forgotten).person_id == ada.person_id


def test_nobody_takes_another_s_phone_off(ada, bruno, service, count):
    taker = taking(ada, service)
    assert bruno.delete(f"/api/push/subscriptions/{taker.phone.device_id}").status_code == 204
    assert count(SUBSCRIPTIONS) == 1
    for _ in range(2):
        assert ada.delete(f"/api/push/subscriptions/{taker.phone.device_id}").status_code == 204
    assert count(SUBSCRIPTIONS) == 0


def test_who_signs_out_gets_no_reminders_on_that_phone_and_still_on_the_other(app, world, ada, service):
    one = taking(ada, service)
    elsewhere = Actor(app, world, "ada")
    other = taking(elsewhere, service)
    assert ada.delete("/api/session").status_code == 204
    assert row_of(one.phone.device_id) is None
    assert row_of(other.phone.device_id).person_id == ada.person_id


def test_who_is_deactivated_gets_no_reminders(ada, bruno, service, clock):
    taker, other = taking(ada, service), taking(bruno, service)
    with writing():
        enlisting.deactivate(db.session(), email=ada.email, at=clock.now)
        db.session.commit()
        db.session.remove()
    assert row_of(taker.phone.device_id) is None
    assert row_of(other.phone.device_id) is not None


def test_a_fresh_sign_in_in_the_same_browser_takes_the_reminders_along(hugo, service):
    taker = taking(hugo, service)
    form = hugo.get("/office/sign-in")
    token = form.text.partition('name="csrf_token"')[2].partition('value="')[2].partition('"')[0]
    with writing():
        db.session.execute(
            sa.update(Person).where(Person.id == hugo.person_id).values(password_hash=hash_password("a long password"))
        )
        db.session.commit()
        db.session.remove()
    before = row_of(taker.phone.device_id)
    answer = hugo.client.post(
        "/office/sign-in", data={"csrf_token": token, "email": hugo.email, "password": "a long password"}
    )
    assert answer.status_code == 303, answer.text
    after = row_of(taker.phone.device_id)
    assert after.id == before.id
    assert after.session_hash != before.session_hash


def test_without_push_the_phone_is_told_and_offers_nothing(app, ada, asked):
    body = asked()
    app.config["SETTINGS"] = replace(app.config["SETTINGS"], push=False)
    assert ada.get("/api/push/key").get_json()["code"] == "push_off"
    assert said(ada, body) == (409, "push_off")


def test_the_key_is_the_newest(app, ada):
    settings = app.config["SETTINGS"]
    first = ada.get("/api/push/key").get_json()
    new = vapid.rotate(settings.data)
    assert ada.get("/api/push/key").get_json() == {"key": new.public, "key_id": new.id}
    assert first["key_id"] != new.id


@pytest.mark.parametrize("body", [{}, [], "x", {"device_id": "x"}])
def test_what_is_no_subscription_is_refused(ada, body):
    answer = ada.client.post("/api/push/subscriptions", json=body, headers=HEADERS)
    assert (answer.status_code, answer.get_json()["code"]) == (400, "bad_request")
