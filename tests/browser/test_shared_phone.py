"""One phone, several people: what one could not tell yet is kept for them alone, and nothing else of them is left."""

import re
from collections.abc import Callable

from bench.ground import Server

from .driving import Phone, wait_until
from .reading_server import person_id, rows
from .staging import ELIF, MAJA, WELCOME, change

RARE = "vqxzjkwbfhmgypdt"
"""Letters in an order that no packing shortens: they are found wherever they lie."""
CANARY = f"Kanariefågeln sjunger: {RARE}"
STEPS = ("valkommen", "film", "oarna", "for-alla", "dag-for-dag")


def test_who_hands_the_phone_over_offline_leaves_seven_acts_to_be_sent_and_nothing_to_be_read(
    server: Server, phone: Callable[..., Phone]
) -> None:
    one = phone()
    ready(one)
    mine = person_id(server.data, ELIF)
    # "No network" is a server that is away: setting Chromium offline spares its service worker.
    server.stop()
    seven_acts(one)
    assert len(one.waiting) == 7
    assert found_on_disk(one), "the search would find it"

    hand_over(one)
    one.wait_for("7 registreringar från en kollega väntar på den här telefonen")
    nothing_is_left(one, mine)
    one.close()
    assert found_on_disk(one) == set()

    server.start()
    one.open()
    one.visit("/")
    wait_until(lambda: told(server, mine) == 7, "the box goes up by its own ticket, before anybody signs in")
    one.page.get_by_text("registreringar från en kollega").wait_for(state="detached")
    assert rows(server.data, "SELECT text FROM note WHERE person_id = ?", mine) == [(CANARY,)]
    assert rows(server.data, "SELECT count(*) FROM audit_entry WHERE action = 'uploaded_by_ticket'") == [(1,)]

    one.sign_in(MAJA)
    one.wait_for("Välkommen till")
    for path in ("/", "/me", "/me/receipts", f"/learn/{WELCOME}/steps/tanka-efter"):
        one.visit(path)
        one.page.locator("h1").first.wait_for()
        assert "Elif" not in one.says
        assert CANARY not in one.page.content()
    assert told(server, person_id(server.data, MAJA)) == 0


def test_a_box_goes_up_while_somebody_else_is_signed_in_under_who_sealed_it(
    server: Server, phone: Callable[..., Phone]
) -> None:
    one = phone()
    ready(one)
    mine, theirs = person_id(server.data, ELIF), person_id(server.data, MAJA)
    server.stop()
    seven_acts(one)
    hand_over(one)
    change(server, "UPDATE upload_ticket SET expires_at = '2000-01-01 00:00:00.000000'")
    server.start()
    one.page.reload()
    one.wait_for("7 registreringar från en kollega kan inte skickas än", 40)
    one.sign_in(MAJA)
    change(server, "UPDATE upload_ticket SET expires_at = '2100-01-01 00:00:00.000000'")
    one.visit(f"/learn/{WELCOME}/steps/valkommen")
    one.press("Klar, nästa")
    one.page.wait_for_url("**/steps/film")
    wait_until(lambda: told(server, mine) == 7 and told(server, theirs) == 1, "each under their own name")
    assert rows(server.data, "SELECT count(DISTINCT device_id) FROM sync_operation") == [(2,)]


def test_what_was_done_offline_goes_up_though_the_session_has_ended_meanwhile(
    server: Server, phone: Callable[..., Phone]
) -> None:
    one = phone()
    ready(one)
    mine = person_id(server.data, ELIF)
    server.stop()
    seven_acts(one)
    change(server, "DELETE FROM session")
    server.start()
    one.page.reload()
    wait_until(lambda: told(server, mine) == 7, "by ticket, without signing in", 40)
    wait_until(lambda: not one.waiting, "and the phone knows it")
    one.wait_for(re.compile("Logga in"))


def test_a_box_whose_ticket_is_over_waits_for_its_person_to_sign_in(
    server: Server, phone: Callable[..., Phone]
) -> None:
    one = phone()
    ready(one)
    mine = person_id(server.data, ELIF)
    server.stop()
    seven_acts(one)
    hand_over(one)
    change(server, "DELETE FROM upload_ticket")
    change(
        server, "DELETE FROM session"
    )  # what ends a ticket ends the sessions; with one, the box may go up before it is signed out
    server.start()
    one.page.reload()
    one.wait_for("7 registreringar från en kollega kan inte skickas än", 40)
    one.sign_in(MAJA)
    one.visit("/me")
    one.page.locator("h1").first.wait_for()
    assert told(server, mine) == 0, "never with somebody else's session"
    hand_over(one)
    one.sign_in(ELIF)
    wait_until(lambda: told(server, mine) == 7, "under whom they were done")


def ready(one: Phone) -> None:
    one.sign_in(ELIF)
    one.controlled()
    one.wait_for("Texten är redo")
    one.visit(f"/learn/{WELCOME}")
    one.page.get_by_text(re.compile("Redo|Texten är redo")).first.wait_for()


def seven_acts(one: Phone) -> None:
    """Five steps, and a note, which is a step too."""
    for key in STEPS:
        one.visit(f"/learn/{WELCOME}/steps/{key}")
        one.page.locator(".button-main").click()
        one.page.wait_for_url(lambda url, key=key: not url.endswith(key))
    one.visit(f"/learn/{WELCOME}/steps/tanka-efter")
    one.page.locator("textarea").fill(CANARY)
    one.press("Spara och fortsätt")
    one.page.wait_for_url("**/steps/kolla-dig-sjalv")


def hand_over(one: Phone) -> None:
    """Two taps on one's own page."""
    one.visit("/me")
    one.press("Lämna över telefonen")
    one.page.locator("dialog").get_by_role("button", name="Lämna över").click()
    one.page.locator("input[name=email]").wait_for()


def told(server: Server, who: str) -> int:
    found = rows(server.data, "SELECT count(*) FROM sync_operation WHERE person_id = ? AND kind != 'place_kept'", who)
    return int(found[0][0])


def nothing_is_left(one: Phone, who: str) -> None:
    assert who not in str(one.databases)
    assert not any(who in key for key in one.page.evaluate("Object.keys(localStorage)"))


def found_on_disk(one: Phone) -> set[str]:
    """The files of the profile that hold the words, in any encoding that Chromium writes; the box holds them sealed."""
    words = [RARE.encode(code) for code in ("utf-8", "utf-16-le")]
    files = (path for path in one.profile.rglob("*") if path.is_file() and not path.is_symlink())
    return {str(path) for path in files if any(word in path.read_bytes() for word in words)}
