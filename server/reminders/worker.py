"""The worker: a process that does the rounds and delivers. Any number of them may run; one is kept beside the web
processes, forked from the same loaded code, and `flask worker` is another.
"""

import logging
import os
import signal
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from flask import Flask
from huey.consumer import Consumer, Scheduler

from server.foundation.errors import traced

from .tasks import Tasks

log = logging.getLogger(__name__)
STOPS = {signal.SIGTERM, signal.SIGINT, signal.SIGQUIT}
GUNICORNS = (
    signal.SIGINT, signal.SIGTERM, signal.SIGQUIT, signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2, signal.SIGWINCH,
    signal.SIGCHLD, signal.SIGTTIN, signal.SIGTTOU,
)  # fmt: skip
"""what gunicorn listens to, and a process forked from it must not"""
LOOK_EVERY_S = 5
"""so soon a round that was asked for at a time is done after it; the round of each minute comes besides"""
SAY_EVERY_S = 60
LAST_S = 8
"""so long a worker may finish what it is about; its leases tell others the rest"""


def run(app: Flask, parent: int | None = None) -> None:
    """Works until it is told to stop (TERM, INT), or the process that forked it is no more."""
    tasks: Tasks = app.extensions["tasks"]
    tasks.mend()
    seldom = Seldom()
    for name in ("Worker", "Scheduler"):
        logging.getLogger(f"huey.consumer.{name}").addFilter(seldom)
    consumer = _Working(tasks, parent)
    tasks.is_stopping = consumer.stop_flag.is_set
    consumer.run()


class Seldom(logging.Filter):
    """A queue that is away makes huey say so each second, with the whole stack: once a minute and in a line is enough."""

    def __init__(self) -> None:
        super().__init__()
        self._said_at: dict[str, float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        fault = record.exc_info and record.exc_info[1]
        if not fault or not str(record.msg).startswith("Error reading"):
            return True
        now = time.monotonic()
        if now - self._said_at.get(record.msg, -SAY_EVERY_S) < SAY_EVERY_S:
            return False
        self._said_at[record.msg] = now
        record.msg, record.args, record.exc_info = f"{record.msg}: %s", (type(fault).__name__,), None
        return True


class _Rounds(Scheduler):  # type: ignore[misc] # huey has no types
    """Each minute a round is put into the queue, and what waits for its time; where there is no queue it is done here."""

    tasks: Tasks

    def loop(self, now: Any = None) -> None:
        self.tasks.mend()
        super().loop(now)

    def enqueue_periodic_tasks(self, now: Any) -> None:
        try:
            self.tasks.rounds()
        except Exception as error:
            log.error("the queue took no round: %s", traced(error))
            self.tasks.do_round()


class _Working(Consumer):  # type: ignore[misc] # huey has no types
    """Two threads: a round is not kept waiting by a long delivery."""

    def __init__(self, tasks: Tasks, parent: int | None) -> None:
        self.scheduler_class = type("Rounds", (_Rounds,), {"tasks": tasks})
        self._parent = parent
        super().__init__(
            tasks.queue, workers=2, initial_delay=0.2, max_delay=1.0, scheduler_interval=LOOK_EVERY_S,
            graceful_signal="TERM", shutdown_timeout=LAST_S - 2,
        )  # fmt: skip
        self._stop_flag_timeout = 0.5

    def start(self) -> None:
        super().start()
        signal.pthread_sigmask(signal.SIG_UNBLOCK, STOPS)  # now it hears them

    def loop(self, health_check_ts: float | None = None) -> Any:
        if self._parent and os.getppid() != self._parent:
            self.stop_flag.set()
        return super().loop(health_check_ts)


class Kept:
    """One worker beside the web processes: another takes its place when it dies, and it ends with them."""

    def __init__(self, app: Flask, prepare: Callable[[], None]) -> None:
        self._app, self._prepare = app, prepare
        self._pid, self._over, self._gone = 0, threading.Event(), threading.Event()

    def start(self) -> None:
        """A worker runs, and another will when it dies."""
        self._fork()
        threading.Thread(target=self._watch, name="worker's watch", daemon=True).start()

    def stop(self) -> None:
        """No worker runs."""
        self._over.set()
        self._tell(signal.SIGTERM)
        if not self._gone.wait(LAST_S):
            self._tell(signal.SIGKILL)
            self._gone.wait(LAST_S)

    def _tell(self, sign: signal.Signals) -> None:
        with suppress(ProcessLookupError):
            os.kill(self._pid, sign)

    def _watch(self) -> None:
        while True:
            with suppress(ChildProcessError):  # gunicorn looks after children too, and may have been first
                os.waitpid(self._pid, 0)
            if self._over.wait(1):
                self._gone.set()
                return
            log.error("the worker is gone; another takes its place")
            self._fork()
            if self._over.is_set():
                self._tell(signal.SIGTERM)

    def _fork(self) -> None:
        parent = os.getpid()
        self._pid = os.fork()
        if self._pid:
            return
        status = 1
        try:
            for sign in GUNICORNS:
                signal.signal(sign, signal.SIG_DFL)
            self._prepare()
            run(self._app, parent)
            status = 0
        except BaseException as error:
            log.critical("the worker ended: %s", traced(error))
        finally:
            os._exit(status)  # what this process inherited is its parent's to end
