"""The tree of skills, areas that lie next to each other, and listings: offers and requests."""

from collections.abc import Iterable
from datetime import date, datetime

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Date,
    ForeignKey,
    Index,
    Integer,
    String,
    Text,
    UniqueConstraint,
    false,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from timebank.act import Channel
from timebank.base import Base, Coded, Instant, is_one_of, key_to
from timebank.safeguarding.models import CheckKind
from timebank.skills.rules import (
    Frequency,
    ListingKind,
    ListingStatus,
    ListingStepKind,
    Place,
)
from timebank.times import ALL_TIMES


class Category(Base):
    """The upper level of the tree: "Around the house"."""

    __tablename__ = "category"
    __table_args__ = (UniqueConstraint("bank_id", "id"), UniqueConstraint("bank_id", "name"))

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"))
    name: Mapped[str] = mapped_column(String(80))
    position: Mapped[int] = mapped_column(Integer)


class Skill(Base):
    """The lower level: "Plumbing". `synonyms` are everyday words for it, parted by commas.

    `needs` are the checks that a helper has to hold, all of them, before an introduction: whoever
    reads them asks for them with the skill, for most lists do without. A retired skill stays with
    the listings that have it, and is offered to no new one.
    """

    __tablename__ = "skill"
    __table_args__ = (
        UniqueConstraint("bank_id", "id"),
        UniqueConstraint("bank_id", "name"),
        key_to("category", "category_id"),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"))
    category_id: Mapped[int] = mapped_column(Integer)
    name: Mapped[str] = mapped_column(String(80))
    synonyms: Mapped[str] = mapped_column(Text, default="")
    position: Mapped[int] = mapped_column(Integer)
    retired_at: Mapped[datetime | None] = mapped_column(Instant)
    needs: Mapped[list[CheckKind]] = relationship(secondary="skill_need", lazy="raise")

    @property
    def needs_checks(self) -> tuple[str, ...]:
        """The codes of the checks that a helper has to hold."""
        return codes_of(self.needs)


class SkillNeed(Base):
    """That a helper has to hold a check of this kind for what is of this skill."""

    __tablename__ = "skill_need"
    __table_args__ = (
        key_to("skill", "skill_id"),
        key_to("check_kind", "kind_id"),
    )

    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"), primary_key=True)
    skill_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    kind_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)


class AreaLink(Base):
    """Two areas that lie next to each other, by their folded names; each pair stands once, the
    lesser name first."""

    __tablename__ = "area_link"
    __table_args__ = (CheckConstraint("area < other", name="order"),)

    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"), primary_key=True)
    area: Mapped[str] = mapped_column(String(80), primary_key=True)
    other: Mapped[str] = mapped_column(String(80), primary_key=True)


