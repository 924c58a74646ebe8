"""A million operations under every fault of the simulator, by seed, on all cores: how many were lost, how many doubled; and
whether each seeded bug is found, without which the figures would say nothing.

--operations N, --first SEED. Says on stderr how far it is. A story that breaks a promise ends the run with the command that
plays it again.
"""

import argparse
import itertools
import logging
import os
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from typing import Any

from bench.ground import report
from tests.faults.simsync.killing import STORIES, killed_by, tell_it
from tests.faults.simsync.mutants import MUTANTS
from tests.faults.simsync.running import Failed, Report, Size, tell
from tests.faults.simsync.weather import FAULTS

SIZE = Size(operations=20_000, burst=300, days=16, page=500, happenings=3, clear=85, tunnel=97)
A_STORY = SIZE.operations // SIZE.burst * SIZE.burst
"""how many operations there are in one, on average"""
TARGETS = {
    "operations": "≥ 1,000,000", "lost": "0", "doubled": "0", "mutants": "≥ 25", "mutants_killed": "all", "seconds": "≤ 180",
}  # fmt: skip


def story(seed: int) -> Report:
    return tell(seed, SIZE)


def told(pool: ProcessPoolExecutor, first: int, operations: int, also: Callable[[], None]) -> Report:
    """Stories, seed by seed, until there are enough operations. `also` gives the processes more to do behind the first ones."""
    total, seeds, begun = Report(), itertools.count(first), time.monotonic()
    while total.operations < operations:
        left = operations - total.operations
        stories = pool.map(story, list(itertools.islice(seeds, -(-left // A_STORY))))
        also()
        for one in stories:
            total.add(one)
            say(f"{total.operations:>9,} operations, {time.monotonic() - begun:.0f} s, {total.cpu_s:.0f} s of CPU")
    return total


class Beside:
    """What a core does while the other one tells the last story: the seeded bugs, and their stories without them."""

    def __init__(self, pool: ProcessPoolExecutor) -> None:
        self._pool = pool
        self._healthy: Iterator[None] | None = None
        self._rules: Iterator[str | None] = iter(())

    def begin(self) -> None:
        if self._healthy is None:
            self._healthy = self._pool.map(tell_it, set(STORIES.values()))
            self._rules = self._pool.map(killed_by, MUTANTS)

    def killed(self) -> list[str]:
        """The seeded bugs that were found. Raises Failed where one of their stories is not healthy without it."""
        list(self._healthy or ())
        rules = dict(zip(MUTANTS, self._rules, strict=True))
        for name in [name for name, rule in rules.items() if rule is None]:
            say(f"lives: {name}")
        return [name for name, rule in rules.items() if rule]


def say(words: str) -> None:
    print(words, file=sys.stderr, flush=True)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--operations", type=int, default=1_000_000)
    parser.add_argument("--first", type=int, default=1_000)
    asked = parser.parse_args()
    begun = time.monotonic()
    quiet = logging.disable  # it warns of copied phones, and they are meant
    with ProcessPoolExecutor(os.cpu_count(), initializer=quiet) as pool:
        beside = Beside(pool)
        try:
            total = told(pool, asked.first, asked.operations, beside.begin)
            stories_s = time.monotonic() - begun
            found = beside.killed()
        except Failed as failed:
            raise SystemExit(f"a promise is broken: {failed}") from None
    for fault in FAULTS:
        print(f"{fault:24}{total.fired[fault]:>10,}")
    if silent := [fault for fault in FAULTS if not total.fired[fault]]:
        raise SystemExit(f"never happened: {silent}")
    figures: dict[str, Any] = {
        "operations": total.operations, "lost": total.lost, "doubled": total.doubled, "mutants": len(MUTANTS),
        "mutants_killed": len(found), "seconds": round(time.monotonic() - begun, 1), "stories_s": round(stories_s, 1),
        "cpu_s": round(total.cpu_s, 1), "first_seed": asked.first, "load": round(os.getloadavg()[1], 1),
    }  # fmt: skip
    report(figures, TARGETS)


if __name__ == "__main__":
    main()
