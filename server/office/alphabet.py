"""The order of the Swedish alphabet: å, ä and ö after z, whatever the case.

Said with plain functions of SQL: SQLite has no collation for it, and which ones PostgreSQL has depends on how it was set up.
"""

from functools import reduce
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

PLACES = {"å": "{", "ä": "|", "æ": "|", "ö": "}", "ø": "}", "é": "e", "è": "e", "ü": "y"}
"""what stands in a letter's place: “{”, “|” and “}” follow z in every code"""


def place(text: str) -> str:
    """Texts sort in the alphabet's order by this."""
    return "".join(PLACES.get(letter, letter) for letter in text.casefold())


class by_name(FunctionElement[str]):
    """Rows sort in the alphabet's order by this."""

    inherit_cache = True


@compiles(by_name)
def _in_sql(element: Any, compiler: Any, **options: Any) -> str:
    (name,) = element.clauses
    spelled = [(spelling, to) for letter, to in PLACES.items() for spelling in (letter, letter.upper())]
    places = reduce(lambda text, one: sa.func.replace(text, *map(sa.literal_column, map(repr, one))), spelled, name)
    return str(compiler.process(sa.func.lower(places), **options))


@compiles(by_name, "postgresql")
def _in_postgresql(element: Any, compiler: Any, **options: Any) -> str:
    return f'{_in_sql(element, compiler, **options)} COLLATE "C"'
