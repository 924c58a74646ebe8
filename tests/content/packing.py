"""The test pack as an author has it on a disk: copied, changed, and published (again)."""

import shutil
from pathlib import Path

from server.content.packs import PackFault
from server.foundation import clock
from server.foundation.changefeed import publish_session
from server.foundation.database import db, writing
from server.loading import Loading
from tests.databases import PACK


def pack_of(settings) -> Path:
    """The author's copy of the test pack, beside this test's database."""
    folder = settings.data / "pack"
    if not folder.exists():
        shutil.copytree(PACK, folder)
    return folder


def publish(settings, folder: Path | None = None) -> list[str]:
    """What the publishing of the folder says, line by line. All of it is committed, or none."""
    loading = Loading(db.session(), data=settings.data, at=clock.now(), zone=settings.zone, demo_password=None)
    with writing():
        try:
            lines = list(loading.publish(folder or pack_of(settings)))
            publish_session(db.session())
            db.session.commit()
        except PackFault:
            db.session.info.pop("touches", None)
            db.session.rollback()
            raise
        finally:
            db.session.remove()
    return lines


def publish_again(settings, file: str, text: str) -> list[str]:
    """The pack is published with another text in this file of it."""
    (pack_of(settings) / file).write_text(text, "utf-8")
    return publish(settings)


def change(settings, file: str, old: str, new: str) -> None:
    """In this file of the pack the words `old` are `new`."""
    path = pack_of(settings) / file
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")
