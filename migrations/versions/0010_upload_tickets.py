"""upload tickets

Works with the previous release: it only adds a table.
"""

import sqlalchemy as sa
from alembic import op

from server.foundation import database as types

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.create_table(
        "upload_ticket",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("person_id", sa.String(length=36), nullable=False),
        sa.Column("device_id", sa.String(length=36), nullable=False),
        sa.Column("issued_at", types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("expires_at", types.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["device_id"], ["device.id"], name=op.f("fk_upload_ticket_device_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_upload_ticket_person_id")),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_upload_ticket")),
    )
    op.create_index(op.f("ix_upload_ticket_device_id"), "upload_ticket", ["device_id"], unique=False)
    op.create_index(op.f("ix_upload_ticket_person_id"), "upload_ticket", ["person_id"], unique=False)


def downgrade() -> None:
    op.drop_table("upload_ticket")
