"""Reading: a text as large and airy as one needs it, its hard words explained in place, its film where there is none yet."""

import re
from collections.abc import Callable
from typing import Any

from bench.ground import Server

from .driving import Phone, wait_until
from .staging import ELIF, OPEN, WELCOME

READING = f"/learn/{WELCOME}/steps/valkommen"
LOOK = """(text) => {
  const { fontSize, lineHeight } = getComputedStyle(text);
  return [parseFloat(fontSize), parseFloat(lineHeight) / parseFloat(fontSize)];
}"""


def test_a_text_is_as_large_and_airy_as_the_person_chose_also_tomorrow(phone: Callable[..., Phone]) -> None:
    one = opened(phone)
    size, air = look(one)
    one.page.get_by_role("button", name="Aa Textstorlek och radavstånd").focus()
    one.page.keyboard.press("Enter")
    one.page.keyboard.press("Tab")
    for _ in range(3):
        one.page.keyboard.press("ArrowDown")
    assert one.page.get_by_role("radio", name="Störst").is_checked()
    wait_until(lambda: look(one)[0] > size * 1.6, "the text has grown at once")
    one.page.get_by_role("radio", name="Luftigare").check()
    wait_until(lambda: look(one)[1] > air * 1.4, "and its lines have parted")
    large = look(one)
    one.page.wait_for_timeout(300)
    one.kill()
    one.open()
    one.visit(READING)
    one.page.locator(".story").wait_for()
    assert look(one) == large
    one.visit(f"/learn/{WELCOME}/steps/oarna")
    one.page.locator(".story").wait_for()
    assert look(one) == large, "it holds for every text"


def look(one: Phone) -> Any:
    return one.page.locator(".story").evaluate(LOOK)


def test_a_term_is_explained_in_place_by_keyboard_and_the_reader_goes_on_where_it_stood(
    phone: Callable[..., Phone],
) -> None:
    one = opened(phone)
    one.visit(f"/learn/{OPEN}")
    one.press(re.compile("^Hämta"))
    one.wait_for("Redo – fungerar utan nät")
    one.visit(f"/learn/{OPEN}/steps/tillbud")
    term = one.page.get_by_role("button", name=re.compile("^tillbud", re.IGNORECASE))
    term.focus()
    assert term.get_attribute("aria-haspopup") == "dialog"
    one.page.keyboard.press("Enter")
    explained = one.page.get_by_role("dialog", name="tillbud")
    explained.get_by_text("kunde ha lett till skada").wait_for()
    one.page.keyboard.press("Escape")
    explained.wait_for(state="detached")
    wait_until(lambda: term.evaluate("one => one === document.activeElement"), "the focus is back on the word")


def test_a_film_that_is_not_on_the_phone_is_offered_beside_it_and_plays_when_it_has_come(
    server: Server, phone: Callable[..., Phone]
) -> None:
    one = opened(phone)
    server.stop()
    one.visit(f"/learn/{WELCOME}/steps/film")
    one.wait_for("Filmen är inte på telefonen")
    one.press(re.compile(r"^Hämta ljud och film \(\d+\skB\)"))
    one.wait_for("Hämtningen fortsätter av sig själv")
    server.start()
    video = one.page.locator("video")
    video.wait_for(timeout=40_000)
    wait_until(lambda: video.evaluate("v => v.readyState") > 0, "the film is read")
    one.page.get_by_role("alert").wait_for(state="detached")


def opened(phone: Callable[..., Phone]) -> Phone:
    one = phone()
    one.sign_in(ELIF)
    one.controlled()
    wait_until(one.has_session_on_disk, "the browser has written down who is signed in", 60)
    one.visit(f"/learn/{WELCOME}")
    one.wait_for("Texten är redo")
    one.visit(READING)
    one.page.locator(".story").wait_for()
    return one
