"""Activities, their sessions, who signed up, who took part, how the hours moved, and what is kept
as evidence."""

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
    false,
    text,
)
from sqlalchemy.orm import Mapped, deferred, mapped_column, validates

from timebank.activities.rules import Part, Rule, SignUpStatus, Source, Stage
from timebank.base import Base, Coded, Instant, is_one_of, key_to
from timebank.members.rules import Capacity
from timebank.text import folded

_PREPARED = text("part = 'prepared'")
_IN_THE_ROOM = text("part <> 'prepared'")
_STANDS = text("undone_at IS NULL")
_LONG_AGO = "1970-01-01 00:00:00+00:00"
"""What the column held of the rows there were before it."""


class Activity(Base):
    """Something done together. `stage` is of the co-production cycle, unless a session says
    otherwise.

    `payer_id` is the account that sponsors it, or for a working bee the receiver, who pays
    `percent` of every hundred minutes. `places` is how many can come, unless a session says
    otherwise; None: as many as like. `changed_at` is when what it says of itself was last changed.
    """

    __tablename__ = "activity"
    __table_args__ = (
        UniqueConstraint("bank_id", "id"),
        key_to("account", "payer_id"),
        key_to("member", "resident_lead_id"),
        key_to("member", "professional_lead_id"),
        CheckConstraint(is_one_of("stage", Stage), name="stage"),
        CheckConstraint(is_one_of("rule", Rule), name="rule"),
        CheckConstraint(
            "rule NOT IN ('sponsored', 'working_bee') OR payer_id IS NOT NULL", name="payer"
        ),
        CheckConstraint("percent BETWEEN 0 AND 100", name="percent"),
        CheckConstraint("places > 0", name="places"),
        Index("ix_activity_bank_id_ended_at", "bank_id", "ended_at"),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"))
    title: Mapped[str] = mapped_column(String(120))
    purpose: Mapped[str] = mapped_column(Text)
    stage: Mapped[Stage] = mapped_column(Coded(Stage, 20))
    place: Mapped[str] = mapped_column(String(200), default="")
    access_notes: Mapped[str] = mapped_column(Text, default="")
    rule: Mapped[Rule] = mapped_column(Coded(Rule, 20))
    payer_id: Mapped[int | None] = mapped_column(BigInteger)
    percent: Mapped[int] = mapped_column(Integer, default=100)
    resident_lead_id: Mapped[int | None] = mapped_column(Integer)
    professional_lead_id: Mapped[int | None] = mapped_column(Integer)
    places: Mapped[int | None] = mapped_column(Integer)
    public: Mapped[bool] = mapped_column(Boolean, default=False)
    lessons: Mapped[str] = mapped_column(Text, default="")
    by: Mapped[str] = mapped_column(String(40))
    created_at: Mapped[datetime] = mapped_column(Instant)
    changed_at: Mapped[datetime] = mapped_column(Instant, server_default=_LONG_AGO)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)

    @property
    def lead_ids(self) -> tuple[int | None, int | None]:
        """The members who lead it, the resident first; None where nobody is named."""
        return self.resident_lead_id, self.professional_lead_id


