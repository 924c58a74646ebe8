"""What tests of abuse need."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.ground import Server
from config import ROOT
from server.foundation.limits import limiter
from tests.databases import Store


@pytest.fixture
def unlimited() -> Iterator[None]:
    """Nobody is slowed down: a test asks a thousand times."""
    limiter.enabled = False
    yield
    limiter.enabled = True


@pytest.fixture
def running(store: Store, tmp_path: Path) -> Iterator[Server]:
    """The product as `script/server` starts it, with a small organisation."""
    settings = store.empty(tmp_path / "data")
    settings.data.mkdir()
    content = str(ROOT / "tests" / "packs" / "kommun")
    server = Server(settings.data, settings.database_url, RUNDTUR_WORKER="0", RUNDTUR_DEMO_CONTENT=content)
    yield server.start()
    server.stop()
    store.drop(settings)
