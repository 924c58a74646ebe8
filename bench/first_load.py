"""The first visit of who is signed in: an empty phone, a cold cache, until Today is usable; and Lighthouse's mobile run.

What the page fetches is counted as it comes over the wire (brotli). Content that downloads itself afterwards, and the
worker's own copies of what the page has fetched, are counted apart.
"""

import json
import os
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

from bench.browsing import MAJA
from bench.ground import ROOT, Server, report, server
from tests.browser.driving import FLAGS, PASSWORD, chromium

TARGETS = {
    "wire_kb": "≤ 150 (Kolibri 2,224, Moodle 1,328)", "js_kb": "≤ 50 (744, 941)", "css_kb": "≤ 10",
    "performance": "≥ 98 (55, 40)", "accessibility": "100", "best_practices": "100",
}  # fmt: skip
LIGHTHOUSE = ROOT / "bench" / "lighthouse"


def visit(running: Server) -> tuple[dict[str, float], str]:
    """The kilobytes by kind, and the session's cookie."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        device = {key: value for key, value in playwright.devices["Pixel 7"].items() if key != "default_browser_type"}
        context = browser.new_context(**device, locale="sv-SE")
        headers = {"X-Rundtur-Client": "bench"}
        context.request.post(f"{running.url}/api/session", data={"email": MAJA, "password": PASSWORD}, headers=headers)
        cookie = next(one for one in context.cookies() if one.get("name") == "sid").get("value", "")
        page = context.new_page()
        wire = context.new_cdp_session(page)
        wire.send("Network.enable")
        responses: dict[str, Any] = {}
        sizes: dict[str, float] = {}
        wire.on("Network.responseReceived", lambda event: responses.update({event["requestId"]: event}))
        wire.on("Network.loadingFinished", lambda event: sizes.update({event["requestId"]: event["encodedDataLength"]}))
        page.goto(running.url)
        page.locator("main a.button-main, main button.button-main").first.wait_for()
        usable = dict(sizes)
        browser.close()
    return weigh(usable, responses), cookie


def weigh(sizes: dict[str, float], responses: dict[str, Any]) -> dict[str, float]:
    kinds = {"wire": 0.0, "js": 0.0, "css": 0.0, "content": 0.0}
    for request, size in sizes.items():
        url, kind = responses[request]["response"]["url"], responses[request]["type"]
        if "/content/" in url or "/media/" in url:
            kinds["content"] += size
            continue
        kinds["wire"] += size
        kinds["js"] += size if kind == "Script" else 0
        kinds["css"] += size if kind == "Stylesheet" else 0
    return {kind: round(size / 1000, 1) for kind, size in kinds.items()}


def lighthouse(running: Server, cookie: str) -> dict[str, int]:
    if not (LIGHTHOUSE / "node_modules").is_dir():
        subprocess.run(["npm", "ci", "--silent"], cwd=LIGHTHOUSE, check=True)
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "report.json"
        flags = " ".join(["--headless=new", *FLAGS])
        subprocess.run(
            ["node", str(LIGHTHOUSE / "node_modules/lighthouse/cli/index.js"), running.url, "--output=json",
             f"--output-path={out}", "--quiet", f"--chrome-flags={flags}", "--extra-headers",
             json.dumps({"Cookie": f"sid={cookie}"}),
             "--only-categories=performance,accessibility,best-practices"],
            check=True, env={**os.environ, "CHROME_PATH": chromium() or ""},
        )  # fmt: skip
        found = json.loads(out.read_text())
    for name, audit in found["audits"].items():
        if audit["score"] is not None and audit["score"] < 0.9 and audit.get("scoreDisplayMode") != "informative":
            print(f"  {name}: {audit['score']} {audit.get('displayValue', '')}")
    return {name: round(one["score"] * 100) for name, one in found["categories"].items()}


def main() -> None:
    with server() as running:
        sizes, cookie = visit(running)
        scores = lighthouse(running, cookie)
    figures = {
        "wire_kb": sizes["wire"], "js_kb": sizes["js"], "css_kb": sizes["css"], "content_kb": sizes["content"],
        "performance": scores["performance"], "accessibility": scores["accessibility"],
        "best_practices": scores["best-practices"],
    }  # fmt: skip
    report(figures, TARGETS)


if __name__ == "__main__":
    main()
