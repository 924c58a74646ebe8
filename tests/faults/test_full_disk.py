"""A disk that is full: who writes is told to come again, who reads reads on, and with room all goes on by itself (FAULTS 19)."""

import os
import subprocess

import pytest

from bench.ground import Server, phones
from config import ROOT

from .crowd import Crowd, asked
from .history import judge
from .telling import Base

PHONES = 4
ROOM = "48m"


@pytest.fixture
def disk(tmp_path):
    """A small disk of its own."""
    folder = tmp_path / "disk"
    folder.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={ROOM}", "tmpfs", folder], capture_output=True).returncode:
        pytest.skip("this user may not mount a small disk, and a disk that others use is not to be filled")
    yield folder
    subprocess.run(["umount", "--lazy", folder], check=True)


@pytest.fixture
def running(disk):
    server = Server(disk, RUNDTUR_WORKER="0", RUNDTUR_DEMO_CONTENT=str(ROOT / "tests" / "packs" / "kommun"))
    yield server.start()
    server.stop()


def fill(disk):
    """No byte more can be written. Returns what takes the room."""
    ballast = disk / "ballast"
    with ballast.open("wb", buffering=0) as file:
        for size in (2**20, 2**12, 1):
            try:
                while file.write(os.urandom(1) * size):
                    pass
            except OSError:
                continue
    return ballast


def test_on_a_full_disk_who_reads_reads_on_and_who_writes_is_told_to_come_again(running, disk):
    base = Base(disk, "")
    base.watch()
    *writers, reader = phones(running, PHONES + 1)
    crowd = Crowd(running, writers).start()
    crowd.until("200")
    base.say("UPDATE session SET extended_on = '2020-01-01'")  # each is to be moved on, which cannot be written
    ballast = fill(disk)
    crowd.until("503")
    reading = Crowd(running, [reader]).talkers[0]
    reading.begin_anew()
    reading.hang_up()
    for path in ("/", "/api/session", "/health/ready"):
        assert (path, asked(running, path, reader.cookie).status) == (path, 200)
    crowd.until("503")
    ballast.unlink()
    crowd.until("200", PHONES * 4)
    crowd.end()
    assert judge(crowd.history, base.look(crowd.people)) == []
    assert crowd.odd == []
    assert set(crowd.met) == {"200", "503"}
    assert crowd.codes["storage_full"]
