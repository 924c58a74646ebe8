"""Storing published files by their hash. They never change, so a file that is there is the right one."""

import hashlib
import os
import shutil
from pathlib import Path
from typing import Any

import orjson
import sqlalchemy as sa
from sqlalchemy.orm import Session

from .media import Medium
from .models import ContentFile, ContentUse

CHUNK = 2 * 1024 * 1024
"""So much of sound and film the phone takes at once (pwa/src/storage/media.ts), and trusts by its own hash."""


class Shelf:
    """The folders of published files, and the rows that tell who may fetch them."""

    def __init__(self, session: Session, data: Path, item_id: str, audience_unit_id: str) -> None:
        self._session, self._data = session, data
        self._item_id, self._audience = item_id, audience_unit_id
        # Also what earlier versions show is the audience's of now: who no longer sees the item sees none of it.
        session.execute(
            sa.update(ContentUse).where(ContentUse.item_id == item_id).values(audience_unit_id=audience_unit_id)
        )

    def put_medium(self, medium: Medium) -> dict[str, Any]:
        """The medium is published. Returns protocol.Medium."""
        digest, chunks = hashes(medium.path)
        ending = medium.path.suffix.lower()
        target = self._data / "media" / f"{digest}{ending}"
        if not target.exists():
            _place(target, lambda temporary: shutil.copyfile(medium.path, temporary))
        self._note(digest, "medium", ending, medium.type, medium.bytes)
        return {
            "url": f"/media/{digest}{ending}", "hash": digest, "type": medium.type, "bytes": medium.bytes,
            "chunks": chunks,
        }  # fmt: skip

    def put_document(self, document: dict[str, Any]) -> tuple[str, int]:
        """The document is published. Returns its hash and its size in bytes."""
        body = orjson.dumps(document)
        digest = hashlib.sha256(body).hexdigest()
        target = self._data / "content" / f"{digest}.json"
        if not target.exists():
            _place(target, lambda temporary: temporary.write_bytes(body))
        self._note(digest, "document", ".json", "application/json", len(body))
        return digest, len(body)

    def _note(self, digest: str, kind: str, ending: str, type_: str, size: int) -> None:
        if self._session.get(ContentFile, digest) is None:
            self._session.add(ContentFile(hash=digest, kind=kind, ending=ending, type=type_, bytes=size))
            self._session.flush()
        use = self._session.get(ContentUse, (digest, self._item_id))
        if use is None:
            self._session.add(ContentUse(hash=digest, item_id=self._item_id, audience_unit_id=self._audience))
        else:
            use.audience_unit_id = self._audience


def hashes(path: Path) -> tuple[str, list[str] | None]:
    """The hash of the file, and of each of its chunks; None where it is one."""
    whole, chunks = hashlib.sha256(), []
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            whole.update(chunk)
            chunks.append(hashlib.sha256(chunk).hexdigest())
    return whole.hexdigest(), chunks if len(chunks) > 1 else None


def _place(target: Path, write: Any) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_name(f".{target.name}.{os.getpid()}")
    write(temporary)
    temporary.chmod(0o640)
    os.replace(temporary, target)


def is_visible(session: Session, digest: str, ending: str, units: set[str], items: set[str]) -> bool:
    """True where the file is shown by one of `items`, or by an item that people of `units` may see."""
    select = (
        sa.select(ContentUse.hash)
        .join(ContentFile, ContentFile.hash == ContentUse.hash)
        .where(
            ContentUse.hash == digest,
            ContentFile.ending == ending,
            sa.or_(ContentUse.audience_unit_id.in_(units), ContentUse.item_id.in_(items)),
        )
        .limit(1)
    )
    return session.execute(select).first() is not None
