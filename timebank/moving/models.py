"""That a bank arrives, and where it came from."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from timebank.base import Base, Instant


class Arriving(Base):
    """That a bank arrives in this very transaction: rules of how things come about look away for
    it (see migration 0035). A row cannot be committed, for there is no bank numbered 0."""

    __tablename__ = "arriving"
    __table_args__ = (CheckConstraint("never = 0", name="never"),)

    bank_id: Mapped[int] = mapped_column(
        ForeignKey("bank.id"), primary_key=True, autoincrement=False
    )
    never: Mapped[int] = mapped_column(
        Integer,
        ForeignKey("bank.id", deferrable=True, initially="DEFERRED"),
        default=0,
        server_default="0",
    )


class Arrival(Base):
    """Where a bank came from: its address there, the archive by its digest, the version of Timebank
    that wrote it and when, and when it was brought in."""

    __tablename__ = "arrival"
    __table_args__ = (Index("ix_arrival_sha256", "sha256"),)

    bank_id: Mapped[int] = mapped_column(
        ForeignKey("bank.id"), primary_key=True, autoincrement=False
    )
    slug: Mapped[str] = mapped_column(String(60))
    sha256: Mapped[str] = mapped_column(String(64))
    version: Mapped[str] = mapped_column(String(40))
    exported_at: Mapped[datetime] = mapped_column(Instant)
    arrived_at: Mapped[datetime] = mapped_column(Instant)
