"""Kinds of checks, the checks that members hold and held, whom to ring in need, and concerns."""

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
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from timebank.base import Base, Coded, Instant, is_one_of, key_to
from timebank.safeguarding.rules import Ending, Kind

_STANDS = text("ended_at IS NULL")


class CheckKind(Base):
    """A kind of check of the bank's. `code` never changes: programs and files go by it.

    One that is not in use any more stays with the checks and the skills that have it.
    """

    __tablename__ = "check_kind"
    __table_args__ = (
        UniqueConstraint("bank_id", "id"),
        UniqueConstraint("bank_id", "code"),
        UniqueConstraint("bank_id", "name"),
        CheckConstraint("name <> ''", name="name"),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"))
    code: Mapped[str] = mapped_column(String(60))
    name: Mapped[str] = mapped_column(String(80))
    retired_at: Mapped[datetime | None] = mapped_column(Instant)

    @property
    def value(self) -> Kind:
        """The kind as a value."""
        return Kind(self.name, self.code, self.id)


class HeldCheck(Base):
    """That a member holds a check: its number, since when, until when (None: it does not run out),
    and who of the staff saw the paper (None: that is not known).

    Nothing of it is ever altered but that it ended, once: what is renewed stays, and another takes
    its place. At most one of a kind stands.
    """

    __tablename__ = "held_check"
    __table_args__ = (
        UniqueConstraint("bank_id", "id"),
        key_to("member", "member_id"),
        key_to("check_kind", "kind_id"),
        key_to("member", "seen_by_id"),
        CheckConstraint("expires_on IS NULL OR expires_on >= held_since", name="dates"),
        CheckConstraint(is_one_of("ending", Ending), name="ending"),
        CheckConstraint(
            "(ended_at IS NULL) = (ending IS NULL) AND (ended_at IS NULL) = (ended_by IS NULL)",
            name="ended",
        ),
        CheckConstraint(
            "ending IS NULL OR ending IN ('renewed', 'left') OR why <> ''", name="says_why"
        ),
        Index(
            "uq_held_check_stands",
            "bank_id",
            "member_id",
            "kind_id",
            unique=True,
            sqlite_where=_STANDS,
            postgresql_where=_STANDS,
        ),
        Index("ix_held_check_bank_id_member_id", "bank_id", "member_id"),
        Index("ix_held_check_bank_id_expires_on", "bank_id", "expires_on"),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"))
    member_id: Mapped[int] = mapped_column(Integer)
    kind_id: Mapped[int] = mapped_column(Integer)
    number: Mapped[str] = mapped_column(String(80), default="")
    seen_by_id: Mapped[int | None] = mapped_column(Integer)
    held_since: Mapped[date] = mapped_column(Date)
    expires_on: Mapped[date | None] = mapped_column(Date)
    by: Mapped[str] = mapped_column(String(40))
    at: Mapped[datetime] = mapped_column(Instant)
    ending: Mapped[Ending | None] = mapped_column(Coded(Ending, 20))
    why: Mapped[str] = mapped_column(Text, default="")
    ended_by: Mapped[str | None] = mapped_column(String(40))
    ended_at: Mapped[datetime | None] = mapped_column(Instant)


class CheckUndone(Base):
    """That what was done with a check was undone, at most once for each: it was written down or
    ended by mistake. `instead_id` is the check that is written down again as it was before, if one
    was there. Never altered."""

    __tablename__ = "check_undone"
    __table_args__ = (
        UniqueConstraint("bank_id", "id"),
        UniqueConstraint("bank_id", "undoes_id"),
        key_to("held_check", "undoes_id"),
        key_to("held_check", "instead_id"),
        CheckConstraint("undoes_id <> instead_id", name="two"),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"))
    undoes_id: Mapped[int] = mapped_column(Integer)
    instead_id: Mapped[int | None] = mapped_column(Integer)
    by: Mapped[str] = mapped_column(String(40))
    at: Mapped[datetime] = mapped_column(Instant)


class CheckDay(Base):
    """The day on which somebody brings the new paper of a check, with where or when in a few words,
    and how often it was moved."""

    __tablename__ = "check_day"
    __table_args__ = (
        key_to("held_check", "check_id"),
        CheckConstraint("moves >= 0", name="moves"),
    )

    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"), primary_key=True)
    check_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    day: Mapped[date] = mapped_column(Date)
    words: Mapped[str] = mapped_column(String(200), default="")
    moves: Mapped[int] = mapped_column(Integer, default=0)
    by: Mapped[str] = mapped_column(String(40))
    at: Mapped[datetime] = mapped_column(Instant)


class CheckReminder(Base):
    """That the member was reminded of a check, `days` before its last day (below zero: after it).
    Each reminder of a check is given once."""

    __tablename__ = "check_reminder"
    __table_args__ = (key_to("held_check", "check_id"),)

    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"), primary_key=True)
    check_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    days: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    at: Mapped[datetime] = mapped_column(Instant)


class Doorstep(Base):
    """Whom to ring for a member in need, and what to do when they do not answer the door
    (`no_answer`). A member without a row has said nothing of it.

    `on_visits`: whoever has an agreed visit with them may see it.
    """

    __tablename__ = "doorstep"
    __table_args__ = (
        key_to("member", "member_id"),
        CheckConstraint("(contact_name = '') = (contact_phone = '')", name="contact"),
        CheckConstraint("contact_name <> '' OR no_answer <> ''", name="says_something"),
    )

    member_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"))
    contact_name: Mapped[str] = mapped_column(String(120), default="")
    contact_relation: Mapped[str] = mapped_column(String(80), default="")
    contact_phone: Mapped[str] = mapped_column(String(40), default="")
    no_answer: Mapped[str] = mapped_column(Text, default="")
    on_visits: Mapped[bool] = mapped_column(Boolean, default=False)
    by: Mapped[str] = mapped_column(String(40))
    at: Mapped[datetime] = mapped_column(Instant)


class Concern(Base):
    """A worry about a member's safety, written down by one of the staff (`by`) for coordinators
    alone. Its words are never altered."""

    __tablename__ = "concern"
    __table_args__ = (
        UniqueConstraint("bank_id", "id"),
        key_to("member", "about_id"),
        CheckConstraint("words <> ''", name="words"),
        Index("ix_concern_bank_id_about_id", "bank_id", "about_id"),
        Index("ix_concern_bank_id_by", "bank_id", "by"),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"))
    about_id: Mapped[int] = mapped_column(Integer)
    words: Mapped[str] = mapped_column(Text)
    by: Mapped[str] = mapped_column(String(40))
    at: Mapped[datetime] = mapped_column(Instant)


class ConcernReading(Base):
    """That a coordinator read a concern, each time they did."""

    __tablename__ = "concern_reading"
    __table_args__ = (
        key_to("concern", "concern_id"),
        Index("ix_concern_reading_bank_id_concern_id", "bank_id", "concern_id", "id"),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"))
    concern_id: Mapped[int] = mapped_column(Integer)
    by: Mapped[str] = mapped_column(String(40))
    at: Mapped[datetime] = mapped_column(Instant)
