"""Real Chromium killed 0 to 200 ms after the tap on "done", over and over in one profile: is what it had shown ever lost?

--torn N: after each N kills one of the phone's two stores is torn, in turn, as by a kill between two of Chromium's writes, which
few kills hit; at the start after the next Chromium throws it away."""

import argparse
import tempfile
import time
from pathlib import Path

from playwright.sync_api import sync_playwright

from bench.ground import report, server
from tests.browser.killing import killing
from tests.browser.reading_server import rows

TARGETS = {"kills": "≥ 200", "lost": "0", "doubled": "0", "phantom": "0"}


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--kills", type=int, default=200)
    asked.add_argument("--seed", type=int, default=1)
    asked.add_argument("--torn", type=int, default=0, metavar="N")
    options = asked.parse_args()
    with (
        server(RUNDTUR_WORKER="0") as running,
        sync_playwright() as playwright,
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder,
        killing(playwright, running, Path(folder), options.kills + 1, options.seed, options.torn) as one,
    ):
        began = time.monotonic()
        for _ in range(options.kills):
            one.kill_after_a_tap()
        seconds = round(time.monotonic() - began, 1)
        found = one.judge()
        for step in one.missing:
            print(f"{step} is missing: shown as number {one.shown.index(step) + 1} of {len(one.shown)}")
        for words in one.one.complaints:
            print(f"the page said: {words}")
        for device in rows(
            running.data, "SELECT label, highest_seq, gaps, storage_lost_at FROM device WHERE gaps <> '[]'"
        ):
            print(f"the server misses of a phone: {device}")
        fates = sum(one.line.fates.values())
    report({**found._asdict(), "torn": one.torn, "questions": fates, "seconds": seconds}, TARGETS)


if __name__ == "__main__":
    main()
