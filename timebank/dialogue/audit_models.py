"""The tables of audits: what is asked, sheets without names, themes and sorting, and details apart.

No row of a sheet or an answer names anybody or knows a time. The database keeps (see the
migrations): a sheet and its answers as they were given, but that they can be taken out until the
audit closes, and that a shortened wording takes the place of the first one once, when it has; no
sheets and no sorting once it has; a printed code used once.
"""

from datetime import date, datetime

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Date,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    String,
    Text,
    UniqueConstraint,
    false,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from timebank.base import NO_ROWID, Base, Coded, Instant, is_one_of, key_to
from timebank.dialogue.rules import (
    ASSETS,
    CLOSED_QUESTIONS,
    HIGHEST,
    LOWEST,
    WISHES,
    GroupKind,
    QuestionKind,
    Way,
)
from timebank.members.rules import Capacity

_TO_AUDIT = (["bank_id", "audit_id"], ["audit.bank_id", "audit.id"])
_SHEET = ["bank_id", "audit_id", "key"]
_TO_SHEET = (_SHEET, [f"audit_sheet.{column}" for column in _SHEET])
_ANSWER = [*_SHEET, "question", "place"]
_REST, _LATEST = text("rest"), text("latest")
_TO_ANSWER = (_ANSWER, [f"audit_answer.{column}" for column in _ANSWER])


