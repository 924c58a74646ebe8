"""The phone's own store fails: the person is told, and nothing is ticked that was not saved."""

import re
from collections.abc import Callable

from bench.ground import Server

from .driving import DATABASES, Phone, wait_until
from .reading_server import TOLD_STEPS, rows
from .staging import ELIF, WELCOME

NOT_SAVED = re.compile("Det gick inte att spara")

BREAK_WRITES = """name => {
  const real = IDBObjectStore.prototype.add;
  globalThis.mend = () => { IDBObjectStore.prototype.add = real };
  IDBObjectStore.prototype.add = function (...given) {
    if (this.name !== "outbox") return real.apply(this, given);
    throw new DOMException("made by a test", name);
  };
}"""
CLOSE_ALL = """() => {
  const real = IDBDatabase.prototype.transaction;
  let left = 2;
  globalThis.lost = 0;
  IDBDatabase.prototype.transaction = function (...given) {
    if (given[1] === "readwrite" && left > 0) { left--; globalThis.lost++; this.close() }
    return real.apply(this, given);
  };
}"""

FULL_OF_FILMS = """() => {
  const { add } = IDBObjectStore.prototype;
  const { delete: free } = Cache.prototype;
  globalThis.full = true;
  Cache.prototype.delete = function (...given) {
    if (given[0].url.includes("?chunk=")) globalThis.full = false;
    return free.apply(this, given);
  };
  IDBObjectStore.prototype.add = function (...given) {
    if (globalThis.full && this.name === "outbox") throw new DOMException("made by a test", "QuotaExceededError");
    return add.apply(this, given);
  };
}"""
"""No room, until a piece of a film is gone."""

PIECES = """async () => {
  const cache = await caches.open("rundtur-media-v1");
  return (await cache.keys()).filter(({ url }) => url.includes("?chunk=")).length;
}"""

FORGET = """async () => {
  for (const { name, store } of await (DATABASES)()) {
    await new Promise((done) => { store.deleteDatabase(name).onsuccess = done });
  }
}""".replace("DATABASES", DATABASES)


def test_a_full_phone_says_so_and_ticks_nothing(server: Server, phone: Callable[..., Phone]) -> None:
    one = phone()
    # Before the first byte is written: IndexedDB remembers how much room it was told of.
    one.visit("/health/live")
    devtools = one.context.new_cdp_session(one.page)
    devtools.send("Storage.overrideQuotaForOrigin", {"origin": one.url, "quotaSize": 1_000})
    one.visit("/")
    one.give_password(ELIF)
    one.wait_for(re.compile("Telefonen kan inte spara just nu|Välkommen"))
    one.complaints.clear()
    devtools.send("Storage.overrideQuotaForOrigin", {"origin": one.url})
    one.page.reload()
    wait_until(lambda: one.page.locator("main a[href*='/steps/']").count(), "with room again the app opens")

    one.visit(f"/learn/{WELCOME}/steps/valkommen")
    one.page.get_by_role("heading", name="Roligt att du är här").wait_for()
    one.page.evaluate(BREAK_WRITES, "QuotaExceededError")
    one.press("Klar, nästa")
    one.page.get_by_role("alert").get_by_text(NOT_SAVED).wait_for()
    assert one.page.url.endswith("/steps/valkommen"), "the step is not left"
    assert one.waiting == []
    assert one.page.get_by_text("Klar", exact=True).count() == 0
    one.page.evaluate("mend()")
    one.press("Klar, nästa")
    one.page.wait_for_url("**/steps/film")
    wait_until(lambda: rows(server.data, f"SELECT 1 FROM {TOLD_STEPS}"), "the second try is kept and told")
    assert rows(server.data, "SELECT count(*) FROM sync_operation WHERE kind = 'step_completed'") == [(1,)]


def test_on_a_full_phone_films_go_before_what_somebody_has_done(phone: Callable[..., Phone]) -> None:
    one = opened(phone)
    one.visit(f"/learn/{WELCOME}")
    one.press(re.compile("^Hämta ljud och film"))
    one.wait_for("Redo – fungerar utan nät")
    one.page.locator("main a[href*='/steps/']").first.click()
    one.page.get_by_role("heading", name="Roligt att du är här").wait_for()
    one.offline()  # else they come again at once
    assert one.page.evaluate(PIECES) > 0
    one.page.evaluate(FULL_OF_FILMS)
    one.press("Klar, nästa")
    one.page.wait_for_url("**/steps/film")
    assert one.page.evaluate(PIECES) == 0
    assert [op["step_key"] for op in one.waiting] == ["valkommen"]


