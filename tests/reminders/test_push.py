"""A reminder goes to the phone once, encrypted for it alone, says nothing that others may read, and what became of it is known."""

import json
import logging
from dataclasses import replace
from datetime import timedelta
from email.utils import format_datetime

import pytest
import requests
import sqlalchemy as sa

from server.foundation.database import db, packed, writing
from server.reminders import push as pushing
from server.reminders.egress import Egress
from server.reminders.letters import Words
from server.reminders.models import PushService as Refusing
from server.reminders.push import LONGEST, Push
from tests.support.push_service import to_bytes
from tests.support.tls_host import Authority, Net, says, tls_host

from .making import a_reminder
from .pushing import NEUTRAL, WORDS, a_letter, row_of, taking


@pytest.fixture
def send(app, clock):
    """Sends letters as the worker does: prepares, sends outside of any transaction, notes. Returns what became of each."""

    def all_of(*letters, push=None):
        channel = push or app.extensions["push"]
        with db.engine.connect() as connection:
            post = channel.prepare(connection, letters)
        results = [(letter, post(letter)) for letter in letters]
        with writing(), db.engine.begin() as connection:
            channel.note(connection, results, clock.now)
        return [sent for _, sent in results]

    return all_of


def test_a_message_is_read_by_the_phone_in_the_declarative_shape(app, ada, service, send, clock):
    letter = a_letter(taking(ada, service), clock)
    (sent,) = send(letter)
    assert sent.how == "ok"
    (taken,) = service.taken
    assert taken.message == {
        "web_push": 8030,
        "notification": {
            "title": NEUTRAL.title, "body": NEUTRAL.body, "lang": "sv", "tag": letter.tag, "silent": False,
            "navigate": f"http://localhost:8000/reminders/{letter.reminder_id}", "app_badge": "0",
        },
        "app_badge": 0,
        "reminder_id": letter.reminder_id,
    }  # fmt: skip


def test_what_the_service_is_told_is_how_long_how_urgent_and_what_it_replaces(ada, service, send, clock):
    taker = taking(ada, service)
    send(
        a_letter(taker, clock),
        a_letter(taker, clock, ttl_s=40 * 86_400, urgency="high"),
        a_letter(taker, clock, ttl_s=-1),
    )
    told = [(one.headers["ttl"], one.headers["urgency"], one.headers["topic"]) for one in service.taken]
    topic = a_letter(taker, clock).topic
    assert told == [("3600", "normal", topic), ("2419200", "high", topic), ("0", "normal", topic)]


def test_without_the_setting_nothing_of_what_it_is_about_leaves_the_house(app, ada, service, send, clock):
    send(a_letter(taking(ada, service), clock))
    said = json.dumps(service.taken[0].message, ensure_ascii=False)
    assert all(word not in said for word in ("Hygien", "hygien", "kurs", "Ada"))


def test_with_the_setting_the_words_are_those_of_the_reminder(app, ada, service, send, clock):
    app.extensions["push"].settings = replace(app.config["SETTINGS"], open_reminders=True)
    send(a_letter(taking(ada, service), clock))
    assert service.taken[0].message["notification"]["body"] == WORDS.body


@pytest.mark.parametrize("body", ["ord " * 3_000, "ö" * 9_000, '"\\\n' * 3_000, "🚌" * 3_000], ids=ascii)
def test_a_long_text_is_cut_to_what_every_service_takes(app, ada, service, send, clock, body):
    app.extensions["push"].settings = replace(app.config["SETTINGS"], open_reminders=True)
    (sent,) = send(a_letter(taking(ada, service), clock, words=Words("t" * 900, body)))
    assert sent.how == "ok"
    message = service.taken[0].message
    assert 2_000 < len(packed(message)) <= LONGEST
    assert message["notification"]["body"].endswith("…")