class Audit(Base):
    """Neighbours are asked between two days, both included; closed for good at `closed_at`.

    `question` is the open one, `assets` what they would be glad to do or show. `target` is how many
    people are hoped for; `link_key` stands in the public link, if there is one.
    """

    __tablename__ = "audit"
    __table_args__ = (
        UniqueConstraint("bank_id", "id"),
        UniqueConstraint("link_key"),
        key_to("partnership", "partnership_id"),
        CheckConstraint("title <> ''", name="title"),
        CheckConstraint("question <> ''", name="question"),
        CheckConstraint("closes_on >= opens_on", name="days"),
        CheckConstraint("target > 0", name="target"),
        Index("ix_audit_bank_id_partnership_id", "bank_id", "partnership_id"),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"))
    partnership_id: Mapped[int | None] = mapped_column(Integer)
    title: Mapped[str] = mapped_column(String(120))
    question: Mapped[str] = mapped_column(String(300))
    assets: Mapped[str] = mapped_column(String(300), default="")
    opens_on: Mapped[date] = mapped_column(Date)
    closes_on: Mapped[date] = mapped_column(Date)
    target: Mapped[int | None] = mapped_column(Integer)
    link_key: Mapped[str | None] = mapped_column(String(64))
    closed_at: Mapped[datetime | None] = mapped_column(Instant)
    by: Mapped[str] = mapped_column(String(40))
    at: Mapped[datetime] = mapped_column(Instant)


class AuditQuestion(Base):
    """A closed question of an audit, in its order from 1. `choices` are lines; a scale has none."""

    __tablename__ = "audit_question"
    __table_args__ = (
        ForeignKeyConstraint(*_TO_AUDIT),
        CheckConstraint(f"n BETWEEN 1 AND {CLOSED_QUESTIONS}", name="n"),
        CheckConstraint("words <> ''", name="words"),
        CheckConstraint(is_one_of("kind", QuestionKind), name="kind"),
        CheckConstraint("(kind = 'choice') = (choices <> '')", name="choices"),
    )

    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"), primary_key=True)
    audit_id: Mapped[int] = mapped_column(Integer, primary_key=True)
    n: Mapped[int] = mapped_column(Integer, primary_key=True)
    words: Mapped[str] = mapped_column(String(300))
    kind: Mapped[QuestionKind] = mapped_column(Coded(QuestionKind, 20))
    choices: Mapped[str] = mapped_column(Text, default="")


class AuditGroup(Base):
    """One of the groups somebody can say they are of, in its order; `people` is how many the
    coordinator knows of in the area, if they know."""

    __tablename__ = "audit_group"
    __table_args__ = (
        ForeignKeyConstraint(*_TO_AUDIT),
        CheckConstraint(is_one_of("kind", GroupKind), name="kind"),
        CheckConstraint("words <> ''", name="words"),
        CheckConstraint("people >= 0", name="people"),
    )

    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"), primary_key=True)
    audit_id: Mapped[int] = mapped_column(Integer, primary_key=True)
    kind: Mapped[GroupKind] = mapped_column(Coded(GroupKind, 20), primary_key=True)
    n: Mapped[int] = mapped_column(Integer, primary_key=True)
    words: Mapped[str] = mapped_column(String(80))
    people: Mapped[int | None] = mapped_column(Integer)


class AuditRound(Base):
    """A round of a collector: where, and the session of the activity whose register has it."""

    __tablename__ = "audit_round"
    __table_args__ = (
        UniqueConstraint("bank_id", "id"),
        UniqueConstraint("bank_id", "audit_id", "id"),
        ForeignKeyConstraint(*_TO_AUDIT),
        key_to("member", "collector_id"),
        key_to("activity_session", "session_id"),
        CheckConstraint("words <> ''", name="words"),
        Index("ix_audit_round_bank_id_collector_id", "bank_id", "collector_id"),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"))
    audit_id: Mapped[int] = mapped_column(Integer)
    words: Mapped[str] = mapped_column(String(80))
    collector_id: Mapped[int | None] = mapped_column(Integer)
    session_id: Mapped[int | None] = mapped_column(Integer)


class AuditCode(Base):
    """The code on one printed sheet, hashed: no sheet knows by which it came."""

    __tablename__ = "audit_code"
    __table_args__ = (ForeignKeyConstraint(*_TO_AUDIT), NO_ROWID)

    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"), primary_key=True)
    code_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    audit_id: Mapped[int] = mapped_column(Integer)
    used: Mapped[bool] = mapped_column(Boolean, default=False)


class AuditSheet(Base):
    """What one person answered, under a random key: how it came, on which round, and who they said
    they are. `stack` is the number, within its audit, of the file it came in with others; it is
    forgotten as the audit closes."""

    __tablename__ = "audit_sheet"
    __table_args__ = (
        ForeignKeyConstraint(*_TO_AUDIT),
        ForeignKeyConstraint(
            ["bank_id", "audit_id", "round_id"],
            ["audit_round.bank_id", "audit_round.audit_id", "audit_round.id"],
        ),
        CheckConstraint(is_one_of("way", Way), name="way"),
        CheckConstraint(is_one_of("part", Capacity), name="part"),
        CheckConstraint("stack > 0", name="stack"),
        NO_ROWID,
    )

    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"), primary_key=True)
    audit_id: Mapped[int] = mapped_column(Integer, primary_key=True)
    key: Mapped[str] = mapped_column(String(32), primary_key=True)
    way: Mapped[Way] = mapped_column(Coded(Way, 20))
    round_id: Mapped[int | None] = mapped_column(Integer)
    age: Mapped[str | None] = mapped_column(String(80))
    area: Mapped[str | None] = mapped_column(String(80))
    part: Mapped[Capacity | None] = mapped_column(Coded(Capacity, 20))
    stack: Mapped[int | None] = mapped_column(Integer)


class AuditAnswer(Base):
    """One answer: to the open question (`question` 0, `place` 1 to 3), to a closed one (a number:
    the choice from 1, or the point of the scale), or to what they would be glad to do.

    `shortened`: another wording has taken the place of the first.
    """

    __tablename__ = "audit_answer"
    __table_args__ = (
        ForeignKeyConstraint(*_TO_SHEET, onupdate="CASCADE"),
        CheckConstraint(f"question BETWEEN 0 AND {ASSETS}", name="question"),
        CheckConstraint(f"place BETWEEN 1 AND {WISHES}", name="place"),
        CheckConstraint(f"question IN (0, {ASSETS}) OR place = 1", name="closed"),
        CheckConstraint(
            f"(question IN (0, {ASSETS})) = (words IS NOT NULL)"
            " AND (value IS NULL) = (words IS NOT NULL)",
            name="one",
        ),
        CheckConstraint("words <> ''", name="words"),
        CheckConstraint(f"value BETWEEN {LOWEST} AND {HIGHEST}", name="value"),
        NO_ROWID,
    )

    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"), primary_key=True)
    audit_id: Mapped[int] = mapped_column(Integer, primary_key=True)
    key: Mapped[str] = mapped_column(String(32), primary_key=True)
    question: Mapped[int] = mapped_column(Integer, primary_key=True)
    place: Mapped[int] = mapped_column(Integer, primary_key=True)
    words: Mapped[str | None] = mapped_column(Text)
    value: Mapped[int | None] = mapped_column(Integer)
    shortened: Mapped[bool] = mapped_column(Boolean, default=False)


class Wording(Base):
    """What others read of an answer that could tell who wrote it, until the audit closes and it
    takes the place of the first."""

    __tablename__ = "audit_wording"
    __table_args__ = (
        ForeignKeyConstraint(*_TO_ANSWER, onupdate="CASCADE"),
        CheckConstraint("words <> ''", name="words"),
        NO_ROWID,
    )

    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"), primary_key=True)
    audit_id: Mapped[int] = mapped_column(Integer, primary_key=True)
    key: Mapped[str] = mapped_column(String(32), primary_key=True)
    question: Mapped[int] = mapped_column(Integer, primary_key=True)
    place: Mapped[int] = mapped_column(Integer, primary_key=True)
    words: Mapped[str] = mapped_column(Text)
    by: Mapped[str] = mapped_column(String(40))


class Theme(Base):
    """What answers of an audit are put under, named from the answers themselves. `joined_id` is the
    theme it was joined to, with all its answers. `rest` is none that anybody named: what fits no
    theme is put there, and it is never counted nor shown as one."""

    __tablename__ = "theme"
    __table_args__ = (
        UniqueConstraint("bank_id", "id"),
        UniqueConstraint("bank_id", "audit_id", "id"),
        UniqueConstraint("bank_id", "audit_id", "words"),
        ForeignKeyConstraint(*_TO_AUDIT),
        ForeignKeyConstraint(
            ["bank_id", "audit_id", "joined_id"],
            ["theme.bank_id", "theme.audit_id", "theme.id"],
        ),
        CheckConstraint("words <> ''", name="words"),
        CheckConstraint("joined_id <> id", name="joined"),
        CheckConstraint("NOT rest OR joined_id IS NULL", name="rest"),
        Index(
            "uq_theme_rest",
            "bank_id",
            "audit_id",
            unique=True,
            sqlite_where=_REST,
            postgresql_where=_REST,
        ),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"))
    audit_id: Mapped[int] = mapped_column(Integer)
    words: Mapped[str] = mapped_column(String(80))
    joined_id: Mapped[int | None] = mapped_column(Integer)
    by: Mapped[str] = mapped_column(String(40))
    rest: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())


class SortedAs(Base):
    """That a sorter put an answer under a theme: `n` 1 the first, 2 another beside it. `latest`: it
    is what they sorted last, and can take back. No time and no order is kept beside that."""

    __tablename__ = "sorted_as"
    __table_args__ = (
        UniqueConstraint(*_ANSWER, "sorter_id", "theme_id"),
        ForeignKeyConstraint(*_TO_ANSWER, onupdate="CASCADE"),
        ForeignKeyConstraint(
            ["bank_id", "audit_id", "theme_id"],
            ["theme.bank_id", "theme.audit_id", "theme.id"],
        ),
        key_to("member", "sorter_id"),
        CheckConstraint("question = 0", name="question"),
        CheckConstraint("n IN (1, 2)", name="n"),
        Index("ix_sorted_as_bank_id_sorter_id", "bank_id", "sorter_id"),
        Index(
            "uq_sorted_as_latest",
            "bank_id",
            "audit_id",
            "sorter_id",
            "n",
            unique=True,
            sqlite_where=_LATEST,
            postgresql_where=_LATEST,
        ),
        NO_ROWID,
    )

    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"), primary_key=True)
    audit_id: Mapped[int] = mapped_column(Integer, primary_key=True)
    key: Mapped[str] = mapped_column(String(32), primary_key=True)
    question: Mapped[int] = mapped_column(Integer, primary_key=True)
    place: Mapped[int] = mapped_column(Integer, primary_key=True)
    sorter_id: Mapped[int] = mapped_column(Integer, primary_key=True)
    n: Mapped[int] = mapped_column(Integer, primary_key=True)
    theme_id: Mapped[int] = mapped_column(Integer)
    latest: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())


class ContactLeft(Base):
    """How somebody who was asked can be reached, and what for: on a form and a row of its own,
    under a random key that no sheet has. `told_on` is when they were last told what became of
    it."""

    __tablename__ = "contact_left"
    __table_args__ = (
        ForeignKeyConstraint(*_TO_AUDIT),
        CheckConstraint("name <> ''", name="name"),
        CheckConstraint("hear OR help OR join_us", name="what_for"),
        CheckConstraint(
            "phone IS NOT NULL OR email IS NOT NULL OR address IS NOT NULL", name="reached"
        ),
        NO_ROWID,
    )

    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"), primary_key=True)
    audit_id: Mapped[int] = mapped_column(Integer, primary_key=True)
    key: Mapped[str] = mapped_column(String(32), primary_key=True)
    name: Mapped[str] = mapped_column(String(120))
    phone: Mapped[str | None] = mapped_column(String(40))
    email: Mapped[str | None] = mapped_column(String(254))
    address: Mapped[str | None] = mapped_column(Text)
    hear: Mapped[bool] = mapped_column(Boolean, default=False)
    help: Mapped[bool] = mapped_column(Boolean, default=False)
    join_us: Mapped[bool] = mapped_column(Boolean, default=False)
    told_on: Mapped[date | None] = mapped_column(Date)
