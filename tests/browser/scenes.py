"""Every screen of the app in each of its states, walked through once: the screenshots and the checks for access look at the same."""

import re
from collections.abc import Callable
from typing import Any

from .driving import Phone, hanging
from .english_office import office_in_english
from .excepting import excepting
from .reading_server import person_id
from .releasing import build_another, release
from .reminding import reminding
from .sharing import sharing
from .staging import (
    ELIF,
    HUGO,
    IPHONE,
    KARIN,
    MAJA,
    OPEN,
    SECURITY,
    TOM,
    WELCOME,
    WIDE,
    Scene,
    Scenes,
    Stage,
    at_the_desk,
    right_answers,
    settle,
    steps,
)
from .touring import guiding, touring


def signing_in(stage: Stage) -> Scenes:
    one = stage.phone()
    one.visit("/")
    one.page.locator("input[name=email]").wait_for()
    yield Scene("sign-in", one)
    one.give_password(ELIF, "fel lösenord")
    one.wait_for("hör inte ihop")
    yield Scene("sign-in-wrong", one)
    one.press("Jag har en kod från HR", "link")
    one.wait_for("Kod från HR")
    yield Scene("sign-in-code", one)
    one.visit("/")
    one.controlled()
    one.offline()
    one.give_password(ELIF)
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
    one.press("Stanna inloggad")
    one.press("Lämna över telefonen")
    one.wait_for("Lämna över telefonen?")
    yield Scene("hand-over", one)
    one.press("Stanna inloggad")
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


def others(stage: Stage) -> Scenes:
    """People in other places of their working life: late, with nothing due, in English."""
    late = stage.phone()
    late.sign_in(MAJA)
    late.wait_for("Försenad")
    yield Scene("today-late", late)
    curious = stage.phone()
    curious.sign_in(KARIN)
    curious.wait_for("Fortsätt där du var")
    curious.wait_for("Nytt i katalogen")
    curious.wait_for("Klarspråk i vardagen")
    yield Scene("today-begun-and-new", curious)
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


def reading(stage: Stage) -> Scenes:
    """A text made larger, and a film that is not on the phone."""
    one = stage.phone()
    one.sign_in(MAJA)
    one.controlled()
    one.visit(f"/learn/{WELCOME}/steps/valkommen")
    one.press("Aa Textstorlek och radavstånd")
    one.page.get_by_label("Störst").check()
    one.page.get_by_label("Luftigare").check()
    yield Scene("text-look", one)
    stage.server.stop()
    one.visit(f"/learn/{WELCOME}/steps/film")
    one.wait_for("Filmen är inte på telefonen")
    yield Scene("film-absent", one)
    one.press(re.compile("^Hämta ljud och film"))
    one.wait_for("Hämtningen fortsätter av sig själv")
    yield Scene("film-interrupted", one)
    stage.server.start()


def iphone(stage: Stage) -> Scenes:
    tab = stage.phone(user_agent=IPHONE)
    tab.visit("/")
    tab.give_password(ELIF)
    tab.wait_for("Lägg Rundtur på hemskärmen först")
    yield Scene("iphone-first", tab)
    tab.press("Jag har lagt till den")
    tab.wait_for("Fortsätt i appen")
    yield Scene("iphone-handed-over", tab)


def broken(stage: Stage) -> Scenes:
    one = stage.phone()
    one.context.add_init_script("IDBFactory.prototype.open = () => { throw new DOMException('no', 'UnknownError') }")
    one.visit("/")
    one.give_password(ELIF)
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
    one = stage.phone(**WIDE)
    one.visit("/office/sign-in")
    yield Scene("office-sign-in", one)
    one.give_password(HUGO)
    one.page.wait_for_url(re.compile(r"/office/(\?.*)?$"))
    yield Scene("office-board", one)
    one.visit(f"/office/people/{person_id(stage.server.data, MAJA)}")
    yield Scene("office-person", one)
    one.visit("/office/departures")
    yield Scene("office-departures", one)
    one.visit(f"/office/departures/{stage.departure}")
    yield Scene("office-departure", one)


def office_reminders(stage: Stage) -> Scenes:
    """The office's rooms of reminders: what goes out and why, a rule, a message that can be taken back, who is reached."""
    one = stage.phone(**WIDE)
    at_the_desk(one, "/office/reminders")
    yield Scene("office-reminders", one)
    for rule in ("overdue", "attention"):
        one.visit(f"/office/reminders/rules/{rule}")
        yield Scene(f"office-rule-{rule}", one)
    one.visit("/office/reminders/rules/due/texts")
    one.page.locator("summary").first.click()
    one.page.get_by_role("button", name="Visa hur det blir").first.click()
    one.wait_for("Inte sparat än")
    yield Scene("office-rule-texts", one)
    one.visit("/office/reminders/today/due")
    yield Scene("office-reminded", one)
    one.visit(f"/office/reminders/people/{person_id(stage.server.data, MAJA)}")
    yield Scene("office-person-reminders", one)
    one.visit("/office/reminders/reach")
    yield Scene("office-reach", one)
    one.visit("/office/reminders/messages")
    yield Scene("office-messages-none", one)
    one.visit("/office/reminders/messages/new")
    yield Scene("office-message-new", one)
    one.page.locator("select[name=to]").select_option(index=1)
    one.page.locator("input[name=title_sv]").fill("Brandövning på torsdag")
    one.page.locator("textarea[name=body_sv]").fill("Vi samlas vid flaggstången kl. 10.")
    one.page.get_by_role("button", name="Visa först").click()
    one.page.locator("input[name=confirmed]").fill("7")
    yield Scene("office-message-preview", one)
    one.page.locator("input[name=confirmed]").fill("40")
    one.page.get_by_role("button", name=re.compile("Skicka till")).click()
    one.wait_for("Ångra, skicka inte")
    yield Scene("office-message-waiting", one)
    one.page.get_by_role("button", name="Ångra, skicka inte").click()
    one.wait_for("Ingen fick det")
    yield Scene("office-message-undone", one)
    one.visit("/office/reminders/messages")
    yield Scene("office-messages", one)


WALKS: tuple[Callable[[Stage], Scenes], ...] = (
    signing_in,
    learning,
    touring,
    guiding,
    others,
    sharing,
    iphone,
    reminding,
    broken,
    updating,
    office,
    office_reminders,
    office_in_english,
    reading,
    excepting,
)


def walk(stage: Stage, name: str) -> Scenes:
    """The scenes of the walk of that name. What one walk does to the server is there in the next: each wants a fresh one."""
    (one,) = (one for one in WALKS if one.__name__ == name)
    try:
        for scene in one(stage):
            settle(scene.phone)
            yield scene
    except Exception as error:
        shown = "\n\n".join(f"{phone.page.url}\n{phone.says}" for phone in stage.phones)
        raise AssertionError(f"{name}: {error}\n\nThe phones show:\n{shown}") from error
    finally:
        for phone in stage.phones:
            phone.close()
        stage.phones.clear()
