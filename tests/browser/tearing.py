"""What a kill between two writes leaves of Chromium's store, done to a profile at rest. Knows nothing of the product's code.

A change goes into the store's log (LevelDB's) as a head of seven bytes and then its words, each a write of its own. Of a browser
that was killed between them the head is there and the words are not. At the next start Chromium takes no notice, and writes on
behind it; at the one after the words do not fit their head, and it begins an empty store.
"""

import fcntl
import sqlite3
import struct
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

HEAD, BLOCK = struct.Struct("<IHB"), 32_768
WHOLE = 1
"""a change that fits into its block"""
BUCKETS = "Default/WebStorage/QuotaManager"
STORE = "Default/WebStorage/{}/IndexedDB/indexeddb.leveldb"
ANEW = "since it was missing"


def stores_of(profile: Path) -> list[Path]:
    """The person's own and the second copy of what it holds alone. The browser is not running."""
    with closing(sqlite3.connect(f"file:{profile / BUCKETS}?mode=ro", uri=True)) as connection:
        found = connection.execute(
            "SELECT name, id FROM buckets WHERE name GLOB '*-*-*-*-*-*' ORDER BY name"
        ).fetchall()
    assert [name.split("-")[0] for name, _ in found] == ["rundtur", "spare"]
    return [profile / STORE.format(id) for _, id in found]


def tear(store: Path) -> None:
    """The browser is not running. A head without words stands at the end of the log, as if it had been killed there."""
    log = max(store.glob("*.log"))
    room = BLOCK - log.stat().st_size % BLOCK - HEAD.size
    with log.open("ab") as end:
        if room < 0:
            end.write(bytes(room + HEAD.size))
            room = BLOCK - HEAD.size
        end.write(HEAD.pack(0x12345678, min(room, 90), WHOLE))


def beginnings(store: Path) -> set[str]:
    """When the store was begun from nothing, by the browser that runs on it now or that ran on it last."""
    log = store / "LOG"
    lines = log.read_text("utf-8", "replace").splitlines() if log.exists() else []
    return {line for line in lines if ANEW in line}


@contextmanager
def held_by_another(store: Path) -> Iterator[None]:
    """As by a browser that was killed and is not gone yet: two never write one store."""
    with (store / "LOCK").open("r+b") as lock:
        fcntl.lockf(lock, fcntl.LOCK_EX)
        yield
