"""Reminders that arrive, and stop: from our server's own encryption to what the lock screen shows and where a tap leads."""

import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bench.ground import Server
from tests.support.autopush import Autopush

from .driving import STILL, Phone, wait_until
from .firefox import browsing, firefox
from .pushed_phone import PushedPhone
from .reading_server import documents, person_id, rows
from .reminding import close, course_id, remind, send
from .staging import ELIF, OPEN, WELCOME
from .test_scene import do_course

BODY = "Du har en påminnelse."
SETTLED = "Klart. Inget mer att göra."
MAY = ["geolocation", "notifications"]


@pytest.fixture
def service() -> Iterator[Autopush]:
    running = Autopush()
    yield running
    running.stop()


@pytest.fixture
def server(demo_data: Path, tmp_path: Path, service: Autopush) -> Iterator[Server]:
    """It sends to the push service of this test."""
    data = tmp_path / "data"
    shutil.copytree(demo_data, data)
    running = Server(data, RUNDTUR_PUSH_LOCAL=service.origin, **STILL).start()
    yield running
    running.stop()


@pytest.fixture
def pushed(phone: Callable[..., Phone], service: Autopush) -> Callable[[], PushedPhone]:
    """Makes phones of Elif's that have said yes to reminders."""

    def make() -> PushedPhone:
        one = PushedPhone(phone(permissions=MAY), service)
        one.phone.sign_in(ELIF)
        one.phone.controlled()
        one.turn_on()
        return one

    return make


def reach(server: Server, reminder: str, *phones: PushedPhone) -> None:
    """The server sends it, and every phone shows it."""
    assert send(server, reminder) == ["ok"] * len(phones)
    for one in phones:
        one.deliver()
        one.wait_for_shown(BODY)


@pytest.mark.skipif(firefox() is None, reason="there is no Firefox on this machine")
def test_a_real_push_reaches_a_real_firefox_and_a_tap_opens_the_course(
    server: Server, service: Autopush, tmp_path: Path
) -> None:
    with browsing(tmp_path, server.url, service.url) as one:
        one.sign_in(ELIF)
        one.press("Ja, påminn mig")
        one.press("Slå på påminnelser")
        one.wait_for("Påminnelserna är på")
        one.visit("/me/devices")
        one.press("Prova")
        one.wait_for("Notisen kommer oftast inom en minut")
        wait_until(lambda: [note["tag"] for note in one.notifications()] == ["try"], "the test is shown")
        one.tap_notification()
        wait_until(lambda: one.path == "/me", "and opens the app")

        reminder = remind(server, ELIF)
        assert send(server, reminder) == ["ok"]
        shown = {"title": "Rundtur", "body": BODY, "tag": reminder}
        wait_until(lambda: one.notifications() == [shown], "the reminder is shown")
        assert service.acknowledged == [100, 100], "read by the browser, both times"

        # The app is closed and the server is away: the screen opens all the same.
        one.leave()
        server.stop()
        one.tap_notification()
        wait_until(lambda: f"/learn/{WELCOME}" in one.paths(), "the course is open")
        server.start()
        seen = "SELECT seen_at FROM reminder WHERE id = ? AND seen_at IS NOT NULL"
        wait_until(lambda: rows(server.data, seen, reminder), "the server hears that it was seen", 60)


def test_a_push_says_nothing_of_what_it_is_about_and_a_tap_opens_it_also_offline(
    server: Server, pushed: Callable[[], PushedPhone], service: Autopush
) -> None:
    one = pushed()
    reminder = remind(server, ELIF)
    reach(server, reminder, one)
    message = service.taken[-1].message
    assert message["web_push"] == 8030
    assert message["notification"]["navigate"].endswith(f"/reminders/{reminder}")
    assert not re.search("Välkommen|kurs|Elif", str(message)), "the lock screen is read by anybody"

    one.phone.offline()
    one.tap(reminder)
    one.phone.page.wait_for_url(f"**/learn/{WELCOME}")
    one.phone.page.get_by_role("heading", level=1, name=re.compile("Välkommen till")).wait_for()
    one.wait_for_shown()
    assert [op["kind"] for op in one.phone.waiting] == ["reminder_seen"]
    one.phone.online()
    wait_until(lambda: rows(server.data, "SELECT 1 FROM reminder WHERE seen_at IS NOT NULL"), "told", 40)


