"""check-ins kept for a time

Works with the previous release: it only adds an index.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    of_check_ins = sa.text("kind = 'checked_in'")
    op.create_index(
        "ix_sync_operation_check_in",
        "sync_operation",
        ["effective_at"],
        sqlite_where=of_check_ins,
        postgresql_where=of_check_ins,
    )


def downgrade() -> None:
    op.drop_index("ix_sync_operation_check_in", "sync_operation")
