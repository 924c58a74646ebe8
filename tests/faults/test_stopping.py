"""A stop in the middle of fifty requests is a failure to none of them (FAULTS 14)."""

import fcntl
import signal
import socket
import threading
from contextlib import contextmanager, suppress

import psutil
import psycopg
import pytest

from bench.ground import phones

from .crowd import Broken, Crowd
from .history import judge
from .telling import Base

PHONES = 50


@contextmanager
def nobody_can_write(running):
    """Whoever pushes waits inside of the server."""
    url = running.environment["RUNDTUR_DATABASE_URL"].replace("+psycopg", "")
    if url:
        with psycopg.connect(url) as connection:
            connection.execute("LOCK TABLE sync_operation IN ACCESS EXCLUSIVE MODE")
            yield
    else:
        with (running.data / "writer.lock").open("a") as place:
            fcntl.flock(place, fcntl.LOCK_EX)
            yield


def until_refused(port):
    """Nobody is let in any more. (Who rings while the door is being shut hears a reset, and rings again.)"""
    while True:
        with suppress(ConnectionResetError):
            try:
                socket.create_connection(("127.0.0.1", port), timeout=5).close()
            except ConnectionRefusedError:
                return


def attempt(talker):
    try:
        talker.visit()
    except Broken:
        pass
    finally:
        talker.hang_up()


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGKILL], ids=["told to stop", "first process killed"])
def test_of_fifty_pushes_in_flight_none_is_cut_off_by_a_stop(running, sign):
    """Where the first process is killed the others notice it by themselves, and end as if they had been told."""
    everyone = psutil.Process(running.process.pid).children(recursive=True)
    crowd = Crowd(running, phones(running, PHONES))
    base = Base(running.data, running.environment["RUNDTUR_DATABASE_URL"])
    base.watch()
    threads = [threading.Thread(target=attempt, args=(one,), daemon=True) for one in crowd.talkers]
    with nobody_can_write(running):
        for one, thread in zip(crowd.talkers, threads, strict=True):
            one.act()
            thread.start()
        for one in crowd.talkers:
            assert one.has_sent.wait(10)
        running.process.send_signal(sign)
        until_refused(running.port)
    for thread in threads:
        thread.join(30)
    assert running.process.wait(30) == (0 if sign == signal.SIGTERM else -sign)
    assert psutil.wait_procs(everyone, timeout=30)[1] == []
    assert crowd.met == {"200": PHONES}
    assert crowd.odd == []
    assert judge(crowd.history, base.look(crowd.people)) == []
