"""What brokers write down about people, and who read it."""

from datetime import date, datetime

from sqlalchemy import Date, ForeignKey, Index, Integer, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from timebank.base import Base, Instant, key_to

_TO_DO = text("next_on IS NOT NULL AND done_at IS NULL")


class CallNote(Base):
    """What came of a call, and when to ring again. For brokers and coordinators only."""

    __tablename__ = "call_note"
    __table_args__ = (
        key_to("member", "member_id"),
        key_to("listing", "request_id"),
        key_to("introduction", "introduction_id"),
        Index("ix_call_note_bank_id_member_id", "bank_id", "member_id", "id"),
        Index(
            "ix_call_note_to_do", "bank_id", "next_on", sqlite_where=_TO_DO, postgresql_where=_TO_DO
        ),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"))
    member_id: Mapped[int] = mapped_column(Integer)
    words: Mapped[str] = mapped_column(Text)
    by: Mapped[str] = mapped_column(String(40))
    at: Mapped[datetime] = mapped_column(Instant)
    next_on: Mapped[date | None] = mapped_column(Date)
    done_at: Mapped[datetime | None] = mapped_column(Instant)
    request_id: Mapped[int | None] = mapped_column(Integer)
    introduction_id: Mapped[int | None] = mapped_column(Integer)


_OPEN = text("done_at IS NULL")


class CallTry(Base):
    """That somebody was rung and nobody answered. `done_at` is when they were spoken to after
    all."""

    __tablename__ = "call_try"
    __table_args__ = (
        key_to("member", "member_id"),
        Index("ix_call_try_bank_id_member_id", "bank_id", "member_id", "id"),
        Index("ix_call_try_open", "bank_id", "at", sqlite_where=_OPEN, postgresql_where=_OPEN),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"))
    member_id: Mapped[int] = mapped_column(Integer)
    by: Mapped[str] = mapped_column(String(40))
    at: Mapped[datetime] = mapped_column(Instant)
    done_at: Mapped[datetime | None] = mapped_column(Instant)


class NoteReading(Base):
    """That somebody read what is noted about a member."""

    __tablename__ = "note_reading"
    __table_args__ = (
        key_to("member", "member_id"),
        Index("ix_note_reading_bank_id_member_id", "bank_id", "member_id", "id"),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"))
    member_id: Mapped[int] = mapped_column(Integer)
    by: Mapped[str] = mapped_column(String(40))
    at: Mapped[datetime] = mapped_column(Instant)
