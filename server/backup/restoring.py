"""Bringing a backup back. Nobody serves meanwhile, and nothing is opened before it has forgotten what it must.

The order: the file is read and found whole; published files, keys and the list of the erased come beside what is there;
the database that stands makes room; the backup's takes its place, is migrated, erases who was erased since, and begins a
new epoch. Where any of it fails, the database that stood stands again.
"""

import os
import shutil
import tempfile
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import sqlalchemy as sa
from flask import current_app
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from config import ROOT, Settings
from server.foundation import migrating, presence
from server.foundation.changefeed import publish_session
from server.foundation.database import writing
from server.people import erasures, sessions, signing_in
from server.people.models import Person
from server.sync import erasing, exchange

from . import archive
from .archive import BackupFault, Manifest
from .creating import database_of
from .postgres import Postgres
from .sqlite import Sqlite


class Restored(NamedTuple):
    manifest: Manifest
    epoch: str
    erased: int
    """who was in the backup, and has been erased since it was made"""
    aside: str | None
    """where the database lies that stood before"""


def restore(
    settings: Settings, engine: Engine, path: Path, at: datetime, *, replaces: bool = False, signs_out: bool = False
) -> Restored:
    """The database, the files and the keys are those of the backup, ready for phones. Raises BackupFault, NotNow.

    Inside of an application's context, whose database it is.
    """
    with presence.alone(settings.data):
        database = database_of(engine)
        manifest = _checked(database, path)
        if not replaces:
            _check_empty(engine)
        try:
            with tempfile.TemporaryDirectory(prefix=".rundtur-", dir=settings.data) as staging:
                _check_room(settings, manifest)
                copy = _unpack(settings, path, manifest, Path(staging), f"{at:%Y%m%d-%H%M%S}")
                database.check(copy)
                return _exchange(settings, engine, database, copy, manifest, at, signs_out)
        except OSError as error:
            raise BackupFault(f"{settings.data} cannot be written ({error.strerror or error}).") from None


def _checked(database: Sqlite | Postgres, path: Path) -> Manifest:
    """The backup is whole, and one that this product can bring back here. Raises BackupFault."""
    manifest = archive.read(path)
    if manifest.format != archive.FORMAT or not list(
        (ROOT / "migrations" / "versions").glob(f"{manifest.migration}_*.py")
    ):
        raise BackupFault(f"{path} was made by a newer version of the product: install that one first.")
    if manifest.database != database.kind:
        raise BackupFault(f"The backup is of {manifest.database} and RUNDTUR_DATABASE_URL names {database.kind}.")
    database.check_for(manifest.database_version)
    return manifest


def _check_empty(engine: Engine) -> None:
    with engine.connect() as connection:
        if sa.inspect(connection).has_table("person"):
            people = connection.execute(sa.select(sa.func.count()).select_from(Person)).scalar_one()
            if people:
                raise BackupFault(f"This database holds {people} people; with --replace it is put aside.")


def _check_room(settings: Settings, manifest: Manifest) -> None:
    free = shutil.disk_usage(settings.data).free
    if free < manifest.bytes:
        raise BackupFault(
            f"{settings.data} has {free / 1e6:,.0f} MB free, and the backup needs {manifest.bytes / 1e6:,.0f} MB."
        )


def _unpack(settings: Settings, path: Path, manifest: Manifest, staging: Path, stamp: str) -> Path:
    """Files and keys stand beside what is there, the list of the erased is complete. Returns the database's copy."""
    copy = staging / archive.DATABASES[manifest.database]
    places = {copy.name: copy, archive.ERASURES: staging / archive.ERASURES}
    keys = []
    for part in manifest.parts:
        folder, _, name = part.name.rpartition("/")
        if folder in ("content", "media") and not _is_there(settings.data / folder / name, part.bytes):
            places[part.name] = settings.data / folder / name
        elif folder == "keys":
            places[part.name] = staging / name
            keys.append(name)
    archive.unpack(path, places)
    for name in keys:
        _put_key(staging / name, settings.data / name, stamp)
    erasures.add(settings.path_of_erasures, erasures.read(staging / archive.ERASURES))
    return copy


def _is_there(path: Path, size: int) -> bool:
    """Published files are named by their hash: one of that name and size is the right one."""
    return path.exists() and path.stat().st_size == size


def _put_key(key: Path, place: Path, stamp: str) -> None:
    """The backup's key counts, for phones were subscribed with it; one that was made since is kept aside."""
    if place.exists() and place.read_bytes() != key.read_bytes():
        os.rename(place, place.with_name(f"{place.name}.before-{stamp}"))
    os.replace(key, place)


def _exchange(
    settings: Settings, engine: Engine, database: Sqlite | Postgres, copy: Path, manifest: Manifest, at: datetime,
    signs_out: bool,
) -> Restored:  # fmt: skip
    presence.begin(settings.data)
    try:
        aside = database.put_aside(f"{at:%Y%m%d-%H%M%S}")
    except BaseException:
        presence.finish(settings.data)
        raise
    try:
        database.load(copy)
        migrating.upgrade(current_app)
        erased, epoch = _make_fit(settings, engine, at, signs_out)
    except BaseException:
        database.put_back()
        presence.finish(settings.data)
        raise
    presence.finish(settings.data)
    return Restored(manifest, epoch, erased, aside)


def _make_fit(settings: Settings, engine: Engine, at: datetime, signs_out: bool) -> tuple[int, str]:
    """The restored database has forgotten what must not come back, and phones will tell what it does not know yet."""
    listed = erasures.ids(erasures.read(settings.path_of_erasures))
    with writing(), Session(engine) as session, session.begin():
        erased = erasing.erase_again(session, person_ids=listed, at=at)
        signing_in.withdraw_codes(session)
        if signs_out:
            sessions.end_all(session.connection())
        publish_session(session)
        epoch = exchange.new_epoch(session.connection())
    erasing.leave_no_log(engine)
    return erased, epoch
