"""Reports as they were made, who is sent one and how often, what members agreed to for those who
read them, and where people stand in the drawing of the network."""

from datetime import date, datetime

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Date,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, deferred, mapped_column

from timebank.act import Channel
from timebank.base import Base, Coded, Instant, key_to
from timebank.measures.figures import Among, Topic
from timebank.measures.windows import Period
from timebank.reports.rules import SAID_THROUGH


def _one_of(column: str, *values: str) -> str:
    """A condition in SQL; the values are no more than plain strings to it."""
    return f"{column} IN {tuple(map(str, values))}"


class KeptReport(Base):
    """A report as it was first made: the same question gets the same answer for good. Rows are
    never changed or removed.

    `stride` is empty for a single window. `content` is the result as JSON, with the position of the
    ledger and its hash.
    """

    __tablename__ = "kept_report"
    __table_args__ = (
        CheckConstraint(_one_of("name", *Topic), name="name"),
        CheckConstraint(_one_of("stride", "", *Period), name="stride"),
        CheckConstraint(_one_of("among", *Among), name="among"),
        CheckConstraint("ends_on >= starts_on", name="range"),
        UniqueConstraint(
            "bank_id",
            "name",
            "starts_on",
            "ends_on",
            "stride",
            "as_of",
            "shared",
            "among",
            name="uq_kept_report",
        ),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"))
    name: Mapped[str] = mapped_column(String(20))
    starts_on: Mapped[date] = mapped_column(Date)
    ends_on: Mapped[date] = mapped_column(Date)
    stride: Mapped[str] = mapped_column(String(10))
    as_of: Mapped[datetime] = mapped_column(Instant)
    shared: Mapped[bool] = mapped_column(Boolean)
    among: Mapped[str] = mapped_column(String(20))
    content: Mapped[str] = mapped_column(Text)
    made_at: Mapped[datetime] = mapped_column(Instant)


class KeptFigures(Base):
    """What the staff's pages show of a large bank, as the worker counted it at `made_at`.

    `name` says all that was asked for, `state` is a digest of everything it was made from,
    `content` JSON, packed; `looked_on` is the last day on which somebody looked at it.
    """

    __tablename__ = "kept_figures"

    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"), primary_key=True)
    name: Mapped[str] = mapped_column(String(80), primary_key=True)
    state: Mapped[str] = mapped_column(String(64))
    made_at: Mapped[datetime] = mapped_column(Instant)
    looked_on: Mapped[date] = mapped_column(Date)
    content: Mapped[bytes] = deferred(mapped_column(LargeBinary, nullable=False))


class KeptEvidence(Base):
    """Evidence as it was first made: the same days and moment get the same answer for good. Of a
    row only the words are changed, when the name of somebody who leaves is taken out of them.

    `content` is the evidence as JSON (see `evidence`).
    """

    __tablename__ = "kept_evidence"
    __table_args__ = (
        CheckConstraint("ends_on >= starts_on", name="range"),
        UniqueConstraint("bank_id", "starts_on", "ends_on", "as_of", name="uq_kept_evidence"),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"))
    starts_on: Mapped[date] = mapped_column(Date)
    ends_on: Mapped[date] = mapped_column(Date)
    as_of: Mapped[datetime] = mapped_column(Instant)
    content: Mapped[str] = mapped_column(Text)
    made_at: Mapped[datetime] = mapped_column(Instant)


class Schedule(Base):
    """A report that somebody is sent when each month, quarter or year has ended; `sent_to` is the
    last day of the latest.

    A member of the staff is sent the staff's version or the one for sharing, a commissioner the one
    for sharing.
    """

    __tablename__ = "report_schedule"
    __table_args__ = (
        CheckConstraint(_one_of("name", *Topic), name="name"),
        CheckConstraint(_one_of("stride", *Period), name="stride"),
        CheckConstraint("(member_id IS NULL) <> (commissioner_id IS NULL)", name="reader"),
        CheckConstraint("shared OR commissioner_id IS NULL", name="shared"),
        CheckConstraint("NOT shared OR stride <> 'month'", name="windows"),
        key_to("member", "member_id"),
        key_to("commissioner", "commissioner_id"),
        Index("ix_report_schedule_bank_id", "bank_id"),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"))
    name: Mapped[str] = mapped_column(String(20))
    stride: Mapped[str] = mapped_column(String(10))
    shared: Mapped[bool] = mapped_column(Boolean)
    member_id: Mapped[int | None] = mapped_column(Integer)
    commissioner_id: Mapped[int | None] = mapped_column(Integer)
    by: Mapped[str] = mapped_column(String(40))
    created_at: Mapped[datetime] = mapped_column(Instant)
    sent_to: Mapped[date] = mapped_column(Date)


class Story(Base):
    """How it was for a member, in words that may be told to those who pay, once they agreed to it
    as it is: what was agreed to is never changed, and deleted when it is taken back.

    `called` is what they are called in it. `jpeg` is a picture of them, small and freed of what a
    camera writes into it, `alt` what is to be seen there.
    """

    __tablename__ = "story"
    __table_args__ = (
        CheckConstraint("words <> '' AND called <> ''", name="words"),
        CheckConstraint("(jpeg IS NULL) = (alt = '')", name="alt"),
        CheckConstraint(
            "(agreed_at IS NULL) = (agreed_by IS NULL)"
            " AND (agreed_at IS NULL) = (agreed_channel IS NULL)",
            name="agreed",
        ),
        CheckConstraint(_one_of("agreed_channel", *SAID_THROUGH), name="agreed_channel"),
        key_to("member", "member_id"),
        Index("ix_story_bank_id_member_id", "bank_id", "member_id"),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"))
    member_id: Mapped[int] = mapped_column(Integer)
    words: Mapped[str] = mapped_column(Text)
    called: Mapped[str] = mapped_column(String(80))
    jpeg: Mapped[bytes | None] = deferred(mapped_column(LargeBinary))
    alt: Mapped[str] = mapped_column(String(200))
    by: Mapped[str] = mapped_column(String(40))
    at: Mapped[datetime] = mapped_column(Instant)
    agreed_at: Mapped[datetime | None] = mapped_column(Instant)
    agreed_by: Mapped[str | None] = mapped_column(String(40))
    agreed_channel: Mapped[Channel | None] = mapped_column(Coded(Channel, 20))


class AddressConsent(Base):
    """That a member's e-mail address may go on the list that the bank takes out, to write to people
    by other means than its own: who said so, when, and through which channel. Taken back, it is
    gone."""

    __tablename__ = "address_consent"
    __table_args__ = (
        CheckConstraint(_one_of("channel", *SAID_THROUGH), name="channel"),
        key_to("member", "member_id"),
    )

    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"), primary_key=True)
    member_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    by: Mapped[str] = mapped_column(String(40))
    at: Mapped[datetime] = mapped_column(Instant)
    channel: Mapped[Channel] = mapped_column(Coded(Channel, 20))


class Place(Base):
    """Where somebody stands in the drawing of the network, from −1 to 1 both ways, so that they
    stand there next time too."""

    __tablename__ = "network_place"
    __table_args__ = (key_to("account", "account_id"),)

    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"), primary_key=True)
    account_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    x: Mapped[float] = mapped_column(Float)
    y: Mapped[float] = mapped_column(Float)
