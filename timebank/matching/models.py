"""Embeddings of listings, the weights of a bank, and introductions."""

from datetime import date, datetime

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Date,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from timebank.act import BEGUN_BY, Channel
from timebank.base import Base, Coded, Instant, is_one_of, key_to
from timebank.exchanges.rules import Side
from timebank.matching.rules import (
    REASONS,
    UNDER_WAY,
    IntroductionStatus,
    IntroductionStepKind,
    Says,
)

_UNDER_WAY = text(is_one_of("status", UNDER_WAY))


class Embedding(Base):
    """The meaning of a listing's words, as a model sees it: little-endian float32 of unit
    length."""

    __tablename__ = "embedding"
    __table_args__ = (key_to("listing", "listing_id"),)

    listing_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"))
    model: Mapped[str] = mapped_column(String(60))
    text_hash: Mapped[str] = mapped_column(String(64))
    vector: Mapped[bytes] = mapped_column(LargeBinary)
    made_at: Mapped[datetime] = mapped_column(Instant)


class MatchWeight(Base):
    """How much a bank lets one reason count, 0 to 10; without a row a reason counts as
    `rules.Weights` says."""

    __tablename__ = "match_weight"
    __table_args__ = (
        CheckConstraint(is_one_of("reason", REASONS), name="reason"),
        CheckConstraint("weight BETWEEN 0 AND 10", name="weight"),
    )

    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"), primary_key=True)
    reason: Mapped[str] = mapped_column(String(20), primary_key=True)
    weight: Mapped[int] = mapped_column(Integer)


class Board(Base):
    """When the worker last found out who should be asked for which request of a bank, the last
    request that it looked at, and the stamp of everything that it looked at."""

    __tablename__ = "board"

    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"), primary_key=True)
    made_at: Mapped[datetime] = mapped_column(Instant)
    until: Mapped[int] = mapped_column(Integer)
    stamp: Mapped[str] = mapped_column(String(500))


class BoardPair(Base):
    """Who should be asked for a request, by account, and with which offer, as the worker found it:
    to be read with everything as it is by then."""

    __tablename__ = "board_pair"
    __table_args__ = (
        key_to("listing", "request_id"),
        key_to("listing", "offer_id"),
        key_to("account", "giver_id"),
    )

    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"), primary_key=True)
    request_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    offer_id: Mapped[int] = mapped_column(Integer)
    giver_id: Mapped[int] = mapped_column(BigInteger)


