"""Files handed in through a page, kept only until they have been brought in."""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    String,
    Text,
)
from sqlalchemy.orm import Mapped, deferred, mapped_column

from timebank.base import Base, Coded, Instant, is_one_of
from timebank.imports.rules import Brought, Imported, ImportFormat, ImportState


class Upload(Base):
    """A file on its way in. `read` says how many of its `size` bytes have been checked; `result`
    what came of it; `progress`, while a large one is being brought in, what of it is in already.
    `same_lines` and `other_lines` are the lines of which somebody said that they are here already,
    or are not; `columns` and `answers` what was said of its columns (see `rules.Reading`);
    `despite` why rows go in that are between two who are kept apart. `taking_back_at` is since when
    it is being taken back, by `taken_back_by`, and `back` what has come of that.

    The file itself, and the rows that have to be mended, are erased when it is done with; the rest
    after some days.
    """

    __tablename__ = "upload"
    __table_args__ = (
        CheckConstraint(is_one_of("state", ImportState), name="state"),
        Index("ix_upload_bank_id", "bank_id", "id"),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"))
    kind: Mapped[Imported] = mapped_column(Coded(Imported, 20))
    file_name: Mapped[str] = mapped_column(String(200))
    format: Mapped[ImportFormat | None] = mapped_column(Coded(ImportFormat, 20))
    encoding: Mapped[str | None] = mapped_column(String(40))
    update: Mapped[bool] = mapped_column(Boolean, default=False)
    good_rows: Mapped[bool] = mapped_column(Boolean, default=False)
    state: Mapped[ImportState] = mapped_column(Coded(ImportState, 20))
    size: Mapped[int] = mapped_column(BigInteger)
    read: Mapped[int] = mapped_column(BigInteger, default=0)
    handed_in_by: Mapped[str] = mapped_column(String(40))
    handed_in_at: Mapped[datetime] = mapped_column(Instant)
    changed_at: Mapped[datetime] = mapped_column(Instant)
    result: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    progress: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    same_lines: Mapped[list[int] | None] = mapped_column(JSON(none_as_null=True))
    other_lines: Mapped[list[int] | None] = mapped_column(JSON(none_as_null=True))
    despite: Mapped[str | None] = mapped_column(Text)
    taking_back_at: Mapped[datetime | None] = mapped_column(Instant)
    taken_back_at: Mapped[datetime | None] = mapped_column(Instant)
    taken_back_by: Mapped[str | None] = mapped_column(String(40))
    back: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    columns: Mapped[dict[str, str] | None] = mapped_column(JSON(none_as_null=True))
    answers: Mapped[dict[str, str] | None] = mapped_column(JSON(none_as_null=True))
    file: Mapped[bytes | None] = deferred(mapped_column(LargeBinary))
    posts: Mapped[bytes | None] = deferred(mapped_column(LargeBinary))
    bad_rows: Mapped[bytes | None] = deferred(mapped_column(LargeBinary))


class ImportBatch(Base):
    """What a file has brought in, so that it can be taken back: the ids from `first_id` to
    `last_id` of members, exchanges, entries of gifts or of opening balances, listings."""

    __tablename__ = "import_batch"
    __table_args__ = (
        CheckConstraint(is_one_of("kind", Brought), name="kind"),
        CheckConstraint("first_id <= last_id", name="range"),
        PrimaryKeyConstraint("upload_id", "kind", "first_id"),
        Index("ix_import_batch_bank_id", "bank_id"),
    )

    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"))
    upload_id: Mapped[int] = mapped_column(ForeignKey("upload.id", ondelete="CASCADE"))
    kind: Mapped[Brought] = mapped_column(Coded(Brought, 20))
    first_id: Mapped[int] = mapped_column(BigInteger)
    last_id: Mapped[int] = mapped_column(BigInteger)


class FileShape(Base):
    """How the last file was read whose columns were called so, for the next of that shape. `shape`
    is a hash of what it holds and its headings: see `reading.shape_of`."""

    __tablename__ = "file_shape"
    __table_args__ = (PrimaryKeyConstraint("bank_id", "shape"),)

    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"))
    shape: Mapped[str] = mapped_column(String(64))
    columns: Mapped[dict[str, str] | None] = mapped_column(JSON(none_as_null=True))
    answers: Mapped[dict[str, str]] = mapped_column(JSON)
    used_at: Mapped[datetime] = mapped_column(Instant)
