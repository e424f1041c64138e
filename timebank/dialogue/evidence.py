"""What the dialogue shows to those who plan and pay: one value, as of a moment, as anybody may know
it. Pages and files are made of it alone.

Audits that have closed, steps of promises and milestones are never changed, so that the same moment
has the same answer. Counts of people have passed `dialogue.results`; promises are of those who made
them in the open and are no secret, but no member is named.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from statistics import median

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from timebank.banks.models import Bank
from timebank.clock import local_date
from timebank.dialogue import audit_queries, results
from timebank.dialogue.audit_models import Audit
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
from timebank.dialogue.results import Results
from timebank.dialogue.rules import StepKind
from timebank.measures import disclosure
from timebank.say import Said, say

Cell = str | float | None


@dataclass(frozen=True)
class Promise:
    """A promise as it stood on a day: its last step, the day it is due, the days on which it was
    made and done, and since when people had said that it matters, where that is known."""

    words: str
    owner_kind: str
    part: str
    answers_to: str
    state: StepKind
    promised_on: date
    due_on: date
    done_on: date | None
    said_on: date | None

    @property
    def kept(self) -> bool:
        return self.state in {StepKind.DONE, StepKind.CONFIRMED}

    def late_by(self, today: date) -> int:
        """Days since it was due, if it is still to be done; days too late, if it was done."""
        if self.state in {StepKind.DROPPED, StepKind.MISTAKEN}:
            return 0
        return max(0, ((self.done_on or today) - self.due_on).days)


@dataclass(frozen=True)
class Facts:
    """What all figures are made of."""

    on: date
    audits: Sequence[Results]
    promises: Sequence[Promise]
    due: Sequence[Promise]
    verdicts: Sequence[bool]
    steps: int
    partnerships: int


@dataclass(frozen=True)
class Shown:
    """A figure: its value, of how many (None: withheld or of no number), and the ends of its 95 %
    interval. `value` None: it cannot be said."""

    id: str
    value: float | None
    n: int | None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Record:
    """A figure before it is made: its id, what it is, and how it is made of the facts."""

    id: str
    definition: Said
    make: Callable[[Facts], Sequence[Shown]]


@dataclass(frozen=True)
class Block:
    """A table of the evidence: its number in the JSNA template, its title and source, what was done
    so that nobody can be told from it, and its rows under English names."""

    key: str
    number: int
    title: Said
    source: Said
    disclosure: Said
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]


@dataclass(frozen=True)
class Evidence:
    """The whole of it, about the days from `start` to `end`, as recorded by `as_of`."""

    bank: str
    name: str
    start: date
    end: date
    as_of: datetime
    few: int
    blocks: tuple[Block, ...]
    definitions: Mapping[str, Said]


# ---- Figures, one record each ----


def _share(id_: str, part: int, whole: int) -> Shown:
    # Heavy, and few requests tell figures.
    from timebank.measures.spread import of_share  # noqa: PLC0415

    low, high = of_share(part, whole) or (None, None)
    return Shown(id_, disclosure.share(part, whole), whole, low, high)


def _of_due(id_: str, holds: Callable[[Promise], bool]) -> Callable[[Facts], Sequence[Shown]]:
    return lambda facts: [_share(id_, sum(map(holds, facts.due)), len(facts.due))]


def _themes(facts: Facts) -> list[Shown]:
    return [
        Shown(
            f"theme_share:{one.words}",
            one.standing.share,
            one.standing.n,
            one.standing.low,
            one.standing.high,
        )
        for found in facts.audits
        for one in found.named
        if one.standing is not None
    ]


def _days(facts: Facts) -> list[Shown]:
    days = [
        (one.done_on - (one.said_on or one.promised_on)).days
        for one in facts.due
        if one.done_on is not None
    ]
    return [Shown("days_said_to_done", median(days) if days else None, len(days))]


def _reached(facts: Facts) -> list[Shown]:
    people = [found.people for found in facts.audits if found.people is not None]
    return [Shown("audit_reached", sum(people) if people else None, None)]


RECORDS: tuple[Record, ...] = (
    Record(
        "audit_reached",
        say(
            "People who were asked and whose sheet is in, in rounds of asking that closed in these"
            " days; those who answered by a public link are not among them."
        ),
        _reached,
    ),
    Record(
        "theme_share",
        say(
            "Of the people asked, the share who named the theme in answer to the open question,"
            " with the interval of Wilson 1927."
        ),
        _themes,
    ),
    Record(
        "commitments_kept",
        say(
            "Of promises that were due in these days, the share that was done by the moment of the"
            " report. What was dropped was not kept; what was marked as a mistake is left out."
        ),
        _of_due("commitments_kept", lambda one: one.kept),
    ),
    Record(
        "commitments_on_time",
        say(
            "Of promises that were due in these days, the share that was done by the day it was"
            " last due."
        ),
        _of_due(
            "commitments_on_time",
            lambda one: one.kept and one.done_on is not None and one.done_on <= one.due_on,
        ),
    ),
    Record(
        "commitments_confirmed",
        say(
            "Of promises that were due in these days, the share of which a resident who does not"
            " own it says that it was done."
        ),
        _of_due("commitments_confirmed", lambda one: one.state == StepKind.CONFIRMED),
    ),
    Record(
        "days_said_to_done",
        say(
            "Days from the last day of asking that a promise answers to, else from the promise, to"
            " the day it was done: the middle one of those due in these days and done."
        ),
        _days,
    ),
    Record(
        "verdicts_in_time",
        say(
            "Of options in conversations whose answers were due in these days, the share that was"
            " answered by that day."
        ),
        lambda facts: [_share("verdicts_in_time", sum(facts.verdicts), len(facts.verdicts))],
    ),
    Record(
        "steps_reached",
        say("Steps that partnerships stand on at the end, all of them together."),
        lambda facts: [Shown("steps_reached", facts.steps, facts.partnerships)],
    ),
)


# ---- Made from the rows ----


def evidence(session: Session, bank: Bank, start: date, end: date, *, as_of: datetime) -> Evidence:
    """All that may be shown of the days from `start` to `end`, both included. `as_of` is UTC."""
    facts = _facts(session, bank, start, end, as_of)
    blocks = (
        _asked(facts),
        _ranked(facts),
        _priorities(session, bank, start, end, as_of),
        _promises(facts),
        _figures(facts),
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
    return Facts(
        on,
        audits,
        promises,
        due,
        _verdicts(session, bank, start, min(end, on), as_of),
        sum(steps.values()),
        len(steps),
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
        .where(Commitment.bank_id == bank.id, CommitmentStep.at <= as_of)
        .order_by(Commitment.id, CommitmentStep.n)
    ).all()
    steps: dict[int, list[CommitmentStep]] = {}
    of = {row[0].id: (row[0], row[2]) for row in rows}
    for commitment, step, _ in rows:
        steps.setdefault(commitment.id, []).append(step)
    promises = []
    for number, (commitment, said_on) in of.items():
        last = steps[number][-1]
        done = [step.happened_on for step in steps[number] if step.kind == StepKind.DONE]
        if last.kind != StepKind.MISTAKEN:
            promises.append(
                Promise(
                    commitment.words,
                    str(commitment.owner_kind),
                    str(commitment.part),
                    commitment.answers_to,
                    StepKind(last.kind),
                    steps[number][0].happened_on,
                    last.due_on,
                    done[-1] if done and last.kind in {StepKind.DONE, StepKind.CONFIRMED} else None,
                    said_on,
                )
            )
    return promises


def _steps(session: Session, bank: Bank, as_of: datetime) -> dict[int, int]:
    """By partnership, on how many steps it stands."""
    ids = session.execute(select(Partnership.id).where(Partnership.bank_id == bank.id)).scalars()
    reached_by = dict.fromkeys(ids, 0)
    rows = session.execute(
        select(Milestone.partnership_id, Milestone.step, Milestone.reached_on)
        .where(Milestone.bank_id == bank.id, Milestone.at <= as_of)
        .order_by(Milestone.id)
    )
    last = {(row[0], row[1]): row[2] is not None for row in rows}
    for (partnership, _), reached in last.items():
        reached_by[partnership] += reached
    return reached_by


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


# ---- Blocks ----

_ROUNDED = say(
    "Fewer people than the bank’s threshold are withheld; counts by way are rounded to the nearest"
    " five."
)
_OPEN = say("Promises are made in the open. No member is named.")


def _asked(facts: Facts) -> Block:
    rows = [
        (found.title, found.opens_on.isoformat(), found.closed_on.isoformat(), "all", found.people)
        for found in facts.audits
    ]
    rows += [
        (found.title, found.opens_on.isoformat(), found.closed_on.isoformat(), str(way), people)
        for found in facts.audits
        for way, people in found.ways.items()
    ]
    return Block(
        "asked",
        1,
        say("Who was asked, and how"),
        say("Sheets of rounds of asking: doors, events, telephone, paper, public link."),
        _ROUNDED,
        ("audit", "from", "to", "way", "people"),
        tuple(rows),
    )


def _ranked(facts: Facts) -> Block:
    rows = [
        (
            found.title,
            one.words,
            *(
                (None,) * 7
                if one.standing is None
                else (
                    one.standing.people,
                    one.standing.n,
                    round(one.standing.share, 4),
                    round(one.standing.low, 4),
                    round(one.standing.high, 4),
                    one.standing.first,
                    one.standing.last,
                )
            ),
        )
        for found in facts.audits
        for one in (*found.named, *found.rare)
    ]
    columns = ("audit", "theme", "people", "n", "share", "low", "high", "rank_from", "rank_to")
    return Block(
        "themes",
        2,
        say("What people said matters"),
        say(
            "Answers to one open question, sorted by hand under themes. People who were asked are"
            " no random sample; nothing is weighted."
        ),
        say("Of a theme that few named, or all but few, no number is given."),
        columns,
        tuple(rows),
    )


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


def _promises(facts: Facts) -> Block:
    return Block(
        "commitments",
        4,
        say("What was promised, and what became of it"),
        say("Promises due in these days, as they stood; dropped ones count as not kept."),
        _OPEN,
        (
            *("promise", "owner_kind", "part", "answers_to", "state"),
            *("promised_on", "due_on", "done_on", "days_late"),
        ),
        tuple(
            (
                one.words,
                one.owner_kind,
                one.part,
                one.answers_to,
                str(one.state),
                one.promised_on.isoformat(),
                one.due_on.isoformat(),
                one.done_on.isoformat() if one.done_on else None,
                one.late_by(facts.on),
            )
            for one in facts.due
        ),
    )


def _figures(facts: Facts) -> Block:
    return Block(
        "figures",
        5,
        say("Figures"),
        say("Made from tables 1 to 4, by the definitions that stand with them."),
        _ROUNDED,
        ("id", "value", "n", "low", "high"),
        tuple(
            (
                shown.id,
                _rounded(shown.value),
                shown.n,
                _rounded(shown.low),
                _rounded(shown.high),
            )
            for record in RECORDS
            for shown in record.make(facts)
        ),
    )


def _rounded(value: float | None) -> float | None:
    return round(value, 6) if isinstance(value, float) else value