class Introduction(Base):
    """Two people put in touch over a request. Giver and receiver are accounts, always of the help.

    One at a time is under way for a request. The giver is asked first; the receiver once the giver
    has said yes, at `receiver_asked_at`, and hears nothing of it before. `giver_says` and
    `receiver_says` are yes or no once they have answered, `…_said_by` is who entered it, and
    `…_phone` and `…_email` say by what the other may reach them when both have said yes.
    `exchange_id` is the hours that came of it.
    """

    __tablename__ = "introduction"
    __table_args__ = (
        UniqueConstraint("bank_id", "id"),
        UniqueConstraint("exchange_id"),
        key_to("listing", "request_id"),
        key_to("listing", "offer_id"),
        key_to("account", "giver_id"),
        key_to("account", "receiver_id"),
        key_to("exchange", "exchange_id"),
        CheckConstraint("giver_id <> receiver_id", name="two_parties"),
        CheckConstraint(is_one_of("status", IntroductionStatus), name="status"),
        CheckConstraint(is_one_of("giver_says", Says), name="giver_says"),
        CheckConstraint(is_one_of("receiver_says", Says), name="receiver_says"),
        CheckConstraint(is_one_of("channel", BEGUN_BY), name="channel"),
        Index(
            "uq_introduction_under_way",
            "bank_id",
            "request_id",
            unique=True,
            sqlite_where=_UNDER_WAY,
            postgresql_where=_UNDER_WAY,
        ),
        Index("ix_introduction_bank_id_giver_id", "bank_id", "giver_id"),
        Index("ix_introduction_bank_id_receiver_id", "bank_id", "receiver_id"),
        Index("ix_introduction_bank_id_status", "bank_id", "status", "follow_up_on"),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"))
    request_id: Mapped[int] = mapped_column(Integer)
    offer_id: Mapped[int | None] = mapped_column(Integer)
    giver_id: Mapped[int] = mapped_column(BigInteger)
    receiver_id: Mapped[int] = mapped_column(BigInteger)
    status: Mapped[IntroductionStatus] = mapped_column(Coded(IntroductionStatus, 20))
    giver_says: Mapped[Says | None] = mapped_column(Coded(Says, 3))
    receiver_says: Mapped[Says | None] = mapped_column(Coded(Says, 3))
    giver_said_by: Mapped[str | None] = mapped_column(String(40))
    receiver_said_by: Mapped[str | None] = mapped_column(String(40))
    giver_phone: Mapped[bool] = mapped_column(Boolean, default=False)
    giver_email: Mapped[bool] = mapped_column(Boolean, default=False)
    receiver_phone: Mapped[bool] = mapped_column(Boolean, default=False)
    receiver_email: Mapped[bool] = mapped_column(Boolean, default=False)
    receiver_asked_at: Mapped[datetime | None] = mapped_column(Instant)
    by: Mapped[str] = mapped_column(String(40))
    channel: Mapped[Channel] = mapped_column(Coded(Channel, 20))
    introduced_at: Mapped[datetime] = mapped_column(Instant)
    follow_up_on: Mapped[date | None] = mapped_column(Date)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)
    exchange_id: Mapped[int | None] = mapped_column(BigInteger)
    note: Mapped[str] = mapped_column(Text, default="")

    def asked(self, side: Side) -> bool:
        """Whether that side has heard of it."""
        return side == Side.GIVER or self.receiver_asked_at is not None

    def may_reach(self, side: Side) -> tuple[bool, bool]:
        """Whether the other may have that side's telephone number, and e-mail address: while it is
        agreed, as far as they allow it."""
        if self.status != IntroductionStatus.AGREED:
            return False, False
        if side == Side.GIVER:
            return self.giver_phone, self.giver_email
        return self.receiver_phone, self.receiver_email


class IntroductionStep(Base):
    """Something that was done with an introduction: who of the two (`side`) said yes or no, and the
    day on which somebody was to ask how it went before (`was_on`); or that one of these was undone,
    each at most once. Never altered."""

    __tablename__ = "introduction_step"
    __table_args__ = (
        UniqueConstraint("bank_id", "id"),
        UniqueConstraint("bank_id", "undoes_id"),
        key_to("introduction", "introduction_id"),
        key_to("introduction_step", "undoes_id"),
        CheckConstraint(is_one_of("step", IntroductionStepKind), name="step"),
        CheckConstraint(is_one_of("side", Side), name="side"),
        CheckConstraint("(step = 'undone') = (undoes_id IS NOT NULL)", name="undone"),
        CheckConstraint("(step IN ('yes', 'no')) = (side IS NOT NULL)", name="says"),
        Index("ix_introduction_step_bank_id_introduction_id", "bank_id", "introduction_id", "id"),
        Index("ix_introduction_step_bank_id_by", "bank_id", "by", "at"),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"))
    introduction_id: Mapped[int] = mapped_column(Integer)
    step: Mapped[IntroductionStepKind] = mapped_column(Coded(IntroductionStepKind, 20))
    side: Mapped[Side | None] = mapped_column(Coded(Side, 8))
    was_on: Mapped[date | None] = mapped_column(Date)
    by: Mapped[str] = mapped_column(String(40))
    at: Mapped[datetime] = mapped_column(Instant)
    undoes_id: Mapped[int | None] = mapped_column(Integer)