def test_what_was_done_without_network_is_not_asked_for_again(
    server: Server, pushed: Callable[[], PushedPhone]
) -> None:
    one = pushed()
    one.phone.visit(f"/learn/{OPEN}")
    one.phone.page.get_by_role("button", name=re.compile("^Hämta")).click()
    one.phone.wait_for("Redo – fungerar utan nät")
    reminder = remind(server, ELIF, about=f"course/{course_id(server, OPEN)}", target=f"/learn/{OPEN}")
    assert send(server, reminder) == ["ok"]
    one.phone.visit("/me/reminders")
    one.phone.wait_for("Sluta påminna")
    one.phone.offline()
    do_course(one.phone, documents(server.data, "course")[OPEN])
    one.deliver()
    one.wait_for_shown(SETTLED)
    one.phone.visit("/me/reminders")
    one.phone.wait_for("Inga påminnelser just nu")
    one.phone.online()


def test_what_is_seen_on_one_phone_leaves_the_lock_screen_of_the_other(
    server: Server, pushed: Callable[[], PushedPhone]
) -> None:
    one, other = pushed(), pushed()
    first, second = remind(server, ELIF), remind(server, ELIF)
    reach(server, first, one, other)
    one.phone.visit(f"/reminders/{first}")
    one.phone.page.wait_for_url(f"**/learn/{WELCOME}")
    one.wait_for_shown()
    one.phone.send()
    other.phone.visit("/me/reminders")
    other.wait_for_shown()

    # And what the server closes, everywhere; the worker finds it by itself when the next push comes.
    close(server, ELIF, first)
    reach(server, second, one, other)
    close(server, ELIF, second)
    other.deliver()
    other.wait_for_shown(SETTLED)


def test_tomorrow_is_said_from_the_notification_without_network(
    server: Server, pushed: Callable[[], PushedPhone]
) -> None:
    one = pushed()
    reminder = remind(server, ELIF)
    reach(server, reminder, one)
    one.phone.offline()
    one.tap(reminder, "tomorrow")
    wait_until(lambda: [op["kind"] for op in one.phone.waiting] == ["reminder_snoozed"], "it is kept")
    one.phone.visit("/me/reminders")
    one.phone.wait_for("Kommer tillbaka i morgon")
    one.wait_for_shown()
    one.phone.online()
    one.phone.send()
    assert rows(server.data, "SELECT 1 FROM reminder WHERE snoozed_until > date('now', '+1 hours')") == [(1,)]


def test_muting_can_be_undone_for_a_while_and_then_holds(server: Server, pushed: Callable[[], PushedPhone]) -> None:
    one = pushed().phone
    remind(server, ELIF)
    one.visit("/me/reminders")
    one.press(re.compile("Sluta påminna"))
    one.press("Ångra")
    one.page.get_by_role("button", name=re.compile("Sluta påminna")).wait_for()
    assert one.waiting == []
    one.press(re.compile("Sluta påminna"))
    one.press("Jag", "link")
    muted = "SELECT kind FROM sync_operation WHERE kind = 'reminder_muted'"
    wait_until(lambda: one.page.wait_for_timeout(50) or rows(server.data, muted), "leaving the screen says it")
    assert rows(server.data, muted) == [("reminder_muted",)]


def test_what_was_muted_is_taken_back_in_the_settings_without_network(
    server: Server, pushed: Callable[[], PushedPhone]
) -> None:
    one = pushed().phone
    remind(server, ELIF)
    one.visit("/me/reminders")
    one.press(re.compile("Sluta påminna"))
    one.press("Jag", "link")
    wait_until(lambda: rows(server.data, "SELECT is_muted FROM reminder") == [(1,)], "it is muted")
    one.send()
    one.offline()
    one.visit("/me/reminders/settings")
    one.press(re.compile("^Påminn igen"))
    one.wait_for("Vi påminner igen")
    assert [op["kind"] for op in one.waiting] == ["reminder_unmuted"]
    one.visit("/me/reminders")
    one.page.get_by_role("button", name=re.compile("Sluta påminna")).wait_for()
    one.online()
    one.send()
    assert rows(server.data, "SELECT is_muted FROM reminder") == [(0,)]


def test_nobody_is_asked_again_after_a_no_and_nothing_is_subscribed(
    server: Server, phone: Callable[..., Phone], service: Autopush
) -> None:
    one = PushedPhone(phone(permissions=MAY), service)
    one.phone.sign_in(ELIF)
    one.phone.wait_for("Vill du bli påmind?")
    one.phone.press("Nej tack")
    one.phone.page.get_by_text("Vill du bli påmind?").wait_for(state="detached")
    one.phone.page.reload()
    one.phone.wait_for("Ekerö runt")
    one.phone.visit("/me/reminders/settings")
    one.phone.wait_for("Den här telefonen visar inga notiser")
    one.phone.visit("/")
    one.phone.wait_for("Ekerö runt")
    assert one.phone.page.get_by_text("Vill du bli påmind?").count() == 0
    assert service.phones == {}
    assert rows(server.data, "SELECT count(*) FROM push_subscription") == [(0,)]


