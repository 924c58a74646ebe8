"""The file of a backup: a plain tar, its parts first and last the manifest that knows the hash of each.

Written under another name, synced, read again from the disk, and only then given its name: a file of that name is whole.
"""

import hashlib
import io
import os
import re
import secrets
import tarfile
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import IO

from pydantic import BaseModel, ConfigDict, ValidationError

FORMAT = 1
MANIFEST = "manifest.json"
DATABASES = {"sqlite": "database.sqlite3", "postgresql": "database.dump"}
ERASURES = "erasures.txt"
_NAME = re.compile(
    r"database\.(sqlite3|dump)|erasures\.txt|keys/(secret|(push|sealing)-\d+)\.key|content/[0-9a-f]{64}\.json|media/[0-9a-f]{64}\.[a-z0-9]+"
)
_AT_ONCE = 1024 * 1024


class BackupFault(Exception):
    """It cannot be kept or brought back; the words say why, in one sentence."""


class Part(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)
    name: str
    bytes: int
    sha256: str


class About(BaseModel):
    """What a backup is of."""

    model_config = ConfigDict(extra="forbid", strict=True)
    format: int
    product: str
    """the version of the product, as /health/ready tells it"""
    made_at: str
    database: str
    """sqlite or postgresql"""
    database_version: str
    migration: str
    epoch: str


class Manifest(About):
    parts: list[Part]

    @property
    def bytes(self) -> int:
        return sum(part.bytes for part in self.parts)


class _Hashed:
    """A file that is read once, by who writes it elsewhere, and hashed meanwhile."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file, self.digest = file, hashlib.sha256()

    def read(self, size: int) -> bytes:
        piece = self._file.read(size)
        self.digest.update(piece)
        return piece


def is_ours(name: str) -> bool:
    """A part may be called that; anything else that lies in a folder is not the product's."""
    return _NAME.fullmatch(name) is not None


def write(target: Path, files: Iterable[tuple[str, Path]], about: About) -> Manifest:
    """The backup is there under its name, whole, on the disk, and its user's alone. Raises BackupFault, OSError."""
    draft = target.with_name(f".{target.name}.{secrets.token_hex(4)}")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as raw:
            with tarfile.open(fileobj=raw, mode="w", format=tarfile.PAX_FORMAT) as tar:
                parts = [_add(tar, name, path) for name, path in files]
                manifest = Manifest(**about.model_dump(), parts=parts)
                body = manifest.model_dump_json(indent=1).encode()
                tar.addfile(_head(MANIFEST, len(body)), io.BytesIO(body))
            raw.flush()
            os.fsync(raw.fileno())
        if read(draft) != manifest:
            raise BackupFault(f"{target} does not hold what was written: the disk cannot be trusted.")
        os.replace(draft, target)
        sync_folder(target.parent)
    finally:
        with suppress(FileNotFoundError):
            draft.unlink()
    return manifest


def _add(tar: tarfile.TarFile, name: str, path: Path) -> Part:
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        hashed = _Hashed(file)
        tar.addfile(_head(name, size), hashed)  # type: ignore[arg-type] # it only reads
    return Part(name=name, bytes=size, sha256=hashed.digest.hexdigest())


def _head(name: str, size: int) -> tarfile.TarInfo:
    head = tarfile.TarInfo(name)
    head.size, head.mode = size, 0o600
    return head


def read(path: Path) -> Manifest:
    """The backup's manifest, after every part was found to be what it says. Raises BackupFault."""
    found: list[Part] = []
    manifest: Manifest | None = None
    try:
        with tarfile.open(path, "r:") as tar:
            for head, file in _members(tar):
                if head.name == MANIFEST:
                    manifest = Manifest.model_validate_json(file.read(head.size))
                else:
                    found.append(Part(name=head.name, bytes=head.size, sha256=_hash_of(file)))
    except (tarfile.TarError, ValidationError, EOFError) as error:
        raise BackupFault(f"{path} is no backup, or not whole ({type(error).__name__}).") from None
    if manifest is None:
        raise BackupFault(f"{path} is no backup, or not whole (its manifest is missing).")
    wrong = {part.name for part in found} ^ {part.name for part in manifest.parts}
    wrong |= {one.name for one, other in zip(found, manifest.parts, strict=False) if one != other}
    if wrong or len(found) != len(manifest.parts):
        raise BackupFault(f"{path} is damaged: {min(wrong, default='a part')} is not what the manifest says.")
    return manifest


def unpack(path: Path, places: dict[str, Path]) -> None:
    """Each of the parts named lies at its place, synced. The file was read before, and is whole."""
    with tarfile.open(path, "r:") as tar:
        for head, file in _members(tar):
            place = places.get(head.name)
            if place is not None:
                _put(file, place)


def _put(file: IO[bytes], place: Path) -> None:
    draft = place.with_name(f".{place.name}.{secrets.token_hex(4)}")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as target:
            while piece := file.read(_AT_ONCE):
                target.write(piece)
            target.flush()
            os.fsync(target.fileno())
        os.replace(draft, place)
    finally:
        with suppress(FileNotFoundError):
            draft.unlink()


def _members(tar: tarfile.TarFile) -> Iterator[tuple[tarfile.TarInfo, IO[bytes]]]:
    """Plain files under the names that we give, and nothing else: nothing is ever written outside of its folder."""
    for head in tar:
        file = tar.extractfile(head) if head.isreg() else None
        if file is None or not (head.name == MANIFEST or is_ours(head.name)):
            raise tarfile.TarError(head.name)
        yield head, file


def _hash_of(file: IO[bytes]) -> str:
    digest = hashlib.sha256()
    while piece := file.read(_AT_ONCE):
        digest.update(piece)
    return digest.hexdigest()


def sync_folder(folder: Path) -> None:
    """The names in the folder are on the disk."""
    file = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(file)
    finally:
        os.close(file)
