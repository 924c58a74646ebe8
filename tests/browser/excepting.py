"""What needs a person: made on a phone, looked at in the office."""

import re

from bench.ground import Server

from .driving import Phone
from .staging import ELIF, STAYS, WIDE, Scene, Scenes, Stage, at_the_desk, change

LONG_AGO = "2020-01-01 00:00:00.000000"


def type_wrong_code(one: Phone, departure: str, stop: str) -> None:
    """A code that is well formed and wrong, typed and sent."""
    one.visit(f"/site/{departure}/stops/{stop}/check-in?with=code")
    field = one.page.locator("input[name=code]")
    understood = one.page.get_by_role("button", name="Jag förstår")
    field.or_(understood).first.wait_for()
    if understood.count():
        understood.click()
    field.fill("00000000")
    one.page.evaluate(STAYS)
    one.press("Checka in med koden")
    one.page.get_by_text("Sparat på telefonen", exact=True).wait_for()
    one.send()


def let_the_minute_pass(server: Server) -> None:
    change(server, "UPDATE sync_decision SET stands_at = ?", LONG_AGO)


def excepting(stage: Stage) -> Scenes:
    """The office's room of exceptions, and what the phone shows of a decision."""
    stage.depart_in(hours=-1)
    stops = [stop["key"] for stop in stage.tour["stops"]]
    one = stage.phone()
    one.sign_in(ELIF)
    one.controlled()
    for stop in stops[:2]:
        type_wrong_code(one, stage.departure, stop)
    desk = stage.phone(**WIDE)
    at_the_desk(desk)
    yield Scene("office-exceptions", desk)
    yield from _decided(stage, desk)
    one.visit("/me/receipts")
    one.wait_for("HR har godkänt det")
    yield Scene("receipts-decided", one)
    change(
        stage.server,
        "UPDATE sync_operation SET status = 'deferred', code = 'quarantined' "
        "WHERE op_id IN (SELECT op_id FROM sync_receipt WHERE status = 'applied')",
    )
    change(stage.server, "DELETE FROM sync_receipt WHERE status = 'applied'")
    desk.visit("/office/exceptions?room=waiting")
    desk.wait_for("flask sync replay")
    yield Scene("office-exceptions-waiting", desk)
    change(stage.server, "UPDATE device SET gaps = '[[90, 92]]', missing_since = ?, doubled_at = ?", LONG_AGO, LONG_AGO)
    desk.visit("/office/exceptions?room=phones")
    desk.wait_for("3 registreringar saknas från en telefon")
    yield Scene("office-exceptions-phones", desk)


def _decided(stage: Stage, desk: Phone) -> Scenes:
    desk.page.locator("input[name=reason]").first.fill("Guiden läste fel kod")
    desk.page.get_by_role("button", name=re.compile(r"^Räknas\s*:")).first.click()
    desk.wait_for("Nyss avgjort")
    desk.page.locator("input[name=reason]").first.fill("Du var inte med på bussen")
    desk.page.get_by_role("button", name=re.compile(r"^Räknas inte\s*:")).first.click()
    desk.wait_for("Inga undantag just nu")
    yield Scene("office-exceptions-undo", desk)
    let_the_minute_pass(stage.server)
    desk.visit("/office/exceptions")
    desk.wait_for("Inget att avgöra")
    yield Scene("office-exceptions-none", desk)
    desk.visit("/office/exceptions?room=decided")
    desk.wait_for("Låt det räknas ändå")
    yield Scene("office-exceptions-decided", desk)
