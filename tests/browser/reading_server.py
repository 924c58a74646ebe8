"""What the server holds, read from its files: the checker in these tests knows nothing of the product's code."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

COMING = "slug = 'ekero-runt-i-morgon'"
"""of the demo's departures the one that has not been"""
TOLD_STEPS = "(SELECT * FROM step_completion WHERE person_id IN (SELECT person_id FROM device))"
TOLD_CHECK_INS = "(SELECT * FROM check_in WHERE person_id IN (SELECT person_id FROM device))"
"""of people with a phone: others have done things before the first day"""


def rows(data: Path, select: str, *values: Any) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(f"file:{data / 'rundtur.sqlite3'}?mode=ro", uri=True)) as connection:
        return connection.execute(select, values).fetchall()


def documents(data: Path, kind: str, language: str = "sv") -> dict[str, dict[str, Any]]:
    """The published documents of one kind, each in its newest version, by slug."""
    found = [json.loads(path.read_bytes()) for path in (data / "content").glob("*.json")]
    ours = [one for one in found if one["kind"] == kind and one["language"] == language]
    return {one["slug"]: one for one in sorted(ours, key=lambda one: one["version"])}


def person_id(data: Path, email: str) -> str:
    return str(rows(data, "SELECT id FROM person WHERE email = ?", email)[0][0])


def coming_departure(data: Path) -> str:
    return str(rows(data, f"SELECT id FROM departure WHERE {COMING}")[0][0])


def typed_code(data: Path, stop_key: str) -> str:
    select = "SELECT code FROM typed_code WHERE departure_id = ? AND stop_key = ?"
    return str(rows(data, select, coming_departure(data), stop_key)[0][0])
