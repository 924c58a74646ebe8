"""The queue nudges and knows nothing: with it, without it and with a broken one the same is done, once."""

import logging
import pickle
import sqlite3
import sys
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from server.foundation.database import db, writing
from server.reminders import tasks as module
from server.reminders.delivering import deliver
from server.reminders.letters import later
from server.reminders.models import ReminderDelivery
from server.reminders.queueing import FILE
from server.reminders.tasks import AWAY_S, LATE_S, Tasks, lag_s
from server.reminders.worker import Seldom

from .making import Post, a_phone_that_is_reminded, work_off


@pytest.fixture
def tasks(app, settings, post):
    """The tasks of a worker whose only channel is the post."""
    made = Tasks(settings, db.engine, {"push": post})
    made.mend()
    yield made
    made.queue.storage.close()


def test_a_round_finds_what_is_due_and_has_it_delivered(tasks, due, post):
    tasks.rounds()
    assert work_off(tasks)[:2] == ["round", "deliver"]
    assert len(post.letters) == 1
    tasks.rounds()
    work_off(tasks)
    assert len(post.letters) == 1


def test_two_workers_side_by_side_double_nothing(tasks, due, post, settings):
    other = Tasks(settings, db.engine, {"push": post})
    for one in (tasks, other):
        one.rounds()
    for one in (other, tasks):
        work_off(one)
    other.queue.storage.close()
    assert len(post.letters) == 1


@pytest.mark.parametrize("harm", [lambda file: file.unlink(), lambda file: file.write_bytes(b"no database" * 999)])
def test_a_queue_that_is_lost_or_broken_is_made_anew_and_nothing_else_is_lost(tasks, due, post, settings, harm):
    tasks.rounds()
    tasks.queue.storage.close()
    harm(settings.data / FILE)
    tasks.mend()  # as before each round
    tasks.rounds()
    work_off(tasks)
    assert len(post.letters) == 1


def test_a_queue_that_takes_nothing_keeps_no_round_from_being_done(tasks, due, post, monkeypatch):
    def full(*_):
        raise sqlite3.OperationalError("disk full")

    monkeypatch.setattr(tasks.queue.storage, "enqueue", full)
    tasks.do_round()
    assert len(post.letters) == 1
    tasks.nudge()  # and who only nudges never fails by it


def test_who_is_nudged_plans_and_delivers_at_once(tasks, due, post):
    tasks.nudge()
    assert work_off(tasks)[:2] == ["round", "deliver"]
    assert len(post.letters) == 1


def test_a_round_that_is_asked_for_at_a_time_is_not_done_before(tasks, due, post):
    tasks.nudge(timedelta(minutes=1))
    assert work_off(tasks) == ["round"]  # looked at, and laid where waits what is not due
    assert (post.letters, tasks.queue.read_schedule()) == ([], [])
    assert [one.name for one in tasks.queue.scheduled()] == ["round"]


def test_answers_that_come_late_nudge_the_worker_and_prompt_ones_do_not(app, ada, bruno, world, clock):
    queue = app.extensions["tasks"].queue
    app.extensions["tasks"].mend()
    late, prompt = ada.phone().op(world.passed(), heard=clock.now), bruno.phone().op(world.failed(), heard=clock.now)
    assert bruno.phone().sync(prompt).said == ["applied"]
    assert queue.pending_count() == 0
    clock.move(hours=3)
    assert ada.phone().sync(late).said == ["applied"]
    assert [one.name for one in queue.pending()] == ["round"]


def test_a_departure_that_is_cancelled_nudges_the_worker(app, world):
    app.extensions["tasks"].mend()
    said = app.test_cli_runner().invoke(args=["departures", "cancel", "rundan-i-morgon"])
    assert said.output == "rundan-i-morgon is cancelled\n"
    assert [one.name for one in app.extensions["tasks"].queue.pending()] == ["round"]


def test_one_nudge_that_waits_is_enough(tasks):
    for _ in range(5):
        tasks.nudge()
    assert tasks.queue.storage.queue_size() == 1


def test_a_nudge_where_no_worker_has_been_yet_leaves_nothing_behind(app, settings, tmp_path):
    elsewhere = replace(settings, data=tmp_path)
    Tasks(elsewhere, db.engine, {}).nudge()
    assert list(tmp_path.glob("queue*")) == []


def test_the_queue_is_a_file_of_its_own_without_a_write_ahead_log(tasks, settings):
    tasks.nudge()
    with sqlite3.connect(settings.data / FILE) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("delete",)
    connection.close()
    assert not (settings.data / f"{FILE}-wal").exists()


def test_nothing_from_the_queue_is_unpickled(tasks, tmp_path):
    """Whoever can write into a queue could run what they like, else."""

    class Evil:
        def __reduce__(self):
            return (open, (str(tmp_path / "made"), "w"))

    tasks.queue.storage.enqueue(pickle.dumps(Evil()))
    with pytest.raises(ValueError):
        tasks.queue.dequeue()
    assert not (tmp_path / "made").exists()


