"""Conversations, messages, and reports of messages."""

from datetime import datetime

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from timebank.act import Channel
from timebank.base import Base, Coded, Instant, is_one_of, key_to
from timebank.messages.rules import CHANNELS

_ABOUT_NEITHER = text("listing_id IS NULL AND exchange_id IS NULL")
_ABOUT_LISTING, _ABOUT_EXCHANGE = text("listing_id IS NOT NULL"), text("exchange_id IS NOT NULL")


class Conversation(Base):
    """What two members have to say to each other about one listing or one exchange, or about
    neither where one of them lets neighbours write to them. The lesser member id stands first."""

    __tablename__ = "conversation"
    __table_args__ = (
        UniqueConstraint("bank_id", "id"),
        key_to("listing", "listing_id"),
        key_to("exchange", "exchange_id"),
        key_to("member", "first_id"),
        key_to("member", "second_id"),
        CheckConstraint("first_id < second_id", name="two_people"),
        CheckConstraint("listing_id IS NULL OR exchange_id IS NULL", name="about"),
        Index(
            "uq_conversation_listing",
            *("bank_id", "listing_id", "first_id", "second_id"),
            unique=True,
            sqlite_where=_ABOUT_LISTING,
            postgresql_where=_ABOUT_LISTING,
        ),
        Index(
            "uq_conversation_exchange",
            *("bank_id", "exchange_id", "first_id", "second_id"),
            unique=True,
            sqlite_where=_ABOUT_EXCHANGE,
            postgresql_where=_ABOUT_EXCHANGE,
        ),
        Index(
            "uq_conversation_two",
            *("bank_id", "first_id", "second_id"),
            unique=True,
            sqlite_where=_ABOUT_NEITHER,
            postgresql_where=_ABOUT_NEITHER,
        ),
        Index("ix_conversation_bank_id_first_id", "bank_id", "first_id"),
        Index("ix_conversation_bank_id_second_id", "bank_id", "second_id"),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"))
    listing_id: Mapped[int | None] = mapped_column(Integer)
    exchange_id: Mapped[int | None] = mapped_column(BigInteger)
    first_id: Mapped[int] = mapped_column(Integer)
    second_id: Mapped[int] = mapped_column(Integer)
    begun_at: Mapped[datetime] = mapped_column(Instant)


class Message(Base):
    """Words of one of the two. `by` is who entered them: the member, their helper, or a broker on
    their word.

    The words are empty when one of the two has left.
    """

    __tablename__ = "message"
    __table_args__ = (
        UniqueConstraint("bank_id", "id"),
        key_to("conversation", "conversation_id"),
        key_to("member", "from_id"),
        CheckConstraint(is_one_of("channel", CHANNELS), name="channel"),
        Index("ix_message_bank_id_from_id", "bank_id", "from_id", "sent_at"),
        Index("ix_message_bank_id_conversation_id", "bank_id", "conversation_id", "id"),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"))
    conversation_id: Mapped[int] = mapped_column(Integer)
    from_id: Mapped[int] = mapped_column(Integer)
    by: Mapped[str] = mapped_column(String(40))
    channel: Mapped[Channel] = mapped_column(Coded(Channel, 20))
    words: Mapped[str] = mapped_column(Text)
    sent_at: Mapped[datetime] = mapped_column(Instant)
    read_at: Mapped[datetime | None] = mapped_column(Instant)


class Report(Base):
    """Somebody is bothered by a message; a broker settles it. `by` is who entered it: they, their
    helper, or a broker."""

    __tablename__ = "message_report"
    __table_args__ = (
        UniqueConstraint("bank_id", "message_id", "member_id"),
        key_to("message", "message_id"),
        key_to("member", "member_id"),
        Index("ix_message_report_bank_id_settled_at", "bank_id", "settled_at"),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"))
    message_id: Mapped[int] = mapped_column(Integer)
    member_id: Mapped[int] = mapped_column(Integer)
    by: Mapped[str] = mapped_column(String(40))
    why: Mapped[str] = mapped_column(Text, default="")
    at: Mapped[datetime] = mapped_column(Instant)
    settled_at: Mapped[datetime | None] = mapped_column(Instant)
    settled_by: Mapped[str | None] = mapped_column(String(40))
    outcome: Mapped[str] = mapped_column(Text, default="")


class Reading(Base):
    """That one of the staff read a conversation that was reported."""

    __tablename__ = "conversation_reading"
    __table_args__ = (
        key_to("conversation", "conversation_id"),
        Index(
            "ix_conversation_reading_bank_id_conversation_id", "bank_id", "conversation_id", "id"
        ),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"))
    conversation_id: Mapped[int] = mapped_column(Integer)
    by: Mapped[str] = mapped_column(String(40))
    at: Mapped[datetime] = mapped_column(Instant)
