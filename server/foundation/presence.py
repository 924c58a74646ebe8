"""Who works on a data folder: servers and workers, any number of them; or one that restores it, alone.

A lock of the kernel's: it ends with the last process that holds it, however that ends, and no stale file is ever believed.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

FILE: Final = "serving.lock"
UNFINISHED: Final = "restore.unfinished"


class NotNow(Exception):
    """Somebody else is at this data folder; the words say who, and what to do."""


def serve(data: Path) -> int:
    """This process, and those that it forks, work on the folder until they end. Raises NotNow. Returns what holds it."""
    held = _open(data)
    try:
        fcntl.flock(held, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(held)
        raise NotNow(f"A backup is being restored into {data}; wait until it is done.") from None
    if (data / UNFINISHED).exists():
        os.close(held)
        raise NotNow(f"A restore into {data} was not finished: run it again, with --replace.")
    return held


@contextmanager
def alone(data: Path) -> Iterator[None]:
    """Nobody serves the folder meanwhile; nor afterwards, where it was left in the middle. Raises NotNow."""
    held = _open(data)
    try:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise NotNow(f"A server or a worker runs on {data}: stop it first.") from None
        yield
    finally:
        os.close(held)


def begin(data: Path) -> None:
    """From here to `finish` no server may find the folder: who is killed between leaves a mark that keeps them out."""
    (data / UNFINISHED).touch(0o600)


def finish(data: Path) -> None:
    """What was begun is whole, or undone."""
    (data / UNFINISHED).unlink(missing_ok=True)


def _open(data: Path) -> int:
    return os.open(data / FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
