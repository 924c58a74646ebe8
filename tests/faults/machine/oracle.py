"""What must hold, by what was sent and answered alone (SYNC.md §7)."""

from datetime import datetime, timedelta
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from server.foundation import clock
from server.sync.ledger import outcome as outcome_of
from server.sync.ledger import told
from server.sync.models import SyncOperation
from tests.cast import Answer, Statement

from .canary import EFFECTIVE, sung
from .pocket import Pocket

CODES: dict[str, set[str | None]] = {
    "step_completed": {None}, "quiz_attempted": {None}, "place_kept": {None}, "note_kept": {None},
    "course_chosen": {None, "not_open"}, "course_left": {None, "not_open"}, "preference_set": {None},
    "checked_in": {None, "code_wrong"}, "sang": {"newer"},
}  # fmt: skip


class Said(NamedTuple):
    person_id: str
    op: Statement
    at: datetime
    """when it was really done"""
    wrong: timedelta
    """by how much the phone's clock was wrong then"""
    device_id: str


def kept(row: Any) -> dict[str, Any]:
    """The outcome that stands in the ledger."""
    return outcome_of(row.op_id, row.status, row.code, told(row.status, row.effective_at), row.at)


class Oracle:
    def __init__(self) -> None:
        self.said: dict[str, Said] = {}
        self.told: dict[str, dict[str, Any]] = {}
        self.brought: dict[str, set[timedelta]] = {}
        """by how much its phone's clock was wrong when an act came to the server, answered or not"""
        self.excused: set[str] = set()
        """may be lost: the only phone that knew of it has lost its storage"""
        self.erased: set[str] = set()
        """people of whom nothing may be left"""
        self.secrets: dict[str, set[str]] = {}
        """by person, words that nobody else may read"""

    def entered(self, pocket: Pocket, op: Statement) -> None:
        assert op["op_id"] not in self.said, "I3: an id is used again"
        self.said[op["op_id"]] = Said(pocket.actor.person_id, op, clock.now(), pocket.wrong, pocket.phone.device_id)

    def heard(self, pocket: Pocket, operations: list[Statement], said: Answer) -> None:
        """The server has answered, whether the phone hears it or not."""
        self.is_of_nobody_else(pocket.actor.person_id, said.response.text)
        for op in operations:
            self.brought.setdefault(op["op_id"], set()).add(pocket.wrong)
        if said.status != 200:
            return
        assert [one["op_id"] for one in said.outcomes] == [one["op_id"] for one in operations], "another's answer"
        for outcome in said.outcomes:
            self._judge(pocket, outcome)
        self._never_back(pocket, said)

    def _judge(self, pocket: Pocket, outcome: dict[str, Any]) -> None:
        op_id = outcome["op_id"]
        act = self.said[op_id]
        assert outcome["code"] in CODES[act.op["kind"]], f"{act.op}: {outcome}"
        before = self.told.setdefault(op_id, outcome)
        assert before == outcome, f"I4: {before} → {outcome}"
        if before is outcome and outcome["effective_at"]:
            self._time(act, self.brought[op_id], clock.instant(outcome["effective_at"]))

    def _time(self, act: Said, wrong: set[timedelta], effective: datetime) -> None:
        """I13: a clock that is wrong by the same all the time changes nothing; one that was set right stays in its bounds."""
        if wrong == {act.wrong}:
            assert effective == act.at, f"I13: {act.at} → {effective}"
        else:
            assert effective <= clock.now(), f"I13: {effective} is yet to come"

    def _never_back(self, pocket: Pocket, said: Answer) -> None:
        if said.body["epoch"] == pocket.phone.epoch:
            for stream, seq in pocket.phone.reached.items():
                is_left = stream in said.body["reset"]
                assert is_left or said.body["reached"][stream] >= seq, f"I8: {stream} went back"

    def is_of_nobody_else(self, person_id: str, words: str) -> None:
        """I10"""
        for other, secrets in self.secrets.items():
            if other != person_id:
                assert not [one for one in secrets if one in words], f"I10: {person_id} reads {other}"

    def erase(self, person_id: str) -> None:
        self.erased.add(person_id)
        self.told = {op_id: one for op_id, one in self.told.items() if op_id not in self.acts_of(person_id)}

    def acts_of(self, person_id: str) -> set[str]:
        return {op_id for op_id, said in self.said.items() if said.person_id == person_id}

    def restored(self, in_ledger: set[str], pockets: list[Pocket]) -> None:
        """What the server has forgotten, and no phone holds any more, may be lost."""
        held = {op_id for one in pockets for op_id in one.outbox | one.ring}
        self.excused |= set(self.said) - in_ledger - held
        self.told = {op_id: outcome for op_id, outcome in self.told.items() if op_id in in_ledger}

    def check(self, engine: Engine) -> None:
        """At every moment: I2, I3, I4, I9."""
        with engine.connect() as connection:
            rows = {row.op_id: row for row in connection.execute(sa.select(SyncOperation.__table__))}
        songs = sung(engine)
        assert set(rows) <= set(self.said), "I3: a phantom"
        for op_id, row in rows.items():
            act = self.said[op_id]
            assert act.person_id not in self.erased, f"I15: {act.op} is back"
            assert (row.person_id, row.raw) == (act.person_id, act.op), f"I9: {row}"
            assert songs.pop(op_id, 0) == (row.status in EFFECTIVE), f"I3: {act.op} took effect otherwise than once"
        assert not songs, f"I3: effects that the ledger knows nothing of: {songs}"
        for op_id, outcome in self.told.items():
            assert op_id in rows, f"I2: {self.said[op_id].op} was acknowledged and is gone"
            assert kept(rows[op_id]) == outcome, f"I4: {outcome} → {kept(rows[op_id])}"

    def hear_of_the_rest(self, engine: Engine) -> None:
        """What was committed counts, also where the answer was lost and the phone's storage with it."""
        with engine.connect() as connection:
            for row in connection.execute(sa.select(SyncOperation.__table__)):
                self.told.setdefault(row.op_id, kept(row))

    def nothing_lost(self, in_ledger: set[str]) -> None:
        lost = set(self.said) - in_ledger - self.excused - set().union(*map(self.acts_of, self.erased))
        assert not lost, f"I1: {[self.said[one].op for one in lost]}"
