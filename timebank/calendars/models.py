"""The addresses of members' calendars."""

from datetime import datetime

from sqlalchemy import ForeignKey, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from timebank.base import Base, Instant, key_to


class CalendarAddress(Base):
    """The address of one member's calendar, by the hash of the key in it."""

    __tablename__ = "calendar_address"
    __table_args__ = (
        key_to("member", "member_id"),
        UniqueConstraint("bank_id", "key_hash"),
    )

    member_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"))
    key_hash: Mapped[str] = mapped_column(String(64))
    made_at: Mapped[datetime] = mapped_column(Instant)
