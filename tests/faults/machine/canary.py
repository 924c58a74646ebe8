"""An effect that does not bear repetition: one row each time that an operation takes effect, in the same transaction.

Without it the idempotent rules of the product would hide that something was applied twice.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from server.foundation.database import writing
from server.sync import receive

CANARY = sa.Table(
    "canary", sa.MetaData(), sa.Column("id", sa.Integer, primary_key=True), sa.Column("op_id", sa.String(36)),
)  # fmt: skip
EFFECTIVE = ("applied", "merged", "review")


@contextmanager
def singing(engine: Engine) -> Iterator[None]:
    """Every operation that takes effect leaves a row."""
    with writing(), engine.begin() as connection:
        CANARY.metadata.create_all(connection)
    sound = receive.apply

    def apply(connection, received):
        verdicts = sound(connection, received)
        pairs = zip(received, verdicts, strict=True)
        sung = [{"op_id": one.act.op_id} for one, verdict in pairs if verdict.status in EFFECTIVE]
        if sung:
            connection.execute(sa.insert(CANARY), sung)
        return verdicts

    receive.apply = apply
    try:
        yield
    finally:
        receive.apply = sound
        with writing(), engine.begin() as connection:
            CANARY.metadata.drop_all(connection)


def sung(engine: Engine) -> Counter[str]:
    with engine.connect() as connection:
        return Counter(connection.execute(sa.select(CANARY.c.op_id)).scalars())
