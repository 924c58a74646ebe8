"""The walk on the bus: the new hire's, and the guide's."""

import re
from typing import Any

from .driving import Phone
from .reading_server import person_id, typed_code
from .staging import ELIF, GRETA, STAYS, Scene, Scenes, Stage, change


def touring(stage: Stage) -> Scenes:
    """The new hire on the bus, which leaves soon: a check-in is open two hours before."""
    stage.depart_in(hours=2)
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
    yield from _checking_in(stage, one, first["key"], second)
    for stop in tour["stops"][4:6]:
        be_at(one, stop["place"])
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


def be_at(one: Phone, place: dict[str, Any]) -> None:
    one.context.set_geolocation({"latitude": place["lat"], "longitude": place["lon"], "accuracy": 15})


def _checking_in(stage: Stage, one: Phone, first: str, second: dict[str, Any]) -> Scenes:
    """By place at the second stop, by code at the first."""
    one.visit(f"/site/{stage.departure}/stops/{second['key']}/check-in")
    one.wait_for("kvar till stoppet")
    yield Scene("check-in-away", one)
    be_at(one, second["place"])
    one.wait_for("Du är framme")
    yield Scene("check-in-place", one)
    one.page.evaluate(STAYS)
    one.press("Checka in här")
    one.page.get_by_text("Sparat på telefonen", exact=True).wait_for()
    yield Scene("check-in-saved", one)
    one.visit(f"/site/{stage.departure}/stops/{first}/check-in?with=code")
    one.page.locator("input[name=code]").fill("ABCD2345")
    one.press("Checka in med koden")
    one.wait_for("Koden stämmer inte")
    yield Scene("check-in-code-mistyped", one)
    one.page.locator("input[name=code]").fill(typed_code(stage.server.data, first))
    one.page.evaluate(STAYS)
    one.press("Checka in med koden")
    one.page.get_by_text("Sparat på telefonen", exact=True).wait_for()
    yield Scene("check-in-code-saved", one)


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
