"""The ledger of operations and the epoch of this database."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from server.foundation.database import Base

IS_CHECK_IN = sa.text("kind = 'checked_in'")
"""a word and no parameter: else SQLite would not take the index of check-ins"""
_IS_OPEN = sa.text("status IN ('review', 'deferred')")


class SyncOperation(Base):
    """An operation and the outcome that it was given once and keeps."""

    __tablename__ = "sync_operation"
    op_id: Mapped[str] = mapped_column(sa.String(36), primary_key=True)
    person_id: Mapped[str] = mapped_column(sa.String(36))
    device_id: Mapped[str] = mapped_column(sa.String(36))
    seq: Mapped[int] = mapped_column(sa.BigInteger)
    kind: Mapped[str] = mapped_column(sa.String(40))
    hash: Mapped[str] = mapped_column(sa.String(64))
    raw: Mapped[dict[str, Any] | None]
    received_at: Mapped[datetime]
    effective_at: Mapped[datetime | None]
    time_quality: Mapped[str] = mapped_column(sa.String(8))
    status: Mapped[str] = mapped_column(sa.String(8))
    code: Mapped[str | None] = mapped_column(sa.String(40))
    at: Mapped[dict[str, Any] | None]
    __table_args__ = (
        sa.Index("ix_sync_operation_device_seq", "device_id", "seq"),
        sa.Index("ix_sync_operation_person_received", "person_id", "received_at"),
        sa.Index("ix_sync_operation_check_in", "effective_at", sqlite_where=IS_CHECK_IN, postgresql_where=IS_CHECK_IN),
        sa.Index("ix_sync_operation_open", "status", "received_at", sqlite_where=_IS_OPEN, postgresql_where=_IS_OPEN),
    )


class SyncEpoch(Base):
    """Changes when the database is restored: phones then send again what it may have forgotten."""

    __tablename__ = "sync_epoch"
    id: Mapped[int] = mapped_column(primary_key=True)
    epoch: Mapped[str] = mapped_column(sa.String(32))
    begun_at: Mapped[datetime]


class SyncReceipt(Base):
    """What became of an operation after its outcome: the outcome itself never changes."""

    __tablename__ = "sync_receipt"
    op_id: Mapped[str] = mapped_column(sa.String(36), primary_key=True)
    person_id: Mapped[str] = mapped_column(sa.String(36), index=True)
    status: Mapped[str] = mapped_column(sa.String(8))
    code: Mapped[str | None] = mapped_column(sa.String(40))
    decided_at: Mapped[datetime]
    decided_by: Mapped[str | None] = mapped_column(sa.String(36))
    """the person who decided; null: the server did, of itself"""
    reason: Mapped[str | None] = mapped_column(sa.String(300))


class SyncDecision(Base):
    """What a person says of an operation in review, until its minute of undo is over; then it is a receipt."""

    __tablename__ = "sync_decision"
    op_id: Mapped[str] = mapped_column(sa.String(36), primary_key=True)
    counts: Mapped[bool]
    reason: Mapped[str | None] = mapped_column(sa.String(300))
    decided_by: Mapped[str] = mapped_column(sa.String(36))
    decided_at: Mapped[datetime]
    stands_at: Mapped[datetime]


class SyncFailure(Base):
    """How often an operation met an unexpected error; after a few it is put in quarantine."""

    __tablename__ = "sync_failure"
    op_id: Mapped[str] = mapped_column(sa.String(36), primary_key=True)
    failures: Mapped[int]
    failed_at: Mapped[datetime]
    error: Mapped[str] = mapped_column(sa.String(200))
