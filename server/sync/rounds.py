"""What each of the worker's rounds does beside reminding."""

from datetime import datetime

from sqlalchemy.engine import Engine

from server.foundation import write_ahead

from .deciding import settle_due


def do_round(engine: Engine, now: datetime) -> None:
    """What was decided has its effect, and the database's log is short. Again: nothing else changes."""
    write_ahead.shorten(engine)
    settle_due(engine, now)
