"""The table of events. The triggers that write it are in the migration that makes it."""

from datetime import datetime

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Identity,
    Index,
    String,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from timebank.base import Base, BigId, Coded, Instant, is_one_of
from timebank.events.rules import Audience

_UNNUMBERED = text("number IS NULL")


class Event(Base):
    """That something happened: of what `kind`, to what (`of`, such as `exchange:12`), through whom,
    and when it was recorded.

    `account_id` and `other_id` are whose it is, where it is anybody's. `number` is there once it is
    told; what was told is not changed.
    """

    __tablename__ = "event"
    __table_args__ = (
        UniqueConstraint("bank_id", "number"),
        CheckConstraint(is_one_of("audience", Audience), name="audience"),
        Index(
            "ix_event_unnumbered",
            "bank_id",
            "id",
            sqlite_where=_UNNUMBERED,
            postgresql_where=_UNNUMBERED,
        ),
        Index("ix_event_bank_id_at", "bank_id", "at"),
    )

    id: Mapped[int] = mapped_column(BigId, Identity(), primary_key=True)
    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"))
    number: Mapped[int | None] = mapped_column(BigInteger)
    kind: Mapped[str] = mapped_column(String(40))
    of: Mapped[str] = mapped_column(String(60))
    audience: Mapped[Audience] = mapped_column(Coded(Audience, 20))
    account_id: Mapped[int | None] = mapped_column(BigInteger)
    other_id: Mapped[int | None] = mapped_column(BigInteger)
    by: Mapped[str | None] = mapped_column(String(40))
    at: Mapped[datetime] = mapped_column(Instant, server_default=func.now())
