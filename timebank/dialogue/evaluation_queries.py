"""What there is to read of how the asking was, withheld where it is of few."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from timebank.activities import queries as activities
from timebank.activities.models import Contribution
from timebank.banks.models import Bank
from timebank.base import held, one_or_refuse
from timebank.dialogue import audit_queries, conversation_queries
from timebank.dialogue.audit_models import AuditSheet
from timebank.dialogue.models import (
    DialogueMeeting,
    Evaluation,
    EvaluationAnswer,
    EvaluationSheet,
)
from timebank.dialogue.rules import (
    OPEN_ITEMS,
    STATEMENTS,
    EvaluationItem,
)
from timebank.errors import Conflict
from timebank.say import say
from timebank.surveys.rules import Estimate, estimate


def evaluation(
    session: Session, bank: Bank, evaluation_id: int, *, lock: bool = False
) -> Evaluation:
    """Raises NotFound."""
    statement = select(Evaluation).where(
        Evaluation.bank_id == bank.id, Evaluation.id == evaluation_id
    )
    return one_or_refuse(
        session, held(statement) if lock else statement, say("There is no such evaluation here.")
    )


def evaluation_of(session: Session, bank: Bank, **of: int) -> Evaluation | None:
    """That of a session, an audit or a conversation, if there is one."""
    return session.execute(select(Evaluation).filter_by(bank_id=bank.id, **of)).scalar_one_or_none()


def sheets(session: Session, bank: Bank, evaluation_id: int) -> int:
    """How many have answered."""
    return session.execute(
        select(func.count())
        .select_from(EvaluationSheet)
        .where(EvaluationSheet.bank_id == bank.id, EvaluationSheet.evaluation_id == evaluation_id)
    ).scalar_one()


def people_there(session: Session, bank: Bank, row: Evaluation) -> int:
    """How many people stand on the register, or were asked in the audit."""
    if row.audit_id is not None:
        return session.execute(
            select(func.count())
            .select_from(AuditSheet)
            .where(AuditSheet.bank_id == bank.id, AuditSheet.audit_id == row.audit_id)
        ).scalar_one()
    people = session.execute(
        select(Contribution.member_id, Contribution.guest_key)
        .where(Contribution.bank_id == bank.id, Contribution.session_id.in_(_sessions(row)))
        .distinct()
    ).all()
    return len(people)


def _sessions(row: Evaluation) -> Select[Any]:
    """The sessions whose register says who was there."""
    if row.session_id is not None:
        return select(Evaluation.session_id).where(Evaluation.id == row.id)
    return select(DialogueMeeting.session_id).where(
        DialogueMeeting.bank_id == row.bank_id, DialogueMeeting.dialogue_id == row.dialogue_id
    )


def was_there(session: Session, bank: Bank, row: Evaluation, member_id: int) -> bool:
    """Whether a member stands on the register."""
    return (
        session.execute(
            select(Contribution.id)
            .where(
                Contribution.bank_id == bank.id,
                Contribution.member_id == member_id,
                Contribution.session_id.in_(_sessions(row)),
            )
            .limit(1)
        ).first()
        is not None
    )


@dataclass(frozen=True)
class Outcome:
    """What was answered to an evaluation: how many sheets of how many people; the mean of each
    statement with its interval, or None for too few; the words, once there are enough."""

    sheets: int
    people: int
    means: Mapping[EvaluationItem, Estimate | None]
    words: Mapping[EvaluationItem, Sequence[str]] = field(
        default_factory=dict[EvaluationItem, Sequence[str]]
    )


def values(session: Session, bank: Bank, evaluation_id: int) -> dict[EvaluationItem, list[float]]:
    """The numbers that were given, by statement."""
    rows = session.execute(
        select(EvaluationAnswer.item, EvaluationAnswer.value)
        .where(
            EvaluationAnswer.bank_id == bank.id,
            EvaluationAnswer.evaluation_id == evaluation_id,
            EvaluationAnswer.value.is_not(None),
        )
        .order_by(EvaluationAnswer.item, EvaluationAnswer.value)
    ).all()
    numbers: dict[EvaluationItem, list[float]] = {}
    for item, value in rows:
        numbers.setdefault(item, []).append(float(value or 0))
    return numbers


def closed_between(
    session: Session, bank: Bank, first: date, last: date, *, as_of: datetime
) -> Sequence[Evaluation]:
    """Those that had closed by a moment, between two days, both included, in the order in which
    they did."""
    return (
        session.execute(
            select(Evaluation)
            .where(
                Evaluation.bank_id == bank.id,
                Evaluation.closed_on.between(first, last),
                Evaluation.closed_at <= as_of,
            )
            .order_by(Evaluation.closed_at, Evaluation.id)
        )
        .scalars()
        .all()
    )


def of_what(session: Session, bank: Bank, row: Evaluation) -> str:
    """What it asks about, by name: a conversation, an audit or a meeting."""
    if row.dialogue_id is not None:
        return conversation_queries.dialogue(session, bank, row.dialogue_id).title
    if row.audit_id is not None:
        return audit_queries.audit(session, bank, row.audit_id).title
    return activities.meeting(session, bank, row.session_id or 0).activity.title


def outcome(session: Session, bank: Bank, evaluation_id: int) -> Outcome:
    """What was answered, withheld where it is of fewer than `bank.few`. Raises NotFound, and
    Conflict until it has closed."""
    row = evaluation(session, bank, evaluation_id)
    if row.closed_on is None or row.people is None:
        raise Conflict(say("It can be read once it has closed."))
    numbers = values(session, bank, evaluation_id)
    words: dict[EvaluationItem, list[str]] = {}
    for answer in session.execute(
        select(EvaluationAnswer)
        .where(EvaluationAnswer.bank_id == bank.id, EvaluationAnswer.evaluation_id == evaluation_id)
        .order_by(EvaluationAnswer.words)
    ).scalars():
        if answer.words:
            words.setdefault(answer.item, []).append(answer.words)
    number = sheets(session, bank, evaluation_id)
    enough = number >= bank.few
    return Outcome(
        number,
        row.people,
        {
            item: estimate(numbers.get(item, []), bank.few)
            for item in (*STATEMENTS, EvaluationItem.LADDER)
        },
        {item: words.get(item, []) for item in OPEN_ITEMS} if enough else {},
    )