def test_the_badge_counts_what_is_open_and_unseen(ada, service, send, clock):
    taker = taking(ada, service)
    with writing():
        for number, closed, seen in ((1, None, None), (2, None, None), (3, clock.now, None), (4, None, clock.now)):
            day = clock.now.date() + timedelta(days=number)
            db.session.add(a_reminder(ada.person_id, clock.now, nudge_on=day, closed_at=closed, seen_at=seen))
        db.session.commit()
        db.session.remove()
    send(a_letter(taker, clock))
    message = service.taken[0].message
    assert (message["app_badge"], message["notification"]["app_badge"]) == (2, "2")


def test_to_another_person_s_subscription_nothing_is_sent(ada, bruno, service, send, clock):
    """The shared phone moved on while the letter waited."""
    taker = taking(ada, service)
    (sent,) = send(a_letter(taker, clock, person_id=bruno.person_id))
    assert (sent.how, service.taken) == ("gone", [])


def test_to_a_subscription_that_is_no_more_nothing_is_sent(ada, service, send, clock):
    taker = taking(ada, service)
    ada.delete(f"/api/push/subscriptions/{taker.phone.device_id}")
    (sent,) = send(a_letter(taker, clock))
    assert (sent.how, service.taken) == ("gone", [])


@pytest.mark.parametrize("status", [404, 410])
def test_a_phone_that_is_gone_is_forgotten(ada, service, send, clock, status):
    taker, other = taking(ada, service), taking(ada, service)
    service.answers[taker.held.token] = (status, {})
    assert [sent.how for sent in send(a_letter(taker, clock), a_letter(other, clock))] == ["gone", "ok"]
    assert row_of(taker.phone.device_id) is None
    assert row_of(other.phone.device_id) is not None


@pytest.mark.parametrize("status", [429, 500, 502, 503])
@pytest.mark.parametrize(
    ("told", "wait"),
    [("120", 120), (None, None), ("soon", None), ("-5", None), ("9999999", 86_400), ("in 90", 90), ("ago 90", None)],
)
def test_a_service_that_is_busy_is_asked_again_when_it_says(ada, service, send, clock, status, told, wait):
    if told and told[:2] in ("in", "ag"):
        away = timedelta(seconds=90 if told[:2] == "in" else -90)
        told = format_datetime(clock.now + away, usegmt=True)
    taker = taking(ada, service)
    service.answers[taker.held.token] = (status, {"Retry-After": told} if told else {})
    (sent,) = send(a_letter(taker, clock))
    assert (sent.how, sent.retry_after_s, sent.reason) == ("later", wait, f"push_{status}")
    assert row_of(taker.phone.device_id).failures == 1


@pytest.mark.parametrize("status", [400, 401, 403])
def test_a_refusal_alarms_once_a_service_keeps_the_phone_and_ends_when_it_takes_again(
    ada, service, send, clock, caplog, count, status
):
    taker = taking(ada, service)
    service.answers[taker.held.token] = (status, {})
    with caplog.at_level(logging.ERROR):
        for _ in range(3):
            (sent,) = send(a_letter(taker, clock))
    assert (sent.how, sent.reason) == ("refused", f"push_{status}")
    host = service.origin.removeprefix("http://")
    assert [one.getMessage() for one in caplog.records] == [
        f"{host} refuses our messages (push_{status}); ask with: flask push check"
    ]
    assert row_of(taker.phone.device_id).failures == 3
    assert count(sa.select(Refusing.host)) == 1
    service.answers.clear()
    send(a_letter(taker, clock))
    assert count(sa.select(Refusing.host)) == 0
    assert row_of(taker.phone.device_id).failures == 0


@pytest.mark.parametrize(
    ("status", "headers", "reason"),
    [(413, {}, "push_too_large"), (301, {"Location": "http://127.0.0.1/"}, "push_redirect"), (307, {}, "push_redirect"),
     (418, {}, "push_418")],
)  # fmt: skip
def test_every_other_answer_has_a_name(ada, service, send, clock, status, headers, reason):
    taker = taking(ada, service)
    service.answers[taker.held.token] = (status, headers)
    (sent,) = send(a_letter(taker, clock))
    assert (sent.how, sent.reason) == ("refused", reason)


