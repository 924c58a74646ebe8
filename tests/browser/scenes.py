"""Every screen of the app in each of its states, walked through once: the screenshots and the checks for access look at the same."""

import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple

from playwright.sync_api import Playwright

from bench.ground import Server

from .driving import Phone, hanging
from .reading_server import documents, person_id, rows, typed_code
from .releasing import build_another, release

WELCOME, DESK, OPEN, SECURITY = (
    "valkommen-till-ekero",
    "digital-arbetsplats",
    "trygg-arbetsmiljo",
    "informationssakerhet",
)
ELIF, MAJA, TOM, GRETA, HUGO = (
    f"{name}@ekero.example" for name in ("elif.demir", "maja.lindqvist", "tom.barkley", "greta.holm", "hugo.strom")
)
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/18.5 Mobile/15E148 Safari/604.1"
)


class Scene(NamedTuple):
    name: str
    phone: Phone


Scenes = Iterator[Scene]


class Stage:
    """Where a walk happens: one server, and phones with empty profiles."""

    def __init__(self, playwright: Playwright, server: Server, folder: Path, **options: Any) -> None:
        self.server, self._playwright, self.path = server, playwright, folder
        self._options = {"viewport": {"width": 390, "height": 844}, "device_scale_factor": 2, **options}
        self.phones: list[Phone] = []
        self._profiles = count()

    def phone(self, **options: Any) -> Phone:
        profile = self.path / f"phone-{next(self._profiles)}"
        self.phones.append(Phone(self._playwright, profile, self.server.url, **{**self._options, **options}))
        return self.phones[-1]

    def course(self, slug: str, language: str = "sv") -> dict[str, Any]:
        return documents(self.server.data, "course", language)[slug]

    @property
    def tour(self) -> dict[str, Any]:
        return documents(self.server.data, "activity")["ekero-runt"]

    @property
    def departure(self) -> str:
        return str(rows(self.server.data, "SELECT id FROM departure")[0][0])

    def depart_in(self, **when: float) -> None:
        """Moves tomorrow's departure: guides get its codes from the evening before, and "now" is a state of its own."""
        start = (datetime.now(UTC) + timedelta(**when)).replace(minute=0)
        change(
            self.server,
            "UPDATE departure SET starts_at = ?, ends_at = ?",
            stamp(start),
            stamp(start + timedelta(hours=3.5)),
        )


STAYS = """() => {
  const after = setTimeout;
  window.setTimeout = (act, wait, ...more) => after(act, wait < 1000 ? wait : 3600_000, ...more);
}"""
"""On this page nothing goes away by itself: what is shown for a moment is looked at for longer."""


def stamp(at: datetime) -> str:
    return at.strftime("%Y-%m-%d %H:%M:00.000000")


def change(server: Server, statement: str, *values: Any) -> None:
    with closing(sqlite3.connect(server.data / "rundtur.sqlite3", timeout=10)) as connection:
        connection.execute(statement, values)
        connection.commit()


def steps(course: dict[str, Any]) -> list[dict[str, Any]]:
    return [step for module in course["modules"] for step in module["steps"]]


def right_answers(one: Phone, question: dict[str, Any], *, wrong: bool = False) -> None:
    one.page.get_by_text(question["text"], exact=True).wait_for()
    choices = one.page.locator(".choice input")
    right = [index for index, choice in enumerate(question["choices"]) if choice["right"]]
    picked = [next(i for i in range(len(question["choices"])) if i not in right)] if wrong else right
    for index in picked:
        choices.nth(index).check()


def settle(one: Phone) -> None:
    """The heading stands, and what moves has come to rest."""
    one.page.locator("h1").first.wait_for()
    one.page.evaluate("document.fonts.ready")
    one.page.wait_for_timeout(150)


