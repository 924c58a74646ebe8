"""Secrets of this installation: given by setting, or made once and kept with 0600."""

import os
import secrets
from pathlib import Path

PLACEHOLDERS = {"", "secret", "changeme", "change-me", "dev"}


def kept(data: Path, name: str) -> str:
    """The secret `name`, made at its first use. Several processes that start together agree on one."""
    path = data / f"{name}.key"
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text("ascii").strip()
    with os.fdopen(handle, "w") as file:
        file.write(secrets.token_urlsafe(48))
    return path.read_text("ascii").strip()
