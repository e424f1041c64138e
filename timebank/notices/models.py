"""The outbox."""

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, Integer, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from timebank.base import Base, Instant

_TO_TELL = text("channel = 'call' AND sent_at IS NULL")


class Notice(Base):
    """One message to one person. `cause` makes it unique for them: nobody is told the same thing twice through one channel.

    `sent_at` is when the mail server took it, or when somebody told the person (`told_by`, an actor's key). A failed e-mail
    keeps `failed_at` and `error`; a call that stands in for one says so in its own `error`.
    """

    __tablename__ = "notice"
    __table_args__ = (
        UniqueConstraint("bank_id", "addressee", "cause", "channel"),
        CheckConstraint("channel IN ('email', 'call')", name="channel"),
        CheckConstraint("channel <> 'email' OR address IS NOT NULL", name="address"),
        Index("ix_notice_to_tell", "bank_id", "created_at", sqlite_where=_TO_TELL, postgresql_where=_TO_TELL),
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
    told_by: Mapped[str | None] = mapped_column(String(40))
    failed_at: Mapped[datetime | None] = mapped_column(Instant)
    error: Mapped[str | None] = mapped_column(Text)