def signing_in(stage: Stage) -> Scenes:
    one = stage.phone()
    one.visit("/")
    one.page.locator("input[name=email]").wait_for()
    yield Scene("sign-in", one)
    one.page.locator("input[name=email]").fill(ELIF)
    one.page.locator("input[name=password]").fill("fel lösenord")
    one.page.locator("button[type=submit]").click()
    one.wait_for("hör inte ihop")
    yield Scene("sign-in-wrong", one)
    one.press("Jag har en kod från HR", "link")
    one.wait_for("Kod från HR")
    yield Scene("sign-in-code", one)
    one.visit("/")
    one.controlled()
    one.page.locator("input[name=email]").fill(ELIF)
    one.page.locator("input[name=password]").fill("ekero-demo")
    one.offline()
    one.page.locator("button[type=submit]").click()
    one.wait_for("Ingen täckning")
    yield Scene("sign-in-offline", one)
    one.online()
    one.page.route("**/api/sync", lambda route: None)
    one.page.locator("button[type=submit]").click()
    one.wait_for("Välkommen")
    yield Scene("today-first", one)
    one.page.unroute_all(behavior="ignoreErrors")


def learning(stage: Stage) -> Scenes:
    """The new hire at home: what is due, the catalogue, a course and each kind of step."""
    one = stage.phone()
    one.sign_in(ELIF)
    one.controlled()
    one.wait_for("Ekerö runt")
    yield Scene("today-due", one)
    yield from _courses(stage, one)
    yield from _steps(stage, one)
    yield from _exam(stage, one)
    yield from _own_room(stage, one)


def _courses(stage: Stage, one: Phone) -> Scenes:
    one.visit("/learn")
    one.wait_for("Trygg arbetsmiljö")
    yield Scene("learn-catalogue", one)
    one.visit("/learn?show=mine")
    one.wait_for("Välkommen till")
    yield Scene("learn-mine", one)
    one.visit("/learn?show=downloaded")
    one.wait_for("Välkommen till")
    yield Scene("learn-downloaded", one)
    one.visit(f"/learn/{OPEN}")
    one.page.get_by_role("button", name=re.compile("^Hämta")).wait_for()
    yield Scene("course-not-downloaded", one)
    with hanging(stage.server):
        one.page.get_by_role("button", name=re.compile("^Hämta")).click()
        one.page.get_by_role("button", name="Pausa").wait_for()
        yield Scene("course-downloading", one)
        one.press("Pausa")
        one.page.get_by_role("button", name="Fortsätt hämta").wait_for()
        yield Scene("course-paused", one)
    one.press("Fortsätt hämta")
    one.wait_for("Redo – fungerar utan nät")
    one.press("Välj kursen")
    one.wait_for("Kursen finns nu bland dina")
    yield Scene("course-ready-chosen", one)
    one.visit(f"/learn/{WELCOME}")
    one.page.get_by_role("button", name=re.compile("^Hämta ljud och film")).click()
    one.wait_for("Redo – fungerar utan nät")
    yield Scene("course-ready", one)


def _steps(stage: Stage, one: Phone) -> Scenes:
    course = stage.course(WELCOME)
    one.press("Börja kursen", "link")
    for step in steps(course):
        one.page.wait_for_url(f"**/steps/{step['key']}")
        one.page.get_by_role("heading", name=step["title"], level=1).wait_for()
        if step["kind"] != "reading" or step["key"] == "valkommen":
            yield Scene(f"step-{step['kind']}", one)
        if step["kind"] == "reflection":
            one.page.locator("textarea").fill("Jag vill fråga mer om färjan.")
            yield Scene("step-reflection-written", one)
        if step["kind"] == "quiz":
            yield from _quiz(one, step["quiz"])
        one.page.locator(".button-main").click()
        if step["key"] == "for-alla":
            one.page.wait_for_url("**/steps/dag-for-dag")
            one.visit(f"/learn/{WELCOME}")
            one.wait_for("Fortsätt")
            yield Scene("course-halfway", one)
            one.page.locator(".button-main").click()
    one.page.wait_for_url("**/finished")
    yield Scene("course-finished", one)
    one.visit(f"/learn/{WELCOME}")
    one.wait_for("Gå igenom igen")
    yield Scene("course-done", one)