class Outcome(Base):
    """What an activity is to lead to, agreed with a named partner; and, once it can be told, what
    it led to.

    `target` and `reached` are numbers of whatever `words` counts.
    """

    __tablename__ = "outcome"
    __table_args__ = (
        key_to("activity", "activity_id"),
        CheckConstraint("target > 0", name="target"),
        CheckConstraint("reached >= 0", name="reached"),
        Index("ix_outcome_bank_id_activity_id", "bank_id", "activity_id"),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"))
    activity_id: Mapped[int] = mapped_column(Integer)
    words: Mapped[str] = mapped_column(String(500))
    partner: Mapped[str] = mapped_column(String(120))
    target: Mapped[int | None] = mapped_column(Integer)
    agreed_on: Mapped[date] = mapped_column(Date)
    reached: Mapped[int | None] = mapped_column(Integer)
    result: Mapped[str] = mapped_column(Text, default="")
    by: Mapped[str] = mapped_column(String(40))
    at: Mapped[datetime] = mapped_column(Instant)


class ActivitySession(Base):
    """One meeting of an activity, of so many `minutes`. `door_key` stands in the code that is
    scanned at the door.

    `stage`, `place` and `places` are the activity's where they are None. `sequence` is how often it
    was moved or called off, `changed_at` when it was planned or last changed. `registered_at` is
    when the register was last kept; `done` what was done.
    """

    __tablename__ = "activity_session"
    __table_args__ = (
        UniqueConstraint("bank_id", "id"),
        key_to("activity", "activity_id"),
        CheckConstraint(is_one_of("stage", Stage), name="stage"),
        CheckConstraint("minutes BETWEEN 1 AND 1440", name="minutes"),
        CheckConstraint("places > 0", name="places"),
        Index("ix_activity_session_bank_id_starts_at", "bank_id", "starts_at"),
        Index("ix_activity_session_bank_id_activity_id", "bank_id", "activity_id", "starts_at"),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"))
    activity_id: Mapped[int] = mapped_column(Integer)
    starts_at: Mapped[datetime] = mapped_column(Instant)
    minutes: Mapped[int] = mapped_column(Integer)
    stage: Mapped[Stage | None] = mapped_column(Coded(Stage, 20))
    place: Mapped[str | None] = mapped_column(String(200))
    places: Mapped[int | None] = mapped_column(Integer)
    sequence: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    changed_at: Mapped[datetime] = mapped_column(Instant, server_default=_LONG_AGO)
    door_key: Mapped[str] = mapped_column(String(20))
    done: Mapped[str] = mapped_column(Text, default="")
    registered_by: Mapped[str | None] = mapped_column(String(40))
    registered_at: Mapped[datetime | None] = mapped_column(Instant)
    cancelled_at: Mapped[datetime | None] = mapped_column(Instant)
    why_cancelled: Mapped[str] = mapped_column(Text, default="")


class SignUp(Base):
    """That a member means to come to a session, or waits for a place: one row a person, in the
    order of `at`. `shown`: they let other members see that they come."""

    __tablename__ = "sign_up"
    __table_args__ = (
        UniqueConstraint("bank_id", "session_id", "member_id"),
        key_to("activity_session", "session_id"),
        key_to("member", "member_id"),
        CheckConstraint(is_one_of("status", SignUpStatus), name="status"),
        CheckConstraint("NOT (shown AND status = 'withdrawn')", name="shown"),
        Index("ix_sign_up_bank_id_member_id", "bank_id", "member_id"),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"))
    session_id: Mapped[int] = mapped_column(Integer)
    member_id: Mapped[int] = mapped_column(Integer)
    status: Mapped[SignUpStatus] = mapped_column(Coded(SignUpStatus, 20))
    shown: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())
    by: Mapped[str] = mapped_column(String(40))
    channel: Mapped[Source] = mapped_column(Coded(Source, 20))
    at: Mapped[datetime] = mapped_column(Instant)


class Contribution(Base):
    """One part of one person in a session: of a member, or of a guest known by name alone.
    `capacity` is as on that day.

    `without_hours`: they took part, and no hours move for it. `newcomer_id` is the application of a
    guest who wants to join.
    """

    __tablename__ = "contribution"
    __table_args__ = (
        key_to("activity_session", "session_id"),
        key_to("member", "member_id"),
        CheckConstraint("(member_id IS NULL) = (guest IS NOT NULL)", name="somebody"),
        CheckConstraint("(guest IS NULL) = (guest_key IS NULL)", name="guest_key"),
        CheckConstraint("newcomer_id IS NULL OR guest IS NOT NULL", name="newcomer"),
        CheckConstraint(is_one_of("capacity", Capacity), name="capacity"),
        CheckConstraint(is_one_of("part", Part), name="part"),
        CheckConstraint("minutes BETWEEN 1 AND 1440", name="minutes"),
        *(
            Index(
                f"uq_contribution_{who}_{name}",
                "bank_id",
                "session_id",
                column,
                unique=True,
                sqlite_where=where,
                postgresql_where=where,
            )
            for who, column in (("member", "member_id"), ("guest", "guest_key"))
            for name, where in (("in_the_room", _IN_THE_ROOM), ("prepared", _PREPARED))
        ),
        Index("ix_contribution_bank_id_member_id", "bank_id", "member_id"),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"))
    session_id: Mapped[int] = mapped_column(Integer)
    member_id: Mapped[int | None] = mapped_column(Integer)
    guest: Mapped[str | None] = mapped_column(String(120))
    guest_key: Mapped[str | None] = mapped_column(String(240))
    newcomer_id: Mapped[int | None] = mapped_column(ForeignKey("member.id", ondelete="SET NULL"))
    capacity: Mapped[Capacity] = mapped_column(Coded(Capacity, 20))
    part: Mapped[Part] = mapped_column(Coded(Part, 20))
    minutes: Mapped[int] = mapped_column(Integer)
    without_hours: Mapped[bool] = mapped_column(Boolean, default=False)
    by: Mapped[str] = mapped_column(String(40))
    channel: Mapped[Source] = mapped_column(Coded(Source, 20))
    at: Mapped[datetime] = mapped_column(Instant)

    @validates("guest")
    def _keep_key(self, _: str, guest: str | None) -> str | None:
        self.guest_key = None if guest is None else folded(guest)
        return guest


class Sponsorship(Base):
    """What an organisation has agreed to pay for: so many minutes, for one activity or any, between
    two days.

    `used` is moved by the database when sessions are posted and taken back, and can never pass
    `minutes`.
    """

    __tablename__ = "sponsorship"
    __table_args__ = (
        UniqueConstraint("bank_id", "id"),
        key_to("organisation", "organisation_id"),
        key_to("activity", "activity_id"),
        CheckConstraint("minutes > 0", name="minutes"),
        CheckConstraint("used BETWEEN 0 AND minutes", name="used"),
        CheckConstraint("ends_on >= starts_on", name="dates"),
        Index("ix_sponsorship_bank_id_organisation_id", "bank_id", "organisation_id"),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"))
    organisation_id: Mapped[int] = mapped_column(Integer)
    activity_id: Mapped[int | None] = mapped_column(Integer)
    minutes: Mapped[int] = mapped_column(BigInteger)
    used: Mapped[int] = mapped_column(BigInteger, default=0)
    starts_on: Mapped[date] = mapped_column(Date)
    ends_on: Mapped[date] = mapped_column(Date)
    terms: Mapped[str] = mapped_column(String(500))
    by: Mapped[str] = mapped_column(String(40))
    at: Mapped[datetime] = mapped_column(Instant)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)


class SessionPosting(Base):
    """That a session's hours were posted, the `n`th time; and, from `undone_at` on, that this was
    taken back.

    Where nobody's hours moved there is no entry, and no reversal either. At most one posting of a
    session stands, and while it does the register cannot be changed. `sponsored` are the minutes a
    sponsorship paid.
    """

    __tablename__ = "session_posting"
    __table_args__ = (
        UniqueConstraint("bank_id", "session_id", "n"),
        UniqueConstraint("entry_id"),
        UniqueConstraint("reversal_id"),
        key_to("activity_session", "session_id"),
        key_to("entry", "entry_id"),
        key_to("entry", "reversal_id"),
        key_to("sponsorship", "sponsorship_id"),
        CheckConstraint(is_one_of("rule", Rule), name="rule"),
        CheckConstraint("(sponsorship_id IS NULL) = (sponsored = 0)", name="sponsored"),
        CheckConstraint(
            "(reversal_id IS NOT NULL) = (entry_id IS NOT NULL AND undone_at IS NOT NULL)",
            name="reversal",
        ),
        Index(
            "uq_session_posting_stands",
            "bank_id",
            "session_id",
            unique=True,
            sqlite_where=_STANDS,
            postgresql_where=_STANDS,
        ),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"))
    session_id: Mapped[int] = mapped_column(Integer)
    n: Mapped[int] = mapped_column(Integer)
    rule: Mapped[Rule] = mapped_column(Coded(Rule, 20))
    entry_id: Mapped[int | None] = mapped_column(BigInteger)
    sponsorship_id: Mapped[int | None] = mapped_column(Integer)
    sponsored: Mapped[int] = mapped_column(BigInteger, default=0)
    by: Mapped[str] = mapped_column(String(40))
    at: Mapped[datetime] = mapped_column(Instant)
    reversal_id: Mapped[int | None] = mapped_column(BigInteger)
    undone_by: Mapped[str | None] = mapped_column(String(40))
    undone_at: Mapped[datetime | None] = mapped_column(Instant)
    why_undone: Mapped[str] = mapped_column(Text, default="")


class Photo(Base):
    """A picture of an activity, made smaller and freed of what a camera writes into it. Nobody's is
    kept without consent."""

    __tablename__ = "photo"
    __table_args__ = (
        key_to("activity", "activity_id"),
        CheckConstraint("consent", name="consent"),
        Index("ix_photo_bank_id_activity_id", "bank_id", "activity_id"),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"))
    activity_id: Mapped[int] = mapped_column(Integer)
    alt: Mapped[str] = mapped_column(String(200))
    width: Mapped[int] = mapped_column(Integer)
    height: Mapped[int] = mapped_column(Integer)
    consent: Mapped[bool] = mapped_column(Boolean)
    by: Mapped[str] = mapped_column(String(40))
    at: Mapped[datetime] = mapped_column(Instant)
    jpeg: Mapped[bytes] = deferred(mapped_column(LargeBinary))


class Quote(Base):
    """What somebody said of an activity, with their consent. `said_by` is what they want to be
    called."""

    __tablename__ = "quote"
    __table_args__ = (
        key_to("activity", "activity_id"),
        CheckConstraint("consent", name="consent"),
        Index("ix_quote_bank_id_activity_id", "bank_id", "activity_id"),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"))
    activity_id: Mapped[int] = mapped_column(Integer)
    words: Mapped[str] = mapped_column(String(500))
    said_by: Mapped[str] = mapped_column(String(120))
    consent: Mapped[bool] = mapped_column(Boolean)
    by: Mapped[str] = mapped_column(String(40))
    at: Mapped[datetime] = mapped_column(Instant)
