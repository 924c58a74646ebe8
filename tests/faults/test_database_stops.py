"""PostgreSQL is broken off in the middle of pushes and started again: nothing that was answered is lost (FAULTS 16)."""

import pytest

from bench.ground import Server, phones
from config import ROOT
from tests.databases import Cluster, binaries

from .crowd import Crowd, asked
from .history import judge
from .telling import Base

PHONES = 8
SAFE = "synchronous_commit=on"
UNSAFE = ("synchronous_commit=off", "wal_writer_delay=10s")

pytestmark = pytest.mark.skipif(binaries() is None, reason="PostgreSQL is not installed")


@pytest.fixture(scope="module")
def cluster():
    made = Cluster(SAFE)
    made.say("CREATE DATABASE rundtur")
    yield made
    made.stop()


@pytest.fixture
def careless(cluster):
    """For once the database answers before it has written."""
    cluster.break_off()
    cluster.start(*UNSAFE)
    yield cluster
    cluster.break_off()
    cluster.start(SAFE)


@pytest.fixture(scope="module")
def running(cluster, tmp_path_factory):
    content = str(ROOT / "tests" / "packs" / "kommun")
    data = tmp_path_factory.mktemp("data")
    server = Server(data, cluster.url("rundtur"), RUNDTUR_WORKER="0", RUNDTUR_DEMO_CONTENT=content)
    server.start()
    Base(data, cluster.url("rundtur")).watch()
    yield server
    server.stop()


def break_off(cluster, crowd):
    """The database is gone in the middle of pushes, everybody meets it, and it comes back."""
    crowd.until("200", PHONES * 4)
    cluster.break_off()
    crowd.until("503")
    cluster.start(SAFE)
    crowd.until("200")


def judged(running, crowd, cluster):
    return judge(crowd.history, Base(running.data, cluster.url("rundtur")).look(crowd.people))


def test_what_was_answered_survives_a_database_that_is_broken_off_and_everybody_else_is_told_to_come_again(
    running, cluster
):
    crowd = Crowd(running, phones(running, PHONES)).start()
    for _ in range(2):
        break_off(cluster, crowd)
    crowd.end()
    assert judged(running, crowd, cluster) == []
    assert crowd.odd == []
    assert set(crowd.met) == {"200", "503"}


def test_a_database_that_answers_before_it_has_written_loses_and_is_found_out(running, careless):
    """The twin of the test above: a loss that nobody can see would make it worth nothing.

    What is lost is the last page of the log; now and then it is just full, and then written.
    """
    found = set()
    for _ in range(9):
        crowd = Crowd(running, phones(running, 2)).start()
        crowd.until("200")
        crowd.end()
        careless.break_off()
        careless.start(*UNSAFE)
        found |= {one.name for one in judged(running, crowd, careless)}
        if "lost" in found:
            break
    assert "lost" in found


def test_without_a_database_every_page_says_so_in_its_own_shape_and_comes_back_by_itself(running, cluster):
    """A page of the office too, which would ask the database who reads it."""
    cookie = phones(running, 1)[0].cookie
    cluster.break_off()
    try:
        for path, kind in (("/api/session", "application/json"), ("/office/", "text/html"), ("/health/ready", "json")):
            answer = asked(running, path, cookie)
            assert (answer.status, path) == (503, path)
            assert kind in answer.headers["Content-Type"]
            assert int(answer.headers["Retry-After"]) > 0
        assert asked(running, "/health/live", cookie).status == 200
    finally:
        cluster.start(SAFE)
    assert asked(running, "/api/session", cookie).status == 200


def test_who_comes_after_a_restart_that_nobody_met_is_answered_at_once(running, cluster):
    """Connections are gone, and each is asked before it is used."""
    cookie = phones(running, 1)[0].cookie
    for _ in range(8):  # both processes have some
        asked(running, "/api/session", cookie)
    cluster.break_off()
    cluster.start(SAFE)
    assert {asked(running, "/api/session", cookie).status for _ in range(8)} == {200}
