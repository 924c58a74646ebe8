"""Few of a crowd read what they tell, or are answered, at once; who waits for the others' transaction sits nowhere."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from server.foundation import shares
from server.foundation.database import db
from server.sync import exchange, routes
from server.sync.desk import FEW, SEATS
from server.sync.gather import Gathering

CROWD = 14


class Counted:
    """Something that is done by several at once, and by how many at most."""

    def __init__(self, do):
        self._do, self._guard, self._now, self.most = do, threading.Lock(), 0, 0

    def __call__(self, *given):
        with self._guard:
            self._now += 1
            self.most = max(self.most, self._now)
        time.sleep(0.01)  # so that the others come meanwhile, if they may
        with self._guard:
            self._now -= 1
        return self._do(*given)


@pytest.fixture
def pushes(ada, world):
    """From phones of one person, one operation each."""
    phones = [ada.phone() for _ in range(CROWD)]
    return [(phone, phone.op(world.noted(f"from {number}"))) for number, phone in enumerate(phones)]


@contextmanager
def a_crowd(app):
    """As many are at work as need no seats; each more is one of a crowd."""
    share = app.extensions["shares"][shares.PUSHES]
    held = [share.take() for _ in range(FEW)]
    yield
    for since in held:
        share.give_back(since)


def test_as_many_of_a_crowd_read_and_are_answered_as_there_are_seats_and_all_of_them_wait_for_one_transaction(
    app, pushes, monkeypatch
):
    read, answered = Counted(routes.read_envelope), Counted(exchange.pull)
    monkeypatch.setattr(routes, "read_envelope", read)
    monkeypatch.setattr(exchange, "pull", answered)
    go, groups, engine = threading.Event(), [], db.engine

    def work(together):
        groups.append(len(together))
        assert go.wait(20)
        return exchange.push_all(engine, together)

    app.extensions["gathering"] = gathering = Gathering(work)
    with a_crowd(app), ThreadPoolExecutor(CROWD) as pool:
        sent = [pool.submit(phone.sync, op) for phone, op in pushes]
        while len(gathering._waiting) < CROWD - 1:
            time.sleep(0.001)
        go.set()
        assert {one.result().status for one in sent} == {200}
    assert groups == [1, CROWD - 1]
    assert (read.most, answered.most) == (SEATS[engine.dialect.name],) * 2


def test_who_only_asks_is_answered_while_every_seat_is_taken_and_of_a_crowd_who_tells_waits(app, ada, pushes):
    seats, asks = app.extensions["desk"]._seats, ada.phone()
    taken = SEATS[db.engine.dialect.name]
    for _ in range(taken):
        assert seats.acquire(blocking=False)
    (first, its_op), (second, op) = pushes[:2]
    assert first.sync(its_op).said == ["applied"]  # where few are at work nobody needs one
    with a_crowd(app), ThreadPoolExecutor(1) as pool:
        sent = pool.submit(second.sync, op)
        assert asks.sync().status == 200
        assert not sent.done()
        seats.release(taken)
        assert sent.result(20).said in (["applied"], ["merged"])
