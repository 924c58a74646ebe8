"""What is true after a push, in plain values that can be compared; and pushes made of bare statements."""

from datetime import datetime, timedelta

import sqlalchemy as sa

from server.activities.models import CheckIn, Evidence
from server.foundation import clock
from server.learning.models import Attempt, CourseEnrolment, ItemCompletion, Note, Place, StepCompletion
from server.people.models import Person, Preference
from server.protocol.operations import LooseOperation
from server.sync.models import SyncOperation
from server.sync.receive import Push
from server.sync.understanding import Understood, understand
from tests.cast import an_id

FACTS = (StepCompletion, ItemCompletion, CourseEnrolment, Attempt, Place, Note, Preference, CheckIn, Evidence)
LEDGER = (SyncOperation.op_id, SyncOperation.person_id, SyncOperation.effective_at, SyncOperation.code)


def facts(connection):
    """Every fact that operations make, and what the ledger holds of each apart from its place in the streams."""
    found = {model.__tablename__: connection.execute(sa.select(model.__table__)).all() for model in FACTS}
    found["language"] = connection.execute(sa.select(Person.id, Person.language)).all()
    found["ledger"] = connection.execute(sa.select(*LEDGER)).all()
    return {name: sorted(map(repr, rows)) for name, rows in found.items()}


def words(outcome):
    """An outcome as far as it does not depend on what came before it: who loses is merged, who wins is applied."""
    status = "taken" if outcome["status"] in ("applied", "merged") else outcome["status"]
    return outcome["op_id"], status, outcome["code"], outcome["effective_at"]


class Writer:
    """One phone of one person in a story of many: its operations have ids and times that are the same at each telling."""

    def __init__(self, number: int, person_id: str, start: datetime) -> None:
        self.number, self.person_id, self.start = number, person_id, start
        self.device_id = an_id(1_000 + number)

    def op(self, index: int, statement: dict, minute: int) -> Understood:
        head = {
            "op_id": an_id(2_000 + index), "seq": index + 1, "v": 1, "heard_server_at": clock.wire(self.start),
            "occurred_at": clock.wire(self.start + timedelta(minutes=minute)), "clock_jumped": False,
        }  # fmt: skip
        return understand(LooseOperation.model_validate(head | statement))

    def push(self, operations: list[Understood]) -> Push:
        at = self.start + timedelta(days=1)
        return Push(self.person_id, self.device_id, "test", at, at, operations)
