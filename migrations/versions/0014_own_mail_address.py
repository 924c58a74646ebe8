"""an address of their own to which a person's mail goes, and one that they have not shown yet

Works with the previous release: it adds columns that may be empty or have a default.
"""

import sqlalchemy as sa
from alembic import op

from server.foundation import database as types

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    op.add_column("contact_address", sa.Column("own_address", sa.String(length=254), nullable=True))
    op.add_column("contact_address", sa.Column("wanted_address", sa.String(length=254), nullable=True))
    op.add_column("contact_address", sa.Column("wanted_code", sa.String(length=64), nullable=True))
    op.add_column("contact_address", sa.Column("wanted_until", types.UtcDateTime(timezone=True), nullable=True))
    op.add_column("contact_address", sa.Column("wanted_tries", sa.Integer(), server_default="0", nullable=False))


def downgrade() -> None:
    with op.batch_alter_table("contact_address") as batch:
        for column in ("wanted_tries", "wanted_until", "wanted_code", "wanted_address", "own_address"):
            batch.drop_column(column)
