"""A real Firefox, driven over WebDriver BiDi by hand: Debian has no driver for it. It takes real Web Push from a service
of ours, because its preferences say where its push service is.
"""

import json
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from websockets.sync.client import ClientConnection, connect

from bench.ground import free_port

from .driving import PASSWORD, wait_until

QUIET = {
    "browser.shell.checkDefaultBrowser": False, "browser.aboutwelcome.enabled": False,
    "datareporting.policy.dataSubmissionEnabled": False, "toolkit.telemetry.enabled": False, "app.update.enabled": False,
    "app.normandy.enabled": False, "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False, "browser.safebrowsing.malware.enabled": False,
    "browser.safebrowsing.phishing.enabled": False, "extensions.getAddons.cache.enabled": False,
    "services.settings.server": "data:,#remote-settings-dummy/v1", "browser.startup.page": 0,
    "browser.newtabpage.enabled": False, "browser.region.network.url": "", "browser.search.update": False,
    "media.gmp-manager.updateEnabled": False, "network.dns.disablePrefetch": True, "intl.accept_languages": "sv-SE, sv",
}  # fmt: skip
PUSH = {
    "dom.push.testing.allowInsecureServerURL": True,
    "dom.push.connection.enabled": True,  # the remote agent turns it off
    "permissions.default.desktop-notification": 1,
    "alerts.useSystemBackend": False,  # there is no desktop here that would show them
}


def firefox() -> str | None:
    return shutil.which("firefox-esr") or shutil.which("firefox")


@contextmanager
def browsing(folder: Path, url: str, push_url: str) -> Iterator["Firefox"]:
    """A Firefox with an empty profile, gone afterwards."""
    port = free_port()
    profile, home = folder / "firefox", folder / "home"
    for one in (profile, home):
        one.mkdir()
    preferences = {**QUIET, **PUSH, "dom.push.serverURL": push_url}
    lines = [f"user_pref({json.dumps(name)}, {json.dumps(value)});\n" for name, value in preferences.items()]
    (profile / "user.js").write_text("".join(lines), "utf-8")
    command = [firefox() or "firefox", "--headless", "--no-remote", "--profile", str(profile),
               "--remote-debugging-port", str(port), "--remote-allow-system-access"]  # fmt: skip
    environment = {**os.environ, "MOZ_HEADLESS": "1", "HOME": str(home)}
    with (folder / "firefox.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, env=environment)
        try:
            wait_until(lambda: is_listening(port), "Firefox answers", 60)
            with connect(f"ws://127.0.0.1:{port}/session", max_size=None) as wire:
                yield Firefox(wire, url)
        finally:
            process.terminate()
            process.wait(20)


def is_listening(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


class Firefox:
    """A person's computer."""

    def __init__(self, wire: ClientConnection, url: str) -> None:
        self._wire, self.url, self._number = wire, url, 0
        self.ask("session.new", capabilities={})
        self._tab = self.tabs()[0]

    def ask(self, method: str, **params: Any) -> Any:
        """One command; what happens meanwhile is passed over."""
        self._number += 1
        self._wire.send(json.dumps({"id": self._number, "method": method, "params": params}))
        deadline = time.monotonic() + 40
        while True:
            message = json.loads(self._wire.recv(timeout=max(0.1, deadline - time.monotonic())))
            if message.get("id") == self._number:
                assert message["type"] == "success", f"{method}: {message}"
                return message["result"]

    def tabs(self) -> list[str]:
        return [one["context"] for one in self.ask("browsingContext.getTree")["contexts"]]

    def visit(self, path: str) -> None:
        self.ask("browsingContext.navigate", context=self._tab, url=self.url + path, wait="complete")

    def run(self, script: str, tab: str | None = None) -> Any:
        """What the expression, or its promise, gives."""
        expression = f"Promise.resolve({script}).then((x) => JSON.stringify(x ?? null))"
        target = {"context": tab or self._tab}
        answer = self.ask(
            "script.evaluate", expression=expression, target=target, awaitPromise=True, userActivation=True
        )
        assert answer["type"] == "success", answer
        return json.loads(answer["result"]["value"])

    @property
    def says(self) -> str:
        return str(self.run("document.body.innerText"))

    @property
    def path(self) -> str:
        return str(self.run("location.pathname"))

    def wait_for(self, text: str, seconds: float = 20) -> None:
        wait_until(lambda: text in self.says, f"“{text}” in: {self.says}", seconds)

    def press(self, name: str) -> None:
        """The button or link of that name."""
        found = f"""[...document.querySelectorAll("button, a")].find((one) => one.innerText.trim().startsWith({json.dumps(name)}))"""
        wait_until(lambda: self.run(f"!!{found}"), f"“{name}” is there")
        self.run(f"{found}.click()")

    def sign_in(self, email: str) -> None:
        self.visit("/")
        wait_until(lambda: self.run("!!document.querySelector('input[name=email]')"), "the form is there")
        for name, value in (("email", email), ("password", PASSWORD)):
            self.run(
                f"""(() => {{ const field = document.querySelector("input[name={name}]"); field.value = {json.dumps(value)};
                field.dispatchEvent(new Event("input", {{ bubbles: true }})) }})()"""
            )
        self.run("document.querySelector('button[type=submit]').click()")
        wait_until(lambda: self.run("!!navigator.serviceWorker.controller"), "the worker answers for the page")

    def tap_notification(self) -> None:
        """The one that stands on the screen, which is a window of Firefox's own here."""
        everything = self.ask("browsingContext.getTree", **{"moz:scope": "chrome"})["contexts"]
        shown = [one["context"] for one in everything if one["url"].endswith("/alert.xhtml")]
        target = {"context": shown[-1]}
        self.ask("script.evaluate", expression="onAlertClick()", target=target, awaitPromise=False)

    def leave(self) -> None:
        """The app is closed; the browser stands at an empty page."""
        app, self._tab = self._tab, self.ask("browsingContext.create", type="tab")["context"]
        self.ask("browsingContext.close", context=app)

    def paths(self) -> list[str]:
        """Of every tab."""
        return [str(self.run("location.pathname", tab)) for tab in self.tabs()]

    def notifications(self) -> list[dict[str, str]]:
        return list(
            self.run(
                "navigator.serviceWorker.ready.then((r) => r.getNotifications())"
                ".then((all) => all.map(({ title, body, tag }) => ({ title, body, tag })))"
            )
        )
