"""The phone dies in the moment after a tap."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import Playwright

from bench.ground import Server

from .driving import Phone, wait_until
from .killing import killing
from .reading_server import rows
from .staging import ELIF, WELCOME
from .tearing import beginnings, held_by_another, stores_of, tear

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


def test_a_store_that_a_kill_has_torn_is_thrown_away_by_chromium_and_what_was_shown_is_there_all_the_same(
    server: Server, phone: Callable[..., Phone]
) -> None:
    one, store, _ = opened_once(phone)
    server.stop()
    done(one, "valkommen")
    one.kill()
    tear(store)
    one.open()
    done(one, "vem-bestammer")
    assert not beginnings(store), "nothing is seen of it yet"
    one.kill()
    one.open()
    one.visit()
    one.page.get_by_role("navigation").wait_for()
    assert beginnings(store)
    assert steps(one.waiting) == ["valkommen", "vem-bestammer"]
    server.start()
    one.send()
    told = rows(server.data, "SELECT json_extract(raw, '$.step_key') FROM sync_operation WHERE kind = 'step_completed'")
    assert sorted(told) == [("valkommen",), ("vem-bestammer",)]
    assert rows(server.data, "SELECT gaps, storage_lost_at, doubled_at FROM device") == [("[]", None, None)]


def test_where_both_stores_are_torn_the_person_and_the_server_hear_that_something_was_lost(
    server: Server, phone: Callable[..., Phone]
) -> None:
    one, *both = opened_once(phone)
    server.stop()
    done(one, "valkommen")
    wait_until(lambda: has_number_on_disk(one), "localStorage has the number, too", 60)
    one.kill()
    for store in both:
        tear(store)
    one.open()
    done(one, "vem-bestammer")
    one.kill()
    one.open()
    one.visit()
    one.page.get_by_role("navigation").wait_for()
    assert all(map(beginnings, both))
    assert one.waiting == []
    server.start()
    one.send()
    one.page.get_by_text(re.compile("registrering(ar)? från den här telefonen kom aldrig fram")).wait_for()
    [(gaps, lost_at)] = rows(server.data, "SELECT gaps, storage_lost_at FROM device")
    assert json.loads(gaps)[0][0] == 1
    assert lost_at is not None, "a coordinator sees it among the exceptions"


def has_number_on_disk(one: Phone) -> bool:
    """Chromium writes localStorage some seconds later."""
    files = (one.profile / "Default" / "Local Storage" / "leveldb").glob("*.log")
    return any(b"rundtur.seq." in file.read_bytes() for file in files)


def test_a_store_that_a_killed_browser_still_holds_is_said_to_be_out_of_reach_and_is_whole_afterwards(
    server: Server, phone: Callable[..., Phone]
) -> None:
    one, store, _ = opened_once(phone)
    server.stop()
    done(one, "valkommen")
    one.kill()
    with held_by_another(store):
        one.open()
        one.visit()
        one.wait_for("Telefonen kan inte spara just nu", seconds=60)  # Chromium tries long, and the app four times
    assert any("storage_lost" in words for words in one.complaints)
    one.complaints.clear()
    one.press("Försök igen")
    one.page.get_by_role("navigation").wait_for(timeout=60_000)
    assert not beginnings(store)
    assert steps(one.waiting) == ["valkommen"]
    server.start()
    one.send()
    assert rows(server.data, "SELECT count(*) FROM sync_operation WHERE kind = 'step_completed'") == [(1,)]
    assert rows(server.data, "SELECT gaps, storage_lost_at, doubled_at FROM device") == [("[]", None, None)]


def opened_once(phone: Callable[..., Phone]) -> tuple[Phone, Path, Path]:
    """Elif's, with all her texts, at rest once since she signed in, which writes the cookies; and where its two stores lie."""
    one = phone()
    one.sign_in(ELIF)
    one.controlled()
    one.page.locator("main a[href*='/steps/']").first.wait_for()
    one.close()
    store, spare = stores_of(one.profile)
    one.open()
    one.send()
    return one, store, spare


def done(one: Phone, step: str) -> None:
    """It is shown as done: the next one is on the screen."""
    one.visit(f"/learn/{WELCOME}/steps/{step}")
    one.press("Klar, nästa")
    one.page.wait_for_url(lambda url: not url.endswith(step))


def steps(waiting: list[dict[str, Any]]) -> list[str]:
    return [op["step_key"] for op in waiting]
