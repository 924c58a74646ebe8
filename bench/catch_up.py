"""What the phone sends and gets when twenty steps were finished offline, and when nothing is new (bodies, compressed)."""

import signal
from typing import Any

from bench.browsing import MAJA, phone
from bench.ground import courses, report

STEPS = 20
MANDATORY = ("valkommen-till-ekero", "digital-arbetsplats", "informationssakerhet")
TARGETS = {
    "requests": "1 (Moodle App 5, Kolibri 30)", "bytes": "≤ 6,000 (Moodle App 13,500, Kolibri 47,000)",
    "quiet_requests": "1", "quiet_bytes": "≤ 1,200",
}  # fmt: skip


def weigh(syncs: list[Any]) -> int:
    return sum(one.sizes()["requestBodySize"] + one.sizes()["responseBodySize"] for one in syncs)


def main() -> None:
    with phone() as (running, one):
        one.sign_in(MAJA)
        one.controlled()
        one.page.wait_for_timeout(4000)
        running.stop(signal.SIGKILL)
        finish_steps(one, courses(running))
        one.syncs.clear()
        running.start()
        one.visit("/me/receipts")
        one.page.get_by_text("Skickat", exact=True).first.wait_for(timeout=60_000)
        one.page.wait_for_timeout(3000)
        catching_up = list(one.syncs)
        one.syncs.clear()
        one.page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
        one.page.wait_for_timeout(4000)
        quiet = list(one.syncs)
        figures = {
            "requests": len(catching_up), "bytes": weigh(catching_up),
            "quiet_requests": len(quiet), "quiet_bytes": weigh(quiet),
        }  # fmt: skip
    report(figures, TARGETS)


def finish_steps(one: Any, found: list[dict[str, Any]]) -> None:
    """Twenty steps that take a tap each."""
    left = STEPS
    # The mandatory ones: an open course is on the phone only once somebody has taken it.
    for course in (one for one in found if one["slug"] in MANDATORY):
        for step in (step for module in course["modules"] for step in module["steps"]):
            if step["kind"] not in ("reading", "video", "audio", "task") or not left:
                continue
            one.visit(f"/learn/{course['slug']}/steps/{step['key']}")
            one.page.get_by_role("heading", name=step["title"], level=1).wait_for()
            before = one.page.url
            one.page.locator(".button-main").click()
            one.page.wait_for_url(lambda url, before=before: url != before)
            left -= 1


if __name__ == "__main__":
    main()
