"""A phone in a person's hand: real Chromium with a profile of its own, which survives being killed."""

import os
import re
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psutil
from playwright.sync_api import BrowserContext, Error, Page, Playwright, Request

from bench.ground import Server

FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
]  # fmt: skip
PASSWORD = "ekero-demo"
STILL = {"RUNDTUR_WORKER": "0"}
"""Else the worker would remind people in the middle of a test, of what is due at the hour at which it happens to run."""


def chromium() -> str | None:
    return shutil.which("chromium") or shutil.which("google-chrome")


def wait_until(is_so: Callable[[], Any], what: str, seconds: float = 20) -> Any:
    """Polls until `is_so` says something true, and returns it."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = is_so()
        if found:
            return found
        time.sleep(0.05)
    raise AssertionError(f"not within {seconds} s: {what}")


@contextmanager
def hanging(server: Server) -> Iterator[None]:
    """The server takes connections and never answers: worse than none, for nothing fails."""
    assert server.process
    everyone = [psutil.Process(server.process.pid), *psutil.Process(server.process.pid).children(recursive=True)]
    for one in everyone:
        os.kill(one.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for one in everyone:
            os.kill(one.pid, signal.SIGCONT)


DATABASES = """async () => {
  const found = (await indexedDB.databases()).map(({ name }) => ({ name, store: indexedDB }));
  for (const name of (await navigator.storageBuckets?.keys()) ?? []) {
    const { indexedDB: store } = await navigator.storageBuckets.open(name);
    if ((await store.databases()).length > 0) found.push({ name, store });
  }
  return found;
}"""
"""In the common store and in buckets of their own."""
WAITING = """async () => {
  const found = [];
  for (const { name, store } of await (DATABASES)()) {
    if (!name.startsWith("rundtur-")) continue;
    const db = await new Promise((done, failed) => {
      const asked = store.open(name);
      asked.onsuccess = () => done(asked.result);
      asked.onerror = () => failed(asked.error);
    });
    if (db.objectStoreNames.contains("outbox")) {
      const rows = await new Promise((done) => {
        const asked = db.transaction("outbox").objectStore("outbox").getAll();
        asked.onsuccess = () => done(asked.result);
      });
      found.push(...rows.filter((row) => row.outcome === null).map((row) => row.op));
    }
    db.close();
  }
  return found;
}""".replace("DATABASES", DATABASES)
"""The statements that only the phone knows of, read without a line of the product's code."""


def gone(pids: list[int]) -> None:
    """None of these processes writes any more: who is killed while it waits for the disk still ends that."""

    def writes(pid: int) -> bool:
        with suppress(psutil.Error):
            return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
        return False

    wait_until(lambda: not any(map(writes, pids)), "the killed processes are gone")


class Phone:
    """An Android phone. Everything that the page complains of is collected in `complaints`."""

    def __init__(
        self, playwright: Playwright, profile: Path, url: str, language: str = "sv-SE", **options: Any
    ) -> None:
        self._playwright, self.profile, self.url = playwright, profile, url
        self._options = {
            **playwright.devices["Pixel 7"],
            "locale": language,
            "timezone_id": "Europe/Stockholm",
            "permissions": ["geolocation"],
            **options,
        }
        self._options.pop("default_browser_type", None)
        self.complaints: list[str] = []
        self.syncs: list[Request] = []
        """the exchanges that were answered"""
        self.open()

    def open(self) -> None:
        """The app is started from the home screen."""
        self.context: BrowserContext = self._playwright.chromium.launch_persistent_context(
            str(self.profile), executable_path=chromium(), args=FLAGS, **self._options
        )
        self.page: Page = self.context.pages[0] if self.context.pages else self.context.new_page()
        self.page.set_default_timeout(15_000)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("console", self._hear)
        self.page.on(
            "requestfinished", lambda request: self.syncs.append(request) if request.url.endswith("/api/sync") else None
        )

    def _hear(self, message: Any) -> None:
        # A refused connection is the weather here, not a fault of the page.
        if message.type == "error" and not re.search(r"Failed to load resource|ERR_CONNECTION", message.text):
            self.complaints.append(message.text)

    def processes(self) -> list[int]:
        """The browser's own process first, then all that it has started."""
        for process in psutil.process_iter(["cmdline"]):
            line = process.info["cmdline"] or []
            if f"--user-data-dir={self.profile}" in line and not any(one.startswith("--type=") for one in line):
                return [process.pid, *(child.pid for child in process.children(recursive=True))]
        return []

    def kill(self) -> None:
        """The phone's system ends the app at once, in the middle of whatever it does."""
        pids = self.processes()
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        gone(pids)
        with suppress(Exception):  # the driver has lost its browser, which was the point
            self.context.close()

    def has_session_on_disk(self) -> bool:
        """Chromium keeps cookies in memory for up to half a minute; killed before, it has forgotten who was signed in."""
        return any(b"sid" in path.read_bytes() for path in self.profile.rglob("Cookies*"))

    def close(self) -> None:
        self.context.close()

    def visit(self, path: str = "/") -> None:
        self.page.goto(self.url + path)

    def sign_in(self, email: str) -> None:
        self.visit("/")
        self.give_password(email)
        self.page.get_by_role("navigation").wait_for()

    def give_password(self, email: str, password: str = PASSWORD) -> None:
        """On the app's or the office's sign-in that is open."""
        self.page.locator("input[name=email]").fill(email)
        self.page.locator("input[name=password]").fill(password)
        self.page.locator("button[type=submit]").first.click()

    def press(self, name: str | re.Pattern[str], role: Any = "button") -> None:
        self.page.get_by_role(role, name=name).first.click()

    @property
    def says(self) -> str:
        """What a person reads on the screen."""
        return self.page.inner_text("body")

    def wait_for(self, text: str | re.Pattern[str], seconds: float = 15) -> None:
        self.page.get_by_text(text).first.wait_for(timeout=seconds * 1000)

    def controlled(self) -> None:
        """The worker answers for this page."""
        wait_until(lambda: self.page.evaluate("!!navigator.serviceWorker.controller"), "the worker controls the page")

    @property
    def databases(self) -> list[str]:
        names: list[str] = self.page.evaluate(f"async () => (await ({DATABASES})()).map(({{ name }}) => name)")
        return names

    @property
    def waiting(self) -> list[dict[str, Any]]:
        """What lies in the outbox and has not been told, without bookmarks."""
        return [op for op in self.page.evaluate(WAITING) if op["kind"] != "place_kept"]

    def offline(self) -> None:
        self.context.set_offline(True)

    def online(self) -> None:
        self.context.set_offline(False)

    def send(self) -> None:
        """A person's tap on "send now", where the app was not quicker; resolves when nothing waits."""
        self.visit("/me/receipts")
        button = self.page.get_by_role("button", name=re.compile("Skicka nu|Send now"))
        wait_until(lambda: button.count() or not self.waiting, "the button, or nothing to send")
        try:
            button.click(timeout=2_000)
        except Error:
            pass  # sent meanwhile
        wait_until(lambda: not self.waiting, "everything is told")
