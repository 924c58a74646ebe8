"""The ground that benches stand on: the real server in a folder of its own, people with sessions, and a table at the end."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

import psutil

ROOT = Path(__file__).resolve().parent.parent


class Phone(NamedTuple):
    """A person's phone, signed in."""

    person_id: str
    device_id: str
    cookie: str


class Server:
    """`script/server`'s own process tree on a free port."""

    def __init__(self, data: Path, database_url: str = "", **environment: str) -> None:
        self.data, self.port = data, free_port()
        self.root = ROOT
        """where its code and its bundles are: another build of the product may take over the data and the address"""
        self.environment = {
            **os.environ, "RUNDTUR_DATA": str(data), "RUNDTUR_DATABASE_URL": database_url, "PORT": str(self.port),
            "HOST": "127.0.0.1", "RUNDTUR_DEMO": "1", **environment,
        }  # fmt: skip
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}"

    def start(self) -> "Server":
        """It answers. Its first words are kept in data/server.log."""
        with (self.data / "server.log").open("ab") as log:
            more = self.environment.get("PYTHONPATH")
            environment = {
                **self.environment,
                "PYTHONPATH": os.pathsep.join([str(self.root), *([more] if more else [])]),
            }
            self.process = subprocess.Popen(
                [sys.executable, "-m", "server.running"], cwd=self.root, env=environment, stdout=log, stderr=log
            )
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                urllib.request.urlopen(f"{self.url}/health/ready", timeout=2).read()
                return self
            except OSError:
                if self.process.poll() is not None:
                    break
                time.sleep(0.05)
        raise RuntimeError((self.data / "server.log").read_text())

    def stop(self, sign: signal.Signals = signal.SIGTERM) -> None:
        """Everything that it started is gone."""
        if self.process:
            children = psutil.Process(self.process.pid).children(recursive=True) if sign == signal.SIGKILL else []
            self.process.send_signal(sign)  # the parent first: it would start a new child for one that dies
            self.process.wait(30)
            for child in children:
                with suppress(psutil.Error):
                    child.kill()
            psutil.wait_procs(children, timeout=10)
            self.process = None

    def pss_mb(self) -> float:
        """Proportional memory of everything that the server runs."""
        assert self.process
        root = psutil.Process(self.process.pid)
        return sum(one.memory_full_info().pss for one in (root, *root.children(recursive=True))) / 2**20


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def server(database_url: str = "", **environment: str) -> Iterator[Server]:
    """The server with the demo organisation, gone afterwards."""
    data = Path(tempfile.mkdtemp(prefix="rundtur-bench-"))
    running = Server(data, database_url, **environment)
    try:
        yield running.start()
    finally:
        running.stop()
        shutil.rmtree(data, ignore_errors=True)


@contextmanager
def postgres() -> Iterator[str]:
    """A PostgreSQL cluster of its own with its usual safety (fsync on), as a URL."""
    import pwd

    folder = Path(tempfile.mkdtemp(prefix="rundtur-pg-"))
    binaries = sorted(Path("/usr/lib/postgresql").glob("*/bin"))[-1]
    port = free_port()
    as_user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    if as_user:
        owner = pwd.getpwnam("postgres")
        os.chown(folder, owner.pw_uid, owner.pw_gid)

    def run(*command: str) -> None:
        subprocess.run([*as_user, *command], check=True, stdout=subprocess.DEVNULL, cwd="/")

    run(
        str(binaries / "initdb"),
        "-D",
        f"{folder}/data",
        "-U",
        "postgres",
        "-A",
        "trust",
        "-E",
        "UTF8",
        "--locale=C.UTF-8",
    )
    run(str(binaries / "pg_ctl"), "-D", f"{folder}/data", "-w", "-l", f"{folder}/log", "-o",
        f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c max_connections=60", "start")  # fmt: skip
    try:
        run(str(binaries / "createdb"), "-h", "127.0.0.1", "-p", str(port), "-U", "postgres", "rundtur")
        yield f"postgresql+psycopg://postgres@127.0.0.1:{port}/rundtur"
    finally:
        run(str(binaries / "pg_ctl"), "-D", f"{folder}/data", "-m", "immediate", "-w", "stop")
        shutil.rmtree(folder, ignore_errors=True)


def phones(running: Server, count: int) -> list[Phone]:
    """So many new people of the demo organisation's top unit, enrolled, each with a signed-in phone."""
    import sqlalchemy as sa

    from config import Settings
    from server import create_app
    from server.foundation import clock, ids
    from server.foundation.changefeed import publish_session
    from server.foundation.database import db, writing
    from server.learning.enrolling import enrol
    from server.learning.models import Programme
    from server.people import devices, enlisting, sessions
    from server.people.models import Unit

    settings = Settings(data=running.data, database_url=running.environment["RUNDTUR_DATABASE_URL"], demo=True)
    app = create_app(settings)
    made = []
    with app.app_context(), writing():
        unit = db.session.scalars(sa.select(Unit).where(Unit.within_id.is_(None))).first()
        programme = db.session.scalars(sa.select(Programme.id)).first()
        assert unit
        assert programme
        now = clock.now()
        for index in range(count):
            person = enlisting.enlist(
                db.session(), email=f"{ids.new_id()}@bench.example", name=f"Bench {index}", at=now
            )
            enlisting.employ(
                db.session(), person_id=person.id, unit=unit, title="", shift_pattern="day",
                from_on=now.date() - timedelta(days=9), to_on=None,
            )  # fmt: skip
            enrol(db.session(), person_id=person.id, programme_id=programme, started_on=now.date())
            device = ids.new_id()
            devices.register(db.session.connection(), device, person.id, "bench", now, "bench")
            token, _ = sessions.begin(db.session.connection(), person.id, now, 90)
            made.append(Phone(person.id, device, f"sid={token}"))
        publish_session(db.session())
        db.session.commit()
        db.engine.dispose()
    return made


def courses(running: Server) -> list[dict[str, Any]]:
    """The published course documents, in Swedish."""
    found = [json.loads(path.read_bytes()) for path in sorted((running.data / "content").glob("*.json"))]
    return [one for one in found if one["kind"] == "course" and one["language"] == "sv"]


def percentile(values: list[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def report(figures: dict[str, Any], targets: dict[str, str]) -> None:
    """A table of the figures beside their targets, and the figures as the last line."""
    width = max(len(key) for key in figures)
    print(f"\n{'figure':<{width}}  {'measured':>12}  target")
    for key, value in figures.items():
        shown = f"{value:,.1f}" if isinstance(value, float) else str(value)
        print(f"{key:<{width}}  {shown:>12}  {targets.get(key, '')}")
    print(json.dumps(figures))
