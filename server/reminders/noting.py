"""What another feature tells at once: an act that needs its person. In the transaction in which it came to be so."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy.engine import Connection

from .planning import enter
from .reasons import WEEK, Reason
from .rules import settings_of


class InNeed(NamedTuple):
    """Somebody did something that was not accepted, or waits for a decision."""

    op_id: str
    person_id: str
    at: datetime


def note_attention(connection: Connection, acts: Sequence[InNeed]) -> None:
    """Their people will be told, where the rule runs. Again: once."""
    if acts and settings_of(connection)["attention"].runs_on(max(one.at for one in acts).date()):
        enter(connection, [Reason("attention", one.person_id, one.op_id, 0, one.at, one.at + WEEK) for one in acts])
