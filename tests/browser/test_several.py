"""More than one person on a phone, and more than one phone of a person."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Route

from bench.ground import Server

from .driving import Phone, wait_until
from .reading_server import TOLD_STEPS, coming_departure, documents, person_id, rows
from .staging import ELIF, MAJA, WELCOME, WIDE, at_the_desk, change, departs_now, right_answers, steps

SECRET = "Jag är orolig för nattpassen"


def test_who_comes_after_finds_nothing_of_who_was_before(server: Server, phone: Callable[..., Phone]) -> None:
    one = phone()
    one.sign_in(ELIF)
    one.controlled()
    write_a_note(one)
    one.send()
    leave(one)
    assert one.page.locator("input[name=email]").input_value() == ""

    one.sign_in(MAJA)
    one.wait_for("Välkommen till")
    for path in ("/", "/me", "/me/receipts", f"/learn/{WELCOME}/steps/tanka-efter"):
        one.visit(path)
        one.page.locator("h1").first.wait_for()
        assert "Elif" not in one.says
        assert SECRET not in one.page.content()
        assert not one.page.get_by_text("Inga kvitton än").count() or path == "/me/receipts"
    mine = person_id(server.data, ELIF)
    assert not any(mine in key for key in one.page.evaluate("Object.keys(localStorage)")), "nothing in the keepsakes"
    assert mine not in str(one.databases)


def test_what_one_left_half_typed_is_nobody_elses(server: Server, phone: Callable[..., Phone]) -> None:
    departs_now(server)
    one = phone()
    one.sign_in(ELIF)
    one.controlled()
    one.wait_for("Texten är redo")
    one.visit(f"/learn/{WELCOME}/steps/tanka-efter")
    one.page.locator("textarea").fill(SECRET)
    one.page.wait_for_timeout(500)  # a person takes longer to leave; a page torn away at once writes nothing more
    one.visit(f"/learn/{WELCOME}/steps/kolla-dig-sjalv")
    one.page.locator(".choice input").first.check()
    one.page.wait_for_timeout(500)
    one.visit(f"/learn/{WELCOME}/steps/tanka-efter")
    wait_until(lambda: one.page.locator("textarea").input_value() == SECRET, "for oneself it is kept")
    one.visit(check_in_of(server))
    one.press("Jag förstår")
    one.page.locator("input[name=code]").wait_for()
    leave(one)

    one.sign_in(MAJA)
    one.wait_for("Välkommen till")
    one.visit(f"/learn/{WELCOME}")
    one.page.get_by_text(re.compile("Redo|Texten är redo")).first.wait_for()
    one.visit(f"/learn/{WELCOME}/steps/tanka-efter")
    assert one.page.locator("textarea").input_value() == ""
    one.visit(f"/learn/{WELCOME}/steps/kolla-dig-sjalv")
    one.page.locator(".choice").first.wait_for()
    assert one.page.locator(".choice input:checked").count() == 0
    one.visit(check_in_of(server))
    one.wait_for("Det här sparas")


def test_what_lay_on_the_phone_for_anybody_is_cleared_away(server: Server, phone: Callable[..., Phone]) -> None:
    one = phone()
    one.sign_in(ELIF)
    one.page.evaluate("localStorage.setItem('rundtur-draft-note-1', 'x'); localStorage.setItem('rundtur-tab', 'x')")
    one.page.reload()
    one.wait_for("Välkommen till")
    left = one.page.evaluate("Object.keys(localStorage)")
    assert "rundtur-draft-note-1" not in left
    assert "rundtur-tab" in left


def test_signing_out_in_one_tab_is_signing_out_in_all(server: Server, phone: Callable[..., Phone]) -> None:
    one = phone()
    one.sign_in(ELIF)
    one.controlled()
    one.wait_for("Texten är redo")
    other = one.context.new_page()
    other.goto(f"{one.url}/learn/{WELCOME}/steps/valkommen")
    other.get_by_role("button", name="Klar, nästa").wait_for()
    leave(one)
    other.locator("input[name=email]").wait_for()
    assert "Elif" not in other.inner_text("body")
    other.reload()
    other.locator("input[name=email]").wait_for()
    assert person_id(server.data, ELIF) not in str(one.databases)


def test_without_a_ticket_who_has_acts_that_wait_can_send_or_stay(server: Server, phone: Callable[..., Phone]) -> None:
    one = phone()
    one.page.route("**/api/devices", without_ticket)
    one.sign_in(ELIF)
    one.controlled()
    one.wait_for("Texten är redo")
    one.page.unroute_all(behavior="wait")
    one.visit(f"/learn/{WELCOME}")
    one.page.get_by_text(re.compile("Redo|Texten är redo")).first.wait_for()
    server.stop()
    write_a_note(one)
    one.visit("/me")
    one.press("Logga ut")
    dialog = one.page.locator("dialog")
    dialog.get_by_text("är inte skickade").wait_for()
    dialog.get_by_role("button", name="Logga ut").click()
    dialog.get_by_text("Vänta med att logga ut").wait_for(timeout=10_000)
    assert dialog.get_by_role("button").all_inner_texts() == ["Skicka nu", "Stanna inloggad"]
    one.page.keyboard.press("Escape")
    one.page.reload()
    one.page.get_by_role("heading", name="Elif Demir", level=1).wait_for()
    assert len(one.waiting) == 2
    server.start()
    one.press("Logga ut")
    dialog.get_by_role("button", name="Logga ut").click()
    one.page.locator("input[name=email]").wait_for()
    assert rows(server.data, f"SELECT count(*) FROM {TOLD_STEPS}") == [(1,)], "told before it was left"


def test_a_new_phone_of_the_same_person_shows_everything(server: Server, phone: Callable[..., Phone]) -> None:
    old = phone()
    old.sign_in(ELIF)
    old.controlled()
    write_a_note(old)
    old.visit(f"/learn/{WELCOME}/steps/valkommen")
    old.press("Klar, nästa")
    old.page.wait_for_url("**/steps/film")
    old.send()
    new = phone()
    new.sign_in(ELIF)
    new.wait_for("Fortsätt där du var")
    new.visit(f"/learn/{WELCOME}")
    new.wait_for(re.compile("1 av 8"))
    new.visit(f"/learn/{WELCOME}/steps/tanka-efter")
    wait_until(lambda: new.page.locator("textarea").input_value() == SECRET, "the note is on the new phone")
    devices = rows(server.data, "SELECT count(DISTINCT device_id), count(DISTINCT op_id) FROM sync_operation")
    assert devices[0][0] == 1, "the new phone has said nothing yet"
    new.visit(f"/learn/{WELCOME}/steps/film")
    new.press("Klar, nästa")
    new.page.wait_for_url("**/steps/oarna")
    new.send()
    assert rows(server.data, "SELECT count(DISTINCT device_id) FROM sync_operation") == [(2,)]
    assert rows(server.data, f"SELECT count(*) FROM {TOLD_STEPS} WHERE step_key != 'tanka-efter'") == [(2,)]


def test_a_quiz_in_two_tabs_is_two_attempts(server: Server, phone: Callable[..., Phone]) -> None:
    one = phone()
    one.sign_in(ELIF)
    one.controlled()
    quiz = steps(documents(server.data, "course")[WELCOME])[-1]["quiz"]
    one.visit(f"/learn/{WELCOME}/steps/kolla-dig-sjalv")
    one.wait_for("Fråga 1 av")
    other = one.context.new_page()
    other.goto(one.page.url)
    other.get_by_text("Fråga 1 av").first.wait_for()
    for page in (one.page, other):
        page.bring_to_front()
        for question in quiz["questions"]:
            right_answers(page, question)
            page.get_by_role("button", name="Svara").click()
            page.get_by_role("status").get_by_text("Rätt", exact=True).wait_for()
            page.locator(".button-main").click()
        page.get_by_text(re.compile("Godkänt")).first.wait_for()
    one.page.bring_to_front()
    one.send()
    mine = person_id(server.data, ELIF)
    assert rows(server.data, "SELECT count(DISTINCT op_id) FROM attempt WHERE person_id = ?", mine) == [(2,)]
    one.visit("/me/receipts")
    wait_until(lambda: one.says.count("Kolla dig själv") == 2, "each has a receipt of its own")


def test_two_phones_of_one_profile_are_both_heard_and_the_coordinator_is_told(
    server: Server, phone: Callable[..., Phone], tmp_path: Path
) -> None:
    """A backup of the phone was put on another one: both have one name, one session and the same numbers."""
    one = phone()
    one.sign_in(ELIF)
    one.controlled()
    one.visit(f"/learn/{WELCOME}")
    one.page.get_by_text(re.compile("Redo|Texten är redo")).first.wait_for()
    one.close()
    shutil.copytree(one.profile, tmp_path / "phone-1")
    one.open()
    copy = phone()
    for each, step in ((one, "valkommen"), (copy, "film")):
        each.visit(f"/learn/{WELCOME}/steps/{step}")
        each.press("Klar, nästa")
        each.page.wait_for_url(lambda url, step=step: not url.endswith(step))
    for each in (one, copy):
        each.send()
    told = "SELECT json_extract(raw, '$.step_key'), device_id FROM sync_operation WHERE kind = 'step_completed'"
    (first, here), (second, there) = sorted(rows(server.data, told))
    assert (first, second) == ("film", "valkommen")
    assert here == there, "the server knows one phone"
    for each in (one, copy):
        each.visit(f"/learn/{WELCOME}")
        each.wait_for("2 av 8")
    desk = phone(**WIDE)
    at_the_desk(desk)
    desk.press("Telefoner", "link")
    desk.wait_for("En telefon hörs från två håll")


def test_a_refused_act_needs_its_person_and_can_be_saved_as_a_file(
    server: Server, phone: Callable[..., Phone], tmp_path: Path
) -> None:
    departs_now(server)
    one = phone()
    one.sign_in(ELIF)
    one.controlled()
    stop = documents(server.data, "activity")["ekero-runt"]["stops"][0]
    one.visit(check_in_of(server))
    one.press("Jag förstår")

    change(server, "DELETE FROM booking WHERE person_id = ?", person_id(server.data, ELIF))
    one.page.locator("input[name=code]").fill("00000000")
    one.press("Checka in med koden")
    one.page.get_by_text("Sparat på telefonen", exact=True).wait_for()
    one.wait_for("Behöver dig · 1", seconds=20)
    one.page.locator(".pill").click()
    card = one.page.locator(".card-attention")
    card.get_by_text(f"Incheckad: {stop['name']}").wait_for()
    card.get_by_text("Det finns inte längre.").wait_for()
    assert not re.search(r"\bgone\b|rejected|\b4\d\d\b", one.says), "a reason in words, never a code"
    with one.page.expect_download() as saving:
        one.press("Spara som fil")
    kept = saving.value.path().read_text("utf-8")
    assert '"typed_code"' in kept
    assert stop["key"] in kept
    one.press("Jag har läst det")
    one.page.locator(".pill").get_by_text("Behöver dig").wait_for(state="detached")
    assert card.count() == 1, "read is not gone"


def without_ticket(route: Route) -> None:
    """A server of before there were tickets."""
    answer = route.fetch()
    route.fulfill(response=answer, json=answer.json() | {"ticket": None})


def write_a_note(one: Phone) -> None:
    one.visit(f"/learn/{WELCOME}/steps/tanka-efter")
    one.page.locator("textarea").fill(SECRET)
    one.press("Spara och fortsätt")
    one.page.wait_for_url("**/steps/kolla-dig-sjalv")


def leave(one: Phone) -> None:
    one.visit("/me")
    one.press("Logga ut")
    one.page.locator("dialog").get_by_role("button", name="Logga ut").click()
    one.page.locator("input[name=email]").wait_for()


def check_in_of(server: Server) -> str:
    stop = documents(server.data, "activity")["ekero-runt"]["stops"][0]
    return f"/site/{coming_departure(server.data)}/stops/{stop['key']}/check-in?with=code"
