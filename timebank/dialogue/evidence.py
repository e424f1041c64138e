"""What the dialogue shows to those who plan and pay: one value, as of a moment, as anybody may know
it. Pages and files are made of it alone.

Audits that have closed, steps of promises and milestones are never changed, so that the same moment
has the same answer. Counts of people have passed `dialogue.results`; promises are of those who made
them in the open and are no secret, but no member is named.
"""

from datetime import date, datetime

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from timebank.banks.models import Bank
from timebank.clock import local_date
from timebank.dialogue import (
    audit_queries,
    conversation_queries,
    evaluation_queries,
    evidence_tables,
    queries,
    results,
)
from timebank.dialogue.audit_models import Audit
from timebank.dialogue.evidence_figures import (
    RECORDS,
    Block,
    Evidence,
    Facts,
    Judged,
    Promise,
    Step,
    Talked,
)
from timebank.dialogue.models import (
    Commitment,
    CommitmentStep,
    Dialogue,
    Milestone,
    Option,
    Partnership,
    Priority,
    Verdict,
)
from timebank.dialogue.rules import (
    EvaluationItem,
    OwnerKind,
    StepKind,
    apart_by,
    common_ground,
)
from timebank.members.rules import Capacity
from timebank.say import say
from timebank.surveys.rules import Estimate, estimate


def evidence(session: Session, bank: Bank, start: date, end: date, *, as_of: datetime) -> Evidence:
    """All that may be shown of the days from `start` to `end`, both included. `as_of` is UTC."""
    facts = _facts(session, bank, start, end, as_of)
    blocks = (
        evidence_tables.asked(facts),
        evidence_tables.ranked(facts),
        _priorities(session, bank, start, end, as_of),
        evidence_tables.promises(facts),
        evidence_tables.figures(facts),
        evidence_tables.talked(facts),
        evidence_tables.steps(facts),
        evidence_tables.judged(facts),
    )
    return Evidence(
        bank.slug,
        bank.name,
        start,
        end,
        as_of,
        bank.few,
        blocks,
        {record.id: record.definition for record in RECORDS},
    )


def _facts(session: Session, bank: Bank, start: date, end: date, as_of: datetime) -> Facts:
    on = local_date(as_of, bank.timezone)
    audits = [
        results.results(session, bank, audit)
        for audit in reversed(audit_queries.audits(session, bank))
        if audit.closed_at is not None
        and audit.closed_at <= as_of
        and start <= local_date(audit.closed_at, bank.timezone) <= end
    ]
    promises = promises_as_of(session, bank, as_of)
    due = [one for one in promises if start <= one.due_on <= end and one.due_on <= on]
    steps = _steps(session, bank, as_of)
    judged, pooled = _judged(session, bank, start, end, as_of)
    return Facts(
        on,
        audits,
        promises,
        due,
        _verdicts(session, bank, start, min(end, on), as_of),
        steps,
        len({one.partnership for one in steps}),
        _talked(session, bank, start, end, as_of),
        judged,
        pooled,
    )


def promises_as_of(session: Session, bank: Bank, as_of: datetime) -> list[Promise]:
    """Every promise that was made by then and is no mistake, as it stood, in the order made."""
    rows = session.execute(
        select(Commitment, CommitmentStep, Audit.closes_on)
        .join(
            CommitmentStep,
            and_(
                CommitmentStep.bank_id == Commitment.bank_id,
                CommitmentStep.commitment_id == Commitment.id,
            ),
        )
        .outerjoin(
            Priority,
            and_(Priority.bank_id == Commitment.bank_id, Priority.id == Commitment.priority_id),
        )
        .outerjoin(Audit, and_(Audit.bank_id == Priority.bank_id, Audit.id == Priority.audit_id))
        .where(Commitment.bank_id == bank.id)
        .order_by(Commitment.id, CommitmentStep.n)
    ).all()
    steps: dict[int, list[CommitmentStep]] = {}
    of: dict[int, tuple[Commitment, date | None]] = {}
    owned = dict[int, tuple[OwnerKind, Capacity]]()
    for commitment, step, said_on in rows:
        if step.at <= as_of:
            of[commitment.id] = (commitment, said_on)
            steps.setdefault(commitment.id, []).append(step)
        elif step.from_kind is not None and step.from_part is not None:
            # It has changed hands since: the first such step says whose it was then.
            owned.setdefault(commitment.id, (step.from_kind, step.from_part))
    promises = []
    for number, (commitment, said_on) in of.items():
        last = steps[number][-1]
        done = [step.happened_on for step in steps[number] if step.kind == StepKind.DONE]
        if last.kind != StepKind.MISTAKEN:
            kind, part = owned.get(number, (commitment.owner_kind, commitment.part))
            promises.append(
                Promise(
                    commitment.words,
                    str(kind),
                    str(part),
                    commitment.answers_to,
                    StepKind(last.kind),
                    steps[number][0].happened_on,
                    last.due_on,
                    done[-1] if done and last.kind in {StepKind.DONE, StepKind.CONFIRMED} else None,
                    said_on,
                )
            )
    return promises


