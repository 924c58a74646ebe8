"""The desk of a process: where what phones tell is read, and where their answers are written. Few sit there at once.

Python runs one thread of a process at a time. Each other one that could run asks for its lock two hundred times a second, and
whoever writes for all of them has to win it back after each statement. Who waits for a seat asks for nothing. In a crowd of
8,000 phones two seats were worth 7 to 9 % (docs/benchmarks.md).
"""

import threading
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Final

from flask import Flask

from server.foundation.database import db

SEATS: Final = {"sqlite": 2, "postgresql": 8}
"""Of a process. PostgreSQL answers over a line: while one waits for it, another can be read."""
FEW: Final = 8
"""So many need no seats: where four are at work, taking turns would cost them 5 to 10 %, more than getting in each other's way."""


def register(app: Flask) -> None:
    """The process that runs `app` has one."""
    with app.app_context():
        app.extensions["desk"] = Desk(db.engine.dialect.name)


class Desk:
    def __init__(self, database: str) -> None:
        self._seats = threading.BoundedSemaphore(SEATS[database])

    def seat(self, crowd: int) -> AbstractContextManager[Any]:
        """A place to read or to write at, for one of so many who are at work. Where they are few, none is needed."""
        return self._seats if crowd > FEW else nullcontext()
