"""The audit: who did what to whom, append-only. Its only words say why an act was decided, until who it was about is erased."""

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


def forget_words(session: Session, person_id: str) -> None:
    """What somebody wrote about the person is gone from the audit; that it happened, and who did it, stays. Again: the same."""
    for entry in session.scalars(sa.select(AuditEntry).where(AuditEntry.subject_id == person_id)):
        if entry.detail.get("reason"):
            entry.detail = entry.detail | {"reason": None}