def _quiz(one: Phone, quiz: dict[str, Any]) -> Scenes:
    for index, question in enumerate(quiz["questions"]):
        if index == 1:
            one.page.locator(".button-main").click()
            one.wait_for("Välj ett svar först")
            yield Scene("quiz-nothing-chosen", one)
        right_answers(one, question, wrong=index == 0)
        one.press("Svara")
        if index == 0:
            one.wait_for("Inte riktigt")
            yield Scene("quiz-feedback-wrong", one)
        elif question["kind"] == "several":
            yield Scene("quiz-feedback-right", one)
        one.page.locator(".button-main").click()
    one.wait_for(re.compile("Godkänt"))
    yield Scene("quiz-result", one)


def _exam(stage: Stage, one: Phone) -> Scenes:
    exam = steps(stage.course(SECURITY))[-1]
    one.offline()
    one.visit(f"/learn/{SECURITY}/steps/{exam['key']}")
    for question in exam["quiz"]["questions"]:
        right_answers(one, question, wrong=True)
        one.page.locator(".button-main").click()
    one.wait_for("Svaren är sparade")
    yield Scene("exam-saved", one)
    one.page.locator(".button-main").click()
    one.page.get_by_role("link", name="Idag", exact=True).click()
    one.wait_for("Sparat på telefonen")
    yield Scene("today-offline-waiting", one)
    one.visit("/me/receipts")
    one.wait_for("Ingen täckning just nu")
    yield Scene("receipts-waiting", one)
    one.visit("/me")
    one.press("Logga ut")
    one.wait_for("Logga ut?")
    yield Scene("sign-out", one)
    one.page.locator("dialog").get_by_role("button", name="Logga ut").click()
    one.wait_for("Vänta med att logga ut")
    yield Scene("sign-out-waiting", one)
    one.online()
    one.send()
    one.visit(f"/learn/{SECURITY}/steps/{exam['key']}")
    one.wait_for(re.compile("Inte godkänt|Bästa hittills"))
    yield Scene("exam-result", one)


def _own_room(stage: Stage, one: Phone) -> Scenes:
    one.visit("/me/receipts")
    one.wait_for(re.compile("^Skickat$"))
    yield Scene("receipts-sent", one)
    for name in ("storage", "privacy", "install"):
        one.visit(f"/me/{name}")
        yield Scene(name, one)
    one.visit("/me")
    yield Scene("me", one)
    one.visit("/learn/finns-inte")
    yield Scene("missing", one)


def touring(stage: Stage) -> Scenes:
    """The new hire on the bus."""
    stage.depart_in(hours=15)
    tour = stage.tour
    first, second = tour["stops"][0], tour["stops"][3]
    place = second["place"]
    one = stage.phone(geolocation={"latitude": place["lat"], "longitude": place["lon"] + 0.02, "accuracy": 15})
    one.sign_in(ELIF)
    one.controlled()
    one.visit("/site")
    one.wait_for("Ekerö runt")
    yield Scene("site-coming", one)
    one.visit(f"/site/{stage.departure}")
    one.page.get_by_role("button", name=re.compile("^Hämta ljud och film")).click()
    one.wait_for("Redo – fungerar utan nät")
    yield Scene("tour", one)
    one.visit(f"/site/{stage.departure}/stops/{first['key']}")
    one.page.get_by_role("button", name="Spela").wait_for()
    yield Scene("stop", one)
    one.offline()
    one.press("Checka in här", "link")
    one.wait_for("Det här sparas")
    yield Scene("check-in-first-time", one)
    one.press("Jag förstår")
    one.visit(f"/site/{stage.departure}/stops/{second['key']}/check-in")
    one.wait_for("kvar till hållplatsen")
    yield Scene("check-in-away", one)
    one.context.set_geolocation({"latitude": place["lat"], "longitude": place["lon"], "accuracy": 15})
    one.wait_for("Du är framme")
    yield Scene("check-in-place", one)
    one.page.evaluate(STAYS)
    one.press("Checka in här")
    one.page.get_by_text("Sparat på telefonen", exact=True).wait_for()
    yield Scene("check-in-saved", one)
    one.visit(f"/site/{stage.departure}/stops/{first['key']}/check-in?with=code")
    one.page.locator("input[name=code]").fill("ABCD2345")
    one.press("Checka in med koden")
    one.wait_for("Koden stämmer inte")
    yield Scene("check-in-code-mistyped", one)
    one.page.locator("input[name=code]").fill(typed_code(stage.server.data, first["key"]))
    one.page.evaluate(STAYS)
    one.press("Checka in med koden")
    one.page.get_by_text("Sparat på telefonen", exact=True).wait_for()
    yield Scene("check-in-code-saved", one)
    for stop in tour["stops"][4:6]:
        one.context.set_geolocation(
            {"latitude": stop["place"]["lat"], "longitude": stop["place"]["lon"], "accuracy": 15}
        )
        one.visit(f"/site/{stage.departure}/stops/{stop['key']}/check-in")
        one.wait_for("Du är framme")
        one.press("Checka in här")
        one.page.wait_for_url(f"**/stops/{stop['key']}")
    yield Scene("stop-checked-in", one)
    one.visit(f"/site/{stage.departure}")
    one.wait_for("Din resebok")
    yield Scene("tour-stamped", one)
    one.press("Visa var jag är")
    one.page.get_by_role("img", name="Du är här").wait_for()
    yield Scene("tour-where-i-am", one)
    one.online()
    one.send()
    yield from _refused(stage, one)


