"""What the evidence is made of, and its figures, one record each, with what each is. Pure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from statistics import median

from timebank.config import VERSION
from timebank.dialogue.results import Results
from timebank.dialogue.rules import EvaluationItem, StepKind
from timebank.measures import disclosure
from timebank.say import Said, say
from timebank.surveys.rules import Estimate

Cell = str | float | Said | None


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
class Talked:
    """An option of a conversation that has closed: what was answered, when and whether in time, and
    how residents and professionals found it (None: too few of either have said)."""

    conversation: str
    option: str
    answer: str
    given_on: date
    in_time: bool
    ground: float | None
    apart: float | None


@dataclass(frozen=True)
class Step:
    """A step of a partnership as it stood: when it was reached, or lost again."""

    partnership: str
    step: int
    words: Said
    reached_on: date | None
    lost_on: date | None


@dataclass(frozen=True)
class Judged:
    """How the asking was, in one evaluation that has closed: how many sheets of how many people
    (None: few), and the mean of each statement (None: of few)."""

    of: str
    closed_on: date
    sheets: int | None
    people: int | None
    means: Mapping[EvaluationItem, Estimate | None]


@dataclass(frozen=True)
class Facts:
    """What all figures are made of. `pooled` are statements over all evaluations that may each be
    told."""

    on: date
    audits: Sequence[Results]
    promises: Sequence[Promise]
    due: Sequence[Promise]
    verdicts: Sequence[bool]
    steps: Sequence[Step]
    partnerships: int
    talked: Sequence[Talked]
    judged: Sequence[Judged]
    pooled: Mapping[EvaluationItem, Estimate]


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
    so that nobody can be told from it, and its rows under names for programs."""

    key: str
    number: int
    title: Said
    source: Said
    disclosure: Said
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]


@dataclass(frozen=True)
class Evidence:
    """The whole of it, about the days from `start` to `end`, as recorded by `as_of`; `limits` is
    what it does not show, `made_by` the program that made it."""

    bank: str
    name: str
    start: date
    end: date
    as_of: datetime
    few: int
    blocks: tuple[Block, ...]
    definitions: Mapping[str, Said]
    limits: tuple[Said, ...] = ()
    made_by: str = f"Timebank {VERSION}"


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
        lambda facts: [
            Shown(
                "steps_reached",
                sum(one.reached_on is not None for one in facts.steps),
                facts.partnerships,
            )
        ],
    ),
    Record(
        "common_ground",
        say(
            "Of an option: the lower of two shares, of residents and of professionals, who say yes"
            " or can live with it, each smoothed as (a + 1) / (n + 2)."
        ),
        lambda facts: [
            Shown(f"common_ground:{one.option}", one.ground, None)
            for one in facts.talked
            if one.ground is not None
        ],
    ),
    Record(
        "evaluation",
        say(
            "Of those who were there and answered: the mean of each statement from 1 to 5, and of"
            " the ladder from 1 to 7, with Student’s interval."
        ),
        lambda facts: [
            Shown(f"evaluation:{item}", one.mean, one.n, one.low, one.high)
            for item, one in facts.pooled.items()
        ],
    ),
)
