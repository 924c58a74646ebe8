"""Whoever sends is interrupted, or is not alone: a worker that is killed, and two pages of a browser without locks."""

import gzip
import json
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import CDPSession, Request

from bench.ground import Server
from tests.support.bad_line import BadLine, Fate

from .driving import Phone, wait_until
from .reading_server import TOLD_STEPS, rows
from .staging import ELIF, WELCOME

NO_LOCKS = "Object.defineProperty(Navigator.prototype, 'locks', { get: () => undefined })"
LOOKS_AGAIN = "() => { document.dispatchEvent(new Event('visibilitychange')) }"
NOWHERE = "/health/live"
"""A page of the same address without the app: nobody sends there but the worker."""


@pytest.fixture
def line(server: Server) -> Iterator[BadLine]:
    made = BadLine(server.port)
    yield made
    made.close()


def test_a_worker_that_is_killed_before_it_hears_the_answer_loses_and_doubles_nothing(
    server: Server, phone: Callable[..., Phone], line: BadLine
) -> None:
    one = at_a_step(phone, line)
    one.offline()
    one.press("Klar, nästa")
    wait_until(lambda: one.waiting, "the act is on the phone only")
    one.page.goto("about:blank")
    one.online()
    one.visit(NOWHERE)
    devtools = one.context.new_cdp_session(one.page)
    line.is_bad(Fate.LATE)
    wakes_the_worker(one, devtools)
    wait_until(lambda: rows(server.data, f"SELECT 1 FROM {TOLD_STEPS}"), "the server has taken it")
    devtools.send("ServiceWorker.stopAllWorkers")
    one.page.wait_for_timeout(1_500)  # by now a worker that lives has kept the answer
    assert [op["step_key"] for op in one.waiting] == ["valkommen"]
    line.is_good()
    one.send()
    assert rows(server.data, "SELECT count(*) FROM sync_operation WHERE kind = 'step_completed'") == [(1,)]


def test_two_pages_of_a_browser_without_locks_send_nothing_more_than_twice_and_it_counts_once(
    server: Server, phone: Callable[..., Phone], line: BadLine
) -> None:
    one = phone(url=line.url)
    one.context.add_init_script(NO_LOCKS)
    one.sign_in(ELIF)
    one.controlled()
    one.visit(f"/learn/{WELCOME}/steps/valkommen")
    other = one.context.new_page()
    other.goto(f"{one.url}/learn/{WELCOME}/steps/vem-bestammer")
    pages = (one.page, other)
    for page in pages:
        page.get_by_role("button", name="Klar, nästa").wait_for()
        assert page.evaluate("navigator.locks === undefined")
    sent = Counter[str]()
    one.context.on("request", lambda request: sent.update(operations_in(request)))
    line.is_bad(Fate.LATE)
    for _ in range(2):
        for page in pages:
            page.bring_to_front()
            before = page.url
            page.get_by_role("button", name="Klar, nästa").click()
            page.wait_for_url(lambda url, before=before: url != before)
        for page in pages:
            page.evaluate(LOOKS_AGAIN)
    wait_until(lambda: one.page.wait_for_timeout(50) or not one.waiting, "both have heard that it was taken")
    told = rows(server.data, "SELECT op_id FROM sync_operation WHERE kind = 'step_completed'")
    assert len(told) == 4
    assert max(sent[op_id] for (op_id,) in told) == 2, "both sent it, and neither more than once"
    assert rows(server.data, f"SELECT count(*) FROM {TOLD_STEPS}") == [(4,)]
    assert one.page.get_by_text("Behöver dig").count() == 0


def at_a_step(phone: Callable[..., Phone], line: BadLine) -> Phone:
    one = phone(url=line.url)
    one.sign_in(ELIF)
    one.controlled()
    one.visit(f"/learn/{WELCOME}/steps/valkommen")
    one.page.get_by_role("button", name="Klar, nästa").wait_for()
    one.page.wait_for_timeout(500)
    return one


def wakes_the_worker(one: Phone, devtools: CDPSession) -> None:
    """As the browser does when a network is back (Background Sync)."""
    registered: list[dict[str, Any]] = []
    devtools.on("ServiceWorker.workerRegistrationUpdated", lambda event: registered.extend(event["registrations"]))
    devtools.send("ServiceWorker.enable")
    wait_until(lambda: one.page.wait_for_timeout(20) or registered, "the worker's registration")
    woken = {"registrationId": registered[-1]["registrationId"], "tag": "rundtur-outbox", "lastChance": False}
    devtools.send("ServiceWorker.dispatchSyncEvent", {"origin": one.url, **woken})


def operations_in(request: Request) -> list[str]:
    body = request.post_data_buffer if request.url.endswith("/api/sync") else None
    if not body:
        return []
    told = json.loads(gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body)
    return [op["op_id"] for op in told["operations"]]
