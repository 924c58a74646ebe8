"""`script/server`'s own process: one sentence where it cannot start, and nothing left where it ends."""

import os
import signal
import sqlite3
import subprocess
import sys

import psutil
import pytest

from bench.ground import Server
from config import ROOT


def start(data, **environment):
    """What it says and how it ends, where it does not come to serve."""
    told = {"RUNDTUR_DATA": str(data), "RUNDTUR_DEMO": "0", "PORT": "1", **environment}
    return subprocess.run(
        [sys.executable, "-m", "server.running"], env=os.environ | told, cwd=ROOT, capture_output=True, text=True,
        check=False, timeout=60,
    )  # fmt: skip


def garbage(data):
    (data / "rundtur.sqlite3").write_bytes(b"this is no database" * 99)


def content_that_is_none(data):
    (data / "course.yaml").write_text("course: \x07")


def demo_accounts(data):
    assert start(data, PORT="-1").returncode == 1  # the port is looked at before anything is made
    running = Server(data).start()
    running.stop()


CASES = {
    "no number where a number must be": ({"RUNDTUR_SESSION_DAYS": "ninety"}, None, "RUNDTUR_SESSION_DAYS"),
    "no number of processes": ({"RUNDTUR_PROCESSES": "x"}, None, "RUNDTUR_PROCESSES"),
    "a file that is no database": ({"PORT": "0"}, garbage, "PORT"),
    "a database that is none": ({"PORT": "18999"}, garbage, "not a database"),
    "a demo that cannot be loaded": (
        {"PORT": "18999", "RUNDTUR_DEMO": "1", "RUNDTUR_DEMO_CONTENT": "{data}"}, content_that_is_none, "not YAML",
    ),
    "production over a demo": (
        {
            "PORT": "18999", "RUNDTUR_ENVIRONMENT": "production", "RUNDTUR_SECRET_KEY": "k" * 32,
            "RUNDTUR_PUBLIC_URL": "https://rundtur.example", "RUNDTUR_PUSH_SUBJECT": "mailto:it@ekero.se",
        },
        demo_accounts, "demo accounts",
    ),
}  # fmt: skip


@pytest.mark.parametrize(
    ("environment", "prepare", "said"), [pytest.param(*case, id=name) for name, case in CASES.items()]
)
def test_what_keeps_it_from_starting_is_one_sentence(tmp_path, environment, prepare, said):
    if prepare:
        prepare(tmp_path)
    done = start(tmp_path, **{name: value.replace("{data}", str(tmp_path)) for name, value in environment.items()})
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1, done.stderr
    assert said in done.stderr
    assert "Ready" not in done.stdout


def test_a_sigterm_ends_everything_that_was_started(tmp_path):
    running = Server(tmp_path, RUNDTUR_DEMO="0").start()
    assert running.process
    first = psutil.Process(running.process.pid)
    while len(first.children(recursive=True)) < 2:
        assert running.process.poll() is None  # the first to answer may be there before its brother
    everyone = [first, *first.children(recursive=True)]
    running.stop(signal.SIGTERM)
    assert [one.pid for one in everyone if one.is_running() and one.status() != psutil.STATUS_ZOMBIE] == []


def test_a_second_start_finds_everything_as_it_was(tmp_path):
    for _ in range(2):
        Server(tmp_path).start().stop()
    with sqlite3.connect(tmp_path / "rundtur.sqlite3") as connection:
        people, departures = (
            connection.execute(f"SELECT count(*) FROM {one}").fetchone() for one in ("person", "departure")
        )
    assert (people, departures) == ((40,), (4,))
