"""Every screen in each of its states, for people who see, read, reach or move otherwise; and the way through by keyboard alone."""

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, Playwright

from bench.ground import Server

from .driving import Phone, wait_until
from .looking import CUT, DOORS, FOCUSED, HARD_TO_HIT, SMALL, WATCH_MOTION, heard_and_seen
from .scenes import WALKS, walk
from .staging import ELIF, GRETA, WELCOME, Stage, settle

ACCEPTED = {
    "audio-caption": "what the sound says stands below it as text, on every screen that has one",
    "hidden-content": "what is hidden comes into sight in a scene of its own, or on a narrow screen",
}
"""Rules that axe-core leaves open and a person has decided."""


class StillStage(Stage):
    """Phones of people who asked for less motion: whatever moves all the same is a complaint."""

    def phone(self, **options: Any) -> Phone:
        one = super().phone(**options)
        one.context.add_init_script(WATCH_MOTION)
        return one


@pytest.fixture
def stage(playwright: Playwright, server: Server, tmp_path: Path) -> Stage:
    return StillStage(playwright, server, tmp_path, color_scheme="light", reduced_motion="reduce")


@pytest.mark.parametrize("name", [one.__name__ for one in WALKS])
def test_nobody_is_kept_out_of_a_screen(stage: Stage, name: str) -> None:
    faults: list[str] = []
    for scene in walk(stage, name):
        faults += [f"{scene.name}: {fault}" for fault in look(scene.phone.page, desk="office" in scene.name)]
        faults += [f"{scene.name}: {complaint}" for complaint in scene.phone.complaints]
        scene.phone.complaints.clear()
    assert not faults, "\n" + "\n".join(dict.fromkeys(faults))


def look(page: Page, *, desk: bool) -> list[str]:
    main = 44 if desk else 48
    before = page.viewport_size
    assert before
    # All of it at once: what is fixed at the bottom covers nothing.
    page.set_viewport_size({**before, "height": page.evaluate("document.documentElement.scrollHeight") + 200})
    faults = heard_and_seen(page, set(ACCEPTED))
    page.emulate_media(color_scheme="dark")
    faults += [f"in the dark: {one}" for one in heard_and_seen(page, set(ACCEPTED), only_colours=True)]
    page.emulate_media(color_scheme="light")
    faults += page.evaluate(HARD_TO_HIT, main)
    page.set_viewport_size(SMALL)
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    faults += [f"at 320 px and 200 %: {one}" for one in page.evaluate(CUT, SMALL["width"])]
    faults += [f"at 320 px and 200 %: {one}" for one in page.evaluate(HARD_TO_HIT, main)]
    page.evaluate("document.documentElement.style.fontSize = ''")
    page.set_viewport_size(before)
    return faults


def test_tab_reaches_everything_in_order_and_in_sight(stage: Stage) -> None:
    one = on_the_bus(stage)
    stop = f"/site/{stage.departure}/stops/{stage.tour['stops'][0]['key']}"
    course = f"/learn/{WELCOME}"
    places = {
        "/": "Ekerö runt",
        course: "Texten är redo",
        f"{course}/steps/valkommen": "Klar, nästa",
        f"{course}/steps/kolla-dig-sjalv": "Svara",
        f"{stop}/check-in": "Jag förstår",
    }
    for path, words in places.items():
        one.visit(path)
        one.wait_for(words)
        settle(one)
        reached = tabbed(one.page)
        assert [each["name"] for each in reached] == one.page.evaluate(DOORS), path
        assert [each["name"] for each in reached if not each["hasRing"]] == [], path
        assert [each["name"] for each in reached if not each["isInSight"]] == [], path
        heights = [each["y"] for each in reached if each["y"] is not None]
        assert heights == sorted(heights), path


def tabbed(page: Page) -> list[dict[str, Any]]:
    """Every stop of the Tab key, from the top of the page until it is round."""
    reached: list[dict[str, Any]] = []
    while len(reached) < 60:
        page.keyboard.press("Tab")
        here = page.evaluate(FOCUSED)
        if here is None or here in reached:
            break
        reached.append(here)
    return reached


def test_after_every_navigation_the_focus_stands_on_the_heading(stage: Stage) -> None:
    one = on_the_bus(stage)
    one.visit("/")
    go(one, "Börja")
    go(one, "Klar, nästa", "button")
    go(one, "Kursen")
    go(one, "Lär")
    one.visit(f"/site/{stage.departure}/stops/{stage.tour['stops'][0]['key']}")
    go(one, "Checka in här")
    go(one, "Jag förstår", "button")
    go(one, "Skriv guidens kod", "button")
    stranger = stage.phone()
    stranger.visit("/")
    go(stranger, "Jag har en kod från HR")


def go(one: Phone, name: str, role: Any = "link") -> None:
    """Enter on what has this name, and the next screen is there."""
    before = one.page.locator("main").inner_text()
    one.page.get_by_role(role, name=re.compile(f"^{name}")).first.focus()
    one.page.keyboard.press("Enter")
    wait_until(lambda: one.page.locator("main").inner_text() != before, f"another screen after {name}")
    wait_until(lambda: (one.page.evaluate(FOCUSED) or {}).get("isHeading"), f"the focus on the heading after {name}", 3)


def test_a_dialog_keeps_the_focus_and_gives_it_back(stage: Stage) -> None:
    one = stage.phone()
    stage.depart_in(hours=15)
    one.sign_in(GRETA)
    one.visit(f"/site/{stage.departure}")
    code = one.page.locator("button.row").first
    gives_back(one, code, "Escape")
    one.visit("/me")
    leave = one.page.get_by_role("button", name="Logga ut")
    gives_back(one, leave, "Escape")
    gives_back(one, leave, "Stanna inloggad")


def gives_back(one: Phone, opener: Locator, way_out: str) -> None:
    opener.focus()
    before = one.page.evaluate(FOCUSED)["name"]
    one.page.keyboard.press("Enter")
    one.page.locator("dialog[open]").wait_for()
    for _ in range(6):
        here = one.page.evaluate(FOCUSED)
        assert here is None or here["isInDialog"], here  # nothing is the browser's own row
        one.page.keyboard.press("Tab")
    if way_out == "Escape":
        one.page.keyboard.press("Escape")
    else:
        one.page.get_by_role("button", name=way_out).focus()
        one.page.keyboard.press("Enter")
    one.page.locator("dialog").wait_for(state="detached")
    wait_until(lambda: (one.page.evaluate(FOCUSED) or {}).get("name") == before, f"the focus back on {before}", 3)


def on_the_bus(stage: Stage) -> Phone:
    """The new hire's phone, with the course and the tour on it."""
    stage.depart_in(hours=2)
    one = stage.phone()
    one.sign_in(ELIF)
    one.controlled()
    one.visit(f"/site/{stage.departure}")
    one.wait_for(re.compile("Texten är redo|Redo"))
    one.visit(f"/learn/{WELCOME}")
    one.wait_for(re.compile("Texten är redo|Redo"))
    return one
