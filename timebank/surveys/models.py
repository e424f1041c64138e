"""The tables of surveys and of equality data. Answers hang on a random `respondent` key.

Only `survey_link` and `equality_link` hold both a respondent and a member; no other table here
does. The database keeps: one answer to an invitation, as many sheets as answered invitations,
answers as they were given, a wave with answers and a scale in use as they are (see migration 0008).
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
)
from sqlalchemy.orm import Mapped, mapped_column

from timebank.base import NO_ROWID, Base, Coded, Instant, is_one_of, key_to
from timebank.surveys.categories import KEYS
from timebank.surveys.instruments import EMBEDDED, Better, Scoring
from timebank.surveys.rules import HIGHEST, LOWEST, MISSING

_EMBEDDED = tuple(EMBEDDED)
# Numbered rows would say in which order people answered.


class Scale(Base):
    """A bank's own scale. `licence` says who licensed it to whom; items are answered by whole
    numbers between the two ends."""

    __tablename__ = "survey_scale"
    __table_args__ = (
        UniqueConstraint("bank_id", "id"),
        UniqueConstraint("bank_id", "title"),
        CheckConstraint("licence <> ''", name="licence"),
        CheckConstraint(
            f"lowest >= {LOWEST} AND highest <= {HIGHEST} AND highest > lowest", name="ends"
        ),
        CheckConstraint(is_one_of("scoring", Scoring), name="scoring"),
        CheckConstraint(is_one_of("better", Better), name="better"),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"))
    title: Mapped[str] = mapped_column(String(120))
    licence: Mapped[str] = mapped_column(String(300))
    lowest: Mapped[int] = mapped_column(Integer)
    highest: Mapped[int] = mapped_column(Integer)
    lowest_words: Mapped[str] = mapped_column(String(60))
    highest_words: Mapped[str] = mapped_column(String(60))
    scoring: Mapped[Scoring] = mapped_column(Coded(Scoring, 10))
    better: Mapped[Better] = mapped_column(Coded(Better, 10))
    by: Mapped[str] = mapped_column(String(40))
    at: Mapped[datetime] = mapped_column(Instant)


class ScaleItem(Base):
    """What a scale asks, in its order from 0."""

    __tablename__ = "survey_scale_item"
    __table_args__ = (key_to("survey_scale", "scale_id"),)

    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"), primary_key=True)
    scale_id: Mapped[int] = mapped_column(Integer, primary_key=True)
    n: Mapped[int] = mapped_column(Integer, primary_key=True)
    words: Mapped[str] = mapped_column(String(300))


class Wave(Base):
    """The same questions to many people between two days, both included; closed early on
    `closed_on`.

    `follows_id` is the wave before it, with which it is compared.
    """

    __tablename__ = "survey_wave"
    __table_args__ = (
        UniqueConstraint("bank_id", "id"),
        key_to("survey_wave", "follows_id"),
        CheckConstraint("closes_on >= opens_on", name="days"),
        CheckConstraint("follows_id <> id", name="follows"),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"))
    title: Mapped[str] = mapped_column(String(120))
    opens_on: Mapped[date] = mapped_column(Date)
    closes_on: Mapped[date] = mapped_column(Date)
    closed_on: Mapped[date | None] = mapped_column(Date)
    follows_id: Mapped[int | None] = mapped_column(Integer)
    by: Mapped[str] = mapped_column(String(40))
    at: Mapped[datetime] = mapped_column(Instant)


class Chosen(Base):
    """An instrument of a wave, in its order from 0: one of `instruments.EMBEDDED` by its key, or a
    scale of the bank."""

    __tablename__ = "survey_chosen"
    __table_args__ = (
        UniqueConstraint("bank_id", "wave_id", "embedded"),
        UniqueConstraint("bank_id", "wave_id", "scale_id"),
        key_to("survey_wave", "wave_id"),
        key_to("survey_scale", "scale_id"),
        CheckConstraint("(embedded IS NULL) = (scale_id IS NOT NULL)", name="one"),
        CheckConstraint(f"embedded IN {_EMBEDDED}", name="embedded"),
    )

    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"), primary_key=True)
    wave_id: Mapped[int] = mapped_column(Integer, primary_key=True)
    n: Mapped[int] = mapped_column(Integer, primary_key=True)
    embedded: Mapped[str | None] = mapped_column(String(20))
    scale_id: Mapped[int | None] = mapped_column(Integer)


class Invitation(Base):
    """That a member was asked in a wave, and whether they have answered: nothing of what, and not
    when."""

    __tablename__ = "survey_invitation"
    __table_args__ = (
        UniqueConstraint("bank_id", "id"),
        UniqueConstraint("bank_id", "wave_id", "member_id"),
        key_to("survey_wave", "wave_id"),
        key_to("member", "member_id"),
        Index("ix_survey_invitation_bank_id_member_id", "bank_id", "member_id"),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"))
    wave_id: Mapped[int] = mapped_column(Integer)
    member_id: Mapped[int] = mapped_column(Integer)
    answered: Mapped[bool] = mapped_column(Boolean, default=False)


class PaperCode(Base):
    """The code on one printed form, hashed. Each printing makes another, and all are good until the
    invitation is answered."""

    __tablename__ = "survey_paper_code"
    __table_args__ = (key_to("survey_invitation", "invitation_id"),)

    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"), primary_key=True)
    code_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    invitation_id: Mapped[int] = mapped_column(Integer)


class Link(Base):
    """Whose a respondent key is: only with that member's consent to their answers being linked."""

    __tablename__ = "survey_link"
    __table_args__ = (
        UniqueConstraint("bank_id", "respondent"),
        key_to("member", "member_id"),
        NO_ROWID,
    )

    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"), primary_key=True)
    member_id: Mapped[int] = mapped_column(Integer, primary_key=True)
    respondent: Mapped[str] = mapped_column(String(32))


