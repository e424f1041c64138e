"""The tables of the fund: rounds, proposals, points, electors, ballots, counts, awards, reports,
small awards that a panel decides, and the book of money.

The database keeps (see the migration): one ballot for each elector who voted, as it was cast and
only while a round is open, changed only by its receipt; a round and its proposals stay as they were
voted on; counts are only added to; awards fit the budget; small awards are decided by a panel and
fit what was settled for them; money moves between two pots in one row, is only added to and
reversed once, and no pot but a source is ever below nought. On SQLite ballots have no row numbers,
which would tell in which order people voted.
"""

from datetime import date, datetime

from sqlalchemy import (
    BigInteger,
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
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from timebank.act import Channel
from timebank.base import NO_ROWID, Base, Coded, Instant, is_one_of, key_to
from timebank.dialogue.rules import PointKind
from timebank.fund.counting import CountMethod
from timebank.fund.rules import Finding, FundUnit, PotKind, RoundState
from timebank.members.rules import Capacity

_REVERSAL = text("reverses_id IS NOT NULL")
_OF_BANK = text("organisation_id IS NULL AND round_id IS NULL")
_OF_ORGANISATION = text("organisation_id IS NOT NULL")
_OF_ROUND = text("round_id IS NOT NULL")


class Round(Base):
    """One budget that is shared out, in minutes or pence: what it is for, its days, and how far it
    is.

    `lot` and `ballot_order` are ids of proposals with commas, drawn when voting opens. `given_out`
    is how many of the numbered papers that were printed were given out, and `spoilt` how many of
    those were; both are written down as the vote closes.
    """

    __tablename__ = "fund_round"
    __table_args__ = (
        UniqueConstraint("bank_id", "id"),
        key_to("member", "scrutineer_1"),
        key_to("member", "scrutineer_2"),
        CheckConstraint("title <> ''", name="title"),
        CheckConstraint(is_one_of("unit", FundUnit), name="unit"),
        CheckConstraint(is_one_of("method", CountMethod), name="method"),
        CheckConstraint(is_one_of("state", RoundState), name="state"),
        CheckConstraint(
            "smallest > 0 AND largest >= smallest AND budget >= largest", name="amounts"
        ),
        CheckConstraint(
            "ideas_on <= checking_on AND checking_on <= talking_on AND talking_on <= voting_on"
            " AND voting_on <= closes_on AND closes_on <= reports_on",
            name="days",
        ),
        CheckConstraint("scrutineer_1 <> scrutineer_2", name="scrutineers"),
        CheckConstraint("spoilt >= 0", name="spoilt"),
        CheckConstraint("given_out >= 0", name="given_out"),
        CheckConstraint("(state = 'called_off') = (off_why <> '')", name="off_why"),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"))
    title: Mapped[str] = mapped_column(String(80))
    purpose: Mapped[str] = mapped_column(Text)
    not_for: Mapped[str] = mapped_column(Text)
    unit: Mapped[FundUnit] = mapped_column(Coded(FundUnit, 10))
    budget: Mapped[int] = mapped_column(BigInteger)
    smallest: Mapped[int] = mapped_column(BigInteger)
    largest: Mapped[int] = mapped_column(BigInteger)
    method: Mapped[CountMethod] = mapped_column(Coded(CountMethod, 10))
    ideas_on: Mapped[date] = mapped_column(Date)
    checking_on: Mapped[date] = mapped_column(Date)
    talking_on: Mapped[date] = mapped_column(Date)
    voting_on: Mapped[date] = mapped_column(Date)
    closes_on: Mapped[date] = mapped_column(Date)
    reports_on: Mapped[date] = mapped_column(Date)
    publish_ballots: Mapped[bool] = mapped_column(Boolean, default=False)
    state: Mapped[RoundState] = mapped_column(Coded(RoundState, 20), default=RoundState.DRAFTED)
    back_why: Mapped[str] = mapped_column(Text, default="")
    off_why: Mapped[str] = mapped_column(Text, default="")
    scrutineer_1: Mapped[int | None] = mapped_column(Integer)
    scrutineer_2: Mapped[int | None] = mapped_column(Integer)
    lot: Mapped[str | None] = mapped_column(Text)
    ballot_order: Mapped[str | None] = mapped_column(Text)
    given_out: Mapped[int | None] = mapped_column(Integer)
    spoilt: Mapped[int | None] = mapped_column(Integer)
    by: Mapped[str] = mapped_column(String(40))
    at: Mapped[datetime] = mapped_column(Instant)


class RoundMeeting(Base):
    """A session of an activity at which the ideas of a round are talked over."""

    __tablename__ = "fund_meeting"
    __table_args__ = (
        key_to("fund_round", "round_id"),
        key_to("activity_session", "session_id"),
        Index("ix_fund_meeting_bank_id_session_id", "bank_id", "session_id"),
    )

    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"), primary_key=True)
    round_id: Mapped[int] = mapped_column(Integer, primary_key=True)
    session_id: Mapped[int] = mapped_column(Integer, primary_key=True)


class Proposal(Base):
    """Something wished for from a round, by the holder of an account, or on their word. `brings` is
    what they bring themselves. It is on the ballot once two have checked that it can be done;
    `agreed`: both have said so."""

    __tablename__ = "fund_proposal"
    __table_args__ = (
        UniqueConstraint("bank_id", "id"),
        UniqueConstraint("bank_id", "round_id", "id"),
        key_to("fund_round", "round_id"),
        key_to("account", "party_id"),
        key_to("member", "resident_lead_id"),
        key_to("dialogue_option", "option_id"),
        key_to("member", "checked_by_resident"),
        key_to("member", "checked_by_professional"),
        ForeignKeyConstraint(
            ["bank_id", "round_id", "joined_into"],
            ["fund_proposal.bank_id", "fund_proposal.round_id", "fund_proposal.id"],
        ),
        CheckConstraint("title <> '' AND what <> ''", name="words"),
        CheckConstraint("cost > 0", name="cost"),
        CheckConstraint(is_one_of("verdict", Finding), name="verdict"),
        CheckConstraint(is_one_of("channel", Channel), name="channel"),
        CheckConstraint("checked_by_resident <> checked_by_professional", name="two"),
        CheckConstraint("verdict <> 'cannot' OR why <> ''", name="why"),
        CheckConstraint(
            "(verdict IS NOT NULL AND verdict = 'joined') = (joined_into IS NOT NULL)",
            name="joined",
        ),
        CheckConstraint("joined_into <> id", name="joined_other"),
        Index("ix_fund_proposal_bank_id_round_id", "bank_id", "round_id"),
        Index("ix_fund_proposal_bank_id_party_id", "bank_id", "party_id"),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"))
    round_id: Mapped[int] = mapped_column(Integer)
    title: Mapped[str] = mapped_column(String(80))
    what: Mapped[str] = mapped_column(Text)
    whom: Mapped[str] = mapped_column(Text, default="")
    place: Mapped[str] = mapped_column(String(200), default="")
    cost: Mapped[int] = mapped_column(BigInteger)
    brings: Mapped[str] = mapped_column(Text, default="")
    party_id: Mapped[int | None] = mapped_column(Integer)
    resident_lead_id: Mapped[int | None] = mapped_column(Integer)
    option_id: Mapped[int | None] = mapped_column(Integer)
    checked_by_resident: Mapped[int | None] = mapped_column(Integer)
    checked_by_professional: Mapped[int | None] = mapped_column(Integer)
    verdict: Mapped[Finding | None] = mapped_column(Coded(Finding, 10))
    why: Mapped[str] = mapped_column(Text, default="")
    agreed: Mapped[bool] = mapped_column(Boolean, default=False)
    joined_into: Mapped[int | None] = mapped_column(Integer)
    by: Mapped[str] = mapped_column(String(40))
    channel: Mapped[Channel] = mapped_column(Coded(Channel, 20))
    at: Mapped[datetime] = mapped_column(Instant)


class AnswerTo(Base):
    """What matters that an idea answers, where that was said with it."""

    __tablename__ = "fund_answer"
    __table_args__ = (
        key_to("fund_proposal", "proposal_id"),
        key_to("priority", "priority_id"),
        Index("ix_fund_answer_bank_id_priority_id", "bank_id", "priority_id"),
    )

    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"), primary_key=True)
    proposal_id: Mapped[int] = mapped_column(Integer, primary_key=True)
    priority_id: Mapped[int] = mapped_column(Integer)


class Point(Base):
    """Something said of a proposal while it is talked over. `member_id` is the writer; None where
    it was said at a meeting, and once they have left. `hidden_why`: taken out of sight, and why."""

    __tablename__ = "fund_point"
    __table_args__ = (
        UniqueConstraint("bank_id", "id"),
        key_to("fund_proposal", "proposal_id"),
        key_to("member", "member_id"),
        CheckConstraint(is_one_of("kind", PointKind), name="kind"),
        CheckConstraint(is_one_of("capacity", Capacity), name="capacity"),
        CheckConstraint(is_one_of("channel", Channel), name="channel"),
        CheckConstraint("words <> ''", name="words"),
        CheckConstraint("answer IS NULL OR kind = 'question' AND answer <> ''", name="answer"),
        Index("ix_fund_point_bank_id_proposal_id", "bank_id", "proposal_id"),
        Index("ix_fund_point_bank_id_member_id", "bank_id", "member_id"),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"))
    proposal_id: Mapped[int] = mapped_column(Integer)
    kind: Mapped[PointKind] = mapped_column(Coded(PointKind, 10))
    words: Mapped[str] = mapped_column(Text)
    capacity: Mapped[Capacity] = mapped_column(Coded(Capacity, 20))
    member_id: Mapped[int | None] = mapped_column(Integer)
    channel: Mapped[Channel] = mapped_column(Coded(Channel, 20))
    answer: Mapped[str | None] = mapped_column(Text)
    answered_by: Mapped[str | None] = mapped_column(String(40))
    hidden_why: Mapped[str] = mapped_column(Text, default="")
    at: Mapped[datetime] = mapped_column(Instant)


class Elector(Base):
    """Who may vote in a round, a member or whoever holds a numbered paper, and whether they have;
    never how. Who has left is neither."""

    __tablename__ = "fund_elector"
    __table_args__ = (
        UniqueConstraint("bank_id", "id"),
        UniqueConstraint("bank_id", "round_id", "member_id"),
        UniqueConstraint("bank_id", "round_id", "paper_number"),
        key_to("fund_round", "round_id"),
        key_to("member", "member_id"),
        CheckConstraint("member_id IS NULL OR paper_number IS NULL", name="one"),
        CheckConstraint("paper_number > 0", name="paper_number"),
        Index("ix_fund_elector_bank_id_member_id", "bank_id", "member_id"),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"))
    round_id: Mapped[int] = mapped_column(Integer)
    member_id: Mapped[int | None] = mapped_column(Integer)
    paper_number: Mapped[int | None] = mapped_column(Integer)
    voted: Mapped[bool] = mapped_column(Boolean, default=False)


class PaperCode(Base):
    """The code on a ballot paper, as a digest, and whose vote it casts."""

    __tablename__ = "fund_paper_code"
    __table_args__ = (key_to("fund_elector", "elector_id"),)

    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"), primary_key=True)
    code_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    elector_id: Mapped[int] = mapped_column(Integer)


class Ballot(Base):
    """A ballot as it was cast: the ids of what it ticks, sorted, with commas; nothing for “none of
    these”. No time, no typist, no order. It is in force until another `replaces` it, by its
    receipt."""

    __tablename__ = "fund_ballot"
    __table_args__ = (
        UniqueConstraint("bank_id", "round_id", "receipt_hash"),
        UniqueConstraint("bank_id", "round_id", "replaces"),
        key_to("fund_round", "round_id"),
        ForeignKeyConstraint(
            ["bank_id", "round_id", "replaces"],
            ["fund_ballot.bank_id", "fund_ballot.round_id", "fund_ballot.receipt_hash"],
        ),
        CheckConstraint("replaces <> receipt_hash", name="replaces_other"),
        NO_ROWID,
    )

    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"), primary_key=True)
    round_id: Mapped[int] = mapped_column(Integer, primary_key=True)
    key: Mapped[str] = mapped_column(String(32), primary_key=True)
    choices: Mapped[str] = mapped_column(Text)
    receipt_hash: Mapped[str] = mapped_column(String(64))
    replaces: Mapped[str | None] = mapped_column(String(64))


class Count(Base):
    """What a round was counted to, as canonical JSON with its digest; announced, or refused with a
    reason that everybody reads. `same_1` and `same_2`: who wrote down that the first of the two who
    check it, and the second, counted again and it is the same."""

    __tablename__ = "fund_count"
    __table_args__ = (
        UniqueConstraint("bank_id", "id"),
        UniqueConstraint("bank_id", "round_id", "n"),
        key_to("fund_round", "round_id"),
        CheckConstraint("n > 0", name="n"),
        CheckConstraint("announced_at IS NULL OR refused_why IS NULL", name="one"),
        CheckConstraint("refused_why <> ''", name="refused_why"),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"))
    round_id: Mapped[int] = mapped_column(Integer)
    n: Mapped[int] = mapped_column(Integer)
    content: Mapped[str] = mapped_column(Text)
    sha256: Mapped[str] = mapped_column(String(64))
    made_at: Mapped[datetime] = mapped_column(Instant)
    announced_at: Mapped[datetime | None] = mapped_column(Instant)
    refused_why: Mapped[str | None] = mapped_column(Text)
    same_1: Mapped[str | None] = mapped_column(String(40))
    same_2: Mapped[str | None] = mapped_column(String(40))
    told_by: Mapped[str | None] = mapped_column(String(40))


class Award(Base):
    """What a proposal that a count funded is given; of hours with the entry that moved them."""

    __tablename__ = "fund_award"
    __table_args__ = (
        UniqueConstraint("bank_id", "id"),
        UniqueConstraint("bank_id", "proposal_id"),
        ForeignKeyConstraint(
            ["bank_id", "round_id", "proposal_id"],
            ["fund_proposal.bank_id", "fund_proposal.round_id", "fund_proposal.id"],
        ),
        key_to("fund_count", "count_id"),
        key_to("entry", "entry_id"),
        CheckConstraint("amount > 0", name="amount"),
        Index("ix_fund_award_bank_id_round_id", "bank_id", "round_id"),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"))
    round_id: Mapped[int] = mapped_column(Integer)
    proposal_id: Mapped[int] = mapped_column(Integer)
    count_id: Mapped[int] = mapped_column(Integer)
    amount: Mapped[int] = mapped_column(BigInteger)
    conditions: Mapped[str] = mapped_column(Text, default="")
    report_due_on: Mapped[date] = mapped_column(Date)
    entry_id: Mapped[int | None] = mapped_column(BigInteger)
    by: Mapped[str] = mapped_column(String(40))
    at: Mapped[datetime] = mapped_column(Instant)


class Report(Base):
    """What an award led to, in the words of whoever was given it."""

    __tablename__ = "fund_report"
    __table_args__ = (
        key_to("fund_award", "award_id"),
        CheckConstraint("words <> ''", name="words"),
        CheckConstraint("spent >= 0 AND reached >= 0", name="numbers"),
        CheckConstraint(is_one_of("channel", Channel), name="channel"),
    )

    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"), primary_key=True)
    award_id: Mapped[int] = mapped_column(Integer, primary_key=True)
    words: Mapped[str] = mapped_column(Text)
    spent: Mapped[int] = mapped_column(BigInteger)
    reached: Mapped[int] = mapped_column(Integer)
    lesson: Mapped[str] = mapped_column(Text, default="")
    by: Mapped[str] = mapped_column(String(40))
    channel: Mapped[Channel] = mapped_column(Coded(Channel, 20))
    at: Mapped[datetime] = mapped_column(Instant)


class Ceiling(Base):
    """How much a panel may give of a unit, at once and in a year; the latest of a unit goes. Nought
    at once: no panel gives any."""

    __tablename__ = "fund_ceiling"
    __table_args__ = (
        UniqueConstraint("bank_id", "id"),
        CheckConstraint(is_one_of("unit", FundUnit), name="unit"),
        CheckConstraint("at_once >= 0 AND a_year >= at_once", name="amounts"),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"))
    unit: Mapped[FundUnit] = mapped_column(Coded(FundUnit, 10))
    at_once: Mapped[int] = mapped_column(BigInteger)
    a_year: Mapped[int] = mapped_column(BigInteger)
    by: Mapped[str] = mapped_column(String(40))
    at: Mapped[datetime] = mapped_column(Instant)


class Panel(Base):
    """Those who sat together on a day to decide about one small award."""

    __tablename__ = "fund_panel"
    __table_args__ = (UniqueConstraint("bank_id", "id"),)

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"))
    sat_on: Mapped[date] = mapped_column(Date)
    by: Mapped[str] = mapped_column(String(40))
    at: Mapped[datetime] = mapped_column(Instant)


class Panelist(Base):
    """Somebody on a panel, and as what they sat there; without a name once they have left."""

    __tablename__ = "fund_panelist"
    __table_args__ = (
        UniqueConstraint("bank_id", "panel_id", "member_id"),
        key_to("fund_panel", "panel_id"),
        key_to("member", "member_id"),
        CheckConstraint(is_one_of("capacity", Capacity), name="capacity"),
        Index("ix_fund_panelist_bank_id_member_id", "bank_id", "member_id"),
    )

    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"), primary_key=True)
    panel_id: Mapped[int] = mapped_column(Integer, primary_key=True)
    n: Mapped[int] = mapped_column(Integer, primary_key=True)
    member_id: Mapped[int | None] = mapped_column(Integer)
    capacity: Mapped[Capacity] = mapped_column(Coded(Capacity, 20))


class SmallAward(Base):
    """What a panel gave between rounds: to whom, for what, how much and why; of hours with the
    entry that moved them."""

    __tablename__ = "fund_small_award"
    __table_args__ = (
        UniqueConstraint("bank_id", "id"),
        UniqueConstraint("bank_id", "panel_id"),
        key_to("fund_panel", "panel_id"),
        key_to("account", "party_id"),
        key_to("entry", "entry_id"),
        CheckConstraint("title <> '' AND why <> ''", name="words"),
        CheckConstraint(is_one_of("unit", FundUnit), name="unit"),
        CheckConstraint("amount > 0", name="amount"),
        CheckConstraint("(unit = 'minutes') = (entry_id IS NOT NULL)", name="hours"),
        Index("ix_fund_small_award_bank_id_party_id", "bank_id", "party_id"),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"))
    panel_id: Mapped[int] = mapped_column(Integer)
    title: Mapped[str] = mapped_column(String(80))
    unit: Mapped[FundUnit] = mapped_column(Coded(FundUnit, 10))
    amount: Mapped[int] = mapped_column(BigInteger)
    party_id: Mapped[int] = mapped_column(Integer)
    why: Mapped[str] = mapped_column(Text)
    report_due_on: Mapped[date] = mapped_column(Date)
    entry_id: Mapped[int | None] = mapped_column(BigInteger)
    by: Mapped[str] = mapped_column(String(40))
    at: Mapped[datetime] = mapped_column(Instant)


class SmallReport(Base):
    """What a small award led to, in the words of whoever was given it."""

    __tablename__ = "fund_small_report"
    __table_args__ = (
        key_to("fund_small_award", "small_id"),
        CheckConstraint("words <> ''", name="words"),
        CheckConstraint("spent >= 0 AND reached >= 0", name="numbers"),
        CheckConstraint(is_one_of("channel", Channel), name="channel"),
    )

    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"), primary_key=True)
    small_id: Mapped[int] = mapped_column(Integer, primary_key=True)
    words: Mapped[str] = mapped_column(Text)
    spent: Mapped[int] = mapped_column(BigInteger)
    reached: Mapped[int] = mapped_column(Integer)
    lesson: Mapped[str] = mapped_column(Text, default="")
    by: Mapped[str] = mapped_column(String(40))
    channel: Mapped[Channel] = mapped_column(Coded(Channel, 20))
    at: Mapped[datetime] = mapped_column(Instant)


class Pot(Base):
    """Where money stands: put in by an organisation (a source, below nought by what it gave), not
    promised yet (of the bank, or set aside for a round), promised, paid, spent. `last_id` is the
    last movement that made its balance."""

    __tablename__ = "fund_pot"
    __table_args__ = (
        UniqueConstraint("bank_id", "id"),
        key_to("organisation", "organisation_id"),
        key_to("fund_round", "round_id"),
        CheckConstraint(is_one_of("kind", PotKind), name="kind"),
        CheckConstraint("kind = 'source' OR balance >= 0", name="balance"),
        CheckConstraint("(kind = 'source') = (organisation_id IS NOT NULL)", name="source"),
        *(
            Index(
                f"uq_fund_pot_{name}",
                *columns,
                unique=True,
                sqlite_where=where,
                postgresql_where=where,
            )
            for name, columns, where in (
                ("bank", ("bank_id", "kind"), _OF_BANK),
                ("organisation", ("bank_id", "organisation_id"), _OF_ORGANISATION),
                ("round", ("bank_id", "kind", "round_id"), _OF_ROUND),
            )
        ),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"))
    kind: Mapped[PotKind] = mapped_column(Coded(PotKind, 10))
    organisation_id: Mapped[int | None] = mapped_column(Integer)
    round_id: Mapped[int | None] = mapped_column(Integer)
    balance: Mapped[int] = mapped_column(BigInteger, default=0)
    last_id: Mapped[int] = mapped_column(Integer, default=0)


class Money(Base):
    """A movement of so many pence from one pot to another. `cause` makes it once."""

    __tablename__ = "fund_money"
    __table_args__ = (
        UniqueConstraint("bank_id", "id"),
        UniqueConstraint("bank_id", "cause"),
        key_to("fund_pot", "from_pot"),
        key_to("fund_pot", "to_pot"),
        key_to("fund_money", "reverses_id"),
        CheckConstraint("pence > 0", name="pence"),
        CheckConstraint("from_pot <> to_pot", name="two_pots"),
        Index(
            "uq_fund_money_reverses_id",
            "bank_id",
            "reverses_id",
            unique=True,
            sqlite_where=_REVERSAL,
            postgresql_where=_REVERSAL,
        ),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"))
    from_pot: Mapped[int] = mapped_column(Integer)
    to_pot: Mapped[int] = mapped_column(Integer)
    pence: Mapped[int] = mapped_column(BigInteger)
    cause: Mapped[str] = mapped_column(String(80))
    occurred_on: Mapped[date] = mapped_column(Date)
    memo: Mapped[str] = mapped_column(Text, default="")
    reverses_id: Mapped[int | None] = mapped_column(Integer)
    by: Mapped[str] = mapped_column(String(40))
    at: Mapped[datetime] = mapped_column(Instant)
