"""Reckoning with dates inside of a statement, the same on both databases."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement


class days_after(FunctionElement[Any]):
    """The date so many days after another: days_after(Enrolment.started_on, ProgrammeItem.due_days)."""

    type = sa.Date()
    name = "days_after"
    inherit_cache = True


class day_number(FunctionElement[Any]):
    """What date.toordinal() says of a date."""

    type = sa.Integer()
    name = "day_number"
    inherit_cache = True


@compiles(days_after, "sqlite")
def _days_after_sqlite(element: Any, compiler: Any, **how: Any) -> str:
    day, days = (compiler.process(one, **how) for one in element.clauses)
    return f"date({day}, ({days}) || ' days')"


@compiles(days_after, "postgresql")
def _days_after_postgresql(element: Any, compiler: Any, **how: Any) -> str:
    day, days = (compiler.process(one, **how) for one in element.clauses)
    return f"({day} + ({days}))"


@compiles(day_number, "sqlite")
def _day_number_sqlite(element: Any, compiler: Any, **how: Any) -> str:
    return f"CAST(julianday({compiler.process(element.clauses, **how)}) - 1721424.5 AS INTEGER)"


@compiles(day_number, "postgresql")
def _day_number_postgresql(element: Any, compiler: Any, **how: Any) -> str:
    return f"({compiler.process(element.clauses, **how)} - DATE '0001-01-01' + 1)"
