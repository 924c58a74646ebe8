"""An SMS goes out through a gateway's plain HTTP: as its template says, to nowhere else, and told apart where it fails."""

from dataclasses import replace

import pytest

from server.foundation.database import db
from server.reminders.letters import OK, Words
from server.reminders.sms import LONGEST, Sms, check, plain
from server.starting import Unfit

from .gateway import gateway
from .letters import a_duty
from .post_office import free_port

NUMBER = "+46701740605"
EVIL = 'x", "to": "+46900 &to=1\n{to} {text} \\'


@pytest.fixture
def reached():
    with gateway() as running:
        yield running


@pytest.fixture
def sending(settings, reached):
    return replace(settings, sms_url=f"{reached.url}/send")


def send(settings, *letters):
    channel = Sms(settings)
    with db.engine.connect() as connection:
        to = channel.prepare(connection, letters)
    return [to(letter) for letter in letters]


def to_ada(ada, **other):
    return a_duty(ada.person_id, NUMBER, channel="sms", **other)


def test_it_says_what_leaves_and_when_in_one_line(ada, reached, sending):
    assert send(sending, to_ada(ada)) == [OK]
    (asked,) = reached.asked
    assert (asked.method, asked.path) == ("POST", "/send")
    assert asked.said == {
        "to": NUMBER, "message": "Bussen går 09.00. Rundan går från Torget om en timme - kom i tid.",
    }  # fmt: skip


def test_a_gateway_is_asked_in_its_own_words(ada, reached, sending):
    form = replace(sending, sms_body="from=Rundtur&recipient={to}&text=Hej: {text}", sms_headers='{"X-Key": "hemlig"}')
    send(form, to_ada(ada, words=Words("Åk & ät", "100 % +")))
    (asked,) = reached.asked
    assert asked.headers["X-Key"] == "hemlig"
    assert asked.said == {"from": "Rundtur", "recipient": NUMBER, "text": "Hej: Åk & ät. 100 % +"}


@pytest.mark.parametrize(
    "body",
    ['{"a": [{"number": "{to}"}], "b": {"text": "{text}"}, "n": 1}', "number={to}&text={text}", '{"t": "{to}", "m": "{text}"}'],
)  # fmt: skip
def test_no_text_leaves_its_place(ada, reached, sending, body):
    send(replace(sending, sms_body=body), to_ada(ada, words=Words(EVIL, EVIL)))
    said = repr(reached.asked[0].said)
    assert said.count(NUMBER) == 1
    assert reached.asked[0].said.keys() in ({"a", "b", "n"}, {"number", "text"}, {"t", "m"})


def test_a_text_is_one_line_in_plain_letters_and_not_too_long():
    assert plain("“Kl. 9” – nu…\n\0ÅÄÖ\u2060") == '"Kl. 9" - nu... ÅÄÖ'
    assert len(plain("ett ord " * 100)) <= LONGEST
    assert plain("ett ord " * 100).endswith("ord...") or plain("ett ord " * 100).endswith("ett...")


@pytest.mark.parametrize(
    ("status", "headers", "outcome"),
    [
        (204, {}, ("ok", None, None)),
        (429, {"Retry-After": "30"}, ("later", "sms_429", 30)),
        (503, {"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"}, ("later", "sms_503", None)),
        (500, {}, ("later", "sms_500", None)),
        (400, {}, ("refused", "sms_400", None)),
        (401, {}, ("refused", "sms_401", None)),
        (302, {"Location": "/elsewhere"}, ("refused", "sms_302", None)),
    ],
)
def test_what_the_gateway_answers_is_told_apart_and_nobody_follows_it(ada, reached, sending, status, headers, outcome):
    reached.status, reached.headers = status, headers
    (sent,) = send(sending, to_ada(ada))
    assert (sent.how, sent.reason, sent.retry_after_s) == outcome
    assert [one.path for one in reached.asked] == ["/send"]


def test_a_gateway_that_is_down_is_tried_again(ada, sending):
    (sent,) = send(replace(sending, sms_url=f"http://127.0.0.1:{free_port()}/"), to_ada(ada))
    assert (sent.how, sent.reason) == ("later", "sms_down")


def test_a_long_answer_is_not_read(ada, reached, sending):
    reached.body = b"x" * 20_000_000
    assert send(sending, to_ada(ada)) == [OK]


def test_the_environment_sends_it_nowhere_else(ada, reached, sending, monkeypatch):
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{free_port()}")
    assert send(sending, to_ada(ada)) == [OK]


def test_where_there_is_a_proxy_it_goes_through_it(ada, reached, sending):
    outside = replace(sending, sms_url="http://sms.example/send", egress_proxy=reached.url)
    assert send(outside, to_ada(ada)) == [OK]
    assert reached.asked[0].path == "http://sms.example/send"


@pytest.mark.parametrize(
    "wrong",
    [
        {"sms_url": "sms.example"}, {"sms_url": "ftp://sms.example/"}, {"sms_body": '{"to": "{to}"}'},
        {"sms_body": "{to: {to}, text: {text}}"}, {"sms_headers": "Authorization: x"}, {"sms_headers": '{"a": 1}'},
    ],
)  # fmt: skip
def test_it_does_not_start_with_settings_that_cannot_work(sending, wrong):
    check(sending)
    with pytest.raises(Unfit, match="RUNDTUR_SMS"):
        check(replace(sending, **wrong))
