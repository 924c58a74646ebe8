"""A thousand hostile bodies against every route that takes one: refused, nothing told of the inside, no memory kept (FAULTS 52)."""

import itertools
import random
import time
import tracemalloc
from base64 import urlsafe_b64encode

import psutil
import pytest

from server.shell.openapi import CALLS
from tests.cast import HEADERS, an_id
from tests.support.sealed import contents, sealed, ticket_of

from .hostile import as_body, has_trace, monsters, spoilt

TOLD = 1_000
MOST_GROWTH, MOST_CPU_S = 64 * 2**20, 1.0
SEED = 20261125


@pytest.fixture
def valid(ada, world):
    """A body that each route takes."""
    phone = ada.phone()
    ticket = ticket_of(phone)
    acts = [phone.op(one) for one in (*world.all_of_hygien(), world.noted("Hej"), world.by_code("torget"))]
    text = urlsafe_b64encode(bytes(65)).rstrip(b"=").decode()
    return {
        "/api/session": {"email": ada.email, "password": "fel"},
        "/api/session/code": {"email": ada.email, "code": "ABCDEFGH", "new_password": "ett-nytt-lösenord"},
        "/api/session/handover/redeem": {"code": "ABCDEFGH"},
        "/api/devices": {"device_id": an_id(1), "label": "test", "wants_ticket": True},
        "/api/push/subscriptions": {
            "device_id": phone.device_id, "endpoint": "https://push.example/x", "p256dh": text, "auth": "A" * 22, "key_id": "x",
        },
        "/api/mail-address": {"address": "ada@prov.example"},
        "/api/mail-address/code": {"code": "ABCD-EFGH"},
        "/api/sync": phone.envelope(acts),
        "/api/sync/sealed": sealed(contents(phone, ticket, acts), ticket),
    }  # fmt: skip


def test_every_route_with_a_body_is_among_them(valid):
    assert set(valid) == {call.path for call in CALLS if call.body}


def hostile(valid):
    """(path, is it refused whatever it says, body, headers), a thousand and some."""
    for path, body in valid.items():
        for shape, headers in monsters(as_body(body)).values():
            yield path, True, shape, headers
    chance = random.Random(SEED)
    endless = [zip(itertools.repeat(path), spoilt(as_body(body), chance)) for path, body in valid.items()]
    for paths in itertools.islice(zip(*endless, strict=True), TOLD // len(endless) + 1):
        for path, body in paths:
            yield path, False, body, {}


def test_a_thousand_hostile_bodies_are_refused_and_leave_nothing_behind(app, ada, valid, unlimited):
    told, took, process, most_cpu_s = list(hostile(valid)), {}, psutil.Process(), 0.0
    assert len(told) >= TOLD
    before = process.memory_info().rss
    for path, is_refused, body, headers in told:
        begun, cpu_s = time.perf_counter(), time.process_time()
        said = ada.client.post(path, data=body, content_type="application/json", headers=HEADERS | headers)
        most_cpu_s = max(most_cpu_s, time.process_time() - cpu_s)
        took[path] = max(took.get(path, 0.0), time.perf_counter() - begun)
        assert said.status_code < 500, (path, body[:200])
        assert not is_refused or said.status_code >= 400, (path, body[:200])
        assert not has_trace(said.text), (path, said.text)
    grown = process.memory_info().rss - before
    slowest = {path: f"{seconds * 1000:.0f} ms" for path, seconds in took.items()}
    print(f"{len(told)} bodies, seed {SEED}, grown by {grown / 2**20:.1f} MiB, the slowest of each: {slowest}")  # noqa: T201 - the figures
    assert grown < MOST_GROWTH
    assert most_cpu_s < MOST_CPU_S, "I16"


def test_no_body_takes_more_memory_than_it_may_while_it_is_read(app, ada, valid, unlimited):
    """I16: a bomb is not unpacked, a million keys are not read."""
    tracemalloc.start()
    try:
        for path, body in valid.items():
            for name, (shape, headers) in monsters(as_body(body)).items():
                tracemalloc.reset_peak()
                before = tracemalloc.get_traced_memory()[0]
                ada.client.post(path, data=shape, content_type="application/json", headers=HEADERS | headers)
                assert tracemalloc.get_traced_memory()[1] - before < MOST_GROWTH, (path, name)
    finally:
        tracemalloc.stop()