class Sheet(Base):
    """One set of answers in a wave, under a key that is a person's in every wave, or one of its
    own."""

    __tablename__ = "survey_sheet"
    __table_args__ = (
        key_to("survey_wave", "wave_id"),
        NO_ROWID,
    )

    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"), primary_key=True)
    wave_id: Mapped[int] = mapped_column(Integer, primary_key=True)
    respondent: Mapped[str] = mapped_column(String(32), primary_key=True)


class Answer(Base):
    """The answer to question `item` of instrument `n` of the wave: a number, or why there is
    none."""

    __tablename__ = "survey_answer"
    __table_args__ = (
        ForeignKeyConstraint(
            ["bank_id", "wave_id", "respondent"],
            ["survey_sheet.bank_id", "survey_sheet.wave_id", "survey_sheet.respondent"],
            onupdate="CASCADE",
        ),
        ForeignKeyConstraint(
            ["bank_id", "wave_id", "n"],
            ["survey_chosen.bank_id", "survey_chosen.wave_id", "survey_chosen.n"],
        ),
        CheckConstraint(f"value BETWEEN {LOWEST} AND {HIGHEST}", name="value"),
        CheckConstraint(is_one_of("missing", MISSING), name="missing"),
        CheckConstraint("(value IS NULL) = (missing IS NOT NULL)", name="one"),
        NO_ROWID,
    )

    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"), primary_key=True)
    wave_id: Mapped[int] = mapped_column(Integer, primary_key=True)
    respondent: Mapped[str] = mapped_column(String(32), primary_key=True)
    n: Mapped[int] = mapped_column(Integer, primary_key=True)
    item: Mapped[int] = mapped_column(Integer, primary_key=True)
    value: Mapped[int | None] = mapped_column(Integer)
    missing: Mapped[str | None] = mapped_column(String(10))


class EqualityAsked(Base):
    """An equality question that the bank asks."""

    __tablename__ = "equality_asked"
    __table_args__ = (CheckConstraint(is_one_of("question", KEYS), name="question"),)

    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"), primary_key=True)
    question: Mapped[str] = mapped_column(String(20), primary_key=True)


class EqualityCount(Base):
    """How many members gave which answer on a day, as it was published, as JSON: once in a quarter
    at most."""

    __tablename__ = "equality_count"
    __table_args__ = (
        CheckConstraint("quarter_on <= counted_on", name="day"),
        UniqueConstraint("bank_id", "quarter_on"),
    )

    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"), primary_key=True)
    counted_on: Mapped[date] = mapped_column(Date, primary_key=True)
    quarter_on: Mapped[date] = mapped_column(Date)
    content: Mapped[str] = mapped_column(Text)


class EqualityArea(Base):
    """One of the areas that can be chosen, in the bank's own words: a postcode district or a
    ward."""

    __tablename__ = "equality_area"

    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"), primary_key=True)
    words: Mapped[str] = mapped_column(String(80), primary_key=True)


class EqualityLink(Base):
    """Whose equality answers are under a key, so that they can be changed and erased."""

    __tablename__ = "equality_link"
    __table_args__ = (
        UniqueConstraint("bank_id", "respondent"),
        key_to("member", "member_id"),
        NO_ROWID,
    )

    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"), primary_key=True)
    member_id: Mapped[int] = mapped_column(Integer, primary_key=True)
    respondent: Mapped[str] = mapped_column(String(32))


class EqualityAnswer(Base):
    """The answer to one equality question in words; None: “prefer not to say”."""

    __tablename__ = "equality_answer"
    __table_args__ = (
        ForeignKeyConstraint(
            ["bank_id", "respondent"],
            ["equality_link.bank_id", "equality_link.respondent"],
            ondelete="CASCADE",
        ),
        CheckConstraint(is_one_of("question", KEYS), name="question"),
        NO_ROWID,
    )

    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"), primary_key=True)
    respondent: Mapped[str] = mapped_column(String(32), primary_key=True)
    question: Mapped[str] = mapped_column(String(20), primary_key=True)
    choice: Mapped[str | None] = mapped_column(String(80))
