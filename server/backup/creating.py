"""Making a backup while the product runs: the database first, then the files that its rows name, which never change."""

import shutil
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from config import ROOT, Settings
from server.content.models import ContentFile
from server.foundation.assets import current
from server.foundation.clock import wire
from server.sync import exchange

from . import archive
from .archive import About, BackupFault, Manifest
from .postgres import Postgres
from .sqlite import Sqlite

ROOM_BESIDE = 16 * 1024 * 1024
"""so much of the disk a backup leaves free"""


class Made(NamedTuple):
    path: Path
    manifest: Manifest
    missing: list[str]
    """published files that are not in the data folder: they were lost before"""


def database_of(engine: Engine) -> Sqlite | Postgres:
    return Sqlite(engine) if engine.dialect.name == "sqlite" else Postgres(engine)


def create(settings: Settings, engine: Engine, to: Path, at: datetime) -> Made:
    """There is one more backup, whole and its user's alone, in the folder `to` or under that name. Raises BackupFault."""
    target = _target(settings, to, at)
    try:
        with tempfile.TemporaryDirectory(prefix=".rundtur-", dir=target.parent) as staging:
            return _create(settings, engine, target, Path(staging), at)
    except OSError as error:
        raise BackupFault(f"{target} cannot be written ({error.strerror or error}).") from None


def _create(settings: Settings, engine: Engine, target: Path, staging: Path, at: datetime) -> Made:
    database = database_of(engine)
    _check_room(settings, target.parent, database.bytes())
    about, published = _about(engine, database, at)
    copy = staging / archive.DATABASES[database.kind]
    database.dump(copy)
    files = dict(_files(settings))
    missing = sorted(published - files.keys())
    manifest = archive.write(target, [(copy.name, copy), *sorted(files.items())], about)
    return Made(target, manifest, missing)


def _target(settings: Settings, to: Path, at: datetime) -> Path:
    """Where the backup will lie. Raises BackupFault."""
    to = to.absolute()
    target = to / f"rundtur-{at.astimezone(UTC):%Y%m%d-%H%M%S}Z.tar" if to.is_dir() else to
    folder = target.parent.resolve()
    for served in (ROOT / "static", settings.data / "content", settings.data / "media"):
        if folder.is_relative_to(served.resolve()):
            raise BackupFault(f"{folder} is served to the web: choose a folder that is not.")
    if not folder.is_dir():
        raise BackupFault(f"The folder {folder} is not there: make it, or choose another.")
    if target.exists():
        raise BackupFault(f"{target} is there already: choose another name.")
    return target


def _check_room(settings: Settings, folder: Path, database: int) -> None:
    """The folder takes the copy of the database, and the backup with the same once more. Raises BackupFault."""
    needed = 2 * database + sum(path.stat().st_size for _, path in _files(settings)) + ROOM_BESIDE
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise BackupFault(f"{folder} has {free / 1e6:,.0f} MB free, and the backup needs {needed / 1e6:,.0f} MB.")


def _files(settings: Settings) -> Iterator[tuple[str, Path]]:
    """What belongs to the database, by its name in the backup: what was published, the keys, and who was erased."""
    for folder in ("content", "media"):
        for path in (settings.data / folder).iterdir():
            if archive.is_ours(f"{folder}/{path.name}"):  # and not one that is just being published
                yield f"{folder}/{path.name}", path
    for path in settings.data.glob("*.key"):
        if archive.is_ours(f"keys/{path.name}"):
            yield f"keys/{path.name}", path
    if settings.path_of_erasures.exists():
        yield archive.ERASURES, settings.path_of_erasures


def _about(engine: Engine, database: Sqlite | Postgres, at: datetime) -> tuple[About, set[str]]:
    """What the manifest says of the database, and the files that it needs. Raises BackupFault."""
    with engine.connect() as connection:
        migration = migration_of(connection)
        if migration is None:
            raise BackupFault("There is no database of this product here yet: nothing was kept.")
        rows = connection.execute(sa.select(ContentFile.kind, ContentFile.hash, ContentFile.ending))
        published = {f"{'media' if kind == 'medium' else 'content'}/{hash_}{ending}" for kind, hash_, ending in rows}
        about = About(
            format=archive.FORMAT, product=current()["version"], made_at=wire(at), database=database.kind,
            database_version=database.version(), migration=migration, epoch=exchange.epoch_of(connection),
        )  # fmt: skip
    return about, published


def migration_of(connection: sa.engine.Connection) -> str | None:
    """The newest migration of this database; None where it is none of ours."""
    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar_one_or_none()
