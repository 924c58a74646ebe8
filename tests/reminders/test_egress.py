"""We push to the services of the list and to nobody else, whatever an endpoint, its name's address or its host tries.

No database has a part in it.
"""

import threading
import time
from contextlib import suppress
from dataclasses import replace

import pytest
import requests

from config import Settings
from server.reminders import egress
from server.reminders.egress import Barred, Egress, is_public
from tests.support.tls_host import Authority, Net, drips, says, tls_host

HOST = "fcm.googleapis.com"
ENDPOINT = f"https://{HOST}/fcm/send/abc"
PUBLIC, OTHER = "142.250.74.106", "2a00:1450:400f:80d::200a"
TAKEN = says("201 Created", "Location: /m/1")


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("authority"), HOST, "web.push.apple.com")


@pytest.fixture
def sends(authority):
    """Posts to an endpoint through an egress whose every public address leads to the host; gives the net and the answer."""
    hosts = []

    def build(answer, names, **settings):
        context = tls_host(authority, answer)
        host = context.__enter__()
        hosts.append(context)
        net = Net(host.port)
        net.names = names
        way = Egress(
            replace(Settings(), **settings), resolve=net.resolve, connect=net.connect, context=authority.trusted()
        )
        return way, net, host

    yield build
    for context in hosts:
        context.__exit__(None, None, None)


def post(way, endpoint=ENDPOINT):
    way.origin(endpoint)
    return way.session.post(endpoint, data=b"x", timeout=egress.LONGEST_S)


GOOD = {
    "Chrome": (ENDPOINT, f"https://{HOST}"),
    "the port said": (f"https://{HOST}:443/fcm/send/abc", f"https://{HOST}"),
    "capitals": ("HTTPS://FCM.GoogleAPIs.com/fcm/send/Abc", f"https://{HOST}"),
    "Firefox": (
        "https://updates.push.services.mozilla.com/wpush/v2/g", "https://updates.push.services.mozilla.com",
    ),
    "iPhone": ("https://web.push.apple.com/QGx", "https://web.push.apple.com"),
    "Edge": ("https://wns2-par02p.notify.windows.com/w/?token=BQ%3d", "https://wns2-par02p.notify.windows.com"),
}  # fmt: skip


@pytest.mark.parametrize(("endpoint", "origin"), GOOD.values(), ids=GOOD)
def test_an_endpoint_of_a_service_is_taken(endpoint, origin):
    assert Egress(Settings()).origin(endpoint) == origin


BAD = {
    "no https": f"http://{HOST}/x",
    "another port": f"https://{HOST}:8443/x",
    "a user": f"https://{HOST}@evil.example/x",
    "a user of ours": f"https://user:password@{HOST}/x",
    "a user behind a backslash": f"https://evil.example\\@{HOST}/x",
    "a host of nobody's list": "https://evil.example/x",
    "a host that ends alike": f"https://not{HOST}/x",
    "a host that goes on": f"https://{HOST}.evil.example/x",
    "a wildcard's own end": "https://push.apple.com/x",
    "a name that looks alike": "https://fcm.googleapis.cоm/x",
    "this machine": "https://localhost/x",
    "an address": "https://127.0.0.1/x",
    "an IPv6 address": "https://[::1]/x",
    "an address as a number": "https://2130706433/x",
    "a fragment": f"https://{HOST}/x#y",
    "a line's end": f"https://{HOST}/x\r\nHost: evil.example",
    "a tab in the scheme": f"ht\ttps://{HOST}/x",
    "a space before": f" https://{HOST}/x",
    "no path": f"https://{HOST}",
    "a final dot": f"https://{HOST}./x",
    "a file": "file:///etc/passwd",
    "nothing": "",
    "2,049 letters": ENDPOINT.ljust(2_049, "x"),
}


@pytest.mark.parametrize("endpoint", BAD.values(), ids=BAD)
def test_an_endpoint_of_anybody_else_is_refused_before_anything_is_looked_up(endpoint):
    net = Net(None)
    way = Egress(Settings(), resolve=net.resolve, connect=net.connect)
    with pytest.raises(Barred):
        way.origin(endpoint)
    assert (net.looked_up, net.opened) == ([], [])


INSIDE = [
    "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",
    "255.255.255.255", "192.0.2.1", "::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "fd12::1", "ff02::1",
    "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:a9fe:a9fe", "::127.0.0.1", "2002:7f00:1::", "2002:a00:1::1",
    "64:ff9b::7f00:1", "64:ff9b::a00:1", "64:ff9b:1::a00:1", "2001:0:7f00:1::", "2001:0:808:808:0:0:f5ff:fffe",
    "2001:db8::1", "fec0::1", "not an address", "",
]  # fmt: skip


@pytest.mark.parametrize("address", INSIDE)
def test_an_address_that_is_not_everyone_s_is_told(address):
    assert not is_public(address)


@pytest.mark.parametrize(
    "address", [PUBLIC, OTHER, "17.57.144.1", "::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::1"]
)
def test_a_public_address_is_told(address):
    assert is_public(address)


@pytest.mark.parametrize("address", [one for one in INSIDE if one])
@pytest.mark.parametrize("beside", [[], [PUBLIC]], ids=["alone", "beside a public one"])
def test_no_socket_is_opened_where_a_name_leads_inside(sends, address, beside):
    way, net, host = sends(TAKEN, {HOST: [*beside, address]})
    with pytest.raises(Barred, match="private_address"):
        post(way)
    assert (net.opened, host.requests) == ([], [])
    assert way.leads_inside(f"https://{HOST}")


