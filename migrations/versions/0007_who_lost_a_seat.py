"""who lost a seat

Works with the previous release: it only adds a column that may be empty.
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    with op.batch_alter_table("departure_change") as change:
        change.add_column(sa.Column("person_id", sa.String(36), nullable=True))
        change.create_foreign_key(op.f("fk_departure_change_person_id"), "person", ["person_id"], ["id"])


def downgrade() -> None:
    with op.batch_alter_table("departure_change") as change:
        change.drop_constraint(op.f("fk_departure_change_person_id"), type_="foreignkey")
        change.drop_column("person_id")
