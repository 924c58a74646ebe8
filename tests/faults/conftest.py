"""What tests of abuse need."""

from collections.abc import Iterator

import pytest

from server.foundation.limits import limiter


@pytest.fixture
def unlimited() -> Iterator[None]:
    """Nobody is slowed down: a test asks a thousand times."""
    limiter.enabled = False
    yield
    limiter.enabled = True