def test_a_lost_connection_to_the_store_is_opened_again_and_the_act_kept_once(
    server: Server, phone: Callable[..., Phone]
) -> None:
    one = opened(phone)
    one.page.evaluate(CLOSE_ALL)
    one.press("Klar, nästa")
    one.page.wait_for_url("**/steps/film")
    assert one.page.evaluate("lost") == 2
    wait_until(lambda: rows(server.data, f"SELECT 1 FROM {TOLD_STEPS}"), "it is told")
    assert rows(server.data, "SELECT count(*) FROM sync_operation WHERE kind = 'step_completed'") == [(1,)]


def test_a_store_that_stays_lost_shows_no_tick(phone: Callable[..., Phone]) -> None:
    one = opened(phone)
    one.page.evaluate(BREAK_WRITES, "InvalidStateError")
    one.press("Klar, nästa")
    one.page.get_by_role("alert").get_by_text(NOT_SAVED).wait_for()
    assert one.page.url.endswith("/steps/valkommen")
    assert one.waiting == []


def test_a_browser_that_threw_the_store_away_is_found_out_and_the_person_is_told(
    server: Server, phone: Callable[..., Phone]
) -> None:
    one = opened(phone)
    server.stop()
    one.press("Klar, nästa")
    one.page.wait_for_url("**/steps/film")
    wait_until(lambda: one.waiting, "the act is on the phone only")
    one.page.evaluate(FORGET)
    one.page.reload()  # before there is a server again, to which the open page would tell it
    wait_until(lambda: not one.waiting, "the app has opened with an empty store")
    server.start()
    one.visit(f"/learn/{WELCOME}/steps/tanka-efter")
    one.page.locator("textarea").fill("Var är allt?")
    one.press("Spara och fortsätt")
    one.page.wait_for_url("**/steps/kolla-dig-sjalv")
    one.send()
    one.page.get_by_text(re.compile("registrering(ar)? från den här telefonen kom aldrig fram")).wait_for()
    assert rows(server.data, f"SELECT step_key FROM {TOLD_STEPS}") == [("tanka-efter",)]
    assert rows(server.data, "SELECT count(DISTINCT device_id) FROM sync_operation") == [(1,)], "it is the same device"


def test_a_choice_and_a_line_made_just_before_the_app_is_killed_are_there_when_it_opens(
    phone: Callable[..., Phone],
) -> None:
    one = opened(phone)
    one.visit(f"/learn/{WELCOME}/steps/kolla-dig-sjalv")
    one.page.locator(".choice input").nth(1).check()
    one.press("Svara")
    one.press("Nästa fråga")
    one.wait_for("Fråga 2 av")
    one.page.locator(".choice input").first.check()
    one.page.wait_for_timeout(300)
    one.kill()
    one.open()
    one.visit(f"/learn/{WELCOME}/steps/kolla-dig-sjalv")
    one.wait_for("Fråga 2 av")
    assert one.page.locator(".choice input").first.is_checked()

    one.visit(f"/learn/{WELCOME}/steps/tanka-efter")
    one.page.locator("textarea").press_sequentially("Var är allt?")
    one.page.wait_for_timeout(300)
    one.kill()
    one.open()
    one.visit(f"/learn/{WELCOME}/steps/tanka-efter")
    one.page.locator("textarea").wait_for()
    assert one.page.locator("textarea").input_value() == "Var är allt?"


def test_without_a_store_the_app_says_that_it_cannot_save(phone: Callable[..., Phone]) -> None:
    one = phone()
    one.context.add_init_script(
        "IDBFactory.prototype.open = () => { throw new DOMException('made by a test', 'UnknownError') }"
    )
    one.visit("/")
    one.give_password(ELIF)
    one.wait_for("Telefonen kan inte spara just nu")
    one.wait_for("I privat surfning sparar webbläsaren ingenting")
    one.complaints.clear()


def opened(phone: Callable[..., Phone]) -> Phone:
    one = phone()
    one.sign_in(ELIF)
    one.controlled()
    one.page.locator("main a[href*='/steps/']").first.wait_for()
    one.visit(f"/learn/{WELCOME}/steps/valkommen")
    one.page.get_by_role("heading", name="Roligt att du är här").wait_for()
    return one
