"""`script/screens`: the screenshots that matter, of the real app against the real demonstration server."""

import argparse
import shutil
import tempfile
from pathlib import Path

from playwright.sync_api import Playwright, sync_playwright

from bench.ground import ROOT, server

from .driving import Phone
from .scenes import WALKS, walk
from .staging import Stage

MORE = {
    "mail-address": ("dark", "small"),
    "mail-address-code": ("dark", "small"),
    "today-due": ("dark", "small", "360", "768", "1280"),
    "today-late": ("dark", "small"),
    "today-nothing-due": ("dark",),
    "learn-catalogue": ("small", "1280"),
    "course-halfway": ("dark", "small", "1280"),
    "step-reading": ("dark", "small", "1280"),
    "text-look": ("dark", "small", "1280"),
    "film-absent": ("dark", "small"),
    "film-interrupted": ("dark", "small"),
    "quiz-feedback-wrong": ("dark", "small"),
    "site-coming": ("360",),
    "tour": ("dark", "1280"),
    "stop": ("dark", "small", "768"),
    "check-in-place": ("dark", "small"),
    "check-in-saved": ("dark",),
    "tour-stamped": ("dark", "small", "1280"),
    "guide-tour": ("dark", "small"),
    "guide-code-large": ("small",),
    "receipts-attention": ("dark", "small"),
    "me": ("dark", "small", "768"),
    "today-reminded": ("dark", "small"),
    "reminders-ask": ("dark",),
    "reminders-quiet": ("small",),
    "reminders": ("dark", "small", "768"),
    "reminder-settings": ("dark", "small"),
    "reminders-mail-fails": ("dark", "small"),
    "english-reminders": ("dark", "small"),
    "english-reminder-settings": ("dark",),
    "english-reminders-ask": ("dark",),
    "devices": ("dark", "small"),
    "sign-in": ("dark", "small", "1280"),
    "hand-over": ("small",),
    "sign-in-sealed": ("small",),
    "office-board": ("dark", "390"),
    "office-person": ("390",),
    "office-departure": ("dark", "390"),
    "office-reminders": ("dark", "390"),
    "office-message-preview": ("dark", "390"),
    "office-reach": ("390",),
    "office-rule-texts": ("dark", "390"),
    "english-office-ways": ("dark", "390"),
    "office-exceptions": ("dark", "390", "small"),
    "office-exceptions-undo": ("390",),
    "office-exceptions-phones": ("dark", "390"),
    "receipts-decided": ("dark", "small"),
}
"""The screens that are also looked at in the dark, at 320 px with 200 % text, and on other widths."""
WIDTHS = {"360": (360, 740), "390": (390, 844), "768": (768, 1024), "1280": (1280, 900)}


def shoot(one: Phone, path: Path, whole: bool) -> None:
    one.page.wait_for_timeout(250)  # colours change in 160 ms
    one.page.screenshot(path=path, full_page=whole)


def shoot_more(one: Phone, folder: Path, name: str, way: str) -> None:
    before = one.page.viewport_size
    assert before
    if way == "dark":
        one.page.emulate_media(color_scheme="dark")
    elif way == "small":
        enlarge(one, True)
    else:
        width, height = WIDTHS[way]
        one.page.set_viewport_size({"width": width, "height": height})
    shoot(one, folder / f"{name}--{way}.png", way in ("small", "390"))
    one.page.emulate_media(color_scheme="light")
    enlarge(one, False)
    one.page.set_viewport_size(before)


def enlarge(one: Phone, on: bool) -> None:
    """320 px wide and text at 200 %."""
    if on:
        one.page.set_viewport_size({"width": 320, "height": 640})
    one.page.evaluate("size => { document.documentElement.style.fontSize = size }", "200%" if on else "")
    one.page.wait_for_timeout(100)


def main() -> None:
    asked = argparse.ArgumentParser(prog="script/screens", description=__doc__)
    asked.add_argument("--out", type=Path, default=ROOT / "out" / "screens")
    asked.add_argument("--only", default="", help="walks of tests/browser/scenes.py, by name, with commas")
    asked.add_argument("--whole", action="store_true", help="the whole page instead of what a phone shows")
    wanted = asked.parse_args()
    if not wanted.only:
        shutil.rmtree(wanted.out, ignore_errors=True)
    wanted.out.mkdir(parents=True, exist_ok=True)
    walks = wanted.only.split(",") if wanted.only else [one.__name__ for one in WALKS]
    with sync_playwright() as playwright:
        count = sum(shoot_walk(playwright, name, wanted.out, wanted.whole) for name in walks)
    print(f"{count} screenshots in {wanted.out}")  # noqa: T201 - a command's output


def shoot_walk(playwright: Playwright, walk_name: str, out: Path, whole: bool) -> int:
    """Returns how many screenshots were made."""
    count = 0
    with server() as running, tempfile.TemporaryDirectory() as profiles:
        stage = Stage(playwright, running, Path(profiles), color_scheme="light")
        for name, one in walk(stage, walk_name):
            ways = MORE.get(name, ())
            count += 1 + len(ways)
            shoot(one, out / f"{name}.png", whole)
            for way in ways:
                shoot_more(one, out, name, way)
    return count


if __name__ == "__main__":
    main()
