"""`script/server`: the database is migrated, an empty one gets the demo organisation, then gunicorn takes over.

This process becomes gunicorn, so that a SIGTERM to it ends everything that it started.
"""

import os
import socket
import sys
from pathlib import Path

import sqlalchemy as sa
from flask import Flask
from flask_migrate import upgrade

from config import ROOT, Settings, from_environment
from server.foundation.database import SQLITE_SAFE_FOR_SEVERAL, db, sqlite_version
from server.starting import Unfit

DEMO = Path(os.environ.get("RUNDTUR_DEMO_CONTENT") or ROOT / "content" / "ekero")


def main() -> None:
    host, port = os.environ.get("HOST", "127.0.0.1"), os.environ.get("PORT", "8000")
    os.environ.setdefault("RUNDTUR_PUBLIC_URL", f"http://localhost:{port}")
    try:
        settings = from_environment()
        _check_port(host, port)
        app = _prepare(settings)
        processes = _processes(settings, app)
    except Unfit as unfit:
        sys.exit(f"rundtur: {unfit}")
    os.environ["RUNDTUR_PROCESSES"] = str(processes)
    os.execv(
        sys.executable,
        [sys.executable, "-m", "gunicorn", "--config", str(Path(__file__).with_name("gunicorn.conf.py")),
         "--bind", f"{host}:{port}", "--workers", str(processes), "server.wsgi:app"],
    )  # fmt: skip


def _check_port(host: str, port: str) -> None:
    if not port.isdigit() or not 0 < int(port) < 65536:
        raise Unfit(f"PORT is “{port}”; it must be a number from 1 to 65535.")
    try:
        with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, int(port)))
    except OSError as error:
        raise Unfit(f"{host}:{port} cannot be used ({error.strerror}); choose another with HOST and PORT.") from None


def _prepare(settings: Settings) -> Flask:
    from server import create_app

    app = create_app(settings)
    with app.app_context():
        try:
            upgrade()
        except sa.exc.OperationalError as error:
            raise Unfit(f"The database cannot be used: {str(error.orig).strip().splitlines()[0]}") from None
        if settings.demo:
            _load_demo(app, settings)
        db.session.remove()
    return app


def _load_demo(app: Flask, settings: Settings) -> None:
    from server.people.models import Person

    if db.session.execute(sa.select(Person.id).limit(1)).first() is None:
        print("Loading the demo organisation …", flush=True)  # noqa: T201 - the command's output
        db.session.rollback()
        done = app.test_cli_runner().invoke(args=["content", "load", str(DEMO)])
        if done.exit_code:
            raise Unfit(f"The demo organisation could not be loaded. {done.output.strip().splitlines()[-1]}")
    rows = db.session.execute(sa.select(Person.email, Person.name).where(Person.is_demo).order_by(Person.name)).all()
    print(f"\nDemo accounts, password {settings.demo_password}:")  # noqa: T201
    for email, name in rows:
        print(f"  {email:<40} {name}")  # noqa: T201


def _processes(settings: Settings, app: Flask) -> int:
    """Two, so that one slow answer never holds up everyone; one where the SQLite at hand cannot be shared safely."""
    asked = int(os.environ.get("RUNDTUR_PROCESSES") or 0)
    if asked:
        return asked
    with app.app_context():
        if settings.is_sqlite and sqlite_version(db.engine) < SQLITE_SAFE_FOR_SEVERAL:
            print("This SQLite is older than 3.51.3: running one process.")  # noqa: T201
            return 1
    return 2


if __name__ == "__main__":
    main()
