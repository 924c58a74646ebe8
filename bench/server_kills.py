"""Web processes of the real server killed under load (SIGKILL, at any moment), and now and then the first process with all that
it started: is anything that was answered lost, doubled or half there? A judge that knows nothing of the product says so.

The crowd's phones and the judge's looks run on the same machine. `--log FILE` keeps the raw history.
"""

import argparse
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from bench.ground import phones, postgres, report, server
from tests.faults.server_killing import Killer

PHONES, ALL_IN = 10, 40
TARGETS = {
    "kills": "≥ 500", "lost": "0", "doubled": "0", "phantom": "0", "stale": "0", "half": "0", "odd_answers": "0",
    "cut_before_commit": "> 0", "cut_after_commit": "> 0",
}  # fmt: skip


def measure(url: str, options: argparse.Namespace) -> dict[str, Any]:
    """The figures of one database."""
    with server(url, RUNDTUR_WORKER="0") as running:
        killer = Killer(running, phones(running, PHONES), options.seed)
        began = time.monotonic()
        rounds = 0
        while killer.kills < options.kills:
            rounds += 1
            if rounds % ALL_IN:
                killer.kill()
            else:
                killer.kill_all()
        found = killer.judge()
        seconds = round(time.monotonic() - began, 1)
        for one in found[:20]:
            print(one)
        for one in killer.crowd.odd[:20]:
            print(one)
        if options.log:
            killer.crowd.history.write(options.log)
        return killer.figures(found) | {"seconds": seconds}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--postgres", action="store_true")
    parser.add_argument("--log", type=Path)
    options = parser.parse_args()
    with ExitStack() as stack:
        figures = measure(stack.enter_context(postgres()) if options.postgres else "", options)
    report(figures, TARGETS)


if __name__ == "__main__":
    main()
