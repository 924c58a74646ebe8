"""A film of several chunks on its way to a phone: shown truly, paused, killed, cut off, without room, deleted, replaced."""

import hashlib
import re
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from bench.ground import Server

from .driving import Phone, wait_until
from .filming import Filmed, publish_film
from .line import CHUNK, FAR, Line
from .reading_server import TOLD_STEPS, documents, rows
from .staging import ELIF, WELCOME

MIDDLE = CHUNK * 5 // 2
"""Two chunks, and half of the third."""
GET = re.compile("^Hämta ljud och film")
BUSY = "Det går inte att hämta just nu"

HELD = """async (path) => {
  const cache = await caches.open("rundtur-media-v1");
  return (await cache.keys()).map(({ url }) => url).filter((url) => url.includes(path)).length;
}"""
"""How many entries of this film are on the phone."""

SECOND_HALF = """async ([path, from, to]) => {
  const answer = await fetch(path, { headers: { Range: `bytes=${from}-${to}` } });
  const hash = await crypto.subtle.digest("SHA-256", await answer.arrayBuffer());
  const hex = Array.from(new Uint8Array(hash), (byte) => byte.toString(16).padStart(2, "0")).join("");
  return [answer.status, answer.headers.get("Content-Range"), hex];
}"""


@pytest.fixture
def film(server: Server, tmp_path: Path) -> Filmed:
    return publish_film(server, tmp_path)


@pytest.fixture
def line(server: Server) -> Iterator[Line]:
    one = Line(server)
    yield one
    one.close()


def test_progress_is_true_and_a_pause_costs_no_whole_chunk(
    film: Filmed, line: Line, phone: Callable[..., Phone]
) -> None:
    one = at_the_course(phone, line)
    line.stop_films_at(MIDDLE)
    one.press(GET)
    one.wait_for(re.compile(r"^Hämtar 4,\d\sMB av 10\sMB$"))
    bar = one.page.locator("progress")
    small = int(bar.get_attribute("max") or 0) - len(film.content)
    wait_until(lambda: int(bar.get_attribute("value") or 0) == small + 2 * CHUNK, "the bar stands where the film does")
    one.press("Pausa")
    one.wait_for(re.compile(r"^Pausad vid 4,\d\sMB av 10\sMB$"))
    line.stop_films_at(FAR)
    one.page.wait_for_timeout(700)
    assert line.asked(film.path) == [0, 1, 2], "paused is paused"
    one.page.reload()
    one.wait_for("Pausad vid")
    one.press("Fortsätt hämta")
    one.wait_for("Redo – fungerar utan nät")
    assert line.asked(film.path) == [0, 1, 2, 2, 3, 4], "only the chunk that was broken off is asked for again"
    assert set(line.whole(film.path).values()) == {1}


def test_a_killed_phone_goes_on_behind_the_chunks_that_it_has(
    film: Filmed, line: Line, phone: Callable[..., Phone]
) -> None:
    one = at_the_course(phone, line)
    wait_until(one.has_session_on_disk, "the browser has written down who is signed in", 60)
    line.stop_films_at(MIDDLE)
    one.press(GET)
    wait_until(lambda: line.asked(film.path) == [0, 1, 2], "the film is half here")
    one.kill()
    line.stop_films_at(FAR)
    one.open()
    one.visit(f"/learn/{WELCOME}")
    one.wait_for("Redo – fungerar utan nät")
    assert line.asked(film.path) == [0, 1, 2, 2, 3, 4]


def test_a_server_that_dies_in_the_middle_is_told_calmly_and_the_rest_comes_by_itself(
    server: Server, film: Filmed, line: Line, phone: Callable[..., Phone]
) -> None:
    one = at_the_course(phone, line)
    line.stop_films_at(MIDDLE)
    one.press(GET)
    wait_until(lambda: line.asked(film.path) == [0, 1, 2], "the film is half here")
    server.stop(signal.SIGKILL)
    line.stop_films_at(FAR)
    one.wait_for(BUSY)
    assert re.search(r"\d,\d\sMB av 10\sMB hämtat", one.says)
    assert one.page.get_by_role("alert").count() == 0
    server.start()
    one.wait_for("Redo – fungerar utan nät", 40)
    assert line.whole(film.path)[0] == line.whole(film.path)[1] == 1


def test_too_little_room_is_said_in_figures_and_costs_no_act(
    film: Filmed, line: Line, phone: Callable[..., Phone]
) -> None:
    one = at_the_course(phone, line)
    one.context.route("**/api/sync", lambda route: route.abort())
    one.visit(f"/learn/{WELCOME}/steps/valkommen")
    one.press("Klar, nästa")
    one.page.wait_for_url("**/steps/film")
    one.visit(f"/learn/{WELCOME}")
    leave_room(one, 3_000_000)
    line.carried.clear()
    one.press(GET)
    one.wait_for(re.compile(r"Det saknas 8\sMB på telefonen"))
    assert line.asked(film.path) == [0, 1], "the browser did not say so before it refused the second chunk"
    assert [act["step_key"] for act in one.waiting] == ["valkommen"]
    one.page.get_by_role("link", name="Visa vad som tar plats").wait_for()
    leave_room(one, 20_000_000)
    one.press(re.compile(r"^Försök igen \(8\sMB\)"))
    one.wait_for("Redo – fungerar utan nät")
    assert line.asked(film.path) == [0, 1, 1, 2, 3, 4], "what was here stayed"
    one.context.unroute_all()
    one.send()


