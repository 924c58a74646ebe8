"""Everyone can use every screen: axe finds nothing in light and dark, nothing is cut at 320 px with text twice as large,
and the keyboard alone is enough."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Playwright

from bench.ground import ROOT, Server

from .driving import PASSWORD, Phone, wait_until
from .scenes import ELIF, WALKS, WELCOME, Scene, Stage, walk
from .screens import enlarge

AXE = (ROOT / "node_modules" / "axe-core" / "axe.min.js").read_text("utf-8")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@pytest.fixture
def stage(playwright: Playwright, server: Server, tmp_path: Path) -> Iterator[Stage]:
    made = Stage(playwright, server, tmp_path, color_scheme="light", device_scale_factor=1)
    yield made
    for one in made.phones:
        one.close()


@pytest.mark.parametrize("name", [one.__name__ for one in WALKS])
def test_every_screen_can_be_used_by_everyone(stage: Stage, name: str) -> None:
    wrong = [trouble for scene in walk(stage, name) for trouble in trouble_with(scene)]
    assert wrong == [], "\n".join(wrong)


def trouble_with(scene: Scene) -> list[str]:
    name, one = scene
    found = [f"{name}: {said}" for said in axe(one)]
    one.page.emulate_media(color_scheme="dark")
    found += [f"{name}, dark: {said}" for said in axe(one)]
    one.page.emulate_media(color_scheme="light")
    before = one.page.viewport_size
    assert before
    enlarge(one, True)
    found += [f"{name}, 320 px and 200 %: {said}" for said in (*axe(one), *cut_off(one))]
    enlarge(one, False)
    one.page.set_viewport_size(before)
    return found


def axe(one: Phone) -> list[str]:
    if not one.page.evaluate("'axe' in globalThis"):
        one.page.evaluate(AXE)
    result: dict[str, Any] = one.page.evaluate(
        "rules => axe.run(document, { runOnly: { type: 'tag', values: rules }, resultTypes: ['violations'] })", RULES
    )
    return [f"{rule['id']}: {node['html'][:160]}" for rule in result["violations"] for node in rule["nodes"]]


CUT = """() => {
  const wide = document.scrollingElement.scrollWidth - innerWidth;
  if (wide <= 0) return [];
  const guilty = [...document.querySelectorAll("main *, header *, nav *, section *")].filter((one) =>
    one.getBoundingClientRect().right > innerWidth + 1 && !one.closest(".only-heard, [data-scrolls], .story-scroll"));
  return [`the page scrolls sideways by ${wide} px: ` + guilty.slice(-1).map((one) => one.outerHTML.slice(0, 160))];
}"""


def cut_off(one: Phone) -> list[str]:
    said: list[str] = one.page.evaluate(CUT)
    return said


def test_the_keyboard_alone_signs_in_completes_a_step_and_reaches_the_tabs(phone: Callable[..., Phone]) -> None:
    one = phone()
    one.visit("/")
    one.page.locator("input[name=email]").wait_for()
    tab_to(one, "name", "email")
    one.page.keyboard.type(ELIF)
    tab_to(one, "name", "password")
    one.page.keyboard.type(PASSWORD)
    one.page.keyboard.press("Enter")
    one.page.locator("main a[href*='/steps/']").first.wait_for()
    tab_to(one, "href", f"/learn/{WELCOME}/steps/valkommen")
    one.page.keyboard.press("Enter")
    one.page.get_by_role("heading", name="Roligt att du är här", level=1).wait_for()
    assert focused(one, "tagName") == "H1", "after navigation the focus is on the heading"
    tab_to(one, "className", "button-main")
    one.page.keyboard.press("Enter")
    one.page.wait_for_url("**/steps/film")
    wait_until(lambda: focused(one, "tagName") == "H1", "the next step's heading has the focus")
    assert [op["step_key"] for op in one.waiting if op["kind"] == "step_completed"] == ["valkommen"]
    tab_to(one, "className", "back", back=True)
    one.page.keyboard.press("Enter")
    one.page.wait_for_url(f"**/learn/{WELCOME}")
    tab_to(one, "href", "/me")
    one.page.keyboard.press("Enter")
    one.page.get_by_role("heading", name="Elif Demir", level=1).wait_for()
    assert focused(one, "tagName") == "H1"


def focused(one: Phone, what: str) -> str:
    return str(
        one.page.evaluate(
            "what => document.activeElement.getAttribute(what) ?? document.activeElement[what] ?? ''", what
        )
    )


def tab_to(one: Phone, what: str, wanted: str, *, back: bool = False) -> None:
    """Each stop on the way shows where it is."""
    for _ in range(60):
        one.page.keyboard.press("Shift+Tab" if back else "Tab")
        shows = one.page.evaluate(
            """() => { const at = document.activeElement, style = getComputedStyle(at.closest('label.choice') ?? at);
               return at === document.body || style.outlineStyle !== 'none' }"""
        )
        assert shows, f"no mark of focus on {focused(one, 'outerHTML')[:120]}"
        if wanted in focused(one, what):
            return
    raise AssertionError(f"never reached {what}={wanted}")