class Listing(Base):
    """An offer or a request of an account's holder (a member, an organisation or a group), open
    from `starts_on` to `ends_on`.

    `minutes` is about how long it takes, `times` the times of the week that suit (see `rules`),
    `needs` the checks a helper has to hold beyond what the skill asks for, which are read as those
    of a skill are. `by`, `on_word_of` and `channel` say who entered it and how the word came, and
    `broker_id` which broker looks after it. `on_street`: its holder lets it stand on the bank's
    front page, without a name. `changed_at` moves with every change of what can be searched.
    """

    __tablename__ = "listing"
    __table_args__ = (
        UniqueConstraint("bank_id", "id"),
        UniqueConstraint("bank_id", "reference"),
        key_to("account", "account_id"),
        key_to("skill", "skill_id"),
        key_to("member", "broker_id"),
        CheckConstraint(is_one_of("kind", ListingKind), name="kind"),
        CheckConstraint(is_one_of("status", ListingStatus), name="status"),
        CheckConstraint(is_one_of("place", Place), name="place"),
        CheckConstraint(is_one_of("frequency", Frequency), name="frequency"),
        CheckConstraint(f"times BETWEEN 0 AND {ALL_TIMES}", name="times"),
        CheckConstraint("minutes > 0", name="minutes"),
        CheckConstraint("NOT on_street OR kind = 'offer'", name="on_street"),
        CheckConstraint("starts_on IS NULL OR starts_on <= ends_on", name="window"),
        CheckConstraint("(status = 'open') = (closed_at IS NULL)", name="closed"),
        Index("ix_listing_bank_id_kind", "bank_id", "kind", "status", "ends_on"),
        Index("ix_listing_bank_id_account_id", "bank_id", "account_id"),
        Index("ix_listing_bank_id_changed_at", "bank_id", "changed_at"),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"))
    kind: Mapped[ListingKind] = mapped_column(Coded(ListingKind, 10))
    account_id: Mapped[int] = mapped_column(BigInteger)
    skill_id: Mapped[int | None] = mapped_column(Integer)
    title: Mapped[str] = mapped_column(String(200))
    description: Mapped[str] = mapped_column(Text, default="")
    area: Mapped[str | None] = mapped_column(String(80))
    place: Mapped[Place] = mapped_column(Coded(Place, 20), default=Place.ANY)
    frequency: Mapped[Frequency] = mapped_column(Coded(Frequency, 20), default=Frequency.AS_NEEDED)
    times: Mapped[int] = mapped_column(Integer, default=0)
    minutes: Mapped[int | None] = mapped_column(BigInteger)
    starts_on: Mapped[date | None] = mapped_column(Date)
    ends_on: Mapped[date] = mapped_column(Date)
    status: Mapped[ListingStatus] = mapped_column(
        Coded(ListingStatus, 20), default=ListingStatus.OPEN
    )
    on_street: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())
    reference: Mapped[str | None] = mapped_column(String(120))
    by: Mapped[str] = mapped_column(String(40))
    on_word_of: Mapped[str | None] = mapped_column(String(40))
    channel: Mapped[Channel] = mapped_column(Coded(Channel, 20))
    broker_id: Mapped[int | None] = mapped_column(Integer)
    posted_at: Mapped[datetime] = mapped_column(Instant)
    changed_at: Mapped[datetime] = mapped_column(Instant)
    closed_at: Mapped[datetime | None] = mapped_column(Instant)
    needs: Mapped[list[CheckKind]] = relationship(secondary="listing_need", lazy="raise")

    @property
    def needs_checks(self) -> tuple[str, ...]:
        """The codes of the checks that a helper has to hold beyond those of the skill."""
        return codes_of(self.needs)


class ListingStep(Base):
    """Something that was done with a listing: it was renewed from the day it ended on (`was_until`)
    to another, taken out or met; or one of these was undone, each at most once. Never altered."""

    __tablename__ = "listing_step"
    __table_args__ = (
        UniqueConstraint("bank_id", "id"),
        UniqueConstraint("bank_id", "undoes_id"),
        key_to("listing", "listing_id"),
        key_to("listing_step", "undoes_id"),
        CheckConstraint(is_one_of("step", ListingStepKind), name="step"),
        CheckConstraint("(step = 'undone') = (undoes_id IS NOT NULL)", name="undone"),
        CheckConstraint(
            "(step = 'renewed') = (was_until IS NOT NULL)"
            " AND (step = 'renewed') = (until IS NOT NULL)",
            name="days",
        ),
        Index("ix_listing_step_bank_id_listing_id", "bank_id", "listing_id", "id"),
        Index("ix_listing_step_bank_id_by", "bank_id", "by", "at"),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"))
    listing_id: Mapped[int] = mapped_column(Integer)
    step: Mapped[ListingStepKind] = mapped_column(Coded(ListingStepKind, 20))
    by: Mapped[str] = mapped_column(String(40))
    at: Mapped[datetime] = mapped_column(Instant)
    undoes_id: Mapped[int | None] = mapped_column(Integer)
    was_until: Mapped[date | None] = mapped_column(Date)
    until: Mapped[date | None] = mapped_column(Date)


class ListingNeed(Base):
    """That a helper has to hold a check of this kind for this offer or request."""

    __tablename__ = "listing_need"
    __table_args__ = (
        key_to("listing", "listing_id"),
        key_to("check_kind", "kind_id"),
    )

    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"), primary_key=True)
    listing_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    kind_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)


def codes_of(kinds: Iterable[CheckKind]) -> tuple[str, ...]:
    """The codes of kinds of checks, in order."""
    return tuple(sorted(kind.code for kind in kinds))
