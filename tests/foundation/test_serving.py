"""Phones that hold their lines keep nobody else out."""

import http.client
import resource
import socket
from contextlib import ExitStack, closing, contextmanager

import pytest

from bench.ground import Server

LINES = 1000
"""as many as gunicorn lets one process have; above that it closes each after its answer"""


@contextmanager
def limit(files):
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(files, before[1]), before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


@pytest.fixture
def server(tmp_path):
    """Of one process, started where a system allows few files."""
    running = Server(tmp_path, RUNDTUR_PROCESSES="1", RUNDTUR_WORKER="0", RUNDTUR_DEMO="0")
    try:
        with limit(512):
            running.start()
        yield running
    finally:
        running.stop()


def test_who_does_not_hang_up_keeps_nobody_waiting(server):
    asked = b"GET /health/live HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    with ExitStack() as stack:
        lines = [socket.create_connection(("127.0.0.1", server.port), timeout=10) for _ in range(20)]
        for line in lines:
            stack.enter_context(line)
            line.sendall(asked)
        for line in lines:  # each is answered, told that this was all, and stays on the line
            assert b"200 OK" in line.recv(4096)
        late = stack.enter_context(closing(http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)))
        assert ask(late) == 200


def ask(line):
    line.request("GET", "/health/live")
    answer = line.getresponse()
    answer.read()
    return answer.status


def test_however_many_hold_their_lines_who_comes_is_answered_at_once(server):
    with limit(4096):
        lines = [http.client.HTTPConnection("127.0.0.1", server.port, timeout=10) for _ in range(LINES + 50)]
        try:
            assert {ask(line) for line in lines} == {200}
        finally:
            for line in lines:
                line.close()
