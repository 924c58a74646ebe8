"""A mail on a narrow phone, in light and dark: nothing sticks out, everything can be read, nothing is fetched."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, Playwright

from config import Settings
from server.reminders.composing import Composer
from server.reminders.letters import Words
from tests.reminders.letters import a_duty, a_letter

from .driving import chromium
from .looking import CUT, heard_and_seen

PERSON, ADDRESS = "01900000-0000-7000-8000-000000000001", "maja.lindqvist@ekero.example"
LONG = Words(
    "Informationssäkerhetsutbildningen för nyanställda väntar på dig",
    "Informationssäkerhet: försenad · Välkommen till Ekerö kommun: senast fredag 27 november.\nDet kan vänta till arbetstid.",
)
OF_PAGES = ("violations: landmark-one-main", "violations: region")
"""what a page needs, and a mail in a mail program's page does not"""
LETTERS: dict[str, dict[str, Any]] = {
    "a nudge": {}, "in English": {"language": "en"}, "a duty": {"of": a_duty}, "long words": {"words": LONG},
}  # fmt: skip


@pytest.fixture
def page(playwright: Playwright) -> Iterator[Page]:
    browser = playwright.chromium.launch(executable_path=chromium())
    one = browser.new_page(viewport={"width": 320, "height": 640})
    yield one
    browser.close()


@pytest.mark.parametrize("name", LETTERS)
def test_a_mail_can_be_read_on_the_narrowest_phone(page: Page, name: str) -> None:
    more = dict(LETTERS[name])
    letter = more.pop("of", a_letter)(PERSON, ADDRESS, **more)
    composer = Composer(Settings(mail_from="Rundtur <rundtur@ekero.example>"), "a secret of the tests alone")
    body = composer.compose(letter).get_body(("html",))
    assert body
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.set_content(body.get_content())
    faults = heard_and_seen(page, set())
    page.emulate_media(color_scheme="dark")
    faults += [f"in the dark: {one}" for one in heard_and_seen(page, set(), only_colours=True)]
    faults += page.evaluate(CUT, 320)
    faults = [one for one in faults if not one.startswith(OF_PAGES)]
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (faults, asked, ground) == ([], [], "rgb(14, 23, 29)")
