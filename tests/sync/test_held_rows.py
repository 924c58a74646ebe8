"""Another transaction holds what a push needs: the push is told to come again, or is tried again, and nobody misses a row
(FAULTS 22, 23, 26)."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
import sqlalchemy as sa

from server.foundation.changefeed import departure_stream, person_stream
from server.foundation.database import db
from server.sync import exchange

DATABASES = ("postgresql",)
"""SQLite has one writer at a time: tests/foundation/test_writers_place.py"""
HOLD = sa.text("UPDATE sync_stream SET head = head WHERE stream = :stream")
MIGRATE = sa.text("LOCK TABLE sync_operation IN ACCESS EXCLUSIVE MODE")
WAITS = sa.text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()")


@pytest.fixture
def impatient(app):
    """Nobody waits for a lock as long as in life."""

    def hurry(connection):
        connection.exec_driver_sql("SET LOCAL lock_timeout = '100ms'")

    sa.event.listen(db.engine, "begin", hurry)
    yield
    sa.event.remove(db.engine, "begin", hurry)


@contextmanager
def held(statement: sa.TextClause, **values: str) -> Iterator[None]:
    """A transaction that has said so and does not come to its end."""
    with db.engine.connect() as other, other.begin():
        assert other.execute(statement, values).rowcount
        yield


def test_a_long_transaction_on_one_person_s_stream_keeps_nobody_else_waiting(ada, bruno, world, impatient):
    mine, theirs = ada.phone().pull(), bruno.phone().pull()
    op = mine.op(world.done("tvatta"))
    with held(HOLD, stream=person_stream(ada.person_id)):
        said = mine.send(op)
        assert (said.status, said.code, said.response.headers["Retry-After"]) == (503, "busy", "15")
        assert mine.sync().status == 200, "who only reads waits for nobody"
        assert theirs.sync(world.done("tvatta")).said == ["applied"]
    assert mine.sync(op).said == ["applied"]
    assert [len(phone.pull().rows("step_completion")) for phone in (mine, theirs)] == [1, 1]


def test_while_a_migration_holds_a_table_a_push_is_told_to_come_again_and_then_counts(ada, world, impatient):
    phone = ada.phone()
    op = phone.op(world.done("tvatta"))
    with held(MIGRATE):
        said = phone.send(op)
        assert (said.status, said.code) == (503, "busy")
    assert phone.sync(op).said == ["applied"]


def test_a_push_and_another_that_wait_for_each_other_in_a_ring_both_succeed(ada, world, monkeypatch):
    """The other takes two streams the wrong way round, which nothing of ours does; PostgreSQL ends the push, and it begins anew."""
    tries, sound = [], exchange.receive
    monkeypatch.setattr(exchange, "receive", lambda *given: tries.append(1) or sound(*given))
    phone = ada.phone()
    phone.sync(world.by_code("kyrkan"))
    tries.clear()
    first, second = person_stream(ada.person_id), departure_stream(world.departures["rundan-i-dag"])
    with ThreadPoolExecutor(1) as pool, db.engine.connect() as other, db.engine.connect() as watching, other.begin():
        other.exec_driver_sql("SET LOCAL deadlock_timeout = '30s'")
        assert other.execute(HOLD, {"stream": first}).rowcount
        push = pool.submit(phone.send, world.by_code("torget"))
        while not (push.done() or watching.execute(WAITS).scalar_one()):
            watching.rollback()
        assert other.execute(HOLD, {"stream": second}).rowcount
        other.commit()
        assert push.result(30).said == ["applied"]
    assert len(tries) == 2, "it was ended once and tried again"
