"""A phone for the benches that need a real browser."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import sync_playwright

from bench.ground import Server, server
from tests.browser.driving import Phone

MAJA = "maja.lindqvist@ekero.example"


@contextmanager
def phone() -> Iterator[tuple[Server, Phone]]:
    """The real server, and a phone with an empty profile on which nobody is signed in."""
    with server() as running, sync_playwright() as playwright, tempfile.TemporaryDirectory() as profile:
        one = Phone(playwright, Path(profile), running.url)
        try:
            yield running, one
        finally:
            one.close()
