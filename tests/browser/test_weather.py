"""All the networks there are: none, one that lies, one that breaks off, one that hangs."""

import json
import re
from collections.abc import Callable

from playwright.sync_api import Route

from bench.ground import Server

from .driving import Phone, hanging, wait_until
from .reading_server import TOLD_STEPS, coming_departure, documents, person_id, rows
from .staging import ELIF, OPEN, SECURITY, WELCOME, steps

PORTAL = "<!doctype html><title>Gratis wifi</title><h1>Välkommen ombord</h1><p>Godkänn villkoren.</p>"


def test_a_captive_portal_loses_nothing_and_is_never_taken_for_an_answer(
    server: Server, phone: Callable[..., Phone]
) -> None:
    one = at_a_step(phone)
    one.context.route("**/api/**", lambda route: route.fulfill(status=200, content_type="text/html", body=PORTAL))
    complete_first_step(one)
    one.visit("/me/receipts")
    one.press("Skicka nu")
    one.page.wait_for_timeout(800)
    assert pill(one) == "Sparat på telefonen · 1"
    assert one.page.get_by_text("Gratis wifi").count() == 0
    one.page.reload()
    wait_until(lambda: pill(one) == "Sparat på telefonen · 1", "still there after a restart behind the portal")
    assert PORTAL not in one.page.content()
    one.context.unroute_all()
    one.send()
    assert rows(server.data, f"SELECT step_key FROM {TOLD_STEPS}") == [("valkommen",)]


