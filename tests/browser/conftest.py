import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Playwright, sync_playwright

from bench.ground import Server

from .driving import STILL, Phone, chromium

pytestmark = pytest.mark.skipif(chromium() is None, reason="there is no Chromium on this machine")


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as running:
        yield running


@pytest.fixture(scope="session")
def demo_data() -> Iterator[Path]:
    """The data folder of a server that has loaded the demo organisation."""
    data = Path(tempfile.mkdtemp(prefix="rundtur-demo-"))
    server = Server(data, **STILL).start()
    server.stop()
    yield data
    shutil.rmtree(data, ignore_errors=True)


@pytest.fixture
def server(demo_data: Path, tmp_path: Path) -> Iterator[Server]:
    data = tmp_path / "data"
    shutil.copytree(demo_data, data)
    running = Server(data, **STILL).start()
    yield running
    running.stop()


@pytest.fixture
def phone(playwright: Playwright, server: Server, tmp_path: Path) -> Iterator[Callable[..., Phone]]:
    """Makes phones; each has a profile of its own."""
    made: list[Phone] = []

    def make(**options: Any) -> Phone:
        profile = tmp_path / f"phone-{len(made)}"
        made.append(Phone(playwright, profile, **{"url": server.url, **options}))
        return made[-1]

    yield make
    for one in made:
        one.close()
    complaints = [re.sub(r"\s+", " ", text) for one in made for text in one.complaints]
    assert complaints == []