def leave_room(one: Phone, count: int) -> None:
    """The browser lets this site keep so much more. What it says of its room is another matter: Chromium always says 10 GB."""
    used = one.page.evaluate("navigator.storage.estimate().then((one) => one.usage)")
    devtools = one.context.new_cdp_session(one.page)
    devtools.send("Storage.overrideQuotaForOrigin", {"origin": one.url, "quotaSize": used + count})


def test_a_course_that_is_taken_away_frees_its_chunks_and_keeps_what_was_done(
    server: Server, film: Filmed, line: Line, phone: Callable[..., Phone]
) -> None:
    one = at_the_course(phone, line)
    one.visit(f"/learn/{WELCOME}/steps/valkommen")
    one.press("Klar, nästa")
    wait_until(lambda: rows(server.data, f"SELECT 1 FROM {TOLD_STEPS}"), "a step is done")
    one.visit(f"/learn/{WELCOME}")
    one.press(GET)
    one.wait_for("Redo – fungerar utan nät")
    assert one.page.evaluate(HELD, film.path) == 6, "five chunks and their mark"
    take_away(one)
    wait_until(lambda: one.page.evaluate(HELD, film.path) == 0, "the film is gone")

    line.carried.clear()
    line.stop_films_at(MIDDLE)
    one.visit(f"/learn/{WELCOME}")
    one.press(re.compile("^Hämta"))
    wait_until(lambda: line.asked(film.path) == [0, 1, 2], "the film is half here again")
    take_away(one)
    line.stop_films_at(FAR)
    wait_until(lambda: one.page.evaluate(HELD, film.path) == 0, "also one that was on its way")
    one.page.wait_for_timeout(700)
    assert one.page.evaluate(HELD, film.path) == 0
    assert set(line.asked(film.path)) == {0, 1, 2}, "and no more of it is fetched"
    assert rows(server.data, f"SELECT step_key FROM {TOLD_STEPS}") == [("valkommen",)]
    one.visit(f"/learn/{WELCOME}")
    one.press(re.compile("^Hämta"))
    one.wait_for(re.compile("1 av 9|1 av 8|1 av 7"))


def take_away(one: Phone) -> None:
    one.visit("/me/storage")
    one.page.get_by_role("button", name=re.compile("Ta bort.*Välkommen")).click()
    one.press("Ta bort från telefonen")
    one.page.locator("dialog").wait_for(state="detached")


def test_a_film_plays_from_the_phone_and_is_sought_into_its_last_chunk(
    server: Server, film: Filmed, line: Line, phone: Callable[..., Phone]
) -> None:
    one = at_the_course(phone, line)
    one.press(GET)
    one.wait_for("Redo – fungerar utan nät")
    server.stop()
    one.visit(f"/learn/{WELCOME}/steps/film")
    watch_the_end(one)
    for start, end in ((CHUNK - 7, CHUNK + 6), (CHUNK * 2 - 1, CHUNK * 4), (CHUNK * 4 - 1, len(film.content) - 1)):
        found = one.page.evaluate(SECOND_HALF, [film.path, start, end])
        right = hashlib.sha256(film.content[start : end + 1]).hexdigest()
        assert found == [206, f"bytes {start}-{end}/{len(film.content)}", right]


def watch_the_end(one: Phone) -> None:
    """The second half of the film lies in its last chunk."""
    video: Any = one.page.locator("video")
    video.evaluate("v => { v.muted = true; return v.play() }")
    wait_until(lambda: video.evaluate("v => v.currentTime") > 0.3, "it plays")
    video.evaluate(
        "v => new Promise(done => { v.onseeked = () => done(v.currentTime); v.currentTime = v.duration - 3 })"
    )
    wait_until(lambda: video.evaluate("v => v.duration - v.currentTime") < 2.5, "it goes on from where it was sought")
    video.evaluate("v => v.pause()")


def test_a_film_that_is_replaced_on_its_way_is_given_up_for_the_new_one(
    server: Server, film: Filmed, line: Line, phone: Callable[..., Phone], tmp_path: Path
) -> None:
    one = at_the_course(phone, line)
    line.stop_films_at(MIDDLE)
    one.press(GET)
    wait_until(lambda: line.asked(film.path) == [0, 1, 2], "the film is half here")
    newer = publish_film(server, tmp_path, seed=2)
    one.page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    wait_until(lambda: one.page.evaluate(HELD, film.path) == 0, "nothing of the old film is left")
    line.stop_films_at(FAR)
    one.page.get_by_role("button", name=GET).wait_for()  # another film is another question
    one.press(GET)
    one.wait_for("Redo – fungerar utan nät")
    assert line.asked(film.path) == [0, 1, 2], "nor is any more of it fetched"
    assert line.asked(newer.path) == [0, 1, 2, 3, 4]
    assert documents(server.data, "course")[WELCOME]["version"] == 3
    server.stop()
    one.visit(f"/learn/{WELCOME}/steps/film")
    watch_the_end(one)


def at_the_course(phone: Callable[..., Phone], line: Line) -> Phone:
    """Elif's phone, with the text of the course on it and none of its film."""
    one = phone(url=line.url)
    one.sign_in(ELIF)
    one.controlled()
    one.visit(f"/learn/{WELCOME}")
    one.page.get_by_role("button", name=GET).wait_for()
    return one
