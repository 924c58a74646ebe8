"""Secrets of this installation: given by setting, or made once and kept with 0600."""

import os
import secrets
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

PLACEHOLDERS = {"", "secret", "changeme", "change-me", "dev"}


def _random() -> str:
    return secrets.token_urlsafe(48)


def kept(data: Path, name: str, make: Callable[[], str] = _random) -> str:
    """The secret `name`, made at its first use. Several processes that start together agree on one."""
    path = data / f"{name}.key"
    if not path.exists():
        # Written whole beside it and then linked: nobody ever reads a half, and the first one stays.
        draft = data / f".{name}.{secrets.token_hex(8)}"
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(make())
        with suppress(FileExistsError):
            os.link(draft, path)
        draft.unlink()
    return path.read_text("ascii").strip()
