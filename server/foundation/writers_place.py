"""The writers' place: one at a time, of all threads and all processes that write to one SQLite file.

The threads of a process queue among themselves; the first of them waits at the file lock, in the kernel, which wakes at
once where SQLite itself polls. Nobody waits longer than their patience: who is at the place may hang.
"""

import fcntl
import logging
import os
import threading
import time
from pathlib import Path

from .errors import Busy

log = logging.getLogger(__name__)


class WritersPlace:
    """One a process and database."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._turn = threading.Lock()
        self._held: int | None = None
        self._guard = threading.Lock()
        self._came = threading.Event()
        self._brought: int | None = None
        self._is_awaited = self._has_porter = False

    def take(self, patience_s: float) -> None:
        """The place is the caller's until `give_back`. Raises Busy where it is not free in time."""
        until = time.monotonic() + patience_s
        if not self._turn.acquire(timeout=patience_s):
            raise _too_long()
        try:
            file = self._at_once()
            self._held = self._in_time(until - time.monotonic()) if file is None else file
        except BaseException:
            self._turn.release()
            raise

    def give_back(self) -> None:
        """The next one may write."""
        assert self._held is not None
        os.close(self._held)
        self._held = None
        self._turn.release()

    def _open(self) -> int:
        return os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def _at_once(self) -> int | None:
        file = self._open()
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(file)
            return None
        return file

    def _in_time(self, patience_s: float) -> int:
        """The kernel's lock knows no time-out: a thread of its own stands there, and goes on standing when we give up."""
        with self._guard:
            self._is_awaited = True
            if not self._has_porter:
                self._has_porter = True
                threading.Thread(target=self._stand, name="writers' place", daemon=True).start()
        self._came.wait(max(0.0, patience_s))
        with self._guard:
            self._is_awaited = False
            self._came.clear()
            file, self._brought = self._brought, None
        if file is None:
            raise _too_long()
        return file

    def _stand(self) -> None:
        file = self._open()
        fcntl.flock(file, fcntl.LOCK_EX)
        with self._guard:
            self._has_porter = False
            if not self._is_awaited:
                os.close(file)  # who sent it has given up: the place is not ours to keep
                return
            self._brought = file
            self._came.set()


def _too_long() -> Busy:
    log.error("whoever is at the writers' place does not leave it: nobody else can write")
    return Busy()
