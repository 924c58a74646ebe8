"""A pack's folder while it is being published: its texts rendered and its media stored, each once."""

from pathlib import Path
from typing import Any

import orjson

from . import media
from .packs import PackFault, line_of
from .rendering import render
from .storing import Shelf


class Folder:
    """The files beside one `course.yaml` or `activity.yaml`."""

    def __init__(self, source: Path, shelf: Shelf) -> None:
        self.source, self.root, self._shelf = source, source.parent, shelf
        self._stored: dict[str, dict[str, Any]] = {}

    def medium(self, name: str, *where: str | int) -> dict[str, Any]:
        """The file `name` of this pack, named somewhere in its YAML, as protocol.Medium. Raises PackFault."""
        return self._medium(name, self.source, line_of(self.source, *where) if where else None)

    def _medium(self, name: str, named_in: Path, line: int | None) -> dict[str, Any]:
        if name not in self._stored:
            path = (self.root / name).resolve()
            if self.root.resolve() not in path.parents:
                raise PackFault(named_in, line, f"“{name}” lies outside of the pack; copy it into media/")
            self._stored[name] = self._shelf.put_medium(media.check(path, named_in, line))
        return self._stored[name]

    def picture(
        self, name: str | None, alt: dict[str, str] | None, language: str, *where: str | int
    ) -> dict[str, Any] | None:
        """protocol.Picture, or None where there is none."""
        if name is None:
            return None
        return {"medium": self.medium(name, *where), "alt": (alt or {}).get(language, "")}

    def text(self, language: str, key: str, *, is_needed: bool) -> str:
        """The rendered text of a step or stop. Raises PackFault where it is missing."""
        path = self.root / language / f"{key}.md"
        if not path.is_file():
            if is_needed:
                raise PackFault(path, None, "the text is missing; write it, or take the language out of the pack")
            return ""
        try:
            words = path.read_text("utf-8")
        except UnicodeDecodeError:
            raise PackFault(path, None, "the file is not UTF-8 text; save it as UTF-8") from None
        return render(words, lambda name, line: str(self._medium(name, path, line)["url"]))

    def used_in(self, document: dict[str, Any]) -> list[dict[str, Any]]:
        """Every medium that a document shows, also inside of its texts."""
        body = orjson.dumps(document).decode()
        return [medium for medium in self._stored.values() if medium["url"] in body]


def document_ref(digest: str, size: int, media_used: list[dict[str, Any]]) -> dict[str, Any]:
    """protocol.DocumentRef: small files come at once, sound and film wait for Wi-Fi or a tap."""
    small = sum(one["bytes"] for one in media_used if one["type"].startswith(("image/", "text/")))
    return {
        "hash": digest, "bytes": size, "picture_bytes": small,
        "media_bytes": sum(one["bytes"] for one in media_used) - small,
    }  # fmt: skip
