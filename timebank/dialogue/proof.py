"""Proving again, from the rows, what the dialogue says: promises and their steps, conversations and
their answers, sheets and what was sorted of them."""

from collections import Counter
from itertools import pairwise

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from timebank.banks.models import Bank
from timebank.dialogue import audit_queries, evaluation_queries
from timebank.dialogue.audit_models import Audit, AuditAnswer, AuditSheet, Wording
from timebank.dialogue.models import (
    Commitment,
    CommitmentStep,
    Dialogue,
    Evaluation,
    Milestone,
    Option,
    Verdict,
)
from timebank.dialogue.rules import FOLLOWS, StepKind


def faults(session: Session, bank: Bank) -> list[str]:
    """What is wrong with what a bank asked, decided and promised, in words for whoever runs it.
    Empty: nothing."""
    return [
        *_faults_of_promises(session, bank),
        *_faults_of_conversations(session, bank),
        *_faults_of_audits(session, bank),
        *_faults_of_evaluations(session, bank),
        *_faults_of_milestones(session, bank),
    ]


def _faults_of_promises(session: Session, bank: Bank) -> list[str]:
    steps: dict[int, list[CommitmentStep]] = {}
    for step in session.execute(
        select(CommitmentStep)
        .where(CommitmentStep.bank_id == bank.id)
        .order_by(CommitmentStep.commitment_id, CommitmentStep.n)
    ).scalars():
        steps.setdefault(step.commitment_id, []).append(step)
    wrong: list[str] = []
    for row in session.execute(
        select(Commitment).where(Commitment.bank_id == bank.id).order_by(Commitment.id)
    ).scalars():
        name = f"promise {row.id}"
        own = steps.get(row.id, [])
        if not own or own[0].kind != StepKind.PROMISED:
            wrong.append(f"{name}: it does not begin with being promised")
            continue
        if [step.n for step in own] != list(range(1, len(own) + 1)):
            wrong.append(f"{name}: a step is missing")
        for before, after in pairwise(own):
            if after.kind not in FOLLOWS[before.kind]:
                wrong.append(f"{name}: {after.kind} does not follow {before.kind}")
            if after.due_on != before.due_on and after.kind != StepKind.MOVED:
                wrong.append(f"{name}: its day changed without being moved")
        if any(step.confirmed_id and step.confirmed_id == row.member_id for step in own[-1:]):
            wrong.append(f"{name}: its owner confirmed it")
    return wrong


def _faults_of_conversations(session: Session, bank: Bank) -> list[str]:
    rows = session.execute(
        select(Dialogue.id, func.count(Option.id), func.count(Verdict.option_id))
        .outerjoin(Option, Option.dialogue_id == Dialogue.id)
        .outerjoin(Verdict, Verdict.option_id == Option.id)
        .where(Dialogue.bank_id == bank.id, Dialogue.closed_at.is_not(None))
        .group_by(Dialogue.id)
        .order_by(Dialogue.id)
    ).all()
    return [
        f"conversation {id_}: it is closed, and {options - answered} options have no answer"
        for id_, options, answered in rows
        if answered < options
    ]


def _faults_of_audits(session: Session, bank: Bank) -> list[str]:
    wrong: list[str] = []
    for audit in session.execute(
        select(Audit).where(Audit.bank_id == bank.id).order_by(Audit.id)
    ).scalars():
        name = f"audit {audit.id}"
        of = (AuditSheet.bank_id == bank.id, AuditSheet.audit_id == audit.id)
        answers = (AuditAnswer.bank_id == bank.id, AuditAnswer.audit_id == audit.id)
        empty = session.execute(
            select(func.count()).where(
                *of, AuditSheet.key.not_in(select(AuditAnswer.key).where(*answers))
            )
        ).scalar_one()
        if empty:
            wrong.append(f"{name}: {empty} sheets answer nothing")
        if audit.closed_at is None:
            continue
        wishes = audit_queries.wishes(session, bank, audit.id).keys()
        unsorted = len(wishes - audit_queries.choices(session, bank, audit.id).keys())
        if unsorted:
            wrong.append(f"{name}: it is closed, and {unsorted} answers are not sorted")
        left = session.execute(
            select(func.count()).where(Wording.bank_id == bank.id, Wording.audit_id == audit.id)
        ).scalar_one()
        if left:
            wrong.append(f"{name}: it is closed, and {left} first wordings are still there")
    return wrong


def _faults_of_evaluations(session: Session, bank: Bank) -> list[str]:
    rows = session.execute(
        select(Evaluation).where(Evaluation.bank_id == bank.id).order_by(Evaluation.id)
    ).scalars()
    return [
        f"evaluation {row.id}: there are more sheets than people"
        for row in rows
        if evaluation_queries.sheets(session, bank, row.id)
        > evaluation_queries.people_there(session, bank, row)
    ]


def _faults_of_milestones(session: Session, bank: Bank) -> list[str]:
    rows = session.execute(
        select(Milestone).where(Milestone.bank_id == bank.id).order_by(Milestone.id)
    ).scalars()
    stands: Counter[tuple[int, int]] = Counter()
    wrong: list[str] = []
    for row in rows:
        of = (row.partnership_id, row.step)
        stands[of] += 1 if row.reached_on is not None else -1
        if stands[of] not in (0, 1):
            wrong.append(f"partnership {row.partnership_id}: step {row.step} is written twice")
    return wrong
