"""What goes over the wire, and what a database holds, in the words of the judge of histories."""

import json
from collections.abc import Container, Sequence
from datetime import UTC, datetime
from math import inf
from pathlib import Path
from typing import Any

import psycopg

from .history import Made, Read, Row, Standing, Told

try:
    from pysqlite3 import dbapi2 as sqlite
except ImportError:
    import sqlite3 as sqlite

WATCHED = ("step_completion", "attempt", "note", "place", "check_in", "preference")
"""entities whose rows phones make, and nobody else"""


def made(person: str, op: dict[str, Any], at: float) -> Made:
    """The act as the judge knows it."""
    where = f"{op.get('course_id')}/{op.get('step_key')}"
    match op["kind"]:
        case "step_completed":
            return Made(at, op["op_id"], person, f"step_completion {where}/{op['version']}")
        case "quiz_attempted":
            passed = f"step_completion {where}/{op['version']}"
            return Made(at, op["op_id"], person, f"attempt {op['op_id']}", may=(passed,))
        case "note_kept":
            return Made(at, op["op_id"], person, f"note {where}", op["text"])
        case "place_kept":
            return Made(at, op["op_id"], person, f"place {op['item_id']}", _place(op["step_key"], op["position_s"]))
        case "checked_in":
            return Made(at, op["op_id"], person, f"check_in {op['departure_id']}/{op['stop_key']}")
        case "preference_set":
            return Made(at, op["op_id"], person, f"preference {op['name']}", op["value"])
        case _:  # its entry and its answer are watched, no row
            return Made(at, op["op_id"], person, None)


DECIDED = {"applied": True, "merged": True, "rejected": False}
"""whether an act counts; what is in review or deferred is decided later"""


def told(outcome: dict[str, Any], at: float) -> Told:
    """Of two acts of one row the later is the one that counts later; at the same moment, the one with the higher id."""
    order = f"{outcome['effective_at']} {outcome['op_id']}"
    return Told(at, outcome["op_id"], json.dumps(outcome, sort_keys=True), DECIDED.get(outcome["status"]), order)


def read(person: str, phone: str, answer: dict[str, Any], asked_at: float, at: float, anew: bool) -> Read:
    """What an answer told a phone of its person's own."""
    stream = f"person:{person}"
    theirs = [one for one in answer["changes"] if one["stream"] == stream and one["entity"] in WATCHED]
    rows = tuple((f"{one['entity']} {one['id']}", None if one["deleted"] else _shown(one)) for one in theirs)
    return Read(asked_at, at, phone, person, rows, anew or stream in answer["reset"], not answer["more"])


def _shown(change: dict[str, Any]) -> str | bool:
    row = change["data"]
    if change["entity"] == "note":
        return str(row["text"])
    if change["entity"] == "preference":
        return str(row["value"])
    return _place(row["step_key"], row["position_s"]) if change["entity"] == "place" else True


def _place(step: str, second: float | None) -> str:
    return step if second is None else f"{step}@{second:g}"


LEDGER = "SELECT op_id, person_id FROM sync_operation"
ROWS = (
    "SELECT person_id, 'step_completion ' || course_id || '/' || step_key || '/' || version, NULL, NULL FROM step_completion",
    "SELECT person_id, 'attempt ' || op_id, NULL, NULL FROM attempt",
    "SELECT person_id, 'note ' || course_id || '/' || step_key, text, NULL FROM note",
    "SELECT person_id, 'place ' || item_id, step_key, position_s FROM place",
    "SELECT person_id, 'check_in ' || departure_id || '/' || stop_key, NULL, NULL FROM check_in",
    "SELECT person_id, 'preference ' || name, value, NULL FROM preference",
)
EFFECTS = "SELECT op_id, person_id FROM canary"
"""each writing of a row that names its act, noted by a trigger in the writer's own transaction: it bears no repetition"""
_WATCHING = {
    "sqlite": "CREATE TRIGGER canary_{table}_{event} AFTER {event} ON {table} BEGIN "
    "INSERT INTO canary VALUES (NEW.op_id, NEW.person_id); END",
    "postgresql": "CREATE TRIGGER canary_{table}_{event} AFTER {event} ON {table} FOR EACH ROW EXECUTE FUNCTION canary()",
}
_SINGING = (
    "CREATE FUNCTION canary() RETURNS trigger LANGUAGE plpgsql AS "
    "$$ BEGIN INSERT INTO canary VALUES (NEW.op_id, NEW.person_id); RETURN NEW; END $$"
)


def standing(connection: Any, people: Container[str], effects: Sequence[str], at: float = inf) -> Standing:
    """Everything of theirs that stands, by plain SQL."""
    ledger = [(op_id, person) for op_id, person in connection.execute(LEDGER).fetchall() if person in people]
    found = [one for words in ROWS for one in connection.execute(words).fetchall() if one[0] in people]
    return Standing(ledger, [Row(*one[:2], _stands(*one[2:])) for one in found], effects, at)


class Base:
    """The database of a server, looked into from the outside."""

    def __init__(self, data: Path, url: str) -> None:
        self._file, self._url = data / "rundtur.sqlite3", url.replace("+psycopg", "")

    def watch(self) -> None:
        """Each writing of an attempt, a note or a place is noted."""
        kind = "postgresql" if self._url else "sqlite"
        words = ["CREATE TABLE canary (op_id TEXT, person_id TEXT)", *([_SINGING] if self._url else [])]
        tables = [(table, event) for table in ("attempt", "note", "place") for event in ("INSERT", "UPDATE")]
        words += [_WATCHING[kind].format(table=table, event=event) for table, event in tables]
        self.say(*words)

    def say(self, *words: str) -> None:
        """One transaction."""
        with self._open() as connection:
            for one in words:
                connection.execute(one)

    def look(self, people: Container[str], at: float = inf) -> Standing:
        """Everything of theirs that stands, of one moment."""
        connection = self._open()
        try:
            connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ" if self._url else "BEGIN")
            effects = [op_id for op_id, person in connection.execute(EFFECTS).fetchall() if person in people]
            return standing(connection, people, effects, at)
        finally:
            connection.close()

    def is_whole(self) -> bool:
        """SQLite finds nothing wrong in its file."""
        return self.asked("PRAGMA integrity_check") == [("ok",)]

    def asked(self, question: str) -> list[tuple[Any, ...]]:
        """What it answers to one question."""
        connection = self._open()
        try:
            return list(connection.execute(question).fetchall())
        finally:
            connection.close()

    def received(self) -> dict[str, datetime]:
        """When each operation came that stands in the ledger: the first time, by the server's clock."""
        rows = self.asked("SELECT op_id, received_at FROM sync_operation")
        return {op_id: at if self._url else datetime.fromisoformat(at).replace(tzinfo=UTC) for op_id, at in rows}

    def _open(self) -> Any:
        if self._url:
            return psycopg.connect(self._url)
        return sqlite.connect(self._file, timeout=30)


def _stands(words: str | None, second: float | None) -> str | bool:
    if words is None:
        return True
    return words if second is None else _place(words, second)
