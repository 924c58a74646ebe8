"""Whoever hangs while writing holds up the others for a while, never for good (server/foundation/writers_place.py)."""

import fcntl
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
import sqlalchemy as sa

from server.foundation import database
from server.foundation.database import db, writing
from server.foundation.errors import Busy
from server.foundation.writers_place import WritersPlace
from server.people.models import Device
from tests.office.pages import heading, token

DATABASES = ("sqlite",)
"""PostgreSQL has many writers, and a time-out for each of its own locks."""


@pytest.fixture
def path(settings):
    return settings.data / "writer.lock"


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    monkeypatch.setattr(database, "PATIENCE_S", 0.05)


@contextmanager
def another_process_hangs(path):
    """As one that does not leave the place: the lock is its open file's, whoever's process that is."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@contextmanager
def a_thread_hangs():
    """A writer of this process that does not come to its end."""
    began, ends = threading.Event(), threading.Event()

    def write(engine):
        with writing(), engine.begin():
            began.set()
            ends.wait(10)

    thread = threading.Thread(target=write, args=[db.engine])
    thread.start()
    assert began.wait(10)
    yield
    ends.set()
    thread.join()


HANGING = {"another process": another_process_hangs, "a thread of this one": lambda _: a_thread_hangs()}


@pytest.mark.parametrize("hangs", [pytest.param(one, id=name) for name, one in HANGING.items()])
def test_while_a_writer_hangs_a_write_is_refused_in_time_and_nothing_was_written(ada, path, count, hangs):
    assert ada.get("/api/session").status_code == 200
    body = {"device_id": "0190a000-0000-7000-8000-000000000001", "label": "ny"}
    with hangs(path):
        answer = ada.post("/api/devices", body)
        assert (answer.status_code, answer.get_json()["code"], answer.headers["Retry-After"]) == (503, "busy", "15")
        assert ada.get("/api/session").status_code == 200
    assert count(sa.select(Device)) == 0
    assert ada.post("/api/devices", body).status_code == 200


@pytest.mark.parametrize("hangs", [pytest.param(one, id=name) for name, one in HANGING.items()])
def test_while_a_writer_hangs_a_push_is_told_to_come_again_and_then_counts(ada, world, path, hangs):
    phone = ada.phone()
    op = phone.op(world.done("tvatta"))
    with hangs(path):
        said = phone.send(op)
        assert (said.status, said.code, said.response.headers["Retry-After"]) == (503, "busy", "15")
    assert phone.sync(op).said == ["applied"]


def test_while_a_writer_hangs_the_office_says_so_on_a_page(hugo, ada, path):
    person = f"/office/people/{ada.person_id}"
    form = {"csrf_token": token(hugo.get(person))}
    with another_process_hangs(path):
        answer = hugo.client.post(f"{person}/code", data=form)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "15")
    assert heading(answer).startswith("Det är mycket att göra just nu")


def test_while_a_writer_hangs_who_only_reads_is_not_held_up(ada, path, clock, count):
    ada.get("/api/session")
    clock.move(days=1)
    with another_process_hangs(path):
        answer = ada.get("/api/session")
    assert answer.status_code == 200
    assert "Set-Cookie" not in answer.headers
    assert "sid=" in ada.get("/api/session").headers["Set-Cookie"]


def test_a_writer_that_does_not_queue_with_us_is_waited_for_and_then_named(app, settings):
    with db.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA busy_timeout=50")
    other = db.engine.dialect.dbapi.connect(str(settings.data / "rundtur.sqlite3"), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(Busy), writing(), db.engine.begin():
        pass
    other.close()
    with writing(), db.engine.begin():
        pass


def test_a_place_that_comes_free_after_one_gave_up_is_left_to_another_process(path):
    mine, theirs = WritersPlace(path), WritersPlace(path)
    with another_process_hangs(path), pytest.raises(Busy):
        mine.take(0.05)
    while mine._has_porter:
        pass
    theirs.take(1)
    theirs.give_back()
    mine.take(10)
    mine.give_back()


def test_many_who_give_up_leave_one_waiting_for_them_all(path):
    place = WritersPlace(path)

    def give_up():
        with pytest.raises(Busy):
            place.take(0.05)

    before = threading.active_count()
    with another_process_hangs(path):
        for _ in range(5):
            give_up()
        assert threading.active_count() == before + 1
    place.take(10)
    place.give_back()


def test_of_many_writers_in_two_processes_each_has_its_turn_alone(path):
    at_once, most = [], []

    def write(place):
        for _ in range(20):
            place.take(10)
            at_once.append(1)
            most.append(len(at_once))
            at_once.pop()
            place.give_back()

    with ThreadPoolExecutor(8) as pool:
        places = [WritersPlace(path) for _ in range(2)]
        for done in [pool.submit(write, places[number % 2]) for number in range(8)]:
            done.result(30)
    assert (max(most), len(most)) == (1, 160)
