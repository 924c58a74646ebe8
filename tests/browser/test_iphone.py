"""On an iPhone the home-screen app starts empty: the tab is emptied, its session goes over by a code, and the tab says only that."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from bench.ground import Server

from .driving import DATABASES, Phone, wait_until
from .reading_server import TOLD_STEPS, documents, person_id, rows
from .staging import ELIF, IPHONE, WELCOME

STANDALONE = "Object.defineProperty(Navigator.prototype, 'standalone', { get: () => true })"


def test_the_session_moves_from_the_tab_to_the_home_screen_app(server: Server, phone: Callable[..., Phone]) -> None:
    tab = phone(user_agent=IPHONE)
    begin(tab)
    tab.wait_for("Lägg Rundtur på hemskärmen först")
    tab.controlled()
    assert downloaded(tab) == 0, "a tab that is not to stay downloads nothing"

    # Somebody who stayed in the tab first and has an act that waits: the code is made only when it is told.
    tab.press("Fortsätt i webbläsaren ändå")
    wait_until(lambda: downloaded(tab) > 0, "a tab that stays downloads")
    tab.visit(f"/learn/{WELCOME}/steps/valkommen")
    tab.page.route("**/api/sync", lambda route: route.abort())
    tab.press("Klar, nästa")
    tab.page.wait_for_url("**/steps/film")
    tab.page.evaluate("localStorage.removeItem('rundtur-tab')")
    tab.page.reload()
    tab.press("Jag har lagt till den")
    tab.wait_for("måste skickas härifrån först")
    assert tab.page.locator(".code-large").count() == 0
    tab.page.unroute_all()
    tab.press("Jag har lagt till den")
    tab.wait_for("Fortsätt i appen")
    assert tab.waiting == []
    assert rows(server.data, f"SELECT step_key FROM {TOLD_STEPS}") == [("valkommen",)]
    code = tab.page.locator(".code-large").inner_text()

    app = phone(user_agent=IPHONE)
    app.context.add_init_script(STANDALONE)
    app.visit("/")
    app.press("Jag har en kod från webbläsaren", "link")
    app.page.locator("input[name=code]").fill(code)
    app.press("Fortsätt")
    app.page.get_by_role("navigation").first.wait_for()
    app.wait_for(re.compile("Fortsätt där du var"))
    wait_until(lambda: downloaded(app) > 0, "the app fetches its own")
    app.visit(f"/learn/{WELCOME}")
    app.wait_for("1 av 8", seconds=10)

    tab.page.reload()
    tab.wait_for("Fortsätt i appen")
    tab.visit("/learn")
    tab.wait_for("Fortsätt i appen")
    assert tab.page.get_by_role("navigation").count() == 0
    assert documents(server.data, "course")[WELCOME]["title"] not in tab.says


def test_when_the_code_s_time_is_over_the_tab_says_only_that_one_goes_on_in_the_app(
    phone: Callable[..., Phone],
) -> None:
    tab = phone(user_agent=IPHONE)
    begin(tab)
    tab.press("Jag har lagt till den")
    tab.page.locator(".code-large").wait_for()
    tab.controlled()
    tab.page.reload()
    tab.page.get_by_role("button", name="Gör en ny kod").wait_for()
    tab.offline()
    tab.page.clock.set_fixed_time(datetime.now(UTC) + timedelta(minutes=11))
    tab.visit("/learn")
    tab.page.get_by_role("heading", name="Fortsätt i appen").wait_for()
    assert tab.page.locator("main").inner_text().split() == ["Rundtur", "Fortsätt", "i", "appen"]
    assert tab.page.get_by_role("button").count() == 0


def test_a_code_is_good_once(server: Server, phone: Callable[..., Phone]) -> None:
    tab = phone(user_agent=IPHONE)
    begin(tab)
    tab.press("Jag har lagt till den")
    code = tab.page.locator(".code-large").inner_text()
    for attempt in range(2):
        app = phone(user_agent=IPHONE)
        app.visit("/sign-in/continue")
        app.page.locator("input[name=code]").fill(code.lower().replace(" ", "-"))
        app.press("Fortsätt")
        if attempt == 0:
            app.wait_for("Lägg Rundtur på hemskärmen först")
        else:
            app.wait_for("Koden stämmer inte eller har gått ut. Gör en ny i webbläsaren.")
    mine = person_id(server.data, ELIF)
    assert rows(server.data, "SELECT count(*) FROM session WHERE person_id = ?", mine) == [(2,)]


def begin(tab: Phone) -> None:
    tab.visit("/")
    tab.give_password(ELIF)


def downloaded(one: Phone) -> int:
    return int(
        one.page.evaluate(
            """async () => {
              const all = await (DATABASES)();
              const mine = all.find(({ name }) => name.startsWith("rundtur-"));
              if (!mine) return 0;
              const db = await new Promise((done) => {
                mine.store.open(mine.name).onsuccess = (event) => done(event.target.result);
              });
              if (!db.objectStoreNames.contains("documents")) { db.close(); return 0 }
              const count = await new Promise((done) => {
                db.transaction("documents").objectStore("documents").count().onsuccess = (event) => done(event.target.result);
              });
              db.close();
              return count;
            }""".replace("DATABASES", DATABASES)
        )
    )
