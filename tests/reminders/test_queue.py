"""The queue on PostgreSQL: the same tasks, from any number of machines, and made anew where its tables are lost."""

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace

import psycopg
import pytest

from config import ROOT
from server.foundation.database import db
from server.reminders.tasks import Tasks

from .making import work_off

DATABASES = ("postgresql",)
PATIENCE_S = 60
"""a queue that was lost is there again within a minute"""


@pytest.fixture
def on_postgres(settings):
    return replace(settings, queue_url=settings.database_url)


@pytest.fixture
def workers(app, on_postgres, post):
    """The tasks of two workers whose only channel is the post, on one queue."""
    made = [Tasks(on_postgres, db.engine, {"push": post}) for _ in range(2)]
    for one in made:
        one.mend()
    yield made
    for one in made:
        one.queue.storage.close()


def say(settings, sql):
    with psycopg.connect(settings.database_url.replace("+psycopg", ""), autocommit=True) as connection:
        return connection.execute(sql)


def lose(settings):
    say(settings, "DROP TABLE huey_task, huey_schedule, huey_kv, huey_counter")


def is_there(settings):
    with psycopg.connect(settings.database_url.replace("+psycopg", ""), autocommit=True) as connection:
        return connection.execute("SELECT to_regclass('huey_task') IS NOT NULL").fetchone()[0]


def until(holds):
    deadline = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.1)


def test_a_task_that_one_put_in_is_done_by_the_other_and_once(workers, due, post):
    one, other = workers
    one.nudge()
    assert work_off(other)[:2] == ["round", "deliver"]
    assert work_off(one) == []
    one.rounds()
    other.rounds()
    work_off(one)
    work_off(other)
    assert len(post.letters) == 1


def test_a_queue_whose_tables_are_lost_keeps_no_round_from_being_done_and_is_made_anew(workers, due, post, settings):
    one, _ = workers
    lose(settings)
    one.do_round()
    assert len(post.letters) == 1
    one.nudge()
    one.mend()
    one.mend()
    one.nudge()
    assert work_off(one)[:1] == ["round"]


def test_a_server_of_the_queue_that_is_away_costs_a_nudge_and_nothing_else(settings, due, post):
    away = replace(settings, queue_url="postgresql://postgres@/nobody?host=/nowhere")
    tasks = Tasks(away, db.engine, {"push": post})
    tasks.mend()
    tasks.nudge()
    tasks.do_round()
    assert len(post.letters) == 1


def test_two_workers_make_a_lost_queue_anew_within_a_minute(settings):
    """Real processes: both begin at once, the tables vanish under them, both end when told to."""
    told = {
        "RUNDTUR_DATA": str(settings.data), "RUNDTUR_DATABASE_URL": settings.database_url, "RUNDTUR_DEMO": "0",
        "RUNDTUR_QUEUE_URL": settings.database_url,
    }  # fmt: skip
    command = [sys.executable, "-m", "flask", "--app", "server.wsgi:app", "worker"]
    workers = [subprocess.Popen(command, cwd=ROOT, env=os.environ | told) for _ in range(2)]
    try:
        for _ in range(2):
            until(lambda: is_there(settings))
            lose(settings)
        until(lambda: is_there(settings))
    finally:
        for worker in workers:
            worker.send_signal(signal.SIGTERM)
    assert [worker.wait(PATIENCE_S) for worker in workers] == [0, 0]
