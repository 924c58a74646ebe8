"""What the passing of a day changes, done in the worker's first round of it."""

from datetime import datetime

from sqlalchemy.engine import Engine

from server.people.ending import tell_of_ended

from .forgetting import forget_old


def do_daily(engine: Engine, now: datetime) -> None:
    """Phones hear of the posts that have ended, and what was kept for a time only is gone. Again: nothing else changes."""
    tell_of_ended(engine, now)
    forget_old(engine, now)