def test_a_worker_that_is_to_stop_finishes_its_batch_and_no_more(tasks, ada, clock, due, post, monkeypatch):
    for _ in range(3):
        a_phone_that_is_reminded(ada, clock.now)
    monkeypatch.setattr(module, "deliver", lambda *of: deliver(*of, most=1))
    tasks.is_stopping = lambda: len(post.letters) >= 2
    tasks.do_round()
    work_off(tasks)
    assert len(post.letters) == 2


def test_the_lag_is_the_age_of_the_last_round_or_of_what_lies_unsent(tasks, due, post, clock):
    def lag():
        with db.engine.connect() as connection:
            return lag_s(connection, clock.now)

    assert lag() is None
    post.say = lambda letter: later("push_503")
    tasks.rounds()
    work_off(tasks)
    assert lag() == 0
    clock.move(seconds=20)
    assert lag() == 20
    clock.move(minutes=10)
    module.beat(db.engine, clock.now)
    assert 500 < lag() < 600  # it was tried again half a minute after the first time, and was not
    post.say = Post().say
    tasks.do_deliver()
    assert lag() == 0


def test_health_tells_strangers_whether_the_worker_is_late_and_by_how_much(app, tasks, clock):
    def ready():
        answer = app.test_client().get("/health/ready")
        assert answer.status_code == 200
        body = answer.get_json()
        return body["status"], body["lag_s"], set(body)

    shown = {"status", "lag_s", "version", "is_queue_away", "is_room_low", "shares"}
    assert ready() == ("late", None, shown)
    tasks.do_round()
    assert ready() == ("ok", 0, shown)
    clock.move(seconds=LATE_S)
    assert ready() == ("ok", LATE_S, shown)
    clock.move(seconds=1)
    assert ready() == ("late", LATE_S + 1, shown)


def test_a_queue_that_goes_away_and_comes_back_is_said_once_each_time(tasks, monkeypatch, caplog):
    def away():
        raise OSError("refused")

    for _ in range(2):
        with monkeypatch.context() as broken:
            broken.setattr(tasks.queue.storage, "queue_size", away)
            for _ in range(5):
                tasks.mend()
        for _ in range(5):
            tasks.mend()
    said = [record.getMessage().partition(":")[0] for record in caplog.records]
    assert said == ["the queue cannot be used", "the queue can be used again"] * 2


def test_what_huey_says_of_a_queue_that_is_away_is_said_once_a_minute_in_one_line():
    seldom = Seldom()

    def passes(words):
        try:
            raise OSError("refused")
        except OSError:
            record = logging.LogRecord("huey", logging.ERROR, "", 0, words, (), sys.exc_info())
        return seldom.filter(record) and record

    first = passes("Error reading from queue")
    assert (first.exc_info, first.getMessage().count("\n")) == (None, 0)
    assert not passes("Error reading from queue")
    assert passes("Error reading schedule.")
    for _ in range(2):
        assert passes("Unhandled error during execution of task").exc_info, "what goes wrong in a task is always said"


def test_health_tells_that_the_queue_is_away_and_that_it_is_back(app, tasks, clock, monkeypatch):
    def away():
        return app.test_client().get("/health/ready").get_json()["is_queue_away"]

    def full(*_, **__):
        raise OSError("no space left")

    assert away() is None
    tasks.do_round()
    assert away() is False
    with monkeypatch.context() as broken:
        broken.setattr(tasks.queue.storage, "enqueue", full)
        clock.move(seconds=60)
        tasks.do_round()
        assert away() is False, "once may be a hiccup"
        clock.move(seconds=AWAY_S - 60 + 1)
        tasks.do_round()
        assert away() is True
    tasks.do_round()
    assert away() is False


def test_a_delivery_whose_worker_died_counts_as_unsent_when_its_lease_is_over(tasks, ada, clock, due):
    tasks.do_round()
    with writing(), db.engine.begin() as connection:
        connection.execute(
            sa.update(ReminderDelivery).values(
                state="claimed", not_before=clock.now, claimed_until=clock.move(minutes=3)
            )
        )
    clock.move(minutes=5)
    module.beat(db.engine, clock.now)
    with db.engine.connect() as connection:
        assert lag_s(connection, clock.now) == 8 * 60


def test_the_day_has_its_work_done_once(app, settings, clock):
    days = []
    made = Tasks(settings, db.engine, {}, daily=lambda engine, now: days.append(now.date()))
    made.mend()
    for _ in range(2):
        made.do_round()
    clock.move(days=1)
    made.do_round()
    made.queue.storage.close()
    assert days == [clock.now.date() - timedelta(days=1), clock.now.date()]


def test_the_days_work_that_failed_is_tried_again_and_no_reminder_waits_for_it(settings, due, post):
    tries = []

    def fail_once(engine, now):
        tries.append(now)
        if len(tries) == 1:
            raise RuntimeError

    made = Tasks(settings, db.engine, {"push": post}, daily=fail_once)
    made.mend()
    for _ in range(3):
        made.do_round()
        work_off(made)
    made.queue.storage.close()
    assert (len(tries), len(post.letters)) == (2, 1)
