"""A course with a large film: the demonstration's own, published as an author does, with bytes in its middle that nobody sees."""

import random
import re
import shutil
import struct
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

from bench.ground import ROOT, Server

from .reading_server import documents
from .staging import WELCOME, steps

COURSE = ROOT / "content" / "ekero" / "courses" / WELCOME
FILM = "media/langs-linjen.mp4"
MORE = 9 * 1024 * 1024


class Filmed(NamedTuple):
    content: bytes
    path: str


def publish_film(server: Server, folder: Path, seed: int = 1) -> Filmed:
    """The welcome course with a film of several chunks is its current version. Another seed is another film."""
    pack = folder / f"pack-{seed}"
    shutil.copytree(COURSE, pack)
    content = longer((COURSE / FILM).read_bytes(), random.Random(seed).randbytes(MORE))
    (pack / FILM).write_bytes(content)
    subprocess.run(
        [sys.executable, "-m", "flask", "--app", "server.wsgi", "content", "publish", str(pack)],
        cwd=ROOT, env=server.environment, check=True, capture_output=True,
    )  # fmt: skip
    newest = documents(server.data, "course")[WELCOME]
    [path] = {step["film"]["medium"]["url"] for step in steps(newest) if step["film"]}
    return Filmed(content, path)


def longer(film: bytes, more: bytes) -> bytes:
    """The same film, whose second half lies behind `more`: the tables in its head say so."""
    head = film.index(b"mdat")
    tables = [found.end() + 4 for found in re.finditer(b"stco", film[:head])]
    offsets = {table: _offsets(film, table) for table in tables}
    middle = sorted(one for each in offsets.values() for one in each)[sum(map(len, offsets.values())) // 2]
    changed = bytearray(film[:middle] + more + film[middle:])
    for table, found in offsets.items():
        moved = [one + len(more) if one >= middle else one for one in found]
        struct.pack_into(f">{len(moved)}I", changed, table + 4, *moved)
    struct.pack_into(">I", changed, head - 4, struct.unpack_from(">I", film, head - 4)[0] + len(more))
    return bytes(changed)


def _offsets(film: bytes, table: int) -> tuple[int, ...]:
    [count] = struct.unpack_from(">I", film, table)
    return struct.unpack_from(f">{count}I", film, table + 4)