def test_a_phone_that_says_no_is_told_where_reminders_are(server: Server, phone: Callable[..., Phone]) -> None:
    one = phone()
    remind(server, ELIF)
    one.sign_in(ELIF)
    one.wait_for("Ny påminnelse")
    assert one.page.get_by_text("Vill du bli påmind?").count() == 0
    one.visit("/me/reminders/settings")
    one.wait_for("Telefonen släpper inte fram notiser från Rundtur. Påminnelserna finns i appen")


def test_settings_hold_without_network_and_reach_the_server(server: Server, pushed: Callable[[], PushedPhone]) -> None:
    one = pushed()
    one.phone.offline()
    one.phone.visit("/me/reminders/settings")
    one.phone.page.get_by_role("checkbox", name=re.compile("med mejl")).uncheck()
    one.phone.page.get_by_role("radio", name="Egna tider").check()
    one.phone.page.get_by_label("Lugnt från").fill("22:30")
    one.phone.press("Spara tiderna")
    one.phone.wait_for("Sparat.")
    one.phone.page.reload()
    assert one.phone.page.get_by_label("Lugnt från").input_value() == "22:30"
    one.phone.page.get_by_role("radio", name=re.compile("^Efter mitt arbetspass")).check()
    one.phone.press("Spara tiderna")
    one.phone.wait_for("Sparat.")
    one.phone.page.reload()
    one.phone.page.get_by_role("radio", name=re.compile("^Efter mitt arbetspass"), checked=True).wait_for()
    one.phone.online()
    one.phone.page.get_by_role("checkbox", name=re.compile("^Påminn mig Högst")).uncheck()
    wait_until(lambda: one.endpoint is None, "off is off on this phone at once")
    one.phone.send()
    said = dict(rows(server.data, "SELECT name, value FROM preference WHERE name != 'language'"))
    assert said == {"mail": "off", "quiet_hours": "after_shifts", "reminders": "off"}
    subscribed = "SELECT count(*) FROM push_subscription"
    wait_until(lambda: rows(server.data, subscribed) == [(0,)], "and the server is told after it")
    one.phone.visit("/me/receipts")
    one.phone.wait_for("Inställning: Tider när du vill ha lugnt")


def test_one_s_own_phones_are_listed_and_taken_away(server: Server, pushed: Callable[[], PushedPhone]) -> None:
    one, other = pushed(), pushed()
    one.phone.visit("/me/devices")
    one.phone.wait_for("Den här telefonen")
    wait_until(lambda: one.phone.says.count("Visar påminnelser") == 2, "both are there")
    one.phone.press(re.compile("^Ta bort"))
    one.phone.press("Ta bort telefonen")
    wait_until(lambda: one.phone.says.count("Visar påminnelser") == 1, "one is left")
    assert rows(server.data, "SELECT count(*) FROM push_subscription") == [(1,)]
    reminder = remind(server, ELIF)
    assert send(server, reminder) == ["ok"]
    one.phone.offline()
    one.phone.page.reload()
    one.phone.wait_for("Ingen täckning. Listan över dina telefoner")
    assert other.shown == []
    other.phone.complaints.clear()


def test_a_subscription_that_the_server_or_the_browser_lost_is_mended_at_the_next_start(
    server: Server, pushed: Callable[[], PushedPhone], service: Autopush
) -> None:
    one = pushed()
    before = one.endpoint
    one.subscribed = None  # the browser has dropped it, and told nobody
    one.phone.page.reload()
    wait_until(lambda: one.endpoint not in (None, before), "it subscribes anew")
    known = "SELECT endpoint FROM push_subscription"
    wait_until(lambda: rows(server.data, known) == [(one.endpoint,)], "and the server knows")
    reach(server, remind(server, ELIF), one)


def test_who_signs_out_is_not_reminded_on_that_phone(
    server: Server, pushed: Callable[[], PushedPhone], service: Autopush
) -> None:
    one = pushed()
    reach(server, remind(server, ELIF), one)
    one.phone.visit("/me")
    one.phone.press("Logga ut")
    one.phone.page.locator("dialog").get_by_role("button", name="Logga ut").click()
    one.phone.page.locator("input[name=email]").wait_for()
    one.wait_for_shown()
    assert service.phones == {}
    assert rows(server.data, "SELECT count(*) FROM push_subscription") == [(0,)]
    mine = person_id(server.data, ELIF)
    assert mine not in str(one.phone.databases)
