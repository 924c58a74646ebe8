"""Whether the push services are reached: directly, through the municipality's proxy, and said in words."""

import logging
from dataclasses import replace

import pytest
import requests
import sqlalchemy as sa

from config import Settings
from server.foundation import texts
from server.foundation.database import db, writing
from server.reminders import egress, services, vapid
from server.reminders.egress import Barred, Egress
from server.reminders.models import PushService
from server.reminders.services import SERVICES, reach
from tests.support.proxy import proxy
from tests.support.tls_host import Authority, Net, says, tls_host

from .pushing import taking

HOSTS = [host for _, host in SERVICES]
PUBLIC = "142.250.74.106"


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("authority"), *HOSTS)


@pytest.fixture
def host(authority):
    """Where every public address leads."""
    with tls_host(authority, says("404 Not Found")) as made:
        yield made


def way_to(host, authority, settings=None, **names):
    net = Net(host.port)
    net.names = {name: [PUBLIC] for name in HOSTS} | names
    way = Egress(settings or Settings(), resolve=net.resolve, connect=net.connect, context=authority.trusted())
    return way, net


def test_every_service_is_asked_behind_tls_and_any_answer_counts(host, authority):
    way, net = way_to(host, authority)
    assert {(one.is_reached, one.said) for one in reach(Settings(), way)} == {(True, "reached")}
    assert (host.named, net.opened) == (HOSTS, [(PUBLIC, 443)] * len(HOSTS))


def test_what_keeps_us_from_a_service_has_a_name(host, authority, monkeypatch):
    monkeypatch.setattr(egress, "LONGEST_S", 0.3)
    way, net = way_to(host, authority, **{HOSTS[0]: ["10.0.0.1"]})
    del net.names[HOSTS[1]]
    settings = replace(Settings(), push_hosts=" ".join(HOSTS[:3]))
    way = Egress(settings, resolve=net.resolve, connect=net.connect, context=authority.trusted())
    monkeypatch.setattr(way, "_connect", lambda *_: (_ for _ in ()).throw(ConnectionRefusedError()))
    assert [one.said for one in reach(settings, way)] == [
        "private_address", "unresolved", "no_connection", "not_on_the_list",
    ]  # fmt: skip


def test_a_certificate_that_cannot_be_trusted_is_said(host, authority):
    _, net = way_to(host, authority)
    strict = Egress(Settings(), resolve=net.resolve, connect=net.connect)
    assert {one.said for one in reach(Settings(), strict)} == {"tls"}


def test_through_a_proxy_the_name_is_left_to_it_and_the_list_still_holds(host, authority):
    with proxy(host.port) as door:
        way, net = way_to(host, authority, replace(Settings(), egress_proxy=door.url))
        assert all(one.is_reached for one in reach(Settings(), way))
        assert door.asked == [f"CONNECT {name}:443 HTTP/1.{door.asked[0][-1]}" for name in HOSTS]
        assert (net.looked_up, net.opened) == ([], [])
        assert host.named == HOSTS
        with pytest.raises(Barred):
            way.origin("https://evil.example/x")
    assert not any("authorization" in line.lower() for line in door.headers)


def test_a_proxy_that_wants_to_know_who_asks_is_told(host, authority):
    with proxy(host.port) as door:
        named = door.url.replace("http://", "http://rundtur:hemligt@")
        way, _ = way_to(host, authority, replace(Settings(), egress_proxy=named))
        assert all(one.is_reached for one in reach(Settings(), way))
    assert door.headers.count("Proxy-Authorization: Basic cnVuZHR1cjpoZW1saWd0") == len(HOSTS)
    assert not any(b"hemligt" in one or b"Proxy-" in one for one in host.requests)


def test_a_proxy_that_says_no_is_said(host, authority):
    with proxy(host.port, refuses=True) as door:
        way, _ = way_to(host, authority, replace(Settings(), egress_proxy=door.url))
        assert {one.said for one in reach(Settings(), way)} == {"proxy"}
    assert host.requests == []


def test_a_proxy_that_is_not_there_is_said(host, authority):
    way, net = way_to(host, authority, replace(Settings(), egress_proxy="http://127.0.0.1:1"))
    assert {one.said for one in reach(Settings(), way)} == {"proxy"}
    assert (net.opened, host.requests) == ([], [])


def test_a_proxy_does_not_weaken_the_check_of_the_certificate(host, authority):
    with proxy(host.port) as door:
        strict = Egress(replace(Settings(), egress_proxy=door.url))
        with pytest.raises(requests.exceptions.SSLError):
            strict.session.post(f"https://{HOSTS[0]}/x", data=b"x", timeout=5)
    assert host.requests == []


@pytest.fixture
def run(app, world, service):
    db.session.rollback()

    def invoke(*words):
        done = app.test_cli_runner().invoke(args=["push", *words], catch_exceptions=False)
        return done.exit_code, done.output

    return invoke


def test_the_keys_are_listed_with_the_phones_that_hang_on_them(app, ada, bruno, service, run):
    taking(ada, service)
    taking(bruno, service)
    old = vapid.ring(app.config["SETTINGS"].data)[0]
    code, said = run("rotate")
    new = vapid.ring(app.config["SETTINGS"].data)[0]
    assert (code, said) == (0, f"{new.id} is the key for new subscriptions\n")
    taking(ada, service)
    assert run("keys") == (0, f"{new.id}       1 phones  (for new ones)\n{old.id}       2 phones\n")


def test_a_key_that_was_lost_is_listed_with_its_phones(app, ada, service, run):
    taking(ada, service)
    old = vapid.ring(app.config["SETTINGS"].data)[0]
    vapid.rotate(app.config["SETTINGS"].data)
    (app.config["SETTINGS"].data / "push-1.key").unlink()
    assert f"{old.id}       1 phones  (its key is lost" in run("keys")[1]


def test_the_check_says_each_service_and_who_refuses_us(app, clock, run, monkeypatch):
    with writing(), db.engine.begin() as connection:
        row = {"host": "web.push.apple.com", "refused_at": clock.now, "reason": "push_403"}
        connection.execute(sa.insert(PushService), row)
    said = iter(["reached", "unresolved", "private_address", "tls"])
    monkeypatch.setattr(
        services, "_asked", lambda _, name, host: services.Reached(name, host, (word := next(said)) == "reached", word)
    )
    code, words = run("check")
    assert code == 1
    assert words.splitlines()[0].split() == ["Google", "fcm.googleapis.com", "is", "reached"]
    assert "inner address" in words
    assert words.splitlines()[-1] == "web.push.apple.com refused what we sent at 2026-11-24T08:00:00.000Z: push_403"


@pytest.mark.parametrize("language", texts.LANGUAGES)
def test_every_word_of_the_check_has_a_sentence(language):
    codes = {"reached", "not_on_the_list", "not_an_endpoint", "too_long", "unresolved", "private_address", "timeout", "tls",
             "proxy", "no_connection", "failed"}  # fmt: skip
    assert {code for code in codes if f"push.said.{code}" not in texts.catalogue(language)} == set()


def test_nothing_of_an_endpoint_stands_in_the_log(ada, service, caplog):
    """It is a bearer's secret: whoever knows it can send."""
    taker = taking(ada, service)
    service.answers[taker.held.token] = (403, {})
    with caplog.at_level(logging.DEBUG):
        ada.post(f"/api/devices/{taker.phone.device_id}/test")
    ours = [one.getMessage() for one in caplog.records if one.name.startswith("server")]
    assert ours
    assert not any(taker.held.token in line for line in ours)
