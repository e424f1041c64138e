"""The tables of partnerships, priorities, conversations, commitments and evaluations; those of
audits stand in `audit_models`.

The database keeps (see the migration): milestones and steps of commitments are only added to and
follow one another; a commitment has an owner, a first step and a day; who confirms is a resident of
the partnership and not the owner; a conversation opens framed and closes answered; no more sheets
than people on the register.
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
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from timebank.act import Channel
from timebank.base import NO_ROWID, Base, Coded, Instant, is_one_of, key_to
from timebank.dialogue.rules import (
    MOST_STEPS,
    NEEDS_WORDS,
    OPEN_ITEMS,
    Decision,
    EvaluationItem,
    OwnerKind,
    PointKind,
    Sound,
    StepKind,
)
from timebank.members.rules import Capacity

_IN_FORCE = text("until IS NULL")
_BY_MEMBER = text("member_id IS NOT NULL")
_BY_HANDS = text("session_id IS NOT NULL")


class Partnership(Base):
    """A place or a concern, and the residents, practitioners, planners and organisations who see to
    it together; chaired by a resident."""

    __tablename__ = "partnership"
    __table_args__ = (
        UniqueConstraint("bank_id", "id"),
        UniqueConstraint("bank_id", "name"),
        key_to("member", "chair_id"),
        CheckConstraint("name <> ''", name="name"),
        CheckConstraint("ended_on >= formed_on", name="days"),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"))
    name: Mapped[str] = mapped_column(String(120))
    about: Mapped[str] = mapped_column(Text, default="")
    place: Mapped[str] = mapped_column(String(200), default="")
    chair_id: Mapped[int | None] = mapped_column(Integer)
    formed_on: Mapped[date] = mapped_column(Date)
    ended_on: Mapped[date | None] = mapped_column(Date)
    by: Mapped[str] = mapped_column(String(40))
    at: Mapped[datetime] = mapped_column(Instant)


class Partner(Base):
    """A member or an organisation in a partnership, in which part, and from when until when."""

    __tablename__ = "partner"
    __table_args__ = (
        key_to("partnership", "partnership_id"),
        key_to("member", "member_id"),
        key_to("organisation", "organisation_id"),
        CheckConstraint("(member_id IS NULL) = (organisation_id IS NOT NULL)", name="one"),
        CheckConstraint(is_one_of("part", Capacity), name="part"),
        CheckConstraint("member_id IS NOT NULL OR part <> 'resident'", name="resident"),
        CheckConstraint("until >= since", name="days"),
        *(
            Index(
                f"uq_partner_{column}",
                "bank_id",
                "partnership_id",
                column,
                unique=True,
                sqlite_where=_IN_FORCE,
                postgresql_where=_IN_FORCE,
            )
            for column in ("member_id", "organisation_id")
        ),
        Index("ix_partner_bank_id_member_id", "bank_id", "member_id"),
        Index("ix_partner_bank_id_organisation_id", "bank_id", "organisation_id"),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"))
    partnership_id: Mapped[int] = mapped_column(Integer)
    member_id: Mapped[int | None] = mapped_column(Integer)
    organisation_id: Mapped[int | None] = mapped_column(Integer)
    part: Mapped[Capacity] = mapped_column(Coded(Capacity, 20))
    since: Mapped[date] = mapped_column(Date)
    until: Mapped[date | None] = mapped_column(Date)


class MilestoneWords(Base):
    """A bank's own words for one of the steps of its partnerships."""

    __tablename__ = "milestone_words"
    __table_args__ = (
        CheckConstraint(f"step BETWEEN 1 AND {MOST_STEPS}", name="step"),
        CheckConstraint("words <> ''", name="words"),
    )

    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"), primary_key=True)
    step: Mapped[int] = mapped_column(Integer, primary_key=True)
    words: Mapped[str] = mapped_column(String(200))


