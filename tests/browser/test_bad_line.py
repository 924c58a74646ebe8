"""The app at the end of a bad line: whatever becomes of its questions, each act arrives once and the screen says so."""

from collections.abc import Callable, Iterator

import pytest

from bench.ground import Server
from tests.support.bad_line import TROUBLE, BadLine

from .driving import Phone, wait_until
from .reading_server import documents, person_id, rows
from .staging import ELIF, MAJA, WELCOME, right_answers, steps

LOOKS_AGAIN = "() => { document.dispatchEvent(new Event('visibilitychange')) }"
"""The phone is taken up again: the app asks the server."""
UP_S, DOWN_S = 0.4, 4.0
"""Two seconds of network in twenty-two, five times as quick: a person's steps are quick here, too."""


@pytest.fixture
def line(server: Server) -> Iterator[Callable[[], BadLine]]:
    made: list[BadLine] = []

    def make() -> BadLine:
        made.append(BadLine(server.port, seed=7))
        return made[-1]

    yield make
    for one in made:
        one.close()


def test_through_the_worst_line_every_act_arrives_exactly_once_and_the_screen_says_so(
    server: Server, phone: Callable[..., Phone], line: Callable[[], BadLine]
) -> None:
    worst = line()
    one = at_the_course(phone, worst, ELIF)
    worst.is_bad(*TROUBLE)
    walk(one, server)
    wait_until(lambda: look_again(one) or set(worst.fates) == set(TROUBLE), "everything has gone wrong once", 60)
    worst.is_good()
    arrives_once(one, server, ELIF)


def test_a_line_that_comes_and_goes_costs_little_more_than_a_good_one(
    server: Server, phone: Callable[..., Phone], line: Callable[[], BadLine]
) -> None:
    good, flapping = line(), line()
    clean = at_the_course(phone, good, MAJA)
    good.bytes = 0
    walk(clean, server, pause_ms=900)
    arrives_once(clean, server, MAJA)

    one = at_the_course(phone, flapping, ELIF)
    flapping.bytes = 0
    flapping.flaps(UP_S, DOWN_S)
    walk(one, server, pause_ms=900)
    flapping.is_good()
    arrives_once(one, server, ELIF)
    assert flapping.bytes <= 1.5 * good.bytes


def at_the_course(phone: Callable[..., Phone], line: BadLine, email: str) -> Phone:
    one = phone(url=line.url)
    one.sign_in(email)
    one.controlled()
    one.visit(f"/learn/{WELCOME}/steps/valkommen")
    one.page.get_by_role("heading", name="Roligt att du är här").wait_for()
    return one


def walk(one: Phone, server: Server, pause_ms: int = 0) -> None:
    """Through the whole course; the phone is put away and taken up between two steps."""
    for step in steps(documents(server.data, "course")[WELCOME]):
        one.page.wait_for_url(f"**/steps/{step['key']}")
        one.page.get_by_role("heading", name=step["title"], level=1).wait_for()
        for question in step["quiz"]["questions"] if step["quiz"] else ():
            right_answers(one, question)
            one.press("Svara")
            one.page.get_by_role("status").get_by_text("Rätt", exact=True).wait_for()
            one.page.locator(".button-main").click()
        if step["kind"] == "reflection":
            one.page.locator("textarea").fill("Jag vill fråga mer.")
        one.page.locator(".button-main").click()
        look_again(one)
        one.page.wait_for_timeout(pause_ms)
    one.page.wait_for_url("**/finished")


def look_again(one: Phone) -> None:
    one.page.evaluate(LOOKS_AGAIN)
    one.page.wait_for_timeout(100)


def arrives_once(one: Phone, server: Server, email: str) -> None:
    """By the server's tables and by the screen; an attempt and a note are what a second telling would double."""
    one.send()
    course = steps(documents(server.data, "course")[WELCOME])
    assert steps_told(server, email) == sorted((step["key"], 1) for step in course if step["kind"] != "quiz")
    mine = person_id(server.data, email)
    told = rows(
        server.data, "SELECT kind, status, count(*) FROM sync_operation WHERE person_id = ? GROUP BY 1, 2", mine
    )
    acts = {kind: (status, count) for kind, status, count in told if kind != "place_kept"}
    assert acts == {
        "step_completed": ("applied", len(course) - 1), "note_kept": ("applied", 1), "quiz_attempted": ("applied", 1)
    }  # fmt: skip
    for table in ("attempt", "note"):
        assert rows(server.data, f"SELECT count(*) FROM {table} WHERE person_id = ?", mine) == [(1,)]
    one.page.reload()
    one.page.locator(".pill").get_by_text("Skickat").first.wait_for()
    one.visit(f"/learn/{WELCOME}")
    one.wait_for("Gå igenom igen")


def steps_told(server: Server, email: str) -> list[tuple[str, int]]:
    select = """SELECT json_extract(raw, '$.step_key'), count(*) FROM sync_operation
        WHERE kind = 'step_completed' AND person_id = ? GROUP BY 1 ORDER BY 1"""
    return rows(server.data, select, person_id(server.data, email))
