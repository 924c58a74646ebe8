"""Memory of everything that the server runs: idle after a first answer, and after a busy while (proportional set size)."""

import threading
import time

from bench.ground import phones, report, server
from bench.sync import CLIENTS, Client, courses

BUSY_S = 15
TARGETS = {"idle_mb": "≤ 150 (Kolibri 95, Moodle 173)", "loaded_mb": "≤ 200 (Kolibri 189, Moodle 176)"}


def main() -> None:
    with server() as running:
        time.sleep(2)
        idle = running.pss_mb()
        steps = [(one["course_id"], step["key"]) for one in courses(running) for part in one["modules"]
                 for step in part["steps"] if step["kind"] != "quiz"]  # fmt: skip
        clients = [Client(running, phone, steps, 40) for phone in phones(running, CLIENTS)]
        until = time.monotonic() + BUSY_S
        threads = [threading.Thread(target=one.run, args=(until,)) for one in clients]
        for thread in threads:
            thread.start()
        loaded = 0.0
        while time.monotonic() < until:
            time.sleep(1)
            loaded = max(loaded, running.pss_mb())
        for thread in threads:
            thread.join()
    report({"idle_mb": round(idle, 1), "loaded_mb": round(loaded, 1)}, TARGETS)


if __name__ == "__main__":
    main()
