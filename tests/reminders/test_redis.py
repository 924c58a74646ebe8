"""The queue on Redis: the same tasks from any number of workers, and with Redis away or emptied the same is done.

On PostgreSQL alone, as several machines are: what a worker does on SQLite asks no other queue (test_tasks.py).
"""

import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import contextmanager

import pytest

from bench.ground import Server
from config import ROOT
from tests.support.redis import Redis, library

from .making import a_message
from .test_worker import ready, until

DATABASES = ("postgresql",)
PATIENCE_S = 150
"""a round comes each minute, and then somebody delivers; on a busy machine the second one does"""
QUEUE = "huey.redis.rundtur"

pytestmark = pytest.mark.skipif(shutil.which("redis-server") is None, reason="there is no redis-server on this machine")


@pytest.fixture
def redis(tmp_path):
    made = Redis(tmp_path)
    yield made
    made.stop()


@pytest.fixture
def environment(settings, redis):
    return os.environ | {
        "RUNDTUR_DATA": str(settings.data), "RUNDTUR_DATABASE_URL": settings.database_url, "RUNDTUR_DEMO": "0",
        "RUNDTUR_QUEUE_URL": redis.url, "PYTHONPATH": library(),
        "RUNDTUR_TEST_NOON": str(time.time()),
    }  # fmt: skip


@pytest.fixture
def sent(tmp_path):
    """What the workers of this test have sent, in order."""
    file = tmp_path / "sent"
    return lambda: file.read_text().splitlines() if file.exists() else []


@contextmanager
def working(environment, tmp_path, count=1):
    """So many workers run; each ends when it is told to."""
    command = [sys.executable, "-m", "tests.reminders.redis_worker", str(tmp_path / "sent")]
    workers = [subprocess.Popen(command, cwd=ROOT, env=environment) for _ in range(count)]
    try:
        yield
    finally:
        for worker in workers:
            worker.send_signal(signal.SIGTERM)
        ends = [worker.wait(PATIENCE_S) for worker in workers]
    assert ends == [0] * count


def nudge(environment):
    command = [sys.executable, "-m", "tests.reminders.redis_worker", "nudge"]
    subprocess.run(command, cwd=ROOT, env=environment, check=True)


def eventually(holds):
    deadline = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.1)


def test_two_workers_on_redis_double_nothing_and_an_emptied_queue_loses_nothing(
    due, world, redis, environment, sent, tmp_path
):
    redis.start()
    with working(environment, tmp_path, 2):
        eventually(sent)
        redis.say("FLUSHALL")
        a_message(world.people["hugo"], world.units["omsorg"])
        eventually(lambda: len(sent()) >= 2)
        redis.say("FLUSHALL")
    assert len(sent()) == len(set(sent())) == 2, "each once"


def test_with_redis_away_the_workers_send_all_the_same_health_says_so_and_redis_is_used_when_it_is_back(
    app, due, world, redis, environment, sent, tmp_path
):
    def is_away():
        return app.test_client().get("/health/ready").get_json()["is_queue_away"]

    with working(environment, tmp_path):
        eventually(sent)
        eventually(is_away)
        a_message(world.people["hugo"], world.units["omsorg"])
        redis.start()
        eventually(lambda: len(sent()) >= 2)
        eventually(lambda: is_away() is False)
        redis.stop()  # and it ends in time where it is away again
    assert len(sent()) == len(set(sent())) == 2


def test_one_nudge_on_redis_waits_for_a_worker_and_one_that_is_lost_fails_nobody(
    due, redis, environment, sent, tmp_path
):
    redis.start()
    nudge(environment)
    nudge(environment)
    assert redis.say("LLEN", QUEUE) == "1"
    with working(environment, tmp_path):
        eventually(sent)
    redis.stop()
    nudge(environment)
    assert len(sent()) == 1


def test_the_product_starts_and_answers_where_redis_is_away(redis, tmp_path):
    told = {"RUNDTUR_DEMO": "0", "RUNDTUR_QUEUE_URL": redis.url, "PYTHONPATH": library()}
    running = Server(tmp_path, **told).start()
    try:
        until(lambda: ready(running)["status"] == "ok")
        assert ready(running)["is_queue_away"] is True
    finally:
        running.stop()
