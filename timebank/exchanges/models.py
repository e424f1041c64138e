"""Exchanges, their steps, and gifts. Parties are accounts, so that members, organisations and the
chest can all be one."""

from datetime import date, datetime

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Date,
    ForeignKey,
    Index,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from timebank.act import BEGUN_BY, Channel
from timebank.base import Base, BigId, Coded, Instant, is_one_of, key_to
from timebank.exchanges.rules import NO_LONGER_COUNTS, Side, Status, StepKind

_LOGGED = text("status = 'logged'")
_SLIP_COUNTS = text(
    f"slip IS NOT NULL AND status NOT IN {tuple(str(status) for status in NO_LONGER_COUNTS)}"
)


class Exchange(Base):
    """One person's time given to another. `waiting_for` is the side (giver or receiver) whose word
    is awaited.

    `minutes` and `occurred_on` are there once it is logged, `entry_id` once the ledger is posted,
    `reversal_id` once it is taken back; `thought_minutes` while it is disputed, if whoever objects
    has said how long it was. `reference` names an imported row and is unique in the
    bank; `slip` a paper slip, and is unique among the exchanges that count. `reminded_at` and
    `brokers_told_at` keep the waiting time's letters from being written twice.
    """

    __tablename__ = "exchange"
    __table_args__ = (
        UniqueConstraint("bank_id", "id"),
        UniqueConstraint("bank_id", "reference"),
        UniqueConstraint("entry_id"),
        UniqueConstraint("reversal_id"),
        UniqueConstraint("replaces_id"),
        key_to("account", "giver_id"),
        key_to("account", "receiver_id"),
        key_to("entry", "entry_id"),
        key_to("entry", "reversal_id"),
        key_to("exchange", "replaces_id"),
        CheckConstraint("giver_id <> receiver_id", name="two_parties"),
        CheckConstraint(is_one_of("status", Status), name="status"),
        CheckConstraint(is_one_of("waiting_for", Side), name="waiting_for"),
        CheckConstraint(
            "(status IN ('proposed', 'logged', 'disputed')) = (waiting_for IS NOT NULL)",
            name="awaited",
        ),
        CheckConstraint("minutes > 0", name="minutes"),
        CheckConstraint(
            "thought_minutes IS NULL OR thought_minutes > 0 AND status = 'disputed'", name="thought"
        ),
        CheckConstraint(
            "status NOT IN ('logged', 'disputed', 'confirmed', 'reversed')"
            " OR minutes IS NOT NULL AND occurred_on IS NOT NULL AND logged_at IS NOT NULL",
            name="logged",
        ),
        CheckConstraint(
            "(status IN ('confirmed', 'reversed')) = (entry_id IS NOT NULL)", name="posted"
        ),
        CheckConstraint("(status = 'reversed') = (reversal_id IS NOT NULL)", name="taken_back"),
        Index("ix_exchange_bank_id_giver_id", "bank_id", "giver_id", "id"),
        Index("ix_exchange_bank_id_receiver_id", "bank_id", "receiver_id", "id"),
        Index("ix_exchange_bank_id_status", "bank_id", "status", "id"),
        Index("ix_exchange_bank_id_occurred_on", "bank_id", "occurred_on"),
        Index(
            "uq_exchange_slip",
            "bank_id",
            "slip",
            unique=True,
            sqlite_where=_SLIP_COUNTS,
            postgresql_where=_SLIP_COUNTS,
        ),
        Index("ix_exchange_waiting", "logged_at", sqlite_where=_LOGGED, postgresql_where=_LOGGED),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"))
    giver_id: Mapped[int] = mapped_column(BigInteger)
    receiver_id: Mapped[int] = mapped_column(BigInteger)
    status: Mapped[Status] = mapped_column(Coded(Status, 20))
    waiting_for: Mapped[Side | None] = mapped_column(Coded(Side, 10))
    title: Mapped[str] = mapped_column(String(200), default="")
    skill: Mapped[str | None] = mapped_column(String(80))
    activity: Mapped[str | None] = mapped_column(String(120))
    planned_on: Mapped[date | None] = mapped_column(Date)
    occurred_on: Mapped[date | None] = mapped_column(Date)
    minutes: Mapped[int | None] = mapped_column(BigInteger)
    thought_minutes: Mapped[int | None] = mapped_column(BigInteger)
    thanks: Mapped[str] = mapped_column(Text, default="")
    reference: Mapped[str | None] = mapped_column(String(120))
    slip: Mapped[str | None] = mapped_column(String(40))
    proposed_at: Mapped[datetime] = mapped_column(Instant)
    logged_at: Mapped[datetime | None] = mapped_column(Instant)
    reminded_at: Mapped[datetime | None] = mapped_column(Instant)
    brokers_told_at: Mapped[datetime | None] = mapped_column(Instant)
    confirmed_at: Mapped[datetime | None] = mapped_column(Instant)
    entry_id: Mapped[int | None] = mapped_column(BigInteger)
    reversal_id: Mapped[int | None] = mapped_column(BigInteger)
    replaces_id: Mapped[int | None] = mapped_column(BigInteger)


class Step(Base):
    """One step of an exchange: who entered it, on whose word, through which channel, when, and any
    words with it.

    Steps that say how much (`logged`, `disputed`, `settled`) keep the minutes and the day they
    said, which later steps may put right. Those that move hours, and those that take them back,
    name their entry, which a trigger sees to: an exchange that was confirmed, undone and confirmed
    again has three.
    """

    __tablename__ = "exchange_step"
    __table_args__ = (
        key_to("exchange", "exchange_id"),
        CheckConstraint(is_one_of("channel", Channel), name="channel"),
        Index("ix_exchange_step_bank_id_exchange_id", "bank_id", "exchange_id"),
        Index("ix_exchange_step_bank_id_by", "bank_id", "by", "at"),
        Index("uq_exchange_step_entry_id", "entry_id", unique=True),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"))
    exchange_id: Mapped[int] = mapped_column(BigInteger)
    step: Mapped[StepKind] = mapped_column(Coded(StepKind, 20))
    by: Mapped[str] = mapped_column(String(40))
    on_word_of: Mapped[str | None] = mapped_column(String(40))
    channel: Mapped[Channel] = mapped_column(Coded(Channel, 20))
    minutes: Mapped[int | None] = mapped_column(BigInteger)
    occurred_on: Mapped[date | None] = mapped_column(Date)
    entry_id: Mapped[int | None] = mapped_column(BigInteger)
    note: Mapped[str] = mapped_column(Text, default="")
    at: Mapped[datetime] = mapped_column(Instant)


class Thanks(Base):
    """That the thanks of an exchange are to be shown to all members: these words and no others,
    once both sides have said so, each at its own time. `thanked` is the side they were said to."""

    __tablename__ = "thanks"
    __table_args__ = (
        key_to("exchange", "exchange_id"),
        CheckConstraint(is_one_of("thanked", Side), name="thanked"),
        CheckConstraint("words <> ''", name="words"),
        CheckConstraint("giver_at IS NOT NULL OR receiver_at IS NOT NULL", name="said"),
        Index("ix_thanks_bank_id_exchange_id", "bank_id", "exchange_id"),
    )

    exchange_id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"))
    thanked: Mapped[Side] = mapped_column(Coded(Side, 10))
    words: Mapped[str] = mapped_column(Text)
    giver_at: Mapped[datetime | None] = mapped_column(Instant)
    receiver_at: Mapped[datetime | None] = mapped_column(Instant)


class Gift(Base):
    """Hours given away, to a member, an organisation, a group or the chest. It is no exchange of
    help and counts as none.

    Hours out of the chest are a grant: `decided_by` says who decided on it and `message` why, for
    everybody in the bank to read. Gifts out of the chest of earlier times have nobody there, and
    what they say was said to the receiver alone.
    """

    __tablename__ = "gift"
    __table_args__ = (
        UniqueConstraint("bank_id", "id"),
        UniqueConstraint("entry_id"),
        UniqueConstraint("reversal_id"),
        key_to("account", "from_id"),
        key_to("account", "to_id"),
        key_to("entry", "entry_id"),
        key_to("entry", "reversal_id"),
        CheckConstraint("from_id <> to_id", name="two_parties"),
        CheckConstraint("minutes > 0", name="minutes"),
        CheckConstraint(is_one_of("channel", BEGUN_BY), name="channel"),
        CheckConstraint("decided_by IS NULL OR decided_by <> '' AND message <> ''", name="decided"),
        Index("ix_gift_bank_id_from_id", "bank_id", "from_id"),
        Index("ix_gift_bank_id_to_id", "bank_id", "to_id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"))
    from_id: Mapped[int] = mapped_column(BigInteger)
    to_id: Mapped[int] = mapped_column(BigInteger)
    minutes: Mapped[int] = mapped_column(BigInteger)
    message: Mapped[str] = mapped_column(Text, default="")
    decided_by: Mapped[str | None] = mapped_column(String(120))
    by: Mapped[str] = mapped_column(String(40))
    on_word_of: Mapped[str | None] = mapped_column(String(40))
    channel: Mapped[Channel] = mapped_column(Coded(Channel, 20))
    given_at: Mapped[datetime] = mapped_column(Instant)
    entry_id: Mapped[int | None] = mapped_column(BigInteger)
    reversal_id: Mapped[int | None] = mapped_column(BigInteger)
