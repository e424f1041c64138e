"""The links."""

from datetime import datetime

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    String,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from timebank.base import Base, BigId, Instant, key_to


class ReplyLink(Base):
    """The link that one notice carries, by the hash of its code: what it asks, about what, of which
    member, and the address it was sent to.

    It goes with its notice. `reply` is what was answered by it, at `used_at`: once, which a trigger
    sees to.
    """

    __tablename__ = "reply_link"
    __table_args__ = (
        ForeignKeyConstraint(["notice_id"], ["notice.id"], ondelete="CASCADE"),
        key_to("member", "member_id"),
        UniqueConstraint("token_hash"),
        CheckConstraint("(used_at IS NULL) = (reply IS NULL)", name="reply"),
        CheckConstraint("expires_at > sent_at", name="expires_at"),
        CheckConstraint("used_at IS NULL OR used_at < expires_at", name="used_at"),
        Index("ix_reply_link_bank_id_member_id", "bank_id", "member_id"),
        Index("ix_reply_link_bank_id_expires_at", "bank_id", "expires_at"),
    )

    notice_id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"))
    member_id: Mapped[int] = mapped_column(Integer)
    asks: Mapped[str] = mapped_column(String(40))
    about: Mapped[int] = mapped_column(BigInteger)
    address: Mapped[str] = mapped_column(String(500))
    token_hash: Mapped[str] = mapped_column(String(64))
    sent_at: Mapped[datetime] = mapped_column(Instant)
    expires_at: Mapped[datetime] = mapped_column(Instant)
    used_at: Mapped[datetime | None] = mapped_column(Instant)
    reply: Mapped[str | None] = mapped_column(String(20))
