"""decisions on what is in review, and what a coordinator must hear of a phone

Works with the previous release: it adds a table, an index and columns that may be empty.
"""

import sqlalchemy as sa
from alembic import op

from server.foundation import database as types

revision = "0011"
down_revision = "0010"

IS_OPEN = sa.text("status IN ('review', 'deferred')")
ADDED = {
    "sync_receipt": (("decided_by", sa.String(length=36)), ("reason", sa.String(length=300))),
    "evidence": (("dismissed_at", types.UtcDateTime(timezone=True)),),
    "device": tuple(
        (name, types.UtcDateTime(timezone=True)) for name in ("missing_since", "storage_lost_at", "doubled_at")
    ),
}


def upgrade() -> None:
    op.create_table(
        "sync_decision",
        sa.Column("op_id", sa.String(length=36), nullable=False),
        sa.Column("counts", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.String(length=300), nullable=True),
        sa.Column("decided_by", sa.String(length=36), nullable=False),
        sa.Column("decided_at", types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("stands_at", types.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("op_id", name=op.f("pk_sync_decision")),
    )
    op.create_index(
        "ix_sync_operation_open", "sync_operation", ["status", "received_at"], sqlite_where=IS_OPEN,
        postgresql_where=IS_OPEN,
    )  # fmt: skip
    for table, columns in ADDED.items():
        for name, kind in columns:
            op.add_column(table, sa.Column(name, kind, nullable=True))
    # Gaps that are there already are news, too, since their phone was heard last: nobody noted when they came up.
    op.execute("UPDATE device SET missing_since = last_heard_at WHERE gaps IS NOT NULL AND CAST(gaps AS TEXT) <> '[]'")


def downgrade() -> None:
    for table, columns in ADDED.items():
        with op.batch_alter_table(table) as batch:
            for name, _ in columns:
                batch.drop_column(name)
    op.drop_index("ix_sync_operation_open", "sync_operation")
    op.drop_table("sync_decision")
