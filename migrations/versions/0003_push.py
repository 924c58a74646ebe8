"""push: a subscription ends with its sign-in, services that refuse, the worker's beat, phones taken off the list

Works with the previous release: it adds tables and a column that may be empty; nothing has written subscriptions before.
"""

import sqlalchemy as sa
from alembic import op

from server.foundation import database as types

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "push_service",
        sa.Column("host", sa.String(length=253), nullable=False),
        sa.Column("refused_at", types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=False),
        sa.PrimaryKeyConstraint("host", name=op.f("pk_push_service")),
    )
    op.create_table(
        "worker_beat",
        sa.Column("name", sa.String(length=16), nullable=False),
        sa.Column("at", types.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_worker_beat")),
    )
    with op.batch_alter_table("device", schema=None) as batch_op:
        batch_op.add_column(sa.Column("removed_at", types.UtcDateTime(timezone=True), nullable=True))
    op.execute("DELETE FROM push_subscription")
    with op.batch_alter_table("push_subscription", schema=None) as batch_op:
        batch_op.add_column(sa.Column("session_hash", sa.String(length=64), nullable=False))
        batch_op.create_index(batch_op.f("ix_push_subscription_session_hash"), ["session_hash"], unique=False)
        batch_op.create_foreign_key(
            batch_op.f("fk_push_subscription_session_hash"),
            "session",
            ["session_hash"],
            ["token_hash"],
            ondelete="CASCADE",
        )


def downgrade() -> None:
    with op.batch_alter_table("push_subscription", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_push_subscription_session_hash"), type_="foreignkey")
        batch_op.drop_index(batch_op.f("ix_push_subscription_session_hash"))
        batch_op.drop_column("session_hash")
    with op.batch_alter_table("device", schema=None) as batch_op:
        batch_op.drop_column("removed_at")
    op.drop_table("worker_beat")
    op.drop_table("push_service")
