"""The server's database comes back from a backup that is older than what it had told the phones."""

import re
from collections.abc import Callable
from pathlib import Path

from bench.ground import Server

from .driving import Phone, wait_until
from .reading_server import TOLD_STEPS, rows
from .staging import ELIF, WELCOME, command

DONE = f"SELECT step_key FROM {TOLD_STEPS} ORDER BY step_key"
TOLD = "SELECT op_id, kind, seq FROM sync_operation WHERE kind != 'place_kept' ORDER BY seq"


def test_what_a_restored_server_has_forgotten_is_told_again_once_without_anybody_doing_anything(
    server: Server, phone: Callable[..., Phone], tmp_path: Path
) -> None:
    one = phone()
    one.sign_in(ELIF)
    one.controlled()
    complete(one, "valkommen", "film")
    one.send()
    command(server, "backup", "create", "--to", tmp_path / "backup.tar")
    complete(one, "film", "oarna")
    one.visit(f"/learn/{WELCOME}/steps/tanka-efter")
    one.page.locator("textarea").fill("Ett år av anteckningar")
    one.press("Spara och fortsätt")
    one.page.wait_for_url("**/steps/kolla-dig-sjalv")
    one.send()
    told, done = rows(server.data, TOLD), rows(server.data, DONE)
    assert done == [("film",), ("tanka-efter",), ("valkommen",)]

    server.stop()
    command(server, "backup", "restore", tmp_path / "backup.tar", "--replace")
    assert rows(server.data, DONE) == [("valkommen",)], "the backup knows nothing of the last acts"
    server.start()
    one.visit(f"/learn/{WELCOME}")
    wait_until(lambda: rows(server.data, DONE) == done, "the phone has told it again by itself")
    assert rows(server.data, TOLD) == told, "the same operations, each once"
    assert rows(server.data, "SELECT text FROM note") == [("Ett år av anteckningar",)]
    wait_until(lambda: not one.waiting, "nothing waits")
    one.wait_for(re.compile("2 av 8"))
    one.visit("/me/receipts")
    one.wait_for("Allt är skickat")


def complete(one: Phone, step: str, following: str) -> None:
    one.visit(f"/learn/{WELCOME}/steps/{step}")
    one.press("Klar, nästa")
    one.page.wait_for_url(f"**/steps/{following}")