@pytest.mark.parametrize(
    ("error", "reason"),
    [(requests.ReadTimeout(), "push_timeout"), (requests.ConnectTimeout(), "push_timeout"),
     (requests.exceptions.SSLError(), "push_tls"), (requests.exceptions.ProxyError(), "push_proxy"),
     (requests.ConnectionError(), "push_no_connection"), (requests.exceptions.InvalidURL(), "push_failed")],
)  # fmt: skip
def test_a_service_that_is_not_reached_is_tried_again(error, reason):
    assert pushing.failure(error) == ("later", None, reason)


def test_a_service_that_is_down_is_tried_again(ada, service, send, clock):
    taker = taking(ada, service)
    service.stop()
    (sent,) = send(a_letter(taker, clock))
    assert (sent.how, sent.reason) == ("later", "push_no_connection")


def test_a_service_that_is_down_is_not_waited_for_letter_by_letter(ada, service, send, clock, monkeypatch):
    taker = taking(ada, service)
    asked = []
    monkeypatch.setattr(Push, "_post", lambda *of: asked.append(of) or (_ for _ in ()).throw(requests.ReadTimeout()))
    said = send(*(a_letter(taker, clock) for _ in range(9)))
    assert [sent.reason for sent in said] == ["push_timeout"] * 5 + ["push_service_down"] * 4
    assert len(asked) == 5


def test_where_push_was_turned_off_the_phones_of_before_are_forgotten(app, ada, service, send, clock):
    taker = taking(ada, service)
    (sent,) = send(a_letter(taker, clock), push=Push(replace(app.config["SETTINGS"], push=False)))
    assert (sent.how, service.taken, row_of(taker.phone.device_id)) == ("gone", [], None)


def test_a_host_that_was_taken_off_the_list_is_not_sent_to(app, ada, service, send, clock):
    letter = a_letter(taking(ada, service), clock)
    (sent,) = send(letter, push=Push(replace(app.config["SETTINGS"], push_local="")))
    assert (sent.how, sent.reason, service.taken) == ("refused", "push_not_an_endpoint", [])


def test_a_key_that_was_lost_is_said(app, ada, service, send, clock):
    letter = a_letter(taking(ada, service), clock)
    (app.config["SETTINGS"].data / "push-1.key").unlink()
    (sent,) = send(letter, push=Push(app.config["SETTINGS"]))
    assert (sent.how, sent.reason) == ("refused", "push_key_lost")


def test_messages_to_one_service_share_a_connection(ada, service, send, clock):
    taker = taking(ada, service)
    send(*(a_letter(taker, clock, tag=str(number)) for number in range(20)))
    assert (len(service.taken), service.connections) == (20, 1)


SERVICES = ("fcm.googleapis.com", "web.push.apple.com")


def test_each_service_is_told_its_own_name(app, ada, service, send, clock, tmp_path):
    """A library that writes into the claims it is given would tell Apple what was meant for Google."""
    authority = Authority(tmp_path, *SERVICES)
    settings = app.config["SETTINGS"]
    with tls_host(authority, says("201 Created")) as host:
        net = Net(host.port)
        net.names = {name: ["142.250.74.106"] for name in SERVICES}
        push = Push(settings, Egress(settings, resolve=net.resolve, connect=net.connect, context=authority.trusted()))
        takers = [taking(ada, service) for _ in SERVICES]
        for taker, name in zip(takers, SERVICES, strict=True):
            move(taker, f"https://{name}/x")
        assert [sent.how for sent in send(*(a_letter(one, clock) for one in takers), push=push)] == ["ok", "ok"]
    assert [audience(request) for request in host.requests] == [f"https://{name}" for name in SERVICES]


def move(taker, endpoint):
    with writing(), db.engine.begin() as connection:
        connection.execute(
            sa.text("UPDATE push_subscription SET endpoint = :to WHERE id = :id"),
            {"to": endpoint, "id": taker.subscription_id},
        )


def audience(request):
    (line,) = [one for one in request.split(b"\r\n") if one.lower().startswith(b"authorization:")]
    token = line.split(b"t=")[1].split(b",")[0].decode()
    return json.loads(to_bytes(token.split(".")[1]))["aud"]