def _refused(stage: Stage, one: Phone) -> Scenes:
    """A code that is well formed and wrong is looked at by a person; a check-in without a booking is refused."""
    seventh, eighth = (stop["key"] for stop in stage.tour["stops"][6:8])
    one.visit(f"/site/{stage.departure}/stops/{seventh}/check-in?with=code")
    one.page.locator("input[name=code]").fill("00000000")
    one.press("Checka in med koden")
    one.page.get_by_text("Sparat på telefonen", exact=True).wait_for()
    one.send()
    one.wait_for("Granskas")
    yield Scene("receipts-review", one)
    one.visit(f"/site/{stage.departure}/stops/{eighth}/check-in?with=code")
    one.page.locator("input[name=code]").fill(typed_code(stage.server.data, eighth))
    change(stage.server, "DELETE FROM booking WHERE person_id = ?", person_id(stage.server.data, ELIF))
    one.press("Checka in med koden")
    one.page.get_by_text("Sparat på telefonen", exact=True).wait_for()
    one.visit("/me/receipts")
    one.wait_for("Behöver dig", 20)
    yield Scene("receipts-attention", one)


def guiding(stage: Stage) -> Scenes:
    stage.depart_in(hours=15)
    one = stage.phone()
    one.sign_in(GRETA)
    one.controlled()
    one.wait_for("Du är guide")
    yield Scene("guide-today", one)
    one.visit(f"/site/{stage.departure}")
    one.wait_for("Koder att visa")
    one.page.locator(".row .code").first.wait_for()
    one.wait_for("Texten är redo utan nät")
    yield Scene("guide-tour", one)
    one.page.locator("button.row").first.click()
    one.page.locator(".code-large").wait_for()
    yield Scene("guide-code-large", one)
    one.page.keyboard.press("Escape")
    one.visit(f"/site/{stage.departure}/stops/{stage.tour['stops'][0]['key']}")
    one.page.locator(".code-card").wait_for()
    yield Scene("guide-stop", one)


