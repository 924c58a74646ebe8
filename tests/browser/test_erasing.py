"""A person is erased while their phone lies in a pocket."""

from collections.abc import Callable

from bench.ground import Server

from .driving import Phone, wait_until
from .reading_server import person_id
from .staging import ELIF, WELCOME, command

SECRET = "Jag är orolig för nattpassen"


def test_the_phone_of_who_was_erased_wipes_itself_when_it_is_next_heard(
    server: Server, phone: Callable[..., Phone]
) -> None:
    one = phone()
    one.sign_in(ELIF)
    one.controlled()
    one.visit(f"/learn/{WELCOME}/steps/tanka-efter")
    one.page.locator("textarea").fill(SECRET)
    one.press("Spara och fortsätt")
    one.page.wait_for_url("**/steps/kolla-dig-sjalv")
    one.send()
    mine = person_id(server.data, ELIF)
    command(server, "people", "erase", ELIF, "--yes")
    one.page.goto(one.page.url)
    one.page.locator("input[name=email]").wait_for()
    wait_until(lambda: mine not in str(one.page.evaluate("indexedDB.databases()")), "the person's database is gone")
    assert not any(mine in key for key in one.page.evaluate("Object.keys(localStorage)")), "and the keepsakes"
    assert SECRET not in one.page.content()
