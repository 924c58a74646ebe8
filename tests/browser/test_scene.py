"""The one scene that must always work (MISSION): a course and two check-ins with no network, killed, and all of it arrives."""

import json
import re
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from bench.ground import Server

from .driving import Phone, wait_until
from .reading_server import documents, person_id, rows, typed_code
from .staging import departs_now

ELIF = "elif.demir@ekero.example"
READY = "Redo – fungerar utan nät"
COURSE = "valkommen-till-ekero"
STOCKHOLM = ZoneInfo("Europe/Stockholm")


def test_a_bus_tour_without_coverage_is_kept_through_a_kill_and_arrives_once(
    server: Server, phone: Callable[..., Phone]
) -> None:
    departs_now(server)
    tour = documents(server.data, "activity")["ekero-runt"]
    quay = tour["stops"][3]["place"]
    one = phone(geolocation={"latitude": quay["lat"], "longitude": quay["lon"], "accuracy": 15})
    one.sign_in(ELIF)
    one.controlled()
    download_everything(one)
    wait_until(one.has_session_on_disk, "the browser has written its cookies, which it does every half minute", 60)

    server.stop(signal.SIGKILL)
    one.page.reload()
    one.wait_for("Ekerö runt")
    acts = Acts()
    with acts.timed("course"):
        do_course(one, documents(server.data, "course")[COURSE])
    listen_at(one, tour["stops"][0])
    with acts.timed(tour["stops"][3]["key"]):
        check_in_by_place(one, tour["stops"][3])
    with acts.timed(tour["stops"][6]["key"]):
        check_in_by_code(one, tour["stops"][6], typed_code(server.data, tour["stops"][6]["key"]))
    is_killed_right_after_it_said_saved(one)
    is_killed_in_the_middle_of_a_step(one)
    one.syncs.clear()

    server.start()
    one.visit("/me/receipts")
    one.press("Skicka nu")
    one.wait_for(re.compile("^Skickat$"))
    with_operations = [sync for sync in one.syncs if carries_operations(sync)]
    assert len(with_operations) == 1
    check_what_arrived(server, tour, acts)
    the_coordinator_sees_it(phone(), tour, acts)

    before = rows(server.data, "SELECT count(*) FROM sync_operation")
    one.page.reload()
    one.wait_for(re.compile("^Skickat$"))
    assert rows(server.data, "SELECT count(*) FROM sync_operation") == before


class Acts:
    """Between which two moments each act was done, by the clock on the wall."""

    def __init__(self) -> None:
        self._spans: dict[str, tuple[datetime, datetime]] = {}

    @contextmanager
    def timed(self, act: str) -> Iterator[None]:
        began = datetime.now(UTC)
        yield
        self._spans[act] = (began, datetime.now(UTC))

    def holds(self, act: str, at: str) -> bool:
        """Whether what the server keeps is when it happened: a time is right within the round trip that told it."""
        began, ended = self._spans[act]
        rounded, trip = timedelta(milliseconds=50), timedelta(seconds=3)
        return began - rounded <= datetime.fromisoformat(at).replace(tzinfo=UTC) <= ended + trip

    def said(self, act: str) -> set[str]:
        """The minutes that an office may show for it: "09.41"."""
        return {f"{at.astimezone(STOCKHOLM):%H.%M}" for at in self._spans[act]}


def is_killed_right_after_it_said_saved(one: Phone) -> None:
    """What the phone has promised is on its disk already."""
    one.kill()
    one.open()
    one.visit("/")
    one.wait_for(re.compile("Sparat på telefonen"))
    assert [op["kind"] for op in one.waiting].count("checked_in") == 2


def is_killed_in_the_middle_of_a_step(one: Phone) -> None:
    """And opened again: what was saved is there, and the app opens where one was."""
    one.visit("/learn/digital-arbetsplats")
    first_step = one.page.locator("main a[href*='/steps/']").nth(1)
    place = first_step.get_attribute("href")
    first_step.click()
    one.page.wait_for_url(f"**{place}")
    one.page.wait_for_timeout(500)
    one.kill()

    one.open()
    one.syncs.clear()
    one.visit("/")
    one.wait_for(re.compile("Sparat på telefonen"))
    one.page.wait_for_url(f"**{place}")
    one.visit(f"/learn/{COURSE}/steps/kolla-dig-sjalv")
    one.wait_for("Godkänt")


def download_everything(one: Phone) -> None:
    """Text and pictures come by themselves; sound and film after a tap, for this engine does not tell what network it is on."""
    for path in (f"/learn/{COURSE}", "/learn/digital-arbetsplats", "/site"):
        one.visit(path)
        if path == "/site":
            one.page.locator("main a[href^='/site/']").first.click()
        one.page.get_by_text(re.compile("Redo|Texten är redo|Hämta ljud")).first.wait_for()
        media = one.page.get_by_role("button", name=re.compile("Hämta ljud och film"))
        if media.count():
            media.first.click()
        one.wait_for(READY, seconds=30)


