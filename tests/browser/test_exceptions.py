"""From a wrong code on a phone to a coordinator's decision and back; and a phone whose storage was cleared."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Playwright

from bench.ground import Server

from .driving import Phone, wait_until
from .excepting import let_the_minute_pass, type_wrong_code
from .reading_server import TOLD_CHECK_INS, rows
from .staging import ELIF, WELCOME, WIDE, Stage, at_the_desk


@pytest.fixture
def stage(playwright: Playwright, server: Server, tmp_path: Path) -> Stage:
    made = Stage(playwright, server, tmp_path)
    made.depart_in(hours=-1)
    return made


def test_a_wrong_code_is_decided_by_the_coordinator_and_the_phone_then_says_so(
    stage: Stage, server: Server, phone: Callable[..., Phone]
) -> None:
    one, desk = phone(), phone(**WIDE)
    one.sign_in(ELIF)
    one.controlled()
    stop = stage.tour["stops"][0]
    type_wrong_code(one, stage.departure, stop["key"])
    one.wait_for("Granskas")

    at_the_desk(desk, "/office/")
    desk.press("1 undantag att se på", "link")
    desk.wait_for("Koden som personen skrev stämde inte med guidens.")
    assert stop["name"] in desk.says
    desk.page.locator("input[name=reason]").fill("Guiden läste fel")
    desk.page.get_by_role("button", name=re.compile(r"^Räknas\s*:")).first.click()
    desk.wait_for("Nyss avgjort")
    assert rows(server.data, f"SELECT count(*) FROM {TOLD_CHECK_INS}") == [(0,)], "nobody has heard of it"

    let_the_minute_pass(server)
    desk.visit("/office/exceptions")
    desk.wait_for("Inget att avgöra")
    one.visit("/me/receipts")
    one.wait_for("HR har godkänt det.", 20)
    one.wait_for("Så här skriver de: ”Guiden läste fel”")
    one.wait_for("Räknas")
    assert rows(server.data, f"SELECT stop_key FROM {TOLD_CHECK_INS}") == [(stop["key"],)]
    one.visit(f"/site/{stage.departure}/stops/{stop['key']}")
    one.wait_for("Incheckad")
    assert "Granskas" not in one.says


def test_a_phone_whose_storage_was_cleared_says_so_and_the_coordinator_sees_it(
    phone: Callable[..., Phone], server: Server
) -> None:
    one, desk = phone(), phone(**WIDE)
    one.sign_in(ELIF)
    one.controlled()
    one.page.locator("main a[href*='/steps/']").first.wait_for()
    one.visit(f"/learn/{WELCOME}/steps/valkommen")
    one.page.get_by_role("heading", name="Roligt att du är här").wait_for()
    one.offline()
    one.press("Klar, nästa")
    wait_until(lambda: one.waiting, "an act that only the phone knows of")
    one.page.goto("about:blank")
    one.online()
    clear_the_store(one)
    one.visit("/me/receipts")
    one.wait_for("kom aldrig fram, och finns inte längre på telefonen", 20)
    one.visit("/")
    one.wait_for("Behöver dig · 1")
    at_the_desk(desk)
    desk.press("Telefoner", "link")
    desk.wait_for("när telefonens lagring rensades")
    one.visit("/me/receipts")
    one.press("Jag har läst det")
    one.page.get_by_text("Behöver dig · 1").first.wait_for(state="detached")


def clear_the_store(one: Phone) -> None:
    """The browser throws databases away, as it may under pressure; localStorage stays."""
    devtools = one.context.new_cdp_session(one.page)
    devtools.send("Storage.clearDataForOrigin", {"origin": one.url, "storageTypes": "indexeddb,storage_buckets"})
    devtools.detach()