class Milestone(Base):
    """That a partnership reached a step, on the word of a resident and a professional of it; or
    lost it again, and why. `words` is the evidence, or the reason."""

    __tablename__ = "milestone"
    __table_args__ = (
        key_to("partnership", "partnership_id"),
        key_to("member", "resident_id"),
        key_to("member", "professional_id"),
        key_to("activity_session", "session_id"),
        key_to("audit", "audit_id"),
        key_to("commitment", "commitment_id"),
        CheckConstraint(f"step BETWEEN 1 AND {MOST_STEPS}", name="step"),
        CheckConstraint("(reached_on IS NULL) = (lost_on IS NOT NULL)", name="one"),
        CheckConstraint("lost_on IS NULL OR words <> ''", name="why"),
        CheckConstraint(
            "lost_on IS NOT NULL OR words <> '' OR session_id IS NOT NULL"
            " OR audit_id IS NOT NULL OR commitment_id IS NOT NULL",
            name="evidence",
        ),
        CheckConstraint(
            "lost_on IS NOT NULL OR resident_id IS NOT NULL AND professional_id IS NOT NULL",
            name="two_words",
        ),
        Index("ix_milestone_bank_id_partnership_id", "bank_id", "partnership_id", "step", "id"),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"))
    partnership_id: Mapped[int] = mapped_column(Integer)
    step: Mapped[int] = mapped_column(Integer)
    reached_on: Mapped[date | None] = mapped_column(Date)
    lost_on: Mapped[date | None] = mapped_column(Date)
    words: Mapped[str] = mapped_column(Text, default="")
    session_id: Mapped[int | None] = mapped_column(Integer)
    audit_id: Mapped[int | None] = mapped_column(Integer)
    commitment_id: Mapped[int | None] = mapped_column(Integer)
    resident_id: Mapped[int | None] = mapped_column(Integer)
    professional_id: Mapped[int | None] = mapped_column(Integer)
    by: Mapped[str] = mapped_column(String(40))
    at: Mapped[datetime] = mapped_column(Instant)


class Priority(Base):
    """What comes when, as a meeting set it: `place` 1 first, and `reason` why there. `ended_on`:
    another meeting set others."""

    __tablename__ = "priority"
    __table_args__ = (
        UniqueConstraint("bank_id", "id"),
        key_to("partnership", "partnership_id"),
        key_to("audit", "audit_id"),
        key_to("theme", "theme_id"),
        key_to("activity_session", "session_id"),
        CheckConstraint("words <> ''", name="words"),
        CheckConstraint("place > 0", name="place"),
        CheckConstraint("theme_id IS NULL OR audit_id IS NOT NULL", name="theme"),
        CheckConstraint("ended_on >= set_on", name="days"),
        Index("ix_priority_bank_id_partnership_id", "bank_id", "partnership_id"),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"))
    partnership_id: Mapped[int | None] = mapped_column(Integer)
    audit_id: Mapped[int | None] = mapped_column(Integer)
    theme_id: Mapped[int | None] = mapped_column(Integer)
    session_id: Mapped[int | None] = mapped_column(Integer)
    place: Mapped[int] = mapped_column(Integer)
    words: Mapped[str] = mapped_column(String(200))
    reason: Mapped[str] = mapped_column(Text, default="")
    evidence: Mapped[str] = mapped_column(Text, default="")
    going_on: Mapped[str] = mapped_column(Text, default="")
    touches: Mapped[str] = mapped_column(Text, default="")
    set_on: Mapped[date] = mapped_column(Date)
    ended_on: Mapped[date | None] = mapped_column(Date)
    by: Mapped[str] = mapped_column(String(40))
    at: Mapped[datetime] = mapped_column(Instant)


FRAME = ("can_change", "fixed", "decides", "there_is", "there_limit", "last_year")
"""What a conversation says before it opens, besides the day of the answer."""


class Dialogue(Base):
    """A conversation on one priority, within its frame: what can change, what cannot and why, who
    decides and answers by when, what there is and its limit, and what the last year was spent on.

    `decider_id` is the member who answers, where it is one.
    """

    __tablename__ = "dialogue"
    __table_args__ = (
        UniqueConstraint("bank_id", "id"),
        key_to("partnership", "partnership_id"),
        key_to("priority", "priority_id"),
        key_to("member", "decider_id"),
        CheckConstraint("title <> ''", name="title"),
        CheckConstraint(
            "opened_at IS NULL OR answers_on IS NOT NULL AND "
            + " AND ".join(f"{part} <> ''" for part in FRAME),
            name="framed",
        ),
        CheckConstraint("closed_at IS NULL OR opened_at IS NOT NULL", name="closed"),
        Index("ix_dialogue_bank_id_partnership_id", "bank_id", "partnership_id"),
        Index("ix_dialogue_bank_id_priority_id", "bank_id", "priority_id"),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"))
    partnership_id: Mapped[int | None] = mapped_column(Integer)
    priority_id: Mapped[int | None] = mapped_column(Integer)
    title: Mapped[str] = mapped_column(String(120))
    can_change: Mapped[str] = mapped_column(Text, default="")
    fixed: Mapped[str] = mapped_column(Text, default="")
    decides: Mapped[str] = mapped_column(String(200), default="")
    decider_id: Mapped[int | None] = mapped_column(Integer)
    answers_on: Mapped[date | None] = mapped_column(Date)
    there_is: Mapped[str] = mapped_column(Text, default="")
    there_limit: Mapped[str] = mapped_column(Text, default="")
    last_year: Mapped[str] = mapped_column(Text, default="")
    opened_at: Mapped[datetime | None] = mapped_column(Instant)
    closed_at: Mapped[datetime | None] = mapped_column(Instant)
    by: Mapped[str] = mapped_column(String(40))
    at: Mapped[datetime] = mapped_column(Instant)


class DialogueMeeting(Base):
    """A session of an activity that is a meeting of a conversation."""

    __tablename__ = "dialogue_meeting"
    __table_args__ = (
        key_to("dialogue", "dialogue_id"),
        key_to("activity_session", "session_id"),
        Index("ix_dialogue_meeting_bank_id_session_id", "bank_id", "session_id"),
    )

    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"), primary_key=True)
    dialogue_id: Mapped[int] = mapped_column(Integer, primary_key=True)
    session_id: Mapped[int] = mapped_column(Integer, primary_key=True)


class Option(Base):
    """What could be done, in the order of its ids; `minutes` and `pence` are None where the cost is
    not known yet."""

    __tablename__ = "dialogue_option"
    __table_args__ = (
        UniqueConstraint("bank_id", "id"),
        UniqueConstraint("bank_id", "dialogue_id", "id"),
        key_to("dialogue", "dialogue_id"),
        CheckConstraint("words <> ''", name="words"),
        CheckConstraint("minutes >= 0", name="minutes"),
        CheckConstraint("pence >= 0", name="pence"),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"))
    dialogue_id: Mapped[int] = mapped_column(Integer)
    words: Mapped[str] = mapped_column(String(200))
    about: Mapped[str] = mapped_column(Text, default="")
    minutes: Mapped[int | None] = mapped_column(Integer)
    pence: Mapped[int | None] = mapped_column(Integer)
    from_residents: Mapped[str] = mapped_column(Text, default="")
    from_practitioners: Mapped[str] = mapped_column(Text, default="")
    from_planners: Mapped[str] = mapped_column(Text, default="")
    gains: Mapped[str] = mapped_column(Text, default="")
    loses: Mapped[str] = mapped_column(Text, default="")
    given_up: Mapped[str] = mapped_column(Text, default="")
    by: Mapped[str] = mapped_column(String(40))
    at: Mapped[datetime] = mapped_column(Instant)


class Point(Base):
    """Something said in a conversation, of an option or of it all. `member_id` is the writer; None
    where it was said at a table, and once they have left. `by` is whoever of the staff entered
    it."""

    __tablename__ = "dialogue_point"
    __table_args__ = (
        key_to("dialogue", "dialogue_id"),
        ForeignKeyConstraint(
            ["bank_id", "dialogue_id", "option_id"],
            ["dialogue_option.bank_id", "dialogue_option.dialogue_id", "dialogue_option.id"],
        ),
        key_to("member", "member_id"),
        CheckConstraint(is_one_of("kind", PointKind), name="kind"),
        CheckConstraint(is_one_of("part", Capacity), name="part"),
        CheckConstraint(is_one_of("channel", Channel), name="channel"),
        CheckConstraint("words <> ''", name="words"),
        Index("ix_dialogue_point_bank_id_dialogue_id", "bank_id", "dialogue_id"),
        Index("ix_dialogue_point_bank_id_member_id", "bank_id", "member_id"),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"))
    dialogue_id: Mapped[int] = mapped_column(Integer)
    option_id: Mapped[int | None] = mapped_column(Integer)
    kind: Mapped[PointKind] = mapped_column(Coded(PointKind, 20))
    words: Mapped[str] = mapped_column(Text)
    part: Mapped[Capacity] = mapped_column(Coded(Capacity, 20))
    member_id: Mapped[int | None] = mapped_column(Integer)
    by: Mapped[str | None] = mapped_column(String(40))
    channel: Mapped[Channel] = mapped_column(Coded(Channel, 20))
    at: Mapped[datetime] = mapped_column(Instant)


class Sounding(Base):
    """How one member finds an option, or how many hands were counted for an answer in a part at a
    meeting (`session_id`). Who has left stays as a count of one."""

    __tablename__ = "sounding"
    __table_args__ = (
        key_to("dialogue_option", "option_id"),
        key_to("member", "member_id"),
        key_to("activity_session", "session_id"),
        CheckConstraint(is_one_of("answer", Sound), name="answer"),
        CheckConstraint(is_one_of("part", Capacity), name="part"),
        CheckConstraint(is_one_of("channel", Channel), name="channel"),
        CheckConstraint("people > 0", name="people"),
        CheckConstraint(
            "session_id IS NULL AND people = 1 OR session_id IS NOT NULL AND member_id IS NULL",
            name="one",
        ),
        Index(
            "uq_sounding_member",
            "bank_id",
            "option_id",
            "member_id",
            unique=True,
            sqlite_where=_BY_MEMBER,
            postgresql_where=_BY_MEMBER,
        ),
        Index(
            "uq_sounding_hands",
            "bank_id",
            "option_id",
            "session_id",
            "part",
            "answer",
            unique=True,
            sqlite_where=_BY_HANDS,
            postgresql_where=_BY_HANDS,
        ),
        Index("ix_sounding_bank_id_option_id", "bank_id", "option_id"),
        Index("ix_sounding_bank_id_member_id", "bank_id", "member_id"),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"))
    option_id: Mapped[int] = mapped_column(Integer)
    answer: Mapped[Sound] = mapped_column(Coded(Sound, 20))
    part: Mapped[Capacity] = mapped_column(Coded(Capacity, 20))
    member_id: Mapped[int | None] = mapped_column(Integer)
    session_id: Mapped[int | None] = mapped_column(Integer)
    people: Mapped[int] = mapped_column(Integer, default=1)
    why: Mapped[str] = mapped_column(Text, default="")
    by: Mapped[str | None] = mapped_column(String(40))
    channel: Mapped[Channel] = mapped_column(Coded(Channel, 20))


class Verdict(Base):
    """The answer to an option, and why, from whoever the frame names."""

    __tablename__ = "verdict"
    __table_args__ = (
        key_to("dialogue_option", "option_id"),
        CheckConstraint(is_one_of("answer", Decision), name="answer"),
        CheckConstraint(is_one_of("channel", Channel), name="channel"),
        CheckConstraint("reason <> ''", name="reason"),
    )

    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"), primary_key=True)
    option_id: Mapped[int] = mapped_column(Integer, primary_key=True)
    answer: Mapped[Decision] = mapped_column(Coded(Decision, 20))
    reason: Mapped[str] = mapped_column(Text)
    given_on: Mapped[date] = mapped_column(Date)
    by: Mapped[str] = mapped_column(String(40))
    channel: Mapped[Channel] = mapped_column(Coded(Channel, 20))
    at: Mapped[datetime] = mapped_column(Instant)


class Commitment(Base):
    """What somebody has promised: one owner (a member, an organisation, or a body in words), part
    of who does it, and the plan it answers to, where it answers to one.

    `shown`: an owner who is a member is named where everybody can read it. `commissioner_id` is
    somebody outside who moves, finishes or drops it for the body. The deferred key onto its first
    step makes that one there when the transaction commits.
    """

    __tablename__ = "commitment"
    __table_args__ = (
        UniqueConstraint("bank_id", "id"),
        key_to("partnership", "partnership_id"),
        key_to("priority", "priority_id"),
        key_to("dialogue_option", "option_id"),
        key_to("member", "member_id"),
        key_to("organisation", "organisation_id"),
        key_to("commissioner", "commissioner_id"),
        ForeignKeyConstraint(
            ["bank_id", "id", "first_step"],
            ["commitment_step.bank_id", "commitment_step.commitment_id", "commitment_step.n"],
            name="fk_commitment_promised",
            deferrable=True,
            initially="DEFERRED",
            use_alter=True,
        ),
        CheckConstraint("first_step = 1", name="first_step"),
        CheckConstraint("words <> ''", name="words"),
        CheckConstraint(is_one_of("part", Capacity), name="part"),
        CheckConstraint(is_one_of("owner_kind", OwnerKind), name="owner_kind"),
        CheckConstraint(
            "(owner_kind = 'member') = (member_id IS NOT NULL)"
            " AND (owner_kind = 'organisation') = (organisation_id IS NOT NULL)"
            " AND (owner_kind = 'body') = (body <> '')",
            name="owner",
        ),
        CheckConstraint("owner_kind <> 'body' OR contact_name <> ''", name="contact"),
        CheckConstraint("commissioner_id IS NULL OR owner_kind = 'body'", name="commissioner"),
        *(
            Index(f"ix_commitment_bank_id_{column}", "bank_id", column)
            for column in (
                "partnership_id",
                "priority_id",
                "option_id",
                "member_id",
                "organisation_id",
                "commissioner_id",
            )
        ),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=True)
    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"))
    first_step: Mapped[int] = mapped_column(Integer, default=1)
    partnership_id: Mapped[int | None] = mapped_column(Integer)
    priority_id: Mapped[int | None] = mapped_column(Integer)
    option_id: Mapped[int | None] = mapped_column(Integer)
    words: Mapped[str] = mapped_column(String(300))
    part: Mapped[Capacity] = mapped_column(Coded(Capacity, 20))
    answers_to: Mapped[str] = mapped_column(String(200), default="")
    owner_kind: Mapped[OwnerKind] = mapped_column(Coded(OwnerKind, 20))
    member_id: Mapped[int | None] = mapped_column(Integer)
    organisation_id: Mapped[int | None] = mapped_column(Integer)
    body: Mapped[str] = mapped_column(String(120), default="")
    contact_name: Mapped[str] = mapped_column(String(120), default="")
    contact_phone: Mapped[str | None] = mapped_column(String(40))
    contact_email: Mapped[str | None] = mapped_column(String(254))
    commissioner_id: Mapped[int | None] = mapped_column(Integer)
    shown: Mapped[bool] = mapped_column(Boolean, default=False)
    by: Mapped[str] = mapped_column(String(40))
    at: Mapped[datetime] = mapped_column(Instant)


class CommitmentStep(Base):
    """A step of a commitment, the `n`th from 1. The day it is due and how it stands are those of
    the last step.

    `words` say why, or what shows it; `confirmed_id` is the resident who says that it is so, and
    `shown` that they may be named where everybody can read it. A step that hands it on says what
    the owner was before, and in which part: `from_kind` and `from_part`.
    """

    __tablename__ = "commitment_step"
    __table_args__ = (
        key_to("commitment", "commitment_id"),
        key_to("member", "confirmed_id"),
        CheckConstraint("n > 0", name="n"),
        CheckConstraint(is_one_of("kind", StepKind), name="kind"),
        CheckConstraint(is_one_of("channel", Channel), name="channel"),
        CheckConstraint(
            f"kind NOT IN {tuple(str(kind) for kind in NEEDS_WORDS)} OR words <> ''", name="words"
        ),
        CheckConstraint("(kind = 'confirmed') = (confirmed_id IS NOT NULL)", name="confirmed"),
        CheckConstraint("kind NOT IN ('promised', 'moved') OR due_on >= happened_on", name="ahead"),
        Index("ix_commitment_step_bank_id_confirmed_id", "bank_id", "confirmed_id"),
    )

    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"), primary_key=True)
    commitment_id: Mapped[int] = mapped_column(Integer, primary_key=True)
    n: Mapped[int] = mapped_column(Integer, primary_key=True)
    kind: Mapped[StepKind] = mapped_column(Coded(StepKind, 20))
    due_on: Mapped[date] = mapped_column(Date)
    words: Mapped[str] = mapped_column(Text, default="")
    confirmed_id: Mapped[int | None] = mapped_column(Integer)
    shown: Mapped[bool] = mapped_column(Boolean, default=False)
    from_kind: Mapped[OwnerKind | None] = mapped_column(Coded(OwnerKind, 20))
    from_part: Mapped[Capacity | None] = mapped_column(Coded(Capacity, 20))
    by: Mapped[str] = mapped_column(String(40))
    on_word_of: Mapped[str | None] = mapped_column(String(40))
    channel: Mapped[Channel] = mapped_column(Coded(Channel, 20))
    happened_on: Mapped[date] = mapped_column(Date)
    at: Mapped[datetime] = mapped_column(Instant)


class Evaluation(Base):
    """That people are asked how being asked was: at a meeting, in an audit or in a conversation.

    `people` is how many stood on the register, or were asked, when it closed: at `closed_at`, which
    was on `closed_on` where the bank is.
    """

    __tablename__ = "evaluation"
    __table_args__ = (
        UniqueConstraint("bank_id", "id"),
        *(
            UniqueConstraint("bank_id", column)
            for column in ("session_id", "audit_id", "dialogue_id")
        ),
        key_to("activity_session", "session_id"),
        key_to("audit", "audit_id"),
        key_to("dialogue", "dialogue_id"),
        CheckConstraint(
            "(CASE WHEN session_id IS NULL THEN 0 ELSE 1 END)"
            " + (CASE WHEN audit_id IS NULL THEN 0 ELSE 1 END)"
            " + (CASE WHEN dialogue_id IS NULL THEN 0 ELSE 1 END) = 1",
            name="one",
        ),
        CheckConstraint("closed_on >= opened_on", name="days"),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"))
    session_id: Mapped[int | None] = mapped_column(Integer)
    audit_id: Mapped[int | None] = mapped_column(Integer)
    dialogue_id: Mapped[int | None] = mapped_column(Integer)
    opened_on: Mapped[date] = mapped_column(Date)
    closed_on: Mapped[date | None] = mapped_column(Date)
    closed_at: Mapped[datetime | None] = mapped_column(Instant)
    people: Mapped[int | None] = mapped_column(Integer)
    by: Mapped[str] = mapped_column(String(40))
    at: Mapped[datetime] = mapped_column(Instant)


class Evaluated(Base):
    """That a member has answered an evaluation on screen: not what, and not when."""

    __tablename__ = "evaluated"
    __table_args__ = (
        key_to("evaluation", "evaluation_id"),
        key_to("member", "member_id"),
        NO_ROWID,
    )

    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"), primary_key=True)
    evaluation_id: Mapped[int] = mapped_column(Integer, primary_key=True)
    member_id: Mapped[int] = mapped_column(Integer, primary_key=True)


class EvaluationSheet(Base):
    """One set of answers to an evaluation, under a random key."""

    __tablename__ = "evaluation_sheet"
    __table_args__ = (key_to("evaluation", "evaluation_id"), NO_ROWID)

    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"), primary_key=True)
    evaluation_id: Mapped[int] = mapped_column(Integer, primary_key=True)
    key: Mapped[str] = mapped_column(String(32), primary_key=True)


class EvaluationAnswer(Base):
    """The answer to a statement, 1 (disagree) to 5, or to the ladder; or somebody's words."""

    __tablename__ = "evaluation_answer"
    __table_args__ = (
        ForeignKeyConstraint(
            ["bank_id", "evaluation_id", "key"],
            [
                "evaluation_sheet.bank_id",
                "evaluation_sheet.evaluation_id",
                "evaluation_sheet.key",
            ],
            onupdate="CASCADE",
        ),
        CheckConstraint(is_one_of("item", EvaluationItem), name="item"),
        CheckConstraint("value BETWEEN 1 AND 7", name="value"),
        CheckConstraint(
            f"({is_one_of('item', OPEN_ITEMS)}) = (words IS NOT NULL)"
            " AND (value IS NULL) = (words IS NOT NULL)",
            name="answer",
        ),
        NO_ROWID,
    )

    bank_id: Mapped[int] = mapped_column(ForeignKey("bank.id"), primary_key=True)
    evaluation_id: Mapped[int] = mapped_column(Integer, primary_key=True)
    key: Mapped[str] = mapped_column(String(32), primary_key=True)
    item: Mapped[EvaluationItem] = mapped_column(Coded(EvaluationItem, 20), primary_key=True)
    value: Mapped[int | None] = mapped_column(Integer)
    words: Mapped[str | None] = mapped_column(Text)
