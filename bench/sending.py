"""How long 10,000 pushes take: two worker processes, real encryption and signatures, a push service on the same machine
that checks and decrypts each of them. Nothing may be lost, and nothing come twice.
"""

import json
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import psutil
import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric import ec
from flask import Flask

from bench.ground import ROOT, free_port, postgres, report
from config import Settings
from server import create_app
from server.foundation import clock, ids
from server.foundation.database import Base, db, writing
from server.people.models import Device, Person, Preference, Session
from server.reminders import vapid
from server.reminders.models import PushSubscription, Reminder, ReminderDelivery, WorkerBeat
from server.reminders.tasks import FILE
from tests.support.push_service import Subscribed, to_text

PUSHES, WORKERS = 10_000, 2
TARGETS = {"sent_10000_s": "≤ 60", "doubled": "0", "lost": "0"}
WORDS = {
    "sv": {
        "title": "Bussen går 09.00 i stället",
        "body": "Samlingen är vid kommunhuset som förut, men en halvtimme senare.",
    }
}


@contextmanager
def running(*command: str, **environment: str) -> Iterator[psutil.Process]:
    """A process of the product's code, gone afterwards."""
    started = subprocess.Popen([sys.executable, *command], cwd=ROOT, env=environment, stdout=subprocess.PIPE)
    try:
        yield psutil.Process(started.pid)
    finally:
        started.terminate()
        started.wait()
        if started.stdout:
            started.stdout.close()


def phones(origin: str, key: str) -> list[Subscribed]:
    """So many subscriptions, each with keys of its own."""
    made = []
    for number in range(PUSHES):
        token = f"{number:06d}"
        made.append(
            Subscribed(
                token, f"{origin}/p/{token}", ec.generate_private_key(ec.SECP256R1()), ids.new_id()[:16].encode(), key
            )
        )
    return made


def line_of(phone: Subscribed) -> str:
    """The phone as the push service's process reads it."""
    return f"{phone.token} {phone.private.private_numbers().private_value} {to_text(phone.auth)} {phone.key}"


def people(connection: sa.Connection, subscribed: list[Subscribed], key_id: str) -> list[tuple[str, str]]:
    """Each phone has a person, who hears of things at this hour. Returns (person, subscription)."""
    now = clock.now()
    quiet = (now + timedelta(hours=10)).strftime("%H:%M-") + (now + timedelta(hours=10, minutes=1)).strftime("%H:%M")
    made = [(ids.new_id(), ids.new_id()) for _ in subscribed]
    rows: dict[Any, list[dict[str, Any]]] = {Person: [], Device: [], Session: [], Preference: [], PushSubscription: []}
    for (person, subscription), phone in zip(made, subscribed, strict=True):
        rows[Person].append({"id": person, "email": f"{person}@bench.example", "name": "", "created_at": now})
        rows[Device].append(
            {"id": person, "person_id": person, "label": "", "registered_at": now, "last_heard_at": now}
        )
        rows[Session].append(
            {"token_hash": person, "person_id": person, "created_at": now, "expires_at": now, "extended_on": now.date()}
        )
        rows[Preference].append(
            {"person_id": person, "name": "quiet_hours", "value": quiet, "set_at": now, "op_id": ""}
        )
        rows[PushSubscription].append(
            {
                "id": subscription, "person_id": person, "device_id": person, "endpoint": phone.endpoint,
                "endpoint_hash": phone.token, "p256dh": phone.p256dh, "auth": to_text(phone.auth), "key_id": key_id,
                "session_hash": person, "made_at": now, "confirmed_at": now,
            }
        )  # fmt: skip
    for model, values in rows.items():
        connection.execute(sa.insert(model), values)
    return made


