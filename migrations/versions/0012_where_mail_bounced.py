"""at which address mail bounced, so that a new one has not

Works with the previous release: it adds a column that may be empty.
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    op.add_column("contact_address", sa.Column("bounced_address", sa.String(length=254), nullable=True))
    op.execute(
        "UPDATE contact_address SET bounced_address = (SELECT email FROM person WHERE person.id = person_id) "
        "WHERE mail_bounced_at IS NOT NULL"
    )


def downgrade() -> None:
    with op.batch_alter_table("contact_address") as batch:
        batch.drop_column("bounced_address")
