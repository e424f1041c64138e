"""Letters to many, to whom each goes, and announcements."""

from datetime import date, datetime

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Date,
    ForeignKey,
    Index,
    Integer,
    String,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from timebank.base import Base, Coded, Instant, is_one_of, key_to
from timebank.mailings.rules import Fate, MailingState
from timebank.notices.rules import NoticeChannel


class Mailing(Base):
    """A letter to many, in the bank's own words. `calls`: those are rung whom nothing else reaches.
    `to` is what the list was called."""

    __tablename__ = "mailing"
    __table_args__ = (
        UniqueConstraint("bank_id", "id"),
        CheckConstraint(is_one_of("state", MailingState), name="state"),
        CheckConstraint("subject <> '' AND body <> ''", name="words"),
        CheckConstraint("(state = 'draft') = (sent_at IS NULL)", name="sent"),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"))
    subject: Mapped[str] = mapped_column(String(120))
    body: Mapped[str] = mapped_column(Text)
    calls: Mapped[bool] = mapped_column(Boolean, default=False)
    state: Mapped[MailingState] = mapped_column(Coded(MailingState, 20))
    by: Mapped[str] = mapped_column(String(40))
    at: Mapped[datetime] = mapped_column(Instant)
    sent_at: Mapped[datetime | None] = mapped_column(Instant)


class MailingTo(Base):
    """That a letter is for a member, and what became of it; `way` is how it went."""

    __tablename__ = "mailing_to"
    __table_args__ = (
        key_to("mailing", "mailing_id"),
        key_to("member", "member_id"),
        CheckConstraint(is_one_of("fate", Fate), name="fate"),
        CheckConstraint(is_one_of("way", NoticeChannel), name="way"),
        Index("ix_mailing_to_bank_id_member_id", "bank_id", "member_id"),
    )

    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"), primary_key=True)
    mailing_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    member_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    fate: Mapped[Fate] = mapped_column(Coded(Fate, 20))
    way: Mapped[NoticeChannel | None] = mapped_column(Coded(NoticeChannel, 20))


class Announcement(Base):
    """What stands on everybody's first page, and in the weekly letter, from one day to another, or
    until it is taken down."""

    __tablename__ = "announcement"
    __table_args__ = (
        UniqueConstraint("bank_id", "id"),
        CheckConstraint("starts_on <= ends_on", name="days"),
        CheckConstraint("title <> '' AND words <> ''", name="words"),
        Index("ix_announcement_bank_id_ends_on", "bank_id", "ends_on"),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"))
    title: Mapped[str] = mapped_column(String(120))
    words: Mapped[str] = mapped_column(Text)
    starts_on: Mapped[date] = mapped_column(Date)
    ends_on: Mapped[date] = mapped_column(Date)
    by: Mapped[str] = mapped_column(String(40))
    at: Mapped[datetime] = mapped_column(Instant)
