"""One exchange with a phone: its operations in, then its changes out."""

import hashlib
import secrets
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from server.foundation import clock
from server.foundation.database import writing
from server.protocol.sync import PROTOCOL, SyncEnvelope

from . import cursor as cursors
from . import feed
from .models import SyncEpoch
from .receive import Answer, Push, has_late_answers, receive

TRIES = 4
SERIALIZATION = {"40001", "40P01", "23505"}
"""PostgreSQL: could not serialise, deadlock, and an operation that came in twice at the same moment"""


def new_epoch(connection: Connection) -> str:
    """This database begins another life (set up, restored): phones send again what it may have forgotten."""
    epoch = secrets.token_hex(8)
    connection.execute(sa.delete(SyncEpoch))
    connection.execute(sa.insert(SyncEpoch).values(id=1, epoch=epoch, begun_at=clock.now()))
    return epoch


_EPOCH = sa.select(SyncEpoch.epoch)
_EPOCH_AND_LOG = sa.select(SyncEpoch.epoch, sa.func.pg_walfile_name(sa.func.pg_current_wal_lsn()))
"""the name of PostgreSQL's log begins with its timeline, in eight hexadecimal digits"""


def epoch_of(connection: Connection) -> str:
    """Which life of this database it is.

    PostgreSQL begins another one by itself where a replica takes over or a log is played back to a moment: it may lack what was
    answered before, as after a restore, and nobody else would say so.
    """
    if connection.dialect.name != "postgresql":
        return str(connection.execute(_EPOCH).scalar_one())
    epoch, log = connection.execute(_EPOCH_AND_LOG).one()
    return epoch_on(epoch, int(log[:8], 16))


def epoch_on(epoch: str, timeline: int) -> str:
    """The epoch as phones hear it: on the first timeline itself, on each other another one."""
    return epoch if timeline == 1 else hashlib.sha256(f"{epoch} {timeline}".encode()).hexdigest()[: len(epoch)]


def push_all(engine: Engine, pushes: Sequence[Push], nudge: Callable[[], None] = lambda: None) -> list[Answer]:
    """The pushes are true and committed, all or none; what another transaction got in the way of is tried again.

    Then the worker is nudged, where answers came so late that nobody waits at the screen for their result.
    """
    for left in reversed(range(TRIES)):
        try:
            with writing(), engine.begin() as connection:
                answers = receive(connection, pushes)
            if any(map(has_late_answers, pushes)):
                nudge()
            return answers
        except sa.exc.DBAPIError as error:
            if not left or getattr(error.orig, "sqlstate", None) not in SERIALIZATION:
                raise
    raise AssertionError


def pull(engine: Engine, asked: SyncEnvelope, secret: bytes, now: datetime) -> tuple[str, feed.Page, str]:
    """The epoch, the next page of the person's changes from one snapshot, and the cursor behind it."""
    reader = (
        engine.execution_options(isolation_level="REPEATABLE READ") if engine.dialect.name == "postgresql" else engine
    )
    with reader.connect() as connection:
        epoch = epoch_of(connection)
        since = cursors.decode(asked.cursor, asked.person_id, secret)
        if since is None and asked.cursor is not None:
            since = cursors.Cursor("", {})  # forged or foreign: everything anew
        page = feed.read(connection, asked.person_id, since, epoch, now)
    return epoch, page, cursors.encode(cursors.Cursor(epoch, page.reached), asked.person_id, secret)


def answer(
    asked: SyncEnvelope, epoch: str, page: feed.Page, cursor: str, pushed: Answer, now: datetime
) -> dict[str, Any]:
    """protocol.SyncResponse"""
    return {
        "protocol": PROTOCOL, "epoch": epoch, "asked_at": asked.sent_at, "server_time": clock.wire(now),
        "outcomes": pushed.outcomes, "missing": pushed.missing, "changes": page.changes, "reset": page.reset,
        "reached": page.reached, "cursor": cursor, "more": page.more,
    }  # fmt: skip
