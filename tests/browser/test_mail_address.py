"""A person types a new mail address in the app: a real mail server gets the code, and what one signs in with stays."""

import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bench.ground import Server
from tests.reminders.post_office import PostOffice, post_office

from .driving import STILL, Phone, wait_until
from .reading_server import rows
from .reminding import bounce
from .staging import ELIF

NEW = "elif@hemma.example"


@pytest.fixture
def office() -> Iterator[PostOffice]:
    with post_office() as made:
        yield made


@pytest.fixture
def server(demo_data: Path, tmp_path: Path, office: PostOffice) -> Iterator[Server]:
    data = tmp_path / "data"
    shutil.copytree(demo_data, data)
    mail = {
        "RUNDTUR_SMTP_URL": f"smtp://127.0.0.1:{office.port}", "RUNDTUR_MAIL_FROM": "Rundtur <rundtur@ekero.example>"
    }  # fmt: skip
    running = Server(data, **STILL, **mail).start()
    yield running
    running.stop()


def test_who_is_told_that_mail_fails_types_another_address_and_it_counts_once_its_code_is_typed(
    server: Server, phone: Callable[..., Phone], office: PostOffice
) -> None:
    one = phone()
    one.sign_in(ELIF)
    one.wait_for("Ekerö runt")
    bounce(server, ELIF)
    one.visit("/me/reminders")
    one.wait_for("kommer tillbaka")
    one.page.get_by_role("link", name="Skriv en annan adress").click()
    one.page.get_by_label("Ny adress").fill("elif")
    one.press("Mejla koden")
    one.wait_for("Det är ingen e-postadress")
    one.page.get_by_label("Ny adress").fill(NEW)
    one.press("Mejla koden")
    one.wait_for(f"Vi har mejlat en kod till {NEW}")
    one.page.reload()  # whoever goes to read the mail may find the app at its beginning
    one.press("Jag har en kod")
    one.page.get_by_label("Koden i mejlet").fill("2222-2222")
    one.press("Använd adressen")
    one.wait_for("Koden stämmer inte")
    body = office.mails[0].get_body(("plain",))
    assert body
    (code,) = re.findall(r"[2-9A-Z]{4}-[2-9A-Z]{4}", body.get_content())
    one.page.get_by_label("Koden i mejlet").fill(code)
    one.press("Använd adressen")
    one.wait_for("Nu mejlar vi till den nya adressen")
    one.page.locator("p.mail-address", has_text=NEW).wait_for()
    one.page.get_by_text("kommer tillbaka").wait_for(state="detached")
    assert rows(server.data, f"SELECT count(*) FROM person WHERE email = '{ELIF}'") == [(1,)]
    one.press("Mejla dit jag loggar in i stället")
    one.page.locator("p.mail-address", has_text=ELIF).wait_for()
    wait_until(lambda: rows(server.data, "SELECT own_address FROM contact_address") == [(None,)], "it is taken back")


def test_without_coverage_the_screen_says_so_and_nothing_has_changed(
    server: Server, phone: Callable[..., Phone]
) -> None:
    one = phone()
    one.sign_in(ELIF)
    one.wait_for("Ekerö runt")
    one.controlled()
    one.offline()
    one.visit("/me/reminders/mail")
    one.page.get_by_label("Ny adress").fill(NEW)
    one.press("Mejla koden")
    one.wait_for("Ingen täckning. Att byta adress kräver nät.")
    assert one.page.get_by_label("Ny adress").input_value() == NEW
