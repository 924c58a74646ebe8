"""The worker as a process: beside the web processes, back when it dies, gone when they are; or by itself.

On SQLite alone: how a process begins and ends asks no database. Workers on PostgreSQL run in test_queue.py.
"""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request

import psutil
import pytest

from bench.ground import Server
from config import ROOT
from server.reminders.queueing import FILE

PATIENCE_S = 60


def until(holds):
    """What `holds` returns as soon as it is true of it."""
    deadline = time.monotonic() + PATIENCE_S
    while not (found := holds()):
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.05)
    return found


def ready(server):
    return json.loads(urllib.request.urlopen(f"{server.url}/health/ready", timeout=PATIENCE_S).read())


def worker_of(server):
    """The process that holds the queue's file open, or lately did: the child that listens to no port."""
    for child in psutil.Process(server.process.pid).children():
        if child.is_running() and child.status() != psutil.STATUS_ZOMBIE and not child.net_connections():
            return child
    return None


def is_gone(process):
    return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE


@pytest.fixture
def server(tmp_path):
    running = Server(tmp_path, RUNDTUR_DEMO="0").start()
    yield running
    running.stop()


def test_the_server_starts_a_worker_whose_first_round_is_at_once(server, tmp_path):
    until(lambda: ready(server)["status"] == "ok")
    assert ready(server)["lag_s"] < 60
    assert (tmp_path / FILE).exists()


def test_a_worker_that_dies_is_replaced(server):
    first = until(lambda: worker_of(server))
    first.kill()
    second = until(lambda: (found := worker_of(server)) and found.pid != first.pid and found)
    assert second.pid != first.pid


def test_a_worker_that_is_told_to_stop_does_so_and_is_replaced(server):
    first = until(lambda: worker_of(server))
    until(lambda: ready(server)["status"] == "ok")
    first.terminate()
    until(lambda: is_gone(first))
    assert until(lambda: (found := worker_of(server)) and found.pid != first.pid and found)


def test_the_worker_ends_with_the_server_and_leaves_the_port_to_the_next(server):
    worker = until(lambda: worker_of(server))
    server.stop(signal.SIGTERM)
    assert is_gone(worker)
    server.start()
    assert ready(server)["version"]


def test_the_worker_ends_also_where_the_server_was_killed(tmp_path):
    running = Server(tmp_path, RUNDTUR_DEMO="0").start()
    worker = until(lambda: worker_of(running))
    others = [one for one in psutil.Process(running.process.pid).children() if one.pid != worker.pid]
    running.process.kill()
    running.process.wait()
    until(lambda: is_gone(worker))
    for one in others:
        until(lambda one=one: is_gone(one))


def test_without_the_setting_there_is_none_and_health_says_so(tmp_path):
    running = Server(tmp_path, RUNDTUR_DEMO="0", RUNDTUR_WORKER="0").start()
    try:
        assert worker_of(running) is None
        assert (ready(running)["status"], ready(running)["lag_s"]) == ("late", None)
        by_itself = subprocess.Popen(
            [sys.executable, "-m", "flask", "--app", "server.wsgi:app", "worker"], cwd=ROOT, env=running.environment
        )
        until(lambda: ready(running)["status"] == "ok")
        by_itself.send_signal(signal.SIGTERM)
        assert by_itself.wait(PATIENCE_S) == 0
    finally:
        running.stop()
    assert os.listdir(tmp_path)