def _steps(session: Session, bank: Bank, as_of: datetime) -> list[Step]:
    """Every step of every partnership formed by then, as it stood."""
    words = queries.step_words(session, bank)
    rows = session.execute(
        select(Milestone)
        .where(Milestone.bank_id == bank.id, Milestone.at <= as_of)
        .order_by(Milestone.id)
    ).scalars()
    last = {(row.partnership_id, row.step): row for row in rows}
    places = session.execute(
        select(Partnership.id, Partnership.name)
        .where(Partnership.bank_id == bank.id, Partnership.at <= as_of)
        .order_by(Partnership.name, Partnership.id)
    ).all()
    return [
        Step(
            place.name,
            step,
            said,
            row.reached_on if (row := last.get((place.id, step))) else None,
            row.lost_on if row else None,
        )
        for place in places
        for step, said in words.items()
    ]


def _talked(session: Session, bank: Bank, start: date, end: date, as_of: datetime) -> list[Talked]:
    """Options of conversations that closed between two days. How they were found stays as it was
    when they closed."""
    talks = session.execute(
        select(Dialogue)
        .where(Dialogue.bank_id == bank.id, Dialogue.closed_at <= as_of)
        .order_by(Dialogue.closed_at, Dialogue.id)
    ).scalars()
    verdicts: list[Talked] = []
    for talk in talks:
        if talk.closed_at is None or not (
            start <= local_date(talk.closed_at, bank.timezone) <= end
        ):
            continue
        for line in conversation_queries.options(session, bank, talk.id):
            verdict, sides = line.verdict, (line.residents, line.professionals)
            if verdict is None:
                continue
            enough = all(side.people >= bank.few for side in sides)
            verdicts.append(
                Talked(
                    talk.title,
                    line.option.words,
                    str(verdict.answer),
                    verdict.given_on,
                    talk.answers_on is None or verdict.given_on <= talk.answers_on,
                    common_ground(*sides) if enough else None,
                    apart_by(*sides) if enough else None,
                )
            )
    return verdicts


def _judged(
    session: Session, bank: Bank, start: date, end: date, as_of: datetime
) -> tuple[list[Judged], dict[EvaluationItem, Estimate]]:
    """Evaluations that closed between two days; and their statements together, of those that may
    each be told: what all say would else tell what few of one said."""
    evaluations: list[Judged] = []
    pooled: dict[EvaluationItem, list[float]] = {}
    for row in evaluation_queries.closed_between(session, bank, start, end, as_of=as_of):
        outcome = evaluation_queries.outcome(session, bank, row.id)
        enough = outcome.sheets >= bank.few
        evaluations.append(
            Judged(
                evaluation_queries.of_what(session, bank, row),
                row.closed_on or end,
                outcome.sheets if enough else None,
                outcome.people if enough else None,
                outcome.means,
            )
        )
        for item, values in evaluation_queries.values(session, bank, row.id).items():
            if outcome.means.get(item) is not None:
                pooled.setdefault(item, []).extend(values)
    means = {item: estimate(pooled[item], bank.few) for item in EvaluationItem if item in pooled}
    return evaluations, {item: mean for item, mean in means.items() if mean is not None}


def _verdicts(session: Session, bank: Bank, start: date, end: date, as_of: datetime) -> list[bool]:
    rows = session.execute(
        select(Dialogue.answers_on, Verdict.at)
        .join(Option, and_(Option.bank_id == Dialogue.bank_id, Option.dialogue_id == Dialogue.id))
        .outerjoin(Verdict, and_(Verdict.bank_id == Option.bank_id, Verdict.option_id == Option.id))
        .where(
            Dialogue.bank_id == bank.id,
            Dialogue.opened_at <= as_of,
            Dialogue.answers_on.between(start, end),
        )
    )
    return [
        at is not None and at <= as_of and local_date(at, bank.timezone) <= answers_on
        for answers_on, at in rows
        if answers_on is not None
    ]


def _priorities(session: Session, bank: Bank, start: date, end: date, as_of: datetime) -> Block:
    rows = session.execute(
        select(Partnership.name, Priority)
        .join(
            Partnership,
            and_(
                Partnership.bank_id == Priority.bank_id,
                Partnership.id == Priority.partnership_id,
            ),
        )
        .where(
            Priority.bank_id == bank.id,
            Priority.at <= as_of,
            Priority.set_on.between(start, end),
        )
        .order_by(Partnership.name, Priority.set_on, Priority.place)
    ).all()
    return Block(
        "priorities",
        3,
        say("What a meeting put first, and why"),
        say("Set at meetings of partnerships."),
        say("Nobody is named."),
        ("partnership", "set_on", "place", "priority", "reason", "evidence"),
        tuple(
            (name, one.set_on.isoformat(), one.place, one.words, one.reason, one.evidence)
            for name, one in rows
        ),
    )
