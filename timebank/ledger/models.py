"""The ledger's tables. Their triggers are in the migration that makes them."""

from datetime import date, datetime

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Date,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    String,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from timebank.act import Channel
from timebank.base import Base, BigId, Coded, Instant, is_one_of, key_to
from timebank.ledger.rules import AccountKind, InterventionKind

# SQLite numbers rows by itself only in a column of exactly this type.

_REVERSES = text("reverses_id IS NOT NULL")


class Account(Base):
    """Holds minutes. `balance` and `seq` (postings so far) are moved by postings alone.

    `floor` and `ceiling` bound the balance, in minutes; none of them: no bound. `label` is what
    statements call it.
    """

    __tablename__ = "account"
    __table_args__ = (
        UniqueConstraint("bank_id", "id"),
        CheckConstraint("floor IS NULL OR balance >= floor", name="floor"),
        CheckConstraint("ceiling IS NULL OR balance <= ceiling", name="ceiling"),
        Index(
            "uq_account_one_of_its_kind",
            "bank_id",
            "kind",
            unique=True,
            sqlite_where=text("kind IN ('chest', 'opening')"),
            postgresql_where=text("kind IN ('chest', 'opening')"),
        ),
    )

    id: Mapped[int] = mapped_column(BigId, Identity(), primary_key=True)
    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"))
    kind: Mapped[AccountKind] = mapped_column(Coded(AccountKind, 20))
    label: Mapped[str] = mapped_column(String(120))
    balance: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    seq: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    floor: Mapped[int | None] = mapped_column(BigInteger)
    ceiling: Mapped[int | None] = mapped_column(BigInteger)
    opened_at: Mapped[datetime] = mapped_column(Instant)
    closed_at: Mapped[datetime | None] = mapped_column(Instant)


