"""How many operations a second the real server takes: 8 phones, one operation a request and 40 a request.

Through gunicorn, session, validation, rules, ledger, changes and the pull of one's own changes. SQLite with
synchronous=FULL; PostgreSQL with fsync. The reference of the same run: the disk's own fsyncs a second.
"""

import http.client
import json
import os
import sys
import tempfile
import threading
import time
from typing import Any

from bench.ground import Phone, Server, courses, percentile, phones, postgres, report, server
from server.foundation import clock, ids

CLIENTS = 8
SECONDS = float(os.environ.get("BENCH_SECONDS") or 8)
TARGETS = {
    "sqlite_single_per_s": "≥ 400", "sqlite_single_p99_ms": "≤ 100", "sqlite_batched_per_s": "≥ 4,000",
    "postgres_batched_per_s": "≥ 6,000",
}  # fmt: skip


class Client:
    """One phone that sends as fast as it is answered."""

    def __init__(self, running: Server, phone: Phone, steps: list[tuple[str, str]], batch: int) -> None:
        self.running, self.phone, self.steps, self.batch = running, phone, steps, batch
        self.seq, self.took, self.outcomes = 0, [], 0  # type: ignore[var-annotated]
        self.cursor: str | None = None

    def run(self, until: float) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self.running.port)
        headers = {"Content-Type": "application/json", "X-Rundtur-Client": "bench", "Cookie": self.phone.cookie}
        self._exchange(connection, headers, 0)
        while time.monotonic() < until:
            begun = time.monotonic()
            self._exchange(connection, headers, self.batch)
            self.took.append(time.monotonic() - begun)
        connection.close()

    def _exchange(self, connection: http.client.HTTPConnection, headers: dict[str, str], count: int) -> None:
        connection.request("POST", "/api/sync", json.dumps(self._body(count)), headers)
        answer = connection.getresponse()
        body = json.loads(answer.read())
        if answer.status != 200:
            raise RuntimeError(f"{answer.status} {body}")
        wrong = [one for one in body["outcomes"] if one["status"] not in ("applied", "merged")]
        if wrong:
            raise RuntimeError(str(wrong[:2]))
        self.outcomes += len(body["outcomes"])
        self.cursor = body["cursor"]

    def _body(self, count: int) -> dict[str, Any]:
        now = clock.wire(clock.now())
        return {
            "protocol": 1, "person_id": self.phone.person_id, "device_id": self.phone.device_id, "epoch": None,
            "app_version": "bench", "sent_at": now, "cursor": self.cursor,
            "operations": [self._operation(now) for _ in range(count)],
        }  # fmt: skip

    def _operation(self, now: str) -> dict[str, Any]:
        """Steps completed while there are any, then places kept: what a learner's phone sends most."""
        self.seq += 1
        head = {
            "op_id": ids.new_id(),
            "seq": self.seq,
            "v": 1,
            "occurred_at": now,
            "heard_server_at": None,
            "clock_jumped": False,
        }
        course, step = self.steps[self.seq % len(self.steps)]
        if self.seq <= len(self.steps):
            return head | {"kind": "step_completed", "course_id": course, "version": 1, "step_key": step}
        if self.seq % 4 == 0:
            return head | {"kind": "note_kept", "course_id": course, "step_key": step, "text": f"thought {self.seq}"}
        return head | {"kind": "place_kept", "item_id": course, "step_key": step, "position_s": None}


def measure(running: Server, batch: int) -> tuple[float, float]:
    """Operations a second and the 99th percentile of a request in ms."""
    steps = [
        (course["course_id"], step["key"])
        for course in courses(running) for module in course["modules"] for step in module["steps"]
        if step["kind"] != "quiz"
    ]  # fmt: skip
    clients = [Client(running, phone, steps, batch) for phone in phones(running, CLIENTS)]
    begun = time.monotonic()
    threads = [threading.Thread(target=one.run, args=(begun + SECONDS,)) for one in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    took = time.monotonic() - begun
    return sum(one.outcomes for one in clients) / took, percentile(
        [t for one in clients for t in one.took], 0.99
    ) * 1000


def fsyncs_per_s() -> float:
    with tempfile.NamedTemporaryFile() as file:
        begun, count = time.monotonic(), 0
        while time.monotonic() - begun < 1:
            file.write(b"x" * 4096)
            file.flush()
            os.fsync(file.fileno())
            count += 1
    return float(count)


def main() -> None:
    figures: dict[str, Any] = {"fsyncs_per_s": fsyncs_per_s()}
    if "--postgres" not in sys.argv:
        with server() as running:
            single, p99 = measure(running, 1)
            figures |= {"sqlite_single_per_s": single, "sqlite_single_p99_ms": p99}
            figures["sqlite_batched_per_s"], _ = measure(running, 40)
    with postgres() as url, server(url) as running:
        figures["postgres_single_per_s"], _ = measure(running, 1)
        figures["postgres_batched_per_s"], _ = measure(running, 40)
    report({key: round(value, 1) for key, value in figures.items()}, TARGETS)


if __name__ == "__main__":
    main()
