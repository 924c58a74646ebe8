"""an organisation's own words of one alone

Works with the previous release: it adds a column that may be empty.
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    op.add_column("reminder_text", sa.Column("one", sa.String(length=300), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("reminder_text") as batch:
        batch.drop_column("one")
