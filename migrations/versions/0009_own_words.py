"""an organisation's own words

Works with the previous release: it only adds a table.
"""

import sqlalchemy as sa
from alembic import op

from server.foundation import database as types

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.create_table(
        "reminder_text",
        sa.Column("key", sa.String(24), nullable=False),
        sa.Column("language", sa.String(8), nullable=False),
        sa.Column("title", sa.String(80), nullable=False),
        sa.Column("body", sa.String(300), nullable=False),
        sa.Column("set_at", types.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key", "language", name=op.f("pk_reminder_text")),
    )


def downgrade() -> None:
    op.drop_table("reminder_text")
