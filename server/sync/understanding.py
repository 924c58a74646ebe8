"""What an operation says by itself, before anything is asked of the database: read outside of the writers' place, where the
others wait."""

from typing import Any, NamedTuple

from pydantic import ValidationError

from server.protocol.operations import OPERATION, VERSIONS, LooseOperation, Operation, as_json

from .ledger import content_hash


class Understood(NamedTuple):
    """An operation as it was sent, and what it says."""

    op_id: str
    seq: int
    kind: str
    raw: dict[str, Any]
    hash: str
    operation: Operation | None
    """None where its kind does not say such a thing, and where we do not know its kind"""
    is_newer: bool
    """of a kind, or a version of it, that this server does not know yet"""


def understand(loose: LooseOperation) -> Understood:
    """Never raises: what cannot be understood is part of the answer."""
    raw = as_json(loose)
    newest = VERSIONS.get(loose.kind)
    is_newer = newest is None or loose.v > newest
    operation = None if is_newer else _operation(raw)
    return Understood(loose.op_id, loose.seq, loose.kind, raw, content_hash(raw), operation, is_newer)


def _operation(raw: dict[str, Any]) -> Operation | None:
    try:
        return OPERATION.validate_python(raw)
    except ValidationError:
        return None
