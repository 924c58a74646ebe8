"""a mute can be taken back

Works with the previous release: it only adds columns, which may be empty or have a default. What was muted before can be
taken back, too.
"""

import sqlalchemy as sa
from alembic import op

from server.foundation import database as types

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.add_column("reminder", sa.Column("is_muted", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("reminder", sa.Column("muted_at", types.UtcDateTime(timezone=True), nullable=True))
    op.add_column("reminder", sa.Column("muted_op", sa.String(36), nullable=True))
    reminder = sa.table("reminder", *(sa.column(name) for name in ("closed_why", "is_muted", "muted_at", "closed_at")))
    muted = sa.update(reminder).where(reminder.c.closed_why == "muted")
    op.execute(muted.values(is_muted=sa.true(), muted_at=reminder.c.closed_at))


def downgrade() -> None:
    with op.batch_alter_table("reminder") as reminder:
        for name in ("is_muted", "muted_at", "muted_op"):
            reminder.drop_column(name)
