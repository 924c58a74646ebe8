"""what was said today, by an index

Works with the previous release: it only adds an index.
"""

from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.create_index(op.f("ix_reminder_made_at"), "reminder", ["made_at"])


def downgrade() -> None:
    op.drop_index(op.f("ix_reminder_made_at"), table_name="reminder")
