"""SQLite's write-ahead log: it grows as long as anybody reads an old state of the database, and nobody would notice."""

import logging
from pathlib import Path

from sqlalchemy.engine import Engine

log = logging.getLogger(__name__)

MOST_BYTES = 64 * 1024 * 1024
"""Where nobody reads for long, the log begins anew after four megabytes; one transaction of a release may need more."""


def shorten(engine: Engine, most: int = MOST_BYTES) -> bool:
    """A log above that size begins anew, where nobody reads what it held. False, and an alarm, where somebody does.

    It waits for nobody, so that no writer waits for it. Repeated: the alarm comes again until the reader is gone.
    """
    if engine.dialect.name != "sqlite" or not engine.url.database:
        return True
    path = Path(f"{engine.url.database}-wal")
    size = path.stat().st_size if path.exists() else 0
    if size <= most:
        return True
    with engine.connect() as connection:
        raw = connection.connection.driver_connection
        assert raw is not None
        waits = raw.execute("PRAGMA busy_timeout").fetchone()[0]
        raw.execute("PRAGMA busy_timeout=0")
        try:
            is_busy = raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
        finally:
            raw.execute(f"PRAGMA busy_timeout={waits}")
    if is_busy:
        log.error(
            "%s has %d MB: somebody reads the database and does not end; see who has it open", path, size // 2**20
        )
    return not is_busy
