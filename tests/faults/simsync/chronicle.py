"""What a story's phones saved, sent, heard and read, in the words of the judge of histories, which knows nothing of the product.

A second judge beside the oracle: it has the wire and plain SQL, and neither the rules nor the models.
"""

from collections.abc import Iterable
from typing import Any

import orjson

from .. import telling
from ..history import Excused, Fault, Forgot, History, Sent, Told, judge
from .phone import Question
from .server import Reply, Request
from .store import Row, Store

SHARE = 2
"""every how many-th story is judged by its history, too: a million operations shall not take longer than they may"""
NOT_HEARD = "SELECT op_id, status, effective_at FROM sync_operation"


class Chronicle:
    def __init__(self) -> None:
        self.history = History()
        self._told: set[str] = set()

    def saved(self, person_id: str, row: Row, now_ms: int) -> None:
        self.history.add(telling.made(person_id, row.op, now_ms))

    def answered(self, request: Request, reply: Reply, now_ms: int) -> None:
        """The server has answered, or died; whether anybody hears it or not."""
        if request.op_ids:
            self.history.add(Sent(now_ms, tuple(request.op_ids)))
        if reply.status == 200:
            for outcome in orjson.loads(reply.body)["outcomes"]:
                if outcome["status"] != "retry":
                    self._told.add(outcome["op_id"])
                    self.history.add(telling.told(outcome, now_ms))

    def taken(self, question: Question, answer: dict[str, Any], now_ms: int) -> None:
        """The phone has stored the rows of an answer."""
        store, is_new = question.store, question.asked.cursor is None
        asked_at = question.request.sent_ms
        self.history.add(telling.read(store.person_id, str(id(store)), answer, asked_at, now_ms, is_new))

    def copied(self, store: Store, now_ms: int) -> None:
        """A profile is on another phone, with all that it holds."""
        changes = [
            {"stream": stream, "entity": entity, "id": id_, "deleted": False, "data": row}
            for (stream, entity, id_), row in store.replica.items()
        ]
        answer = {"changes": changes, "reset": [], "more": True}
        self.history.add(telling.read(store.person_id, str(id(store)), answer, now_ms, now_ms, anew=True))

    def forgot(self, op_ids: Iterable[str], now_ms: int) -> None:
        """A backup was restored that does not know these."""
        gone = tuple(op_ids)
        self._told -= set(gone)
        self.history.add(Forgot(now_ms, gone))

    def judge(self, connection: Any, people: set[str], excused: Iterable[str], now_ms: int) -> list[Fault]:
        """Everything that is wrong, when all is quiet."""
        self.history.add(*(Excused(now_ms, op_id) for op_id in excused))
        for op_id, status, effective_at in connection.execute(NOT_HEARD).fetchall():
            if op_id not in self._told:  # committed, and the phone that would have asked again is gone
                order = f"{effective_at} {op_id}"
                self.history.add(Told(now_ms, op_id, status, telling.DECIDED.get(status), order))
        effects = [op_id for (op_id,) in connection.execute("SELECT op_id FROM canary").fetchall()]
        return judge(self.history, telling.standing(connection, people, effects))
