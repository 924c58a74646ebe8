"""A replica that lacks the last seconds takes over: phones tell it what it lacks, and nobody has to do anything (FAULTS 17)."""

import time

import pytest

from bench.ground import Server, phones
from config import ROOT
from tests.databases import Cluster, binaries

from .crowd import Crowd
from .history import History, Read, Told, judge
from .telling import Base

PHONES = 6
SAFE = "synchronous_commit=local"
"""answered when its own log has it, as usual; the replica follows later"""

pytestmark = pytest.mark.skipif(binaries() is None, reason="PostgreSQL is not installed")


@pytest.fixture
def clusters():
    """Where PostgreSQL runs; a test adds the replica."""
    first = Cluster(SAFE)
    first.say("CREATE DATABASE rundtur")
    made = [first]
    yield made
    for one in made:
        one.stop()


def server_of(folder, *hosts):
    named = "&".join(f"host={one}" for one in hosts)
    url = f"postgresql+psycopg://postgres@/rundtur?{named}&target_session_attrs=read-write"
    return Server(folder, url, RUNDTUR_WORKER="0", RUNDTUR_DEMO_CONTENT=str(ROOT / "tests" / "packs" / "kommun"))


def until_it_follows(base, crowd):
    while not base.look(crowd.people).ledger:
        time.sleep(0.05)


def of_this_life(crowd, kept, since):
    """What the database that took over was told, or knew: what it lacks was never said to anybody, as far as it knows."""
    return History(
        one for one in crowd.history.events
        if one.at >= since or not isinstance(one, Read | Told) or (isinstance(one, Told) and one.op_id in kept)
    )  # fmt: skip


def test_what_a_replica_lacks_that_takes_over_is_told_again_and_counts_once(clusters, tmp_path):
    (first,) = clusters
    second_base = None
    running = server_of(tmp_path, first.folder).start()
    try:
        Base(tmp_path, first.url("rundtur")).watch()
        second = Cluster(SAFE, of=first)
        clusters.append(second)
        second_base = Base(tmp_path, second.url("rundtur"))
        many = phones(running, PHONES)
        running.stop()
        running = server_of(tmp_path, first.folder, second.folder)
        crowd = Crowd(running.start(), many).start()
        until_it_follows(second_base, crowd)
        second.say("ALTER SYSTEM SET primary_conninfo = ''")
        second.say("SELECT pg_reload_conf()")
        crowd.until("200", PHONES * 6)
        first.break_off()
        kept = {op_id for op_id, _ in second_base.look(crowd.people).ledger}
        since = time.monotonic()
        second.say("SELECT pg_promote()")
        crowd.until("200")
        crowd.end()
    finally:
        running.stop()
    told = {one.op_id for one in crowd.history.events if isinstance(one, Told) and one.at < since}
    assert told - kept, "the replica lacks nothing that was answered"
    assert judge(of_this_life(crowd, kept, since), second_base.look(crowd.people)) == []
    assert crowd.odd == []
    assert set(crowd.met) == {"200", "503"}
