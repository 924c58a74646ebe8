"""Through a course by hand: what one tap, two quick taps and a failed exam come to."""

from collections.abc import Callable

from .driving import Phone

ELIF = "elif.demir@ekero.example"
FIRST = "/learn/valkommen-till-ekero/steps/valkommen"
QUIZ = "/learn/valkommen-till-ekero/steps/kolla-dig-sjalv"


def test_a_double_tap_is_one_wish(phone: Callable[..., Phone]) -> None:
    """Its second tap neither finishes the step that comes, unseen, nor skips what an answer was worth."""
    one = phone()
    one.sign_in(ELIF)
    one.controlled()
    one.visit(FIRST)
    one.page.get_by_role("button", name="Klar, nästa").wait_for()
    one.offline()
    one.page.locator(".button-main").dblclick(delay=20)
    one.page.wait_for_url(lambda url: FIRST not in url)
    one.page.wait_for_timeout(700)
    assert [act["step_key"] for act in one.waiting] == ["valkommen"]

    one.visit(QUIZ)
    one.page.locator(".choice input").first.check()
    one.page.get_by_role("button", name="Svara").dblclick(delay=20)
    one.page.wait_for_timeout(700)
    assert "Fråga 1 av" in one.says
    one.page.get_by_role("button", name="Nästa fråga").click()
    one.wait_for("Fråga 2 av")
