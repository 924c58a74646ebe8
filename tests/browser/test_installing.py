"""Putting the app on an Android's home screen: offered once, after the first saved act."""

from collections.abc import Callable

from .driving import Phone
from .staging import ELIF

HINT = "Lägg Rundtur på hemskärmen"
OFFER = """() => {
  const offer = new Event("beforeinstallprompt", { cancelable: true });
  dispatchEvent(offer);
  return offer.defaultPrevented;
}"""
"""Chromium's own event, which it sends of itself only where a person has used the page for a while."""


def test_the_home_screen_is_offered_after_the_first_saved_act_and_not_before(phone: Callable[..., Phone]) -> None:
    one = phone()
    one.sign_in(ELIF)
    one.controlled()
    one.wait_for("Texten är redo")
    assert one.page.evaluate(OFFER), "the browser's own bar stays away"
    one.page.wait_for_timeout(300)
    assert one.page.get_by_text(HINT).count() == 0

    one.offline()
    one.press("Börja", "link")
    one.press("Klar, nästa")
    one.page.wait_for_url("**/steps/film")
    one.page.go_back()
    one.page.go_back()
    one.page.get_by_text(HINT).wait_for()
    one.press("Inte nu")
    one.page.get_by_text(HINT).wait_for(state="detached")
    one.page.reload()
    one.wait_for("Fortsätt där du var")
    one.page.evaluate(OFFER)
    one.page.wait_for_timeout(300)
    assert one.page.get_by_text(HINT).count() == 0, "closed means closed"
