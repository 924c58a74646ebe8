"""Media of a pack: what they are is told by their bytes, never by their names alone."""

import re
from pathlib import Path
from typing import NamedTuple

from .packs import PackFault

TYPES = {
    ".svg": "image/svg+xml", ".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".webp": "image/webp",
    ".mp4": "video/mp4", ".webm": "video/webm", ".m4a": "audio/mp4", ".mp3": "audio/mpeg", ".vtt": "text/vtt",
}  # fmt: skip
STARTS: dict[str, tuple[bytes, ...]] = {
    ".png": (b"\x89PNG\r\n\x1a\n",), ".jpg": (b"\xff\xd8\xff",), ".jpeg": (b"\xff\xd8\xff",), ".webp": (b"RIFF",),
    ".webm": (b"\x1a\x45\xdf\xa3",), ".mp3": (b"ID3", b"\xff\xfb", b"\xff\xf3", b"\xff\xf2"), ".vtt": (b"WEBVTT",),
}  # fmt: skip
MOST_BYTES = 200 * 1024 * 1024
_SVG_REFUSED = re.compile(
    rb"<\s*(?:[\w.-]+:)?(script|foreignObject|iframe|embed|object|handler|set|animate[a-zA-Z]*)\b|\son[a-z]+\s*="
    rb"|javascript:|<!ENTITY|<!DOCTYPE|(?:href|src)\s*=\s*[\"']\s*(?!#)|url\(\s*[\"']?\s*(?!#)|@import",
    re.IGNORECASE,
)


_OTHER_ENCODING = re.compile(rb"<\?xml[^>]*encoding\s*=\s*[\"'](?!utf-8[\"'])", re.IGNORECASE)
"""In another one (UTF-7, UTF-16) a script could stand that the words above are not seen in."""


class Medium(NamedTuple):
    path: Path
    type: str
    bytes: int


def check(path: Path, named_in: Path, line: int | None = None) -> Medium:
    """The medium at `path`, found to be what its ending says and harmless. Raises PackFault in the file that names it."""
    ending = path.suffix.lower()
    if ending not in TYPES:
        raise PackFault(
            named_in, line, f"{path.name}: {ending or 'no ending'} is not a kind of media we take ({', '.join(TYPES)})"
        )
    if not path.is_file():
        raise PackFault(named_in, line, f"{path.name} is not there; put the file in {path.parent} or correct the name")
    size = path.stat().st_size
    if size > MOST_BYTES:
        raise PackFault(named_in, line, f"{path.name} is {size // 2**20} MB; no more than {MOST_BYTES // 2**20} MB")
    _check_bytes(path, ending, named_in, line)
    return Medium(path, TYPES[ending], size)


def _check_bytes(path: Path, ending: str, named_in: Path, line: int | None) -> None:
    if ending == ".svg":
        drawing = path.read_bytes()
        try:
            drawing.removeprefix(b"\xef\xbb\xbf").decode("utf-8")
            is_text = b"\0" not in drawing
        except UnicodeDecodeError:
            is_text = False
        if not is_text or _OTHER_ENCODING.search(drawing):
            raise PackFault(named_in, line, f"{path.name} is not UTF-8 text; save it as UTF-8")
        found = _SVG_REFUSED.search(drawing)
        if found:
            word = found.group().decode("utf-8", "replace").strip()
            raise PackFault(
                named_in, line, f"{path.name} holds “{word}”: a drawing may hold no script and refer to nothing outside"
            )
        return
    with path.open("rb") as file:
        start = file.read(16)
    fits = start[4:8] == b"ftyp" if ending in (".mp4", ".m4a") else start.startswith(STARTS[ending])
    if not fits:
        raise PackFault(named_in, line, f"{path.name} is not what its ending says; save it anew as {ending}")
