"""The list of who was erased: a file outside of the database, so that a restored one can be made to forget them again.

Append-only, ids and moments alone, 0600. A line is on the disk before its erasure is committed.
"""

import os
import re
from datetime import datetime
from pathlib import Path

from server.foundation.clock import wire

_LINE = re.compile(r"([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}) \S+Z")
"""One that a full disk cut off names nobody: its erasure was not committed either."""


def note(path: Path, person_id: str, at: datetime) -> None:
    """The person is on the list. Again: nothing changes."""
    add(path, [f"{person_id} {wire(at)}"])


def add(path: Path, lines: list[str]) -> None:
    """The people of these lines are on the list, and it lies on the disk. Who is there already stays once."""
    here = set(ids(read(path)))
    new = [line for line in lines if line.partition(" ")[0] not in here]
    if not new:
        return
    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    try:
        size = os.fstat(file).st_size
        is_torn = size > 0 and os.pread(file, 1, size - 1) != b"\n"
        os.write(file, ("\n" * is_torn + "\n".join(new) + "\n").encode("ascii"))
        os.fsync(file)
    finally:
        os.close(file)


def read(path: Path) -> list[str]:
    """The lines of the list; none where there is no list."""
    text = path.read_text("ascii", "replace") if path.exists() else ""
    return [line for line in text.splitlines() if _LINE.fullmatch(line)]


def ids(lines: list[str]) -> list[str]:
    return [line.partition(" ")[0] for line in lines]
