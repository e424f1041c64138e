"""What becomes of what somebody said and promised when they go, and what they take along."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import delete, or_, select, update
from sqlalchemy.orm import Session

from timebank.act import Act
from timebank.archive import SECRET, Archive, Behind
from timebank.banks.models import Bank
from timebank.clock import local_date
from timebank.dialogue.audit_models import Audit, AuditRound, ContactLeft
from timebank.dialogue.models import (
    Commitment,
    CommitmentStep,
    Dialogue,
    Evaluated,
    Option,
    Partner,
    Partnership,
    Point,
    Sounding,
)
from timebank.members.models import Member, Organisation
from timebank.room import Carry, Merging, Trace, Two
from timebank.say import Said, count, say

TRACES = (
    Trace("partnership.chair_id", "partnerships"),
    Trace("partnership.by", stays=True),
    Trace("partner.member_id", "partnerships", stays=True),
    Trace("milestone.resident_id", "partnerships", stays=True),
    Trace("milestone.professional_id", "partnerships", stays=True),
    Trace("milestone.by", stays=True),
    Trace("priority.by", stays=True),
    Trace("dialogue.decider_id"),
    Trace("dialogue.by", stays=True),
    Trace("dialogue_option.by", stays=True),
    Trace("dialogue_point.member_id", "said"),
    Trace("dialogue_point.by", stays=True),
    Trace("sounding.member_id", "soundings"),
    Trace("sounding.by", stays=True),
    Trace("verdict.by", stays=True),
    Trace("commitment.member_id", "promises", stays=True),
    Trace("commitment.by", stays=True),
    Trace("commitment_step.by", stays=True),
    Trace("commitment_step.on_word_of", stays=True),
    Trace("commitment_step.confirmed_id", stays=True),
    Trace("evaluation.by", stays=True),
    Trace("evaluated.member_id"),
    Trace("audit.by", stays=True),
    Trace("audit_round.collector_id"),
    Trace("audit_wording.by", stays=True),
    Trace("theme.by", stays=True),
    Trace("sorted_as.sorter_id", stays=True),
)


def _under_way(session: Session, bank: Bank, now: datetime) -> list[Said]:
    titles = select(Audit.title).where(Audit.bank_id == bank.id, Audit.closed_at.is_(None))
    return [
        say("The audit “%(title)s” is still open. Close it, and move the bank then.", title=title)
        for title in session.execute(titles).scalars()
    ]


ARCHIVE = Archive(
    keeps=(
        *("partnership", "partner", "milestone", "milestone_words", "priority", "dialogue"),
        *("dialogue_meeting", "dialogue_option", "dialogue_point", "sounding", "verdict"),
        *("commitment", "commitment_step", "evaluation", "evaluated", "evaluation_sheet"),
        *("evaluation_answer", "audit", "audit_question", "audit_group", "audit_round"),
        *("audit_sheet", "audit_answer", "audit_wording", "theme", "sorted_as", "contact_left"),
    ),
    behind=(Behind("audit_code", SECRET), Behind("audit.link_key", SECRET)),
    keys={"partnership": "partnership", "promise": "commitment"},
    under_way=_under_way,
)


def wind_up(session: Session, bank: Bank, account_id: int, act: Act) -> None:
    """Whoever had the account is in no partnership any more and chairs none. What they promised
    stays as it is: the desk asks for another owner."""
    today = local_date(act.now, bank.timezone)
    member = select(Member.id).where(Member.bank_id == bank.id, Member.account_id == account_id)
    organisation = select(Organisation.id).where(
        Organisation.bank_id == bank.id, Organisation.account_id == account_id
    )
    session.execute(
        update(Partner)
        .where(
            Partner.bank_id == bank.id,
            Partner.until.is_(None),
            or_(Partner.member_id.in_(member), Partner.organisation_id.in_(organisation)),
        )
        .values(until=today)
    )
    session.execute(
        update(Partnership)
        .where(Partnership.bank_id == bank.id, Partnership.chair_id.in_(member))
        .values(chair_id=None)
    )


def forget(session: Session, bank: Bank, member: Member, act: Act) -> None:
    """What they said stays, without their name; how they found options stays as counts. The details
    they left with an audit are erased."""
    for column in (Point.member_id, Sounding.member_id, Dialogue.decider_id):
        _unname(session, bank, column, member.id)
    _unname(session, bank, AuditRound.collector_id, member.id)
    session.execute(
        delete(Evaluated).where(Evaluated.bank_id == bank.id, Evaluated.member_id == member.id)
    )
    reached = [
        column == own
        for column, own in (
            (ContactLeft.email, member.email),
            (ContactLeft.phone, member.phone),
        )
        if own
    ]
    if reached:
        session.execute(delete(ContactLeft).where(ContactLeft.bank_id == bank.id, or_(*reached)))
    session.expire_all()


def _unname(session: Session, bank: Bank, column: Any, member_id: int) -> None:
    table = column.class_
    session.execute(
        update(table)
        .where(table.bank_id == bank.id, column == member_id)
        .values({column.key: None})
        .execution_options(synchronize_session=False)
    )


def export(session: Session, bank: Bank, member: Member) -> dict[str, Any]:
    """The partnerships somebody is or was in, what they said and how they found options, and what
    they promised."""
    partners = session.execute(
        select(Partnership, Partner)
        .join(Partner, Partner.partnership_id == Partnership.id)
        .where(Partner.bank_id == bank.id, Partner.member_id == member.id)
        .order_by(Partner.id)
    ).all()
    points = session.execute(
        select(Dialogue.title, Point)
        .join(Point, Point.dialogue_id == Dialogue.id)
        .where(Point.bank_id == bank.id, Point.member_id == member.id)
        .order_by(Point.id)
    ).all()
    soundings = session.execute(
        select(Option.words, Sounding)
        .join(Sounding, Sounding.option_id == Option.id)
        .where(Sounding.bank_id == bank.id, Sounding.member_id == member.id)
        .order_by(Sounding.id)
    ).all()
    promises = session.execute(
        select(Commitment, CommitmentStep)
        .join(CommitmentStep, CommitmentStep.commitment_id == Commitment.id)
        .where(Commitment.bank_id == bank.id, Commitment.member_id == member.id)
        .order_by(Commitment.id, CommitmentStep.n)
    ).all()
    return {
        "partnerships": [
            {
                "name": partnership.name,
                "part": partner.part,
                "chair": partnership.chair_id == member.id,
                "since": partner.since.isoformat(),
                "until": partner.until.isoformat() if partner.until else None,
            }
            for partnership, partner in partners
        ],
        "said": [
            {"conversation": title, "kind": point.kind, "words": point.words}
            for title, point in points
        ],
        "soundings": [
            {
                "option": words,
                "answer": sounding.answer,
                "why": sounding.why,
                "channel": sounding.channel,
            }
            for words, sounding in soundings
        ],
        "promises": [
            {
                "promise": commitment.words,
                "step": step.kind,
                "due_on": step.due_on.isoformat(),
                "words": step.words,
                "on": step.happened_on.isoformat(),
            }
            for commitment, step in promises
        ],
    }


_SAID = "What was said, promised and sorted stands as it was given."


def refuses(session: Session, bank: Bank, two: Two, act: Act) -> Iterable[Said]:
    """Who decides in a conversation is named before it opens, and stays who they are."""
    decides = (
        Dialogue.bank_id == bank.id,
        Dialogue.decider_id == two.goes.id,
        Dialogue.opened_at.is_not(None),
        Dialogue.closed_at.is_(None),
    )
    titles = select(Dialogue.title).where(*decides).order_by(Dialogue.id)
    for title in session.execute(titles).scalars():
        yield say(
            "Number %(number)s is to answer in the conversation “%(title)s”, which is open. Close"
            " it first, or let number %(number)s be the one who stays.",
            number=two.goes.number or "",
            title=title,
        )


_CARRIES = (
    Carry("partnership.chair_id"),
    Carry(
        "partner.member_id",
        lambda n: count("%(n)s place in a partnership", "%(n)s places in partnerships", n),
        once=("partnership_id",),
    ),
    Carry(
        "commitment.member_id",
        lambda n: count("%(n)s promise to residents", "%(n)s promises to residents", n),
    ),
    Carry("audit_round.collector_id"),
)
MERGING = Merging(
    carries=_CARRIES,
    leaves={
        trace.column: _SAID
        for trace in TRACES
        if trace.column not in {carry.column for carry in _CARRIES}
    },
    refuses=refuses,
)