def letters(connection: sa.Connection, made: list[tuple[str, str]]) -> None:
    """A reminder for each of them, due now."""
    now = clock.now()
    reminders, deliveries = [], []
    for person, subscription in made:
        reminder = ids.new_id()
        reminders.append(
            {
                "id": reminder, "person_id": person, "rule": "message", "made_at": now, "words": WORDS, "target": "/",
                "expires_at": now + timedelta(days=7), "about": [],
            }
        )  # fmt: skip
        deliveries.append(
            {
                "id": ids.new_id(), "reminder_id": reminder, "person_id": person, "channel": "push",
                "address": subscription, "not_before": now,
            }
        )  # fmt: skip
    connection.execute(sa.insert(Reminder), reminders)
    connection.execute(sa.insert(ReminderDelivery), deliveries)


def until(holds: Any, patience_s: float) -> None:
    deadline = time.monotonic() + patience_s
    while not holds():
        if time.monotonic() > deadline:
            raise RuntimeError("waited too long")
        time.sleep(0.05)


def is_up(worker: psutil.Process, data: Path) -> bool:
    with db.engine.connect() as connection:
        heard = connection.execute(sa.select(WorkerBeat.at)).first() is not None
    return heard and any(one.path == str(data / FILE) for one in worker.open_files())


def left() -> int:
    open_ones = sa.select(sa.func.count()).where(ReminderDelivery.state.in_(("waiting", "claimed")))
    with db.engine.connect() as connection:
        return int(connection.execute(open_ones).scalar_one())


def cpu_s(*processes: psutil.Process) -> float:
    return sum(one.cpu_times().user + one.cpu_times().system for one in processes)


def send(app: Flask, workers: list[psutil.Process], service: psutil.Process, origin: str, made: Any) -> dict[str, Any]:
    with writing(), db.engine.begin() as connection:
        letters(connection, made)
        connection.exec_driver_sql("ANALYZE")  # as the database does by itself for tables that live
    before, begun = (cpu_s(*workers), cpu_s(service)), time.monotonic()
    for _ in workers:
        app.extensions["tasks"].deliveries()
    until(lambda: left() == 0, 300)
    took = time.monotonic() - begun
    told = json.loads(urllib.request.urlopen(f"{origin}/counts", timeout=30).read())
    counts = [count for _, _, count in told["tags"]]
    return {
        "sent_10000_s": round(took, 1), "doubled": sum(counts) - len(counts), "lost": len(made) - len(counts),
        "refused": len(told["refused"]), "connections": told["connections"],
        "worker_cpu_ms_a_push": round((cpu_s(*workers) - before[0]) / len(made) * 1000, 2),
        "service_cpu_ms_a_push": round((cpu_s(service) - before[1]) / len(made) * 1000, 2),
    }  # fmt: skip


def measure(database_url: str = "") -> dict[str, Any]:
    """The figures of one run."""
    with tempfile.TemporaryDirectory(prefix="rundtur-bench-") as folder:
        data, port = Path(folder), free_port()
        origin = f"http://127.0.0.1:{port}"
        settings = Settings(data=data, database_url=database_url, push_local=origin)
        app = create_app(settings)
        with app.app_context():
            key = vapid.ring(data)[0]
            subscribed = phones(origin, key.public)
            (data / "phones").write_text("\n".join(line_of(one) for one in subscribed))
            with writing(), db.engine.begin() as connection:
                Base.metadata.create_all(connection)
                made = people(connection, subscribed, key.id)
            environment = {"RUNDTUR_DATA": folder, "RUNDTUR_DATABASE_URL": database_url, "RUNDTUR_PUSH_LOCAL": origin}
            flask = ("-m", "flask", "--app", "server.wsgi:app", "worker")
            with running("-m", "tests.support.push_service", str(port), str(data / "phones")) as service, \
                    running(*flask, **environment) as one, running(*flask, **environment) as other:  # fmt: skip
                until(lambda: is_up(one, data) and is_up(other, data), 60)
                figures = send(app, [one, other], service, origin, made)
            db.engine.dispose()
    return figures


def main() -> None:
    figures = measure()
    if "--postgres" in sys.argv:
        with postgres() as url:
            figures |= {f"postgres_{name}": value for name, value in measure(url).items()}
    report(figures, TARGETS)


if __name__ == "__main__":
    main()
