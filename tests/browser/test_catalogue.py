"""What the catalogue offers, and what is left out where it is not on the phone."""

from collections.abc import Callable

from bench.ground import Server

from .driving import Phone, wait_until
from .staging import ELIF, HUGO, OPEN, WELCOME

BROKEN = "() => [...document.images].filter((one) => one.complete && one.naturalWidth === 0).length"


def test_a_closed_course_is_offered_to_nobody_outside_its_programme(phone: Callable[..., Phone]) -> None:
    one = phone()
    one.sign_in(HUGO)
    one.visit("/learn")
    one.page.locator(f"main a[href='/learn/{OPEN}']").wait_for()
    assert one.page.locator(f"main a[href='/learn/{WELCOME}']").count() == 0
    one.visit(f"/learn/{WELCOME}")
    one.wait_for("Kursen hör till ett program som du inte går")
    assert one.page.locator("main a[href*='/steps/']").count() == 0
    assert one.page.locator(".button-main").count() == 0


def test_a_picture_that_is_not_on_the_phone_is_left_out(server: Server, phone: Callable[..., Phone]) -> None:
    one = phone()
    one.sign_in(ELIF)
    one.controlled()
    one.wait_for("Texten är redo")
    server.stop()
    one.visit(f"/learn/{OPEN}")
    one.page.locator("h1").wait_for()
    one.page.locator("img.picture").wait_for(state="detached")
    one.visit("/learn")
    one.page.locator(f"main a[href='/learn/{OPEN}'] img").wait_for(state="detached")
    wait_until(lambda: one.page.evaluate(BROKEN) == 0, "nor has the list")
    one.visit(f"/learn/{WELCOME}/steps/film")
    one.wait_for("Filmen är inte på telefonen")
    assert not one.page.locator("video").is_visible()
