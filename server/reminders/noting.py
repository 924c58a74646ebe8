"""What another feature tells at once: an act that needs its person, and one that needs them no more. In the transaction
in which it came to be so.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy.engine import Connection

from server.foundation.changefeed import Touch

from .planning import enter
from .reasons import WEEK, Reason
from .rules import settings_of
from .withdrawing import close_done


class InNeed(NamedTuple):
    """Somebody did something that was not accepted, or waits for a decision."""

    op_id: str
    person_id: str
    at: datetime
    ordinal: int = 0
    """which news of this act it is: that it waits or was refused, or what was decided"""


def note_attention(connection: Connection, acts: Sequence[InNeed]) -> None:
    """Their people will be told, where the rule runs. Again: once."""
    if acts and settings_of(connection)["attention"].runs_on(max(one.at for one in acts).date()):
        enter(
            connection,
            [Reason("attention", one.person_id, one.op_id, one.ordinal, one.at, one.at + WEEK) for one in acts],
        )


def note_settled(connection: Connection, op_ids: Sequence[str], at: datetime) -> list[Touch]:
    """What was said of these acts is no longer said. Again: nothing changes. Returns what phones must hear."""
    return close_done(connection, "attention", op_ids, at)
