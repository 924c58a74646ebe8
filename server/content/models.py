"""Published files and who may fetch them."""

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from server.foundation.database import Base


class ContentFile(Base):
    """A published document or medium, by the hash of its bytes; the bytes lie in `data/content` and `data/media`."""

    __tablename__ = "content_file"
    hash: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    kind: Mapped[str] = mapped_column(sa.String(16))
    ending: Mapped[str] = mapped_column(sa.String(8))
    type: Mapped[str] = mapped_column(sa.String(80))
    bytes: Mapped[int] = mapped_column(sa.BigInteger)


class ContentUse(Base):
    """Which item shows a file: who sees the item may fetch the file."""

    __tablename__ = "content_use"
    hash: Mapped[str] = mapped_column(sa.ForeignKey("content_file.hash"), primary_key=True)
    item_id: Mapped[str] = mapped_column(sa.String(36), primary_key=True)
    audience_unit_id: Mapped[str] = mapped_column(sa.ForeignKey("unit.id"))