def others(stage: Stage) -> Scenes:
    """People in other places of their working life: late, with nothing due, in English."""
    late = stage.phone()
    late.sign_in(MAJA)
    late.wait_for("Försenad")
    yield Scene("today-late", late)
    free = stage.phone()
    free.sign_in(HUGO)
    free.wait_for(re.compile("Har du fem minuter|Inget måste göras"))
    free.wait_for("Trygg arbetsmiljö")
    yield Scene("today-nothing-due", free)
    free.visit("/site")
    free.wait_for("Ingen rundtur bokad")
    yield Scene("site-empty", free)
    free.visit("/learn?show=mine")
    free.wait_for("Du har inga egna kurser än")
    yield Scene("learn-mine-empty", free)
    free.visit("/me")
    free.wait_for("Öppna kontoret")
    yield Scene("me-coordinator", free)
    free.visit("/me/receipts")
    free.wait_for("Inga kvitton än")
    yield Scene("receipts-empty", free)
    english = stage.phone(language="en-GB")
    english.sign_in(TOM)
    english.wait_for(re.compile("^Late$"))
    yield Scene("today-english", english)
    english.visit(f"/learn/{WELCOME}")
    english.wait_for("Start the course")
    yield Scene("course-english", english)
    english.visit(f"/site/{stage.departure}")
    english.wait_for("Stops")
    yield Scene("tour-english", english)


def iphone(stage: Stage) -> Scenes:
    tab = stage.phone(user_agent=IPHONE)
    tab.visit("/")
    tab.page.locator("input[name=email]").fill(ELIF)
    tab.page.locator("input[name=password]").fill("ekero-demo")
    tab.page.locator("button[type=submit]").click()
    tab.wait_for("Lägg Rundtur på hemskärmen först")
    yield Scene("iphone-first", tab)
    tab.press("Jag har lagt till den")
    tab.wait_for("Fortsätt i appen")
    yield Scene("iphone-handed-over", tab)


def broken(stage: Stage) -> Scenes:
    one = stage.phone()
    one.context.add_init_script("indexedDB.open = () => { throw new DOMException('no', 'UnknownError') }")
    one.visit("/")
    one.page.locator("input[name=email]").fill(ELIF)
    one.page.locator("input[name=password]").fill("ekero-demo")
    one.page.locator("button[type=submit]").click()
    one.wait_for("Telefonen kan inte spara just nu")
    one.complaints.clear()  # the console says it too
    yield Scene("storage-broken", one)


def updating(stage: Stage) -> Scenes:
    one = stage.phone()
    one.sign_in(TOM)
    one.controlled()
    before = stage.server.root
    release(stage.server, build_another(stage.path / "another", '"Idag"', '"I dag"'))
    one.page.evaluate("navigator.serviceWorker.getRegistration().then(one => one.update())")
    one.page.get_by_role("region", name=re.compile("new version")).wait_for()
    yield Scene("update-ready", one)
    release(stage.server, before)


def office(stage: Stage) -> Scenes:
    """The other room of the house, as the coordinator sees it."""
    one = stage.phone(viewport={"width": 1280, "height": 900}, device_scale_factor=1)
    one.visit("/office/sign-in")
    yield Scene("office-sign-in", one)
    one.page.locator("input[name=email]").fill(HUGO)
    one.page.locator("input[name=password]").fill("ekero-demo")
    one.page.locator("button[type=submit]").first.click()
    one.page.wait_for_url(re.compile(r"/office/(\?.*)?$"))
    yield Scene("office-board", one)
    one.visit(f"/office/people/{person_id(stage.server.data, MAJA)}")
    yield Scene("office-person", one)
    one.visit("/office/departures")
    yield Scene("office-departures", one)
    one.visit(f"/office/departures/{stage.departure}")
    yield Scene("office-departure", one)


WALKS: tuple[Callable[[Stage], Scenes], ...] = (
    signing_in,
    learning,
    touring,
    guiding,
    others,
    iphone,
    broken,
    updating,
    office,
)


def walk(stage: Stage, only: str = "") -> Scenes:
    for one in WALKS:
        if only and one.__name__ not in only.split(","):
            continue
        try:
            for scene in one(stage):
                settle(scene.phone)
                yield scene
        except Exception as error:
            shown = "\n\n".join(f"{phone.page.url}\n{phone.says}" for phone in stage.phones)
            raise AssertionError(f"{one.__name__}: {error}\n\nThe phones show:\n{shown}") from error
        finally:
            for phone in stage.phones:
                phone.close()
            stage.phones.clear()