def do_course(one: Phone, course: dict[str, Any]) -> None:
    """Every step of the course, as a person does it."""
    one.visit(f"/learn/{course['slug']}")
    one.page.locator("main a[href*='/steps/']").first.click()
    for step in (step for module in course["modules"] for step in module["steps"]):
        one.page.wait_for_url(f"**/steps/{step['key']}")
        one.page.get_by_role("heading", name=step["title"], level=1).wait_for()
        if step["kind"] == "video":
            watch(one)
        if step["kind"] == "quiz":
            answer(one, step["quiz"])
            continue
        if step["kind"] == "reflection":
            one.page.locator("textarea").fill("Jag vill fråga mer.")
        one.page.locator(".button-main").click()
    one.page.wait_for_url("**/finished")


def watch(one: Phone) -> None:
    """The film plays from the phone and can be sought in, with no server."""
    play = "v => { v.muted = true; return v.play() }"
    film = one.page.locator("video")
    film.evaluate(play)
    film.evaluate("v => new Promise(done => { v.onseeked = () => done(v.currentTime); v.currentTime = 15 })")
    wait_until(lambda: film.evaluate("v => v.currentTime") > 15.2, "the film goes on from where it was sought")
    film.evaluate("v => v.pause()")


def listen_at(one: Phone, stop: dict[str, Any]) -> None:
    """The recorded story of a stop plays from the phone, with no server."""
    to_stop(one, stop)
    one.press("Spela")
    wait_until(lambda: one.page.locator("audio").evaluate("a => a.currentTime") > 0, "the sound plays")


def answer(one: Phone, quiz: dict[str, Any]) -> None:
    for question in quiz["questions"]:
        one.page.get_by_text(question["text"], exact=True).wait_for()
        choices = one.page.locator(".choice input")
        for index, choice in enumerate(question["choices"]):
            if choice["right"]:
                choices.nth(index).check()
        one.press("Svara")
        one.page.get_by_role("status").get_by_text("Rätt", exact=True).wait_for()
        one.page.locator(".button-main").click()
    one.wait_for("Godkänt")
    one.page.locator(".button-main").click()


def to_stop(one: Phone, stop: dict[str, Any]) -> None:
    one.visit("/site")
    one.page.locator("main a[href^='/site/']").first.click()
    one.page.locator(f"main a[href$='/stops/{stop['key']}']").first.click()
    one.page.get_by_role("heading", name=stop["name"], level=1).wait_for()


def open_stop(one: Phone, stop: dict[str, Any]) -> None:
    to_stop(one, stop)
    one.page.get_by_role("link", name="Checka in").click()


def check_in_by_place(one: Phone, stop: dict[str, Any]) -> None:
    open_stop(one, stop)
    one.wait_for("Det här sparas")
    one.page.locator(".button-main").click()
    one.press("Checka in här")
    one.page.get_by_text("Sparat på telefonen", exact=True).wait_for()


def check_in_by_code(one: Phone, stop: dict[str, Any], code: str) -> None:
    open_stop(one, stop)
    one.page.get_by_text("Skriv guidens kod").click()
    one.page.locator("input[name=code]").fill(code.lower()[:4] + "-" + code.lower()[4:])
    one.press("Checka in med koden")
    one.page.get_by_text("Sparat på telefonen", exact=True).wait_for()


def the_coordinator_sees_it(desk: Phone, tour: dict[str, Any], acts: Acts) -> None:
    """The course as done with its date, and the two check-ins with their times."""
    desk.visit("/office/")
    desk.give_password("hugo.strom@ekero.example")
    desk.wait_for("behöver dig")
    desk.visit("/office/?search=Elif")
    desk.page.get_by_role("link", name="Elif Demir").first.click()
    desk.page.get_by_role("heading", name="Elif Demir").wait_for()
    course = desk.page.locator(".stop-done", has_text="Välkommen till Ekerö")
    assert "Klar i dag" in re.sub(r"\s+", " ", course.inner_text())
    for stop in (tour["stops"][3], tour["stops"][6]):
        seen = desk.page.locator(".stop-done", has_text=stop["name"]).locator(".numbers")
        assert seen.inner_text().strip() in acts.said(stop["key"])


def carries_operations(sync: Any) -> bool:
    body = sync.post_data_buffer
    if body is None:
        return False
    if body[:2] == b"\x1f\x8b":
        import gzip

        body = gzip.decompress(body)
    return bool(json.loads(body)["operations"])


def check_what_arrived(server: Server, tour: dict[str, Any], acts: Acts) -> None:
    elif_ = person_id(server.data, ELIF)
    kinds = dict(
        rows(server.data, "SELECT kind, count(*) FROM sync_operation WHERE person_id = ? GROUP BY kind", elif_)
    )
    assert kinds["checked_in"] == 2
    assert kinds["quiz_attempted"] == 1
    assert kinds["step_completed"] == 8
    statuses = rows(server.data, "SELECT DISTINCT status FROM sync_operation WHERE person_id = ?", elif_)
    assert set(statuses) <= {("applied",), ("merged",)}
    [(completed_at,)] = rows(server.data, "SELECT completed_at FROM item_completion WHERE person_id = ?", elif_)
    assert acts.holds("course", completed_at)
    check_ins = rows(
        server.data,
        "SELECT stop_key, confidence, checked_in_at FROM check_in WHERE person_id = ? ORDER BY checked_in_at",
        elif_,
    )
    assert [row[:2] for row in check_ins] == [(tour["stops"][3]["key"], 1), (tour["stops"][6]["key"], 2)]
    assert all(acts.holds(stop_key, at) for stop_key, _, at in check_ins)
