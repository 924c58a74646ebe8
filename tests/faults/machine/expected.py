"""What a phone of a person must show in the end, worked out from the acts and their outcomes alone (SYNC.md §4)."""

from typing import Any

from .oracle import Oracle

Rows = dict[tuple[str, str], Any]
LAST = {
    "note_kept": ("note", ("course_id", "step_key"), "text"),
    "place_kept": ("place", ("item_id",), "position_s"),
    "preference_set": ("preference", ("name",), "value"),
}
"""kinds of which the last one counts: the entity, its id, and what is said of it"""


def expected(oracle: Oracle, person_id: str) -> Rows:
    """(entity, id) → what counts of it"""
    rows: dict[tuple[str, str], Any] = {}
    latest: dict[tuple[str, str], tuple[tuple[str, str], Any]] = {}
    waiting: Rows = {}
    """check-ins that somebody has still to decide on: shown as such where nothing better is known"""
    for op_id, outcome in oracle.told.items():
        op = oracle.said[op_id].op
        at = outcome["effective_at"]
        if oracle.said[op_id].person_id != person_id or outcome["status"] not in ("applied", "merged", "review"):
            continue
        match op["kind"]:
            case "step_completed":
                _first(rows, ("step_completion", f"{op['course_id']}/{op['step_key']}/{op['version']}"), at)
            case "quiz_attempted":
                rows["attempt", op_id] = at
                if op["answers"] != {"flera": ["a"]}:
                    _first(rows, ("step_completion", f"{op['course_id']}/{op['step_key']}/{op['version']}"), at)
            case "checked_in":
                found = waiting if outcome["status"] == "review" else rows
                _first(found, ("check_in", f"{op['departure_id']}/{op['stop_key']}"), at)
            case kind if kind in LAST:
                entity, names, value = LAST[kind]
                _last(latest, (entity, "/".join(op[name] for name in names)), (at, op_id), op[value])
    return waiting | rows | {key: value for key, (_, value) in latest.items()}


def _first(rows: Rows, key: tuple[str, str], at: str) -> None:
    rows[key] = min(rows.get(key, at), at)


def _last(latest: dict[tuple[str, str], Any], key: tuple[str, str], order: tuple[str, str], value: Any) -> None:
    if key not in latest or latest[key][0] < order:
        latest[key] = (order, value)


COUNTS = {
    "step_completion": "completed_at", "attempt": "attempted_at", "check_in": "checked_in_at", "note": "text",
    "place": "position_s", "preference": "value",
}  # fmt: skip


def shown(replica: dict[Any, dict[str, Any]], person_id: str) -> Rows:
    return {
        (key.entity, key.id): row[COUNTS[key.entity]]
        for key, row in replica.items()
        if key.entity in COUNTS and key.stream == f"person:{person_id}"
    }
