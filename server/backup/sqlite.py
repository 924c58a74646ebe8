"""SQLite in a backup: its own online copy, consistent while others write; and a file put in another's place."""

import os
from pathlib import Path
from typing import Any

from sqlalchemy.engine import Engine

from .archive import BackupFault, sync_folder


class Sqlite:
    """The database file of this engine."""

    kind = "sqlite"

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._module: Any = engine.dialect.dbapi
        self._path = Path(engine.url.database or "")
        self._aside: Path | None = None

    def version(self) -> str:
        return str(self._module.sqlite_version)

    def check_for(self, _version: str) -> None:
        """Every SQLite reads every other's files."""

    def bytes(self) -> int:
        return sum(path.stat().st_size for path in self._files() if path.exists())

    def dump(self, target: Path) -> None:
        """A copy of one moment, which was looked through. Raises BackupFault."""
        copy = self._module.connect(str(target))
        try:
            with self._engine.connect() as connection:
                connection.connection.driver_connection.backup(copy)  # type: ignore[union-attr]
            copy.execute("PRAGMA journal_mode=DELETE")
        except self._module.OperationalError as error:
            raise OSError(28 if "full" in str(error) else 5, str(error)) from None
        finally:
            copy.close()
        self.check(target)

    def check(self, copy: Path) -> None:
        """SQLite itself finds nothing wrong with the file. Raises BackupFault."""
        connection = self._module.connect(str(copy))
        try:
            said = [row[0] for row in connection.execute("PRAGMA integrity_check(1)")]
            said += [f"a row of {row[0]} points at nothing" for row in connection.execute("PRAGMA foreign_key_check")]
        except self._module.DatabaseError as error:
            said = [str(error)]
        finally:
            connection.close()
        if said[:1] != ["ok"] or len(said) > 1:
            raise BackupFault(f"The database is damaged: {said[-1]}.")

    def put_aside(self, stamp: str) -> str | None:
        """The database makes room, under a name of its own, whole in one file. Raises BackupFault where others use it."""
        self._engine.dispose()
        if not self._path.exists():
            return None
        connection = self._module.connect(str(self._path), timeout=1, isolation_level=None)
        try:
            # Out of WAL only who is alone with the file comes: it also looks into the file for what lies beside it.
            connection.execute("PRAGMA journal_mode=DELETE")
            has_tables = bool(connection.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchall())
        except self._module.OperationalError:
            raise BackupFault(f"Another program uses {self._path}: stop it first.") from None
        finally:
            connection.close()
        if not has_tables:
            self._path.unlink()
            return None
        self._aside = self._path.with_name(f"{self._path.stem}-before-{stamp}{self._path.suffix}")
        os.rename(self._path, self._aside)
        return str(self._aside)

    def load(self, copy: Path) -> None:
        """The copy is the database now."""
        os.rename(copy, self._path)
        sync_folder(self._path.parent)

    def put_back(self) -> None:
        """What was put aside is the database again, and what took its place is gone."""
        self._engine.dispose()
        for path in self._files():
            path.unlink(missing_ok=True)
        if self._aside:
            os.rename(self._aside, self._path)

    def _files(self) -> list[Path]:
        return [self._path, *(self._path.with_name(self._path.name + end) for end in ("-wal", "-shm"))]
