"""`script/server`: the database is migrated, an empty one gets the demo organisation, then gunicorn serves.

The code is loaded once and forked, by gunicorn and for the worker; a SIGTERM ends everything that was started.
"""

import ctypes
import os
import resource
import socket
import sys
import traceback
from collections.abc import Callable
from pathlib import Path

import sqlalchemy as sa
from flask import Flask
from gunicorn.app.base import Application

from config import ROOT, Listening, Settings, from_environment, listening
from server import create_app
from server.foundation import migrating, presence
from server.foundation.database import SQLITE_SAFE_FOR_SEVERAL, db, sqlite_version
from server.people.models import Person
from server.starting import Unfit, check_accounts


class Serving(Application):  # type: ignore[misc] # gunicorn has no types
    """gunicorn over the application that stands already."""

    def __init__(self, app: Flask, at: Listening, processes: int) -> None:
        self._app, self._at, self._processes = app, at, processes
        super().__init__()

    def load_config(self) -> None:
        self.load_config_from_file(str(Path(__file__).with_name("gunicorn.conf.py")))
        host = f"[{self._at.host}]" if ":" in self._at.host else self._at.host
        self.cfg.set("bind", f"{host}:{self._at.port}")
        self.cfg.set("workers", self._processes)

    def load(self) -> Flask:
        return self._app


M_ARENA_MAX = -8
"""glibc's malloc.h: how many heaps a process has"""
MOST_FILES = 8192


def main() -> None:
    at = listening()
    _have_one_heap()
    _have_many_files()
    try:
        settings = from_environment()
        check_port(at)
        app = create_app(settings)
        presence.serve(settings.data)
        _apart(lambda: prepare(app, settings))
        processes = _processes(settings, app)
    except (Unfit, presence.NotNow) as unfit:
        sys.exit(f"rundtur: {unfit}")
    Serving(app, at, processes).run()


def _have_one_heap() -> None:
    """Threads that take turns at Python's lock gain nothing by heaps of their own, and each of them keeps what it once had."""
    libc = ctypes.CDLL(None)
    if hasattr(libc, "mallopt"):
        libc.mallopt(M_ARENA_MAX, 1)


def _have_many_files() -> None:
    """Each phone that holds its line is a file: as many as are allowed, where a system allows few until it is asked for more."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < MOST_FILES:
        most = MOST_FILES if hard == resource.RLIM_INFINITY else min(hard, MOST_FILES)
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, most), hard))


def _apart(work: Callable[[], None]) -> None:
    """The work is done by a process that is then gone, and all that it loaded with it: what serves stays small."""
    sys.stdout.flush()
    child = os.fork()
    if child:
        _, status = os.waitpid(child, 0)
        if status:
            sys.exit(1)
        return
    status = 1
    try:
        work()
        status = 0
    except Unfit as unfit:
        print(f"rundtur: {unfit}", file=sys.stderr)  # noqa: T201
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        os._exit(status)


def check_port(at: Listening) -> None:
    """Somebody can listen there. Raises Unfit."""
    if not at.port.isdigit() or not 0 < int(at.port) < 65536:
        raise Unfit(f"PORT is “{at.port}”; it must be a number from 1 to 65535.")
    try:
        with socket.socket(socket.AF_INET6 if ":" in at.host else socket.AF_INET) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((at.host, int(at.port)))
    except OSError as error:
        raise Unfit(
            f"{at.host}:{at.port} cannot be used ({error.strerror}); choose another with HOST and PORT."
        ) from None


def prepare(app: Flask, settings: Settings) -> None:
    """The database is migrated, and an empty one holds the demo organisation where it should. Raises Unfit."""
    with app.app_context():
        try:
            if not _is_migrated():
                migrating.upgrade(app)
        except (sa.exc.DBAPIError, OSError) as error:
            raise Unfit(f"The database cannot be used: {_said(error)}") from None
        check_accounts(settings, db.engine)
        if settings.demo:
            _load_demo(app, settings)
        db.session.remove()
        db.engine.dispose()


def _said(error: BaseException) -> str:
    words = str(getattr(error, "orig", None) or error).strip()
    return words.splitlines()[0] if words else type(error).__name__


def _is_migrated() -> bool:
    """True where the newest migration has run: then nothing of the kind need be loaded at a start."""
    head = (ROOT / "migrations" / "HEAD").read_text("ascii").strip()
    with db.engine.connect() as connection:
        if not sa.inspect(connection).has_table("alembic_version"):
            return False
        return connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar_one_or_none() == head


def _load_demo(app: Flask, settings: Settings) -> None:
    if db.session.execute(sa.select(Person.id).limit(1)).first() is None:
        print("Loading the demo organisation …", flush=True)  # noqa: T201 - the command's output
        db.session.rollback()
        done = app.test_cli_runner().invoke(args=["content", "load", str(settings.demo_content)])
        if done.exit_code:
            said = done.output.strip().splitlines()[-1:] or [_said(done.exception or Exception("no reason was given"))]
            raise Unfit(f"The demo organisation could not be loaded. {said[0]}")
    rows = db.session.execute(sa.select(Person.email, Person.name).where(Person.is_demo).order_by(Person.name)).all()
    print(f"\nDemo accounts, password {settings.demo_password}:")  # noqa: T201
    for email, name in rows:
        print(f"  {email:<40} {name}")  # noqa: T201


def _processes(settings: Settings, app: Flask) -> int:
    """Two, so that one slow answer never holds up everyone; one where the SQLite at hand cannot be shared safely."""
    if settings.processes:
        return settings.processes
    with app.app_context():
        if settings.is_sqlite and sqlite_version(db.engine) < SQLITE_SAFE_FOR_SEVERAL:
            print("This SQLite is older than 3.51.3: running one process.")  # noqa: T201
            return 1
    return 2


if __name__ == "__main__":
    main()