class Entry(Base):
    """One event in the books. `cause`, an idempotency key, is unique in its bank; `legs` says how
    many postings it has, no more and no fewer.

    The deferred key onto its last posting makes an entry complete when its transaction commits, and
    complete means closed: posting numbers 1 … `legs` exist, and there is no number left to add. It
    names its bank through them: a key of its own onto the bank would have every posting of a bank
    queue up at one row.
    """

    __tablename__ = "entry"
    __table_args__ = (
        UniqueConstraint("bank_id", "id"),
        UniqueConstraint("cause", "bank_id"),
        Index(
            "uq_entry_reverses_id",
            "reverses_id",
            unique=True,
            sqlite_where=_REVERSES,
            postgresql_where=_REVERSES,
        ),
        key_to("entry", "reverses_id"),
        ForeignKeyConstraint(
            ["id", "legs"],
            ["posting.entry_id", "posting.leg"],
            name="fk_entry_complete",
            deferrable=True,
            initially="DEFERRED",
            use_alter=True,
        ),
        CheckConstraint("legs > 0", name="legs"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    bank_id: Mapped[int] = mapped_column(Integer)
    kind: Mapped[str] = mapped_column(String(20))
    cause: Mapped[str] = mapped_column(String(200))
    request_hash: Mapped[str] = mapped_column(String(64))
    legs: Mapped[int] = mapped_column(Integer)
    occurred_on: Mapped[date] = mapped_column(Date)
    recorded_at: Mapped[datetime] = mapped_column(Instant)
    recorded_by: Mapped[str] = mapped_column(String(40))
    on_word_of: Mapped[str | None] = mapped_column(String(40))
    channel: Mapped[Channel] = mapped_column(Coded(Channel, 20))
    reverses_id: Mapped[int | None] = mapped_column(BigInteger)


class Posting(Base):
    """Minutes from one account to another, with both balances and sequence numbers just after it.

    Leg k of a reversal mirrors leg k of the entry it reverses.
    """

    __tablename__ = "posting"
    __table_args__ = (
        UniqueConstraint("payer_id", "payer_seq"),
        UniqueConstraint("payee_id", "payee_seq"),
        key_to("entry", "entry_id"),
        key_to("account", "payer_id"),
        key_to("account", "payee_id"),
        CheckConstraint("minutes > 0", name="minutes"),
        CheckConstraint("payer_id <> payee_id", name="two_accounts"),
    )

    entry_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    leg: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    bank_id: Mapped[int] = mapped_column(Integer)
    payer_id: Mapped[int] = mapped_column(BigInteger)
    payee_id: Mapped[int] = mapped_column(BigInteger)
    minutes: Mapped[int] = mapped_column(BigInteger)
    payer_seq: Mapped[int] = mapped_column(BigInteger)
    payer_balance: Mapped[int] = mapped_column(BigInteger)
    payee_seq: Mapped[int] = mapped_column(BigInteger)
    payee_balance: Mapped[int] = mapped_column(BigInteger)


class Intervention(Base):
    """What is done to the books besides posting, by whom, and `why`.

    `of` is what it is done to (`exchange:12`, `gift:3`, `session:4`, `account:5`, `bank`);
    `entry_id` the entry that it made, `reverses_id` the one that it takes back. A changed limit is
    told by what it was and what it is, in minutes: of `account_id`, or of the bank's defaults.
    Rows are dated by the database, and stay. A name can be taken out of a reason when its bearer
    has left: `unnamed_at` says that one was.
    """

    __tablename__ = "intervention"
    __table_args__ = (
        CheckConstraint(is_one_of("kind", InterventionKind), name="kind"),
        CheckConstraint("(kind IN ('undo', 'import')) = (why IS NULL)", name="says_why"),
        CheckConstraint("trim(why) <> ''", name="why"),
        CheckConstraint(
            "kind NOT IN ('reversal', 'undo') OR reverses_id IS NOT NULL", name="reverses"
        ),
        CheckConstraint("kind <> 'grant' OR entry_id IS NOT NULL", name="grants"),
        CheckConstraint("kind <> 'limits' OR account_id IS NOT NULL", name="limits"),
        key_to("entry", "entry_id"),
        key_to("entry", "reverses_id"),
        key_to("account", "account_id"),
        UniqueConstraint("reverses_id"),
        Index("ix_intervention_bank_id_at", "bank_id", "at", "id"),
        Index("ix_intervention_bank_id_of", "bank_id", "of"),
        Index("ix_intervention_account_id", "account_id", "id"),
        Index("ix_intervention_entry_id", "entry_id"),
    )

    id: Mapped[int] = mapped_column(BigId, Identity(), primary_key=True)
    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"))
    kind: Mapped[InterventionKind] = mapped_column(Coded(InterventionKind, 20))
    of: Mapped[str] = mapped_column(String(60))
    why: Mapped[str | None] = mapped_column(Text)
    entry_id: Mapped[int | None] = mapped_column(BigInteger)
    reverses_id: Mapped[int | None] = mapped_column(BigInteger)
    account_id: Mapped[int | None] = mapped_column(BigInteger)
    floor_before: Mapped[int | None] = mapped_column(BigInteger)
    floor_after: Mapped[int | None] = mapped_column(BigInteger)
    ceiling_before: Mapped[int | None] = mapped_column(BigInteger)
    ceiling_after: Mapped[int | None] = mapped_column(BigInteger)
    by: Mapped[str] = mapped_column(String(40))
    at: Mapped[datetime] = mapped_column(Instant, server_default=func.now())
    unnamed_at: Mapped[datetime | None] = mapped_column(Instant)


class Block(Base):
    """A sealed run of a bank's entries: those after the block before, up to `last`.

    `entries` counts them and `total` all those sealed so far. `hash` covers them and the hash of
    the block before.
    """

    __tablename__ = "block"
    __table_args__ = (CheckConstraint("entries > 0 AND last >= first", name="run"),)

    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"), primary_key=True)
    n: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    first: Mapped[int] = mapped_column(BigInteger)
    last: Mapped[int] = mapped_column(BigInteger)
    entries: Mapped[int] = mapped_column(Integer)
    total: Mapped[int] = mapped_column(BigInteger)
    hash: Mapped[str] = mapped_column(String(64))
    sealed_at: Mapped[datetime] = mapped_column(Instant)


class Original(Base):
    """What a row was in the books that a bank had before it moved here: its number there, when it
    was recorded, and the digest of what was counted again. `what` is `entry`, `intervention` or
    another kind; of the first home where it moved more than once."""

    __tablename__ = "original"

    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"), primary_key=True)
    what: Mapped[str] = mapped_column(String(20), primary_key=True)
    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    was_id: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[datetime | None] = mapped_column(Instant)
    hash: Mapped[str | None] = mapped_column(String(64))


class OriginalBlock(Base):
    """A block as it was sealed where the bank was before, the `home` counted from 1. `first` and
    `last` are the entries' numbers here: the hash covers those of `Original`."""

    __tablename__ = "original_block"

    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"), primary_key=True)
    home: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    n: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    first: Mapped[int] = mapped_column(BigInteger)
    last: Mapped[int] = mapped_column(BigInteger)
    entries: Mapped[int] = mapped_column(Integer)
    total: Mapped[int] = mapped_column(BigInteger)
    hash: Mapped[str] = mapped_column(String(64))
    sealed_at: Mapped[datetime] = mapped_column(Instant)
