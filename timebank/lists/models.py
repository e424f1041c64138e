"""Tags and fields of the bank's own, lists that are saved, and what was done to many at once."""

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
)
from sqlalchemy.orm import Mapped, mapped_column

from timebank.base import Base, Coded, Instant, is_one_of, key_to
from timebank.lists.rules import LineState, ListKind, RunState, Verb


class Tag(Base):
    """A word that the staff put on members: "drives", "key holder". `name_key` is the folded name,
    by which the same word is known again."""

    __tablename__ = "tag"
    __table_args__ = (
        UniqueConstraint("bank_id", "id"),
        UniqueConstraint("bank_id", "name_key"),
        CheckConstraint("name <> ''", name="name"),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"))
    name: Mapped[str] = mapped_column(String(40))
    name_key: Mapped[str] = mapped_column(String(240))


class MemberTag(Base):
    """That a member has a tag, since when, and who put it there."""

    __tablename__ = "member_tag"
    __table_args__ = (
        key_to("member", "member_id"),
        key_to("tag", "tag_id"),
        Index("ix_member_tag_bank_id_tag_id", "bank_id", "tag_id"),
    )

    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"), primary_key=True)
    member_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    tag_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    by: Mapped[str] = mapped_column(String(40))
    at: Mapped[datetime] = mapped_column(Instant)


class OwnField(Base):
    """Something that the bank keeps of its members besides: "Shoe size", "Key safe"."""

    __tablename__ = "own_field"
    __table_args__ = (
        UniqueConstraint("bank_id", "id"),
        UniqueConstraint("bank_id", "name_key"),
        CheckConstraint("name <> ''", name="name"),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"))
    name: Mapped[str] = mapped_column(String(60))
    name_key: Mapped[str] = mapped_column(String(240))


class FieldValue(Base):
    """What stands in a field of the bank's own of a member."""

    __tablename__ = "field_value"
    __table_args__ = (
        key_to("member", "member_id"),
        key_to("own_field", "field_id"),
        CheckConstraint("words <> ''", name="words"),
    )

    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"), primary_key=True)
    member_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    field_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    words: Mapped[str] = mapped_column(String(200))


class SavedList(Base):
    """What was asked of a list, under a name, for all of the staff. `wanted` is JSON of
    `rules.Wanted.asked`: who is on it is looked up each time."""

    __tablename__ = "saved_list"
    __table_args__ = (
        UniqueConstraint("bank_id", "id"),
        UniqueConstraint("bank_id", "name_key"),
        CheckConstraint(is_one_of("kind", ListKind), name="kind"),
        CheckConstraint("name <> ''", name="name"),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"))
    kind: Mapped[ListKind] = mapped_column(Coded(ListKind, 20))
    name: Mapped[str] = mapped_column(String(60))
    name_key: Mapped[str] = mapped_column(String(240))
    wanted: Mapped[str] = mapped_column(Text)
    by: Mapped[str] = mapped_column(String(40))
    at: Mapped[datetime] = mapped_column(Instant)


class ListRun(Base):
    """Something done, or about to be, to lines of a list by one of the staff. `began_at` is when it
    was said that it be done; the tag and the broker are those it is about."""

    __tablename__ = "list_run"
    __table_args__ = (
        UniqueConstraint("bank_id", "id"),
        key_to("tag", "tag_id"),
        key_to("member", "broker_id"),
        CheckConstraint(is_one_of("kind", ListKind), name="kind"),
        CheckConstraint(is_one_of("verb", Verb), name="verb"),
        CheckConstraint(is_one_of("state", RunState), name="state"),
        CheckConstraint("(state = 'asked') = (began_at IS NULL)", name="began"),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"))
    kind: Mapped[ListKind] = mapped_column(Coded(ListKind, 20))
    verb: Mapped[Verb] = mapped_column(Coded(Verb, 20))
    state: Mapped[RunState] = mapped_column(Coded(RunState, 20))
    tag_id: Mapped[int | None] = mapped_column(Integer)
    broker_id: Mapped[int | None] = mapped_column(Integer)
    by: Mapped[str] = mapped_column(String(40))
    at: Mapped[datetime] = mapped_column(Instant)
    began_at: Mapped[datetime | None] = mapped_column(Instant)
    undone_by: Mapped[str | None] = mapped_column(String(40))


class RunLine(Base):
    """A line of a run: what it is about, whose it is, what became of it and why; `was` is how it
    stood before, for undoing."""

    __tablename__ = "run_line"
    __table_args__ = (
        key_to("list_run", "run_id"),
        key_to("member", "member_id"),
        CheckConstraint(is_one_of("state", LineState), name="state"),
        Index("ix_run_line_bank_id_member_id", "bank_id", "member_id"),
    )

    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"), primary_key=True)
    run_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    place: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    subject_id: Mapped[int] = mapped_column(BigInteger)
    member_id: Mapped[int | None] = mapped_column(Integer)
    state: Mapped[LineState] = mapped_column(Coded(LineState, 20))
    was: Mapped[str] = mapped_column(String(40), default="", server_default="")
    why: Mapped[str] = mapped_column(Text, default="", server_default="")
