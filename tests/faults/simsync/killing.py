"""Whether a seeded bug is found: small stories with it, by seeds that are known to find it."""

from .breaking import broken
from .mutants import MUTANTS
from .running import Failed, Size, tell

SMALL = Size(operations=500, happenings=3)
SEEDS = (8, 16, 24, 32)
"""of the sort that is told a second time in another order"""


def killed_by(name: str) -> str | None:
    """The rule that it broke, or None: it lived."""
    for seed in SEEDS:
        try:
            with broken(MUTANTS[name]):
                tell(seed, SMALL, name)
        except Failed as failed:
            return failed.rule
    return None