def test_an_answer_that_breaks_off_is_none_and_the_same_act_counts_once(
    server: Server, phone: Callable[..., Phone]
) -> None:
    one = at_a_step(phone)

    def cut(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(status=200, content_type="application/json", body=answer.text()[: len(answer.text()) // 2])

    one.context.route("**/api/sync", cut)
    complete_first_step(one)
    # Playwright runs `cut` only while it is spoken to: between two looks the page is let go on.
    taken = f"SELECT 1 FROM {TOLD_STEPS}"
    wait_until(lambda: one.page.wait_for_timeout(50) or rows(server.data, taken), "the server has taken it")
    one.page.wait_for_timeout(300)
    assert pill(one) == "Sparat på telefonen · 1", "the phone has not heard that it was taken"
    one.context.unroute_all()
    one.send()
    assert rows(server.data, "SELECT count(*) FROM sync_operation WHERE kind = 'step_completed'") == [(1,)]


def test_nothing_waits_for_a_server_that_hangs(server: Server, phone: Callable[..., Phone]) -> None:
    one = at_a_step(phone)
    one.visit("/")
    one.wait_for("Välkommen till")
    with hanging(server):
        within_a_second(one, lambda: one.visit(f"/learn/{WELCOME}/steps/valkommen"), "Roligt att du är här")
        within_a_second(one, lambda: one.press("Klar, nästa"), "En minut längs linjen")
        assert len(one.waiting) == 1
        within_a_second(one, lambda: one.visit(f"/learn/{OPEN}"), "Trygg arbetsmiljö")
        within_a_second(one, lambda: one.press("Välj kursen"), "Kursen finns nu bland dina")
        within_a_second(one, lambda: one.visit("/me"), "Språk")
        within_a_second(one, lambda: one.page.get_by_text("English", exact=True).click(), "Language")
        assert {op["kind"] for op in one.waiting} == {"step_completed", "course_chosen", "preference_set"}
    one.send()
    wait_until(lambda: rows(server.data, f"SELECT 1 FROM {TOLD_STEPS}"), "it arrives when the server wakes")


def within_a_second(one: Phone, act: Callable[[], object], then: str) -> None:
    before = one.page.evaluate("Date.now()")
    act()
    one.page.get_by_text(then).first.wait_for(timeout=5_000)
    took = one.page.evaluate("Date.now()") - before
    assert took < 1_000, f"“{then}” took {took} ms"


def test_deep_links_open_with_no_network(server: Server, phone: Callable[..., Phone]) -> None:
    one = at_a_step(phone)
    departure = coming_departure(server.data)
    stop = documents(server.data, "activity")["ekero-runt"]["stops"][2]
    one.visit(f"/site/{departure}")
    one.wait_for("Stoppen")
    one.visit(f"/learn/{SECURITY}")
    one.page.get_by_text(re.compile("Redo|Texten är redo")).first.wait_for()
    server.stop()
    for path, says in (
        (f"/learn/{SECURITY}/steps/natfiske", "Läs · 4 min"), (f"/site/{departure}/stops/{stop['key']}", stop["name"]),
        ("/me/privacy", "Så hanteras dina uppgifter"), ("/learn?show=downloaded", "På telefonen"),
        ("/learn/finns-inte", "Sidan finns inte"), ("/hittepå/adress", "Sidan finns inte"),
    ):  # fmt: skip
        one.visit(path)
        one.wait_for(says)
    server.start()


def test_an_open_course_is_chosen_and_left_offline_and_arrives(server: Server, phone: Callable[..., Phone]) -> None:
    one = at_a_step(phone)
    one.visit(f"/learn/{OPEN}")
    one.wait_for("Välj kursen")
    mine = person_id(server.data, ELIF)
    chosen = "SELECT is_chosen FROM course_enrolment WHERE person_id = ?"
    one.offline()
    one.press("Välj kursen")
    one.wait_for("Kursen finns nu bland dina")
    one.visit("/learn?show=mine")
    one.wait_for("Vald av dig")
    one.online()
    one.send()
    assert rows(server.data, chosen, mine) == [(1,)]
    one.offline()
    one.visit(f"/learn/{OPEN}")
    one.press("Lämna kursen")
    one.wait_for("Du har lämnat kursen")
    one.online()
    one.send()
    assert rows(server.data, chosen, mine) == [(0,)]


def test_an_exam_without_coverage_says_saved_and_its_result_comes_after(
    server: Server, phone: Callable[..., Phone]
) -> None:
    one = at_a_step(phone)
    exam = steps(documents(server.data, "course")[SECURITY])[-1]
    address = f"/learn/{SECURITY}/steps/{exam['key']}"
    one.visit(address)
    one.wait_for("Fråga 1 av")
    server.stop()
    raw = json.dumps(exam["quiz"])
    for question in exam["quiz"]["questions"]:
        assert all(choice["right"] is None for choice in question["choices"]), (
            f"an exam's key is not on the phone: {raw}"
        )
        one.page.get_by_text(question["text"], exact=True).wait_for()
        one.page.locator(".choice input").first.check()
        one.page.locator(".button-main").click()
    one.wait_for("Svaren är sparade. Resultatet kommer när de har skickats.")
    one.page.reload()
    one.wait_for("Svaren är sparade. Resultatet kommer när de har skickats.")
    server.start()
    one.send()
    mine = person_id(server.data, ELIF)
    right, questions = rows(server.data, 'SELECT "right", questions FROM attempt WHERE person_id = ?', mine)[0]
    one.visit(address)
    one.wait_for(re.compile(rf"{right} av {questions}"))


def test_the_language_changes_at_once_offline_and_on_the_other_phone_after(phone: Callable[..., Phone]) -> None:
    one = at_a_step(phone)
    one.visit("/me")
    one.wait_for("Språk")
    one.offline()
    one.page.get_by_text("English", exact=True).click()
    one.page.get_by_role("navigation", name="Main menu").wait_for()
    assert one.page.evaluate("document.documentElement.lang") == "en"
    one.visit(f"/learn/{WELCOME}")
    one.wait_for("The course does not exist in your language")
    one.online()
    one.send()
    one.visit(f"/learn/{WELCOME}")
    one.wait_for("Welcome to Ekerö municipality")
    other = phone()
    other.sign_in(ELIF)
    other.wait_for("Welcome to")


def at_a_step(phone: Callable[..., Phone]) -> Phone:
    """Elif's phone with her programme on it."""
    one = phone()
    one.sign_in(ELIF)
    one.controlled()
    one.visit(f"/learn/{WELCOME}")
    one.page.get_by_text(re.compile("Redo|Texten är redo")).first.wait_for()
    return one


def complete_first_step(one: Phone) -> None:
    one.visit(f"/learn/{WELCOME}/steps/valkommen")
    one.press("Klar, nästa")
    one.page.wait_for_url("**/steps/film")


def pill(one: Phone) -> str:
    return str(one.page.locator(".pill").inner_text()).split("\n")[0].removesuffix(". Visa kvitton").strip()
