"""The phone dies in the moment after a tap."""

from pathlib import Path

from playwright.sync_api import Playwright

from bench.ground import Server

from .killing import killing

KILLS = 4


def test_what_was_shown_as_saved_is_there_after_a_kill_and_arrives_once(
    playwright: Playwright, server: Server, tmp_path: Path
) -> None:
    with killing(playwright, server, tmp_path, steps=KILLS + 1, seed=3) as one:
        for _ in range(KILLS):
            one.kill_after_a_tap()
        found = one.judge()
    assert found.kills == KILLS
    assert found.shown > 0
    assert (found.lost, found.doubled) == (0, 0)
