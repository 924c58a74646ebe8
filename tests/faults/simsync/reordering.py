"""The same operations told once more, in another order and in other batches, over a fresh database: the same state (I5). Those
that were refused are left out, and nothing else changes (I6)."""

import random
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session

from server.activities.models import CheckIn, Evidence
from server.foundation.database import writing
from server.learning import published, standing
from server.learning.models import (
    Attempt,
    Course,
    CourseEnrolment,
    CourseVersion,
    ItemCompletion,
    Note,
    Place,
    Step,
    StepCompletion,
)  # fmt: skip
from server.people.models import Employment, Preference
from server.protocol.operations import OPERATION
from server.reminders.models import Reminder, ReminderMute
from server.sync import apply as rules
from server.sync.models import SyncOperation, SyncReceipt
from server.sync.replaying import act_of

from .checker import TAKEN
from .oracle import Violation
from .server import Server

WORLD = (Course, CourseVersion, Step, Employment)
FACTS = (
    StepCompletion, ItemCompletion, CourseEnrolment, Attempt, Place, Note, Preference, CheckIn, Evidence, Reminder,
    ReminderMute,
)  # fmt: skip
LEFT_OUT = {"recorded_at", "muted_at"}
"""when the server came to know of it; of a set union it does not count who was first"""


def tell_again(server: Server, fresh: Server, rng: random.Random) -> None:
    with server.engine.connect() as connection:
        told = [_received(row) for row in connection.execute(_taken_operations()).all()]
        ground = {
            model: [dict(row._mapping) for row in connection.execute(sa.select(model.__table__))] for model in WORLD
        }
        state = _state(connection)
    rng.shuffle(told)
    published.forget()
    with writing(), fresh.engine.begin() as connection:
        _prepare(connection, ground)
        while told:
            count = rng.randint(1, 150)
            batch, told = told[:count], told[count:]
            rules.apply(connection, batch)
        _complete(connection)
        again = _state(connection)
    published.forget()
    if again != state:
        odd = {name: sorted(set(again[name]) ^ set(state[name]))[:2] for name in state if again[name] != state[name]}
        raise Violation("I5 order", f"told in another order: {odd}")


def _taken_operations() -> Any:
    status = sa.func.coalesce(SyncReceipt.status, SyncOperation.status)
    return (
        sa.select(SyncOperation)
        .outerjoin(SyncReceipt, SyncReceipt.op_id == SyncOperation.op_id)
        .where(status.in_(TAKEN))
        .order_by(SyncOperation.op_id)
    )


def _received(row: Any) -> rules.Received:
    act = act_of(row)._replace(told_at=row.received_at)
    return rules.Received(act, OPERATION.validate_python(row.raw))


def _prepare(connection: Connection, ground: dict[Any, list[dict[str, Any]]]) -> None:
    """The municipality as it was in the end."""
    connection.exec_driver_sql("PRAGMA defer_foreign_keys=ON")
    for model in reversed(WORLD):
        connection.execute(sa.delete(model))
    for model in WORLD:
        connection.execute(sa.insert(model), ground[model])


def _complete(connection: Connection) -> None:
    """As when a version is published: who has done all that it asks has completed it."""
    with Session(bind=connection) as session:
        for course in connection.execute(sa.select(Course.id)).scalars().all():
            standing.settle_version(session, course)


def _state(connection: Connection) -> dict[str, list[str]]:
    found = {}
    for model in FACTS:
        columns = [column for column in model.__table__.columns if column.name not in LEFT_OUT]
        if model is ReminderMute:
            columns = [column for column in columns if column.name != "op_id"]
        found[model.__tablename__] = sorted(map(repr, connection.execute(sa.select(*columns))))
    return found
