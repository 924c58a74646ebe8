"""Ten thousand acts wait on a phone six times slower than this machine, on slow 3G: how long, in how many requests, and a tap?"""

import argparse
import statistics
import time
from typing import Any

from bench.browsing import MAJA, phone
from bench.ground import Server, report
from tests.browser.driving import DATABASES, Phone, wait_until
from tests.browser.reading_server import documents, person_id, rows
from tests.browser.staging import DESK, WELCOME, steps

SLOWER = 6
SLOW_3G = {"offline": False, "latency": 2_000, "downloadThroughput": 50_000, "uploadThroughput": 50_000}
"""as Chromium's own tools have it"""
TAP_EVERY_S = 5
TARGETS = {"operations": "10,000", "requests": "≤ 110", "seconds": "≤ 300"}
FILL = """async ([personId, kinds, count]) => {
  const here = await (DATABASES)();
  const { name, store } = here.find(({ name }) => name === `rundtur-${personId}`);
  const db = await new Promise((done) => { store.open(name).onsuccess = ({ target }) => done(target.result) });
  const id = () => crypto.randomUUID().replace(/^(.{14})./, "$17");
  const tx = db.transaction(["outbox", "meta"], "readwrite");
  const meta = tx.objectStore("meta");
  const before = await new Promise((done) => {
    meta.get("last_seq").onsuccess = ({ target }) => done(target.result?.value ?? 0);
  });
  for (let n = 1; n <= count; n++) {
    const seq = before + n;
    const occurred_at = new Date(Date.now() - (count - n) * 1_000).toISOString();
    const head = { op_id: id(), seq, v: 1, occurred_at, heard_server_at: null, clock_jumped: false };
    const { score, ...kind } = kinds[n % kinds.length];
    tx.objectStore("outbox").add({ seq, op: { ...head, ...kind }, score, outcome: null, answered_at: null });
  }
  meta.put({ key: "last_seq", value: before + count });
  await new Promise((done, failed) => { tx.oncomplete = done; tx.onabort = () => failed(tx.error) });
  db.close();
}""".replace("DATABASES", DATABASES)
"""What a phone would hold, written without a line of the product's code."""
LOOKS = """
(() => {
  const heading = () => document.querySelector("main h1")?.textContent ?? "";
  let tapped = null;
  window.taps = [];
  window.longest = 0;
  addEventListener("click", (event) => {
    if (event.target.closest?.(".button-main")) tapped = { at: event.timeStamp, before: heading() };
  }, true);
  const look = () => {
    if (tapped && heading() !== tapped.before && heading()) {
      window.taps.push(performance.now() - tapped.at);
      tapped = null;
    }
    requestAnimationFrame(look);
  };
  look();
  new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) window.longest = Math.max(window.longest, duration);
  }).observe({ type: "longtask" });
})();
"""
"""From the finger to the frame that shows the next step."""


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--operations", type=int, default=10_000)
    asked.add_argument("--slower", type=float, default=SLOWER)
    asked.add_argument("--most-seconds", type=float, default=900)
    options = asked.parse_args()
    with phone() as (running, one):
        one.sign_in(MAJA)
        one.controlled()
        one.page.wait_for_timeout(4_000)
        one.visit("/health/live")
        one.page.evaluate(FILL, [person_id(running.data, MAJA), kinds(running), options.operations])
        report(send(running, one, options), TARGETS)


def kinds(running: Server) -> list[dict[str, Any]]:
    """Of ten acts half are places in a film, two are steps, two notes, one is a quiz."""
    course = documents(running.data, "course")[WELCOME]
    about = {"course_id": course["course_id"], "version": course["version"], "score": None}
    [quiz] = [step for step in steps(course) if step["kind"] == "quiz"]
    answers = {
        one["key"]: [choice["key"] for choice in one["choices"] if choice["right"]] for one in quiz["quiz"]["questions"]
    }
    place = {"kind": "place_kept", "item_id": course["course_id"], "step_key": "film", "score": None}
    note = {"kind": "note_kept", "course_id": course["course_id"], "step_key": "tanka-efter", "score": None}
    right = {"right": len(answers), "questions": len(answers), "passed": True}
    return [
        *({**place, "position_s": float(second)} for second in range(5)),
        *({**about, "kind": "step_completed", "step_key": key} for key in ("valkommen", "oarna")),
        *({**note, "text": f"Jag vill fråga mer om punkt {number}, och om färjan."} for number in range(2)),
        {**about, "kind": "quiz_attempted", "step_key": quiz["key"], "answers": answers, "score": right},
    ]


def send(running: Server, one: Phone, options: argparse.Namespace) -> dict[str, Any]:
    """The app is opened, and somebody goes on learning while everything is sent."""
    one.context.add_init_script(LOOKS)
    slow = one.context.new_cdp_session(one.page)
    slow.send("Network.enable")
    slow.send("Network.emulateNetworkConditions", SLOW_3G)
    slow.send("Emulation.setCPUThrottlingRate", {"rate": options.slower})
    one.syncs.clear()
    began = time.monotonic()
    todo = [step for step in steps(documents(running.data, "course")[DESK]) if step["kind"] == "reading"]
    one.page.set_default_timeout(120_000)
    one.visit(f"/learn/{DESK}/steps/{todo[0]['key']}")
    one.page.get_by_role("heading", name=todo[0]["title"], level=1).wait_for()
    opened = time.monotonic() - began
    told = "SELECT count(*) FROM sync_operation"
    while rows(running.data, told)[0][0] < options.operations and time.monotonic() - began < options.most_seconds:
        if one.page.locator(".button-main").count():
            one.page.locator(".button-main").click()
        one.page.wait_for_timeout(TAP_EVERY_S * 1_000)
    seconds = time.monotonic() - began
    wait_until(lambda: not one.waiting, "the phone has heard of all of it", 60)
    taps = one.page.evaluate("window.taps")
    return {
        "operations": rows(running.data, told)[0][0], "requests": len(one.syncs), "seconds": round(seconds, 1),
        "opened_s": round(opened, 1), "tap_ms": round(statistics.median(taps), 1), "slowest_tap_ms": round(max(taps), 1),
        "longest_task_ms": round(one.page.evaluate("window.longest"), 1),
    }  # fmt: skip


if __name__ == "__main__":
    main()
