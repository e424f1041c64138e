"""The outbox."""

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from timebank.base import Base, Instant


class Notice(Base):
    """One message to one person. `cause` makes it unique in its bank and channel: nobody is told the same thing twice."""

    __tablename__ = "notice"
    __table_args__ = (
        UniqueConstraint("bank_id", "cause", "channel"),
        CheckConstraint("channel IN ('email', 'call')", name="channel"),
        CheckConstraint("channel <> 'email' OR address IS NOT NULL", name="address"),
        Index("ix_notice_bank_id_addressee", "bank_id", "addressee"),
    )

    id: Mapped[int] = mapped_column(BigInteger().with_variant(Integer(), "sqlite"), primary_key=True)
    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"))
    addressee: Mapped[str] = mapped_column(String(40))
    name: Mapped[str] = mapped_column(String(120))
    channel: Mapped[str] = mapped_column(String(20))
    address: Mapped[str | None] = mapped_column(String(254))
    subject: Mapped[str] = mapped_column(String(200))
    body: Mapped[str] = mapped_column(Text)
    cause: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[datetime] = mapped_column(Instant)
    sent_at: Mapped[datetime | None] = mapped_column(Instant)
    failed_at: Mapped[datetime | None] = mapped_column(Instant)
    error: Mapped[str | None] = mapped_column(Text)
