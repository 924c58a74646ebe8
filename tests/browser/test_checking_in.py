"""Checking in, where only a browser can show it."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from bench.ground import Server

from .driving import Phone
from .reading_server import COMING, documents, rows
from .staging import ELIF


def test_a_check_in_is_offered_only_when_it_would_count(server: Server, phone: Callable[..., Phone]) -> None:
    """By the server's time: a phone whose clock is wrong opens and closes nothing."""
    stop = documents(server.data, "activity")["ekero-runt"]["stops"][0]
    departure, starts_at = rows(server.data, f"SELECT id, starts_at FROM departure WHERE {COMING}")[0]
    here = f"/site/{departure}/stops/{stop['key']}"
    one = phone()
    one.sign_in(ELIF)
    one.controlled()
    one.visit(f"/site/{departure}")
    one.wait_for("Texten är redo")
    one.visit(here)
    one.wait_for("Incheckningen öppnar i morgon 07.00.")
    assert one.page.get_by_role("link", name="Checka in här").count() == 0
    one.visit(f"{here}/check-in")
    one.wait_for("Incheckningen öppnar i morgon 07.00.")
    assert one.page.get_by_role("button", name="Jag förstår").count() == 0

    one.offline()
    gathering = datetime.fromisoformat(starts_at).replace(tzinfo=UTC) - timedelta(hours=1, minutes=59)
    one.page.clock.set_fixed_time(gathering)
    one.visit(here)
    one.page.get_by_role("link", name="Checka in här").wait_for()
    one.online()
    one.page.reload()
    one.wait_for("Incheckningen öppnar")
    assert one.page.get_by_role("link", name="Checka in här").count() == 0
