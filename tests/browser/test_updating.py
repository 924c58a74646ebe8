"""A new version arrives while people are at work."""

import re
from collections.abc import Callable
from pathlib import Path

from bench.ground import Server

from .driving import Phone, wait_until
from .reading_server import TOLD_STEPS, rows
from .releasing import build_another, release
from .staging import ELIF, WELCOME

LOOK_FOR_NEWS = "navigator.serviceWorker.getRegistration().then(one => one.update()).then(() => true)"
VERSION = (
    "navigator.serviceWorker.controller.scriptURL && fetch('/health/ready').then(r => r.json()).then(r => r.version)"
)


def test_a_new_version_is_offered_once_and_taken_only_when_the_person_says_so(
    server: Server, phone: Callable[..., Phone], tmp_path: Path
) -> None:
    one = phone()
    one.sign_in(ELIF)
    one.controlled()
    one.wait_for("Välkommen till")
    release(server, build_another(tmp_path / "another", '"Klar, nästa"', '"Klar och vidare"'))

    one.page.evaluate(LOOK_FOR_NEWS)
    banner = one.page.get_by_role("region", name="En ny version av appen är klar.")
    banner.wait_for()
    assert banner.count() == 1

    # The old page goes on with the old worker: no banner over a step, and what it says reaches the new server.
    one.page.locator("main a[href*='/steps/']").first.click()
    one.page.get_by_role("button", name="Klar, nästa").wait_for()
    assert banner.count() == 0, "never under someone's hands"
    one.press("Klar, nästa")
    one.page.wait_for_url("**/steps/film")
    wait_until(lambda: rows(server.data, f"SELECT 1 FROM {TOLD_STEPS}"), "the old page syncs with the new server")

    # What waits on the phone survives the change.
    one.page.route("**/api/sync", lambda route: route.abort())
    one.press("Klar, nästa")
    one.page.wait_for_url("**/steps/oarna")
    assert len(one.waiting) == 1
    one.page.get_by_role("link", name="Kursen").click()
    one.page.get_by_role("link", name="Idag", exact=True).click()
    with one.page.expect_navigation():
        banner.get_by_role("button", name="Byt nu").click()
    one.controlled()
    one.page.goto(f"{one.url}/learn/{WELCOME}/steps/vem-bestammer")
    one.page.get_by_role("button", name="Klar och vidare").wait_for()
    assert [op["step_key"] for op in one.waiting] == ["film"]
    assert banner.count() == 0

    one.page.unroute_all()
    one.send()
    done = {key for (key,) in rows(server.data, f"SELECT step_key FROM {TOLD_STEPS}")}
    assert done == {"valkommen", "film"}


def test_who_says_later_is_not_asked_again_until_the_app_is_opened_anew(
    server: Server, phone: Callable[..., Phone], tmp_path: Path
) -> None:
    one = phone()
    one.sign_in(ELIF)
    one.controlled()
    release(server, build_another(tmp_path / "another", '"Klar, nästa"', '"Klar och vidare"'))
    one.page.evaluate(LOOK_FOR_NEWS)
    one.press("Senare")
    one.page.get_by_role("link", name="Lär", exact=True).click()
    one.page.get_by_role("heading", name="Lär", level=1).wait_for()
    one.page.evaluate(LOOK_FOR_NEWS)
    one.page.wait_for_timeout(500)
    assert one.page.get_by_text("En ny version").count() == 0
    one.page.reload()
    one.wait_for(re.compile("En ny version"))


def test_a_page_of_the_version_before_still_finds_its_rooms(
    server: Server, phone: Callable[..., Phone], tmp_path: Path
) -> None:
    """The old page's later part is loaded after the new worker has taken over in another tab."""
    one = phone()
    one.sign_in(ELIF)
    one.controlled()
    old = one.context.new_page()
    one.page.bring_to_front()
    release(server, build_another(tmp_path / "another", '"Klar, nästa"', '"Klar och vidare"'))
    old.goto(one.url)
    old.get_by_role("navigation").first.wait_for()
    one.page.evaluate(LOOK_FOR_NEWS)
    banner = one.page.get_by_role("region", name="En ny version av appen är klar.")
    banner.wait_for()
    with one.page.expect_navigation():
        banner.get_by_role("button", name="Byt nu").click()
    old.bring_to_front()
    old.get_by_role("link", name="Jag", exact=True).click()
    old.get_by_role("heading", name="Elif Demir", level=1).wait_for()
    old.close()
