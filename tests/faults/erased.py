"""What the tables still know of somebody who was erased (I15)."""

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from server.foundation.database import Base
from tests.habits.test_erasing import KEPT, person_columns


def traces(connection: Connection, person_id: str, words: set[str]) -> list[str]:
    """The rows that name the person where nobody may, or hold any of these words."""
    mine = person_columns() - set(KEPT)
    found = []
    for table in Base.metadata.sorted_tables:
        for row in connection.execute(sa.select(table)).mappings():
            is_known = any(row[name] == person_id and (table.name, name) in mine for name in row)
            if is_known or any(word in repr(dict(row)) for word in words):
                found.append(f"{table.name}: {dict(row)}")
    return found