def test_a_name_is_checked_again_when_it_is_sent_to(sends):
    """It was public when the subscription was saved, and leads inside now."""
    way, net, _ = sends(TAKEN, {HOST: [PUBLIC]})
    assert not way.leads_inside(f"https://{HOST}")
    net.names[HOST] = ["127.0.0.1"]
    with pytest.raises(Barred, match="private_address"):
        post(way)
    assert net.opened == []


def test_the_address_that_was_checked_is_the_one_that_is_used(sends):
    """One look-up a connection: nothing can change between the check and the socket."""
    way, net, host = sends(TAKEN, {HOST: [PUBLIC, OTHER]})
    assert post(way).status_code == 201
    assert (net.looked_up, net.opened, host.named) == ([HOST], [(PUBLIC, 443)], [HOST])


def test_a_connection_is_used_again(sends):
    way, net, host = sends(TAKEN, {HOST: [PUBLIC]})
    assert [post(way).status_code for _ in range(5)] == [201] * 5
    assert (len(net.opened), len(host.requests)) == (1, 5)


def test_the_next_address_is_tried_where_one_does_not_answer(sends, monkeypatch):
    way, net, _ = sends(TAKEN, {HOST: [OTHER, PUBLIC]})

    def connect(address, port):
        if address == OTHER:
            net.opened.append((address, port))
            raise OSError("no route")
        return net.connect(address, port)

    monkeypatch.setattr(way, "_connect", connect)
    assert post(way).status_code == 201
    assert net.opened == [(OTHER, 443), (PUBLIC, 443)]


def test_a_certificate_for_another_name_is_refused(sends):
    way, _, host = sends(TAKEN, {"updates.push.services.mozilla.com": [PUBLIC]})
    with pytest.raises(requests.exceptions.SSLError):
        post(way, "https://updates.push.services.mozilla.com/x")
    assert host.requests == []


def test_a_certificate_of_nobody_is_refused(sends):
    _, net, host = sends(TAKEN, {HOST: [PUBLIC]})
    strict = Egress(Settings(), resolve=net.resolve, connect=net.connect)
    with pytest.raises(requests.exceptions.SSLError):
        post(strict)
    assert host.requests == []


@pytest.mark.parametrize("to", ["http://127.0.0.1/", "https://169.254.169.254/", f"https://{HOST}/again", "x://", "//"])
def test_a_redirect_is_not_followed(sends, to):
    way, net, host = sends(says("302 Found", f"Location: {to}"), {HOST: [PUBLIC]})
    with suppress(requests.TooManyRedirects):
        assert post(way).status_code == 302
    assert (len(net.opened), len(host.requests)) == (1, 1)


def test_of_ten_megabytes_a_few_kilobytes_are_read(sends):
    way, net, _ = sends(says("201 Created", body=b"x" * 10_000_000), {HOST: [PUBLIC]})
    answer = post(way)
    assert (answer.status_code, len(answer.content)) == (201, egress.MOST_BODY)
    assert post(way).status_code == 201
    assert len(net.opened) == 2  # the first connection was left


def test_a_zipped_bomb_stays_zipped(sends):
    way, _, _ = sends(says("400 Bad", "Content-Encoding: gzip", body=b"\x1f\x8b" + b"x" * 100), {HOST: [PUBLIC]})
    assert post(way).content.startswith(b"\x1f\x8b")


@pytest.mark.parametrize(
    ("start", "more", "said"),
    [
        (b"HTTP/1.1 201 Created\r\nContent-Length: 4000\r\n\r\n", b"x", 201),
        (b"HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n", 201),
        (b"HTTP/1.1 201 Created\r\n", b"X-A: b\r\n", None),
        (b"HTTP/1.1 ", b"2", None),
    ],
    ids=["its body", "its body in chunks", "its headers", "its first line"],
)
def test_a_host_that_drips_costs_no_more_than_the_time_that_it_has(sends, monkeypatch, start, more, said):
    monkeypatch.setattr(egress, "LONGEST_S", 2)  # shaking hands takes some of it, on a busy machine
    way, _, _ = sends(drips(start, more), {HOST: [PUBLIC]})
    begun = time.monotonic()
    if said:
        assert post(way).status_code == said
    else:
        with pytest.raises(requests.RequestException):
            post(way)
    assert time.monotonic() - begun < 30, "it would drip for eighty seconds, or for ever"


def test_a_host_that_says_nothing_is_not_waited_for(sends, monkeypatch):
    monkeypatch.setattr(egress, "LONGEST_S", 0.3)
    way, _, _ = sends(lambda tls, over: over.wait(5), {HOST: [PUBLIC]})
    with pytest.raises(requests.Timeout):
        post(way)


def test_nothing_is_taken_from_the_environment(sends, monkeypatch):
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    way, net, _ = sends(says("201 Created", "Set-Cookie: a=b; Path=/"), {HOST: [PUBLIC]})
    assert post(way).status_code == 201
    assert net.opened == [(PUBLIC, 443)]
    assert list(way.session.cookies) == []


def test_a_look_up_that_takes_long_keeps_nobody_waiting(monkeypatch):
    over = threading.Event()
    monkeypatch.setattr(egress, "LOOKUP_S", 0.05)
    way = Egress(Settings(), resolve=lambda host: over.wait(5) and [])
    assert not way.leads_inside(f"https://{HOST}")
    over.set()


def test_a_service_on_this_machine_is_for_development_alone():
    local = "http://127.0.0.1:9123"
    assert Egress(Settings(push_local=local)).origin(f"{local}/p/1") == local
    for settings in (Settings(), Settings(push_local="http://127.0.0.1:912")):
        with pytest.raises(Barred):
            Egress(settings).origin(f"{local}/p/1")
