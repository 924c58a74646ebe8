"""${message}

Works with the previous release: ${"say how"}
"""

import sqlalchemy as sa
from alembic import op

from server.foundation import database as types

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}


def upgrade() -> None:
    ${upgrades if upgrades else "pass"}


def downgrade() -> None:
    ${downgrades if downgrades else "pass"}
