"""Phones that hold their lines keep nobody else out."""

import http.client
import resource
from contextlib import contextmanager

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
