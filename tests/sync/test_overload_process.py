"""The same of the real server: gunicorn's threads do not run out because of those who wait."""

import fcntl
import http.client
import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from bench import ground
from server.foundation import clock, ids

WAITING = 2


@pytest.fixture
def server(tmp_path):
    """With one place for a push, and two who may wait for it."""
    few = {"RUNDTUR_PROCESSES": "1", "RUNDTUR_THREADS": "1", "RUNDTUR_WAITING": str(WAITING), "RUNDTUR_WORKER": "0"}
    running = ground.Server(tmp_path, **few)
    try:
        yield running.start()
    finally:
        running.stop()


@contextmanager
def nobody_can_write(server):
    with (server.data / "writer.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def ask(server, phone, method, path, body=None):
    """The status, the answer and the seconds after which to come again."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    headers = {"Content-Type": "application/json", "X-Rundtur-Client": "test", "Cookie": phone.cookie}
    connection.request(method, path, body and json.dumps(body), headers)
    answer = connection.getresponse()
    said = answer.read()
    connection.close()
    return answer.status, said, answer.getheader("Retry-After")


def envelope(phone, *seqs):
    now = clock.wire(clock.now())
    head = {"kind": "preference_set", "v": 1, "name": "language", "value": "sv", "occurred_at": now}
    return {
        "protocol": 1, "person_id": phone.person_id, "device_id": phone.device_id, "epoch": None, "app_version": "test",
        "sent_at": now, "cursor": None,
        "operations": [
            head | {"op_id": ids.new_id(), "seq": seq, "heard_server_at": None, "clock_jumped": False} for seq in seqs
        ],
    }  # fmt: skip


def shares_of(server, phone):
    return json.loads(ask(server, phone, "GET", "/health/ready")[1])["shares"]


def test_while_pushes_wait_the_next_is_asked_to_come_again_and_everybody_else_is_answered(server):
    phone, *others = ground.phones(server, WAITING + 2)
    late = others.pop()
    with ThreadPoolExecutor(WAITING + 1) as pool:
        with nobody_can_write(server):
            pushes = [pool.submit(ask, server, one, "POST", "/api/sync", envelope(one, 1)) for one in (phone, *others)]
            while shares_of(server, phone)["pushes"] != {"working": 1, "waiting": WAITING, "refused": 0}:
                assert not any(one.done() for one in pushes)
            status, _, retry_after = ask(server, late, "POST", "/api/sync", envelope(late, 1))
            assert (status, retry_after is not None) == (503, True)
            assert ask(server, late, "POST", "/api/sync", envelope(late))[0] == 200, "who only asks"
            assert ask(server, late, "GET", "/api/session")[0] == 200
            assert ask(server, late, "GET", "/office/")[0] == 403, "the office says that this person may not come in"
        assert [one.result(30)[0] for one in pushes] == [200] * (WAITING + 1)
    assert ask(server, late, "POST", "/api/sync", envelope(late, 1))[0] == 200
