"""Phones that hold their lines keep nobody else out."""

import http.client
import resource
import select
import socket
import subprocess
import sys
from contextlib import ExitStack, closing, contextmanager
from typing import NamedTuple

import pytest

from bench.ground import ROOT, Server, free_port
from server.serving import Lines

LINES = 1000
FEW_LINES, FEW_THREADS = 6, 4
KEPT = FEW_LINES - FEW_THREADS
"""So many lines are kept; above that each is closed after its answer."""


def test_of_the_silent_lines_any_one_goes_and_the_others_keep_their_order():
    lines = Lines()
    for one in ("first", "second", "third", "fourth"):
        lines.append(one)
    lines.remove("second")
    lines.remove("first")
    lines.append("first")
    assert (len(lines), lines[0], [*lines]) == (3, "third", ["third", "fourth", "first"])
    assert [lines.popleft() for _ in range(3)] == ["third", "fourth", "first"]
    assert not lines


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


class Crowded(NamedTuple):
    port: int
    process: subprocess.Popen


@pytest.fixture
def crowded():
    """A web process that may have few lines, and answers anything; a stop waits as long as it takes."""
    port = free_port()
    command = [
        sys.executable, "-m", "gunicorn", "--worker-class", "server.serving.WebProcess", "--bind", f"127.0.0.1:{port}",
        "--worker-connections", str(FEW_LINES), "--threads", str(FEW_THREADS), "--keep-alive", "600", "--graceful-timeout", "600",
        "--log-level", "warning", "--no-control-socket", "werkzeug.testapp:test_app",
    ]  # fmt: skip
    with subprocess.Popen(command, cwd=ROOT) as process:
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=10).close()
                break
            except ConnectionRefusedError:
                assert process.poll() is None
        yield Crowded(port, process)
        process.terminate()


@pytest.fixture
def called(crowded):
    """A new line to it, on which so much is said."""
    with ExitStack() as stack:

        def call(said=b""):
            line = stack.enter_context(socket.create_connection(("127.0.0.1", crowded.port), timeout=20))
            line.sendall(said)
            return line

        yield call


ASKED = b"HEAD / HTTP/1.1\r\nHost: localhost\r\n\r\n"
BEGUN = b"GET / HTTP/1.1\r\n"


def is_answered(line):
    return line.recv(65536).startswith(b"HTTP/1.1 200 ")


def test_however_many_say_nothing_who_asks_is_answered(called):
    for _ in range(FEW_LINES * 4):
        called()
    assert is_answered(called(ASKED))


def test_where_there_are_as_many_lines_as_may_be_one_that_is_only_kept_makes_room(called):
    kept = [called(ASKED) for _ in range(KEPT)]
    assert all(is_answered(line) for line in kept)
    for _ in range(FEW_THREADS):
        called(BEGUN)
    ended, _, _ = select.select(kept, [], [], 20)
    assert [line.recv(1) for line in ended] == [b""]


def test_who_has_knocked_and_says_nothing_does_not_keep_a_stop_waiting(called, crowded):
    called()
    assert is_answered(called(ASKED))  # and so the other was let in
    crowded.process.terminate()
    assert crowded.process.wait(60) == 0
