"""The audit: who did what to whom, append-only and without content."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session

from server.foundation import ids

from .models import AuditEntry


def note(
    session: Session, *, at: datetime, actor_id: str | None, action: str, subject_id: str | None, **detail: Any
) -> None:
    """The audit has one more entry; each call adds one."""
    session.add(
        AuditEntry(id=ids.new_id(), at=at, actor_id=actor_id, action=action, subject_id=subject_id, detail=detail)
    )


def note_on(
    connection: Connection, *, at: datetime, actor_id: str | None, action: str, subject_id: str | None, **detail: Any
) -> None:
    """The same, where the caller has a connection and no session."""
    row = {"at": at, "actor_id": actor_id, "action": action, "subject_id": subject_id, "detail": detail}
    connection.execute(sa.insert(AuditEntry).values(id=ids.new_id(), **row))
