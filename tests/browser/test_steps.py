"""Through a course by hand: what one tap, two quick taps and a failed exam come to."""

import re
from collections.abc import Callable

from .driving import Phone

ELIF = "elif.demir@ekero.example"
FIRST = "/learn/valkommen-till-ekero/steps/valkommen"
EXAM = "/learn/informationssakerhet/steps/prov"
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


def test_a_text_is_not_drawn_again_because_something_else_was_saved(phone: Callable[..., Phone]) -> None:
    """Else what is being read aloud loses its mark, and what somebody has selected is let go."""
    one = phone()
    one.sign_in(ELIF)
    one.controlled()
    one.visit(FIRST)
    one.page.get_by_role("button", name="Klar, nästa").wait_for()
    one.page.evaluate("document.querySelector('.story p').dataset.same = ''")
    other = one.context.new_page()
    other.goto(one.url + "/learn/valkommen-till-ekero/steps/oarna")
    one.offline()
    other.get_by_role("button", name="Klar, nästa").click()
    one.wait_for("Sparat på telefonen · 1")
    assert one.page.locator(".story p[data-same]").count() == 1


def test_a_failed_exam_is_told_where_one_looks(phone: Callable[..., Phone]) -> None:
    """In the step when it is opened again, on its row in the course and in the programme, and on the receipt."""
    one = phone()
    one.sign_in(ELIF)
    one.controlled()
    one.visit(EXAM)
    while True:
        one.page.locator(".choice input").first.check()
        press = one.page.locator(".button-main")
        is_last = press.inner_text() == "Se resultatet"
        press.click()
        if is_last:
            break
    one.wait_for("Inte godkänt än")
    one.visit("/learn/informationssakerhet")
    one.wait_for(re.compile(r"Inte godkänt än · \d av 6 rätt"))
    one.visit("/")
    one.wait_for(re.compile(r"Inte godkänt än · \d av 6 rätt"))
    one.visit("/me/receipts")
    one.wait_for(re.compile(r"Inte godkänt än · \d av 6 rätt"))
    one.visit(EXAM)
    one.page.get_by_role("button", name="Försök igen").wait_for()
