"""Pure decisions of the fund: what may follow what, who may, how much, how long a text."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from timebank.dialogue.rules import PointKind
from timebank.errors import Conflict, Invalid, together
from timebank.fund.counting import CountMethod
from timebank.members.rules import Capacity
from timebank.say import Said, say
from timebank.text import tidy

LONGEST = {"title": 80, "words": 2_000, "place": 200, "reason": 500}
"""The longest text of each kind, in characters; a title fits on a ballot paper."""

CODE_LETTERS = 16
FEWEST_PROPOSALS = 2
MOST_PAPERS = 500
FEWEST_RESIDENTS = 2
MOST_ON_A_PANEL = 7
FEWEST_PUBLISHED = 30
"""Of so many ballots at least all may be published, where the round said so before it opened: with
a dozen proposals a ballot is nearly a signature."""


class FundUnit(StrEnum):
    """What a round shares out: hours of the chest, as minutes, or money, as pence."""

    MINUTES = "minutes"
    PENCE = "pence"


class RoundState(StrEnum):
    DRAFTED = "drafted"
    IDEAS = "ideas"
    CHECKING = "checking"
    TALKING = "talking"
    VOTING = "voting"
    COUNTED = "counted"
    REPORTING = "reporting"
    FINISHED = "finished"
    CALLED_OFF = "called_off"


STEPS = tuple(state for state in RoundState if state != RoundState.CALLED_OFF)
LOOKED_OVER = (RoundState.CHECKING, RoundState.TALKING)
BEFORE_VOTING = (RoundState.IDEAS, RoundState.CHECKING, RoundState.TALKING)


class Finding(StrEnum):
    """What those who checked a proposal found."""

    CAN = "can"
    CAN_IF = "can_if"
    JOINED = "joined"
    CANNOT = "cannot"


ON_BALLOT = (Finding.CAN, Finding.CAN_IF)


class PotKind(StrEnum):
    SOURCE = "source"
    AVAILABLE = "available"
    PROMISED = "promised"
    PAID = "paid"
    SPENT = "spent"


@dataclass(frozen=True)
class Days:
    """The first day of each step, the last day of voting, and the day by which awards report."""

    ideas_on: date
    checking_on: date
    talking_on: date
    voting_on: date
    closes_on: date
    reports_on: date


@dataclass(frozen=True)
class NewRound:
    """A round: what it is called, what it is for and what not, its budget with the smallest and
    the largest award, in its unit, how it is counted, and its days."""

    title: str
    purpose: str
    not_for: str
    unit: FundUnit
    budget: int
    smallest: int
    largest: int
    days: Days
    method: CountMethod = CountMethod.SHARES
    publish_ballots: bool = False


@dataclass(frozen=True)
class NewProposal:
    """A proposal; `party_id` is the account it is for, one's own unless said. `option_id` is the
    option of a conversation that it comes from, `priority_id` what matters that it answers."""

    title: str
    what: str
    cost: int
    whom: str = ""
    place: str = ""
    brings: str = ""
    party_id: int | None = None
    resident_lead_id: int | None = None
    option_id: int | None = None
    priority_id: int | None = None


@dataclass(frozen=True)
class Checked:
    """What a resident and a professional, by their member ids, found of a proposal; with what its
    cost and title become, where they agreed on others with whoever proposed."""

    resident_id: int
    professional_id: int
    verdict: Finding
    why: str = ""
    cost: int | None = None
    title: str = ""


@dataclass(frozen=True)
class Found:
    """What one of the two found of a proposal themselves."""

    verdict: Finding
    why: str = ""


@dataclass(frozen=True)
class NewPoint:
    """Something said of a proposal. `capacity` is the part of whoever said it, where it was said at
    a meeting and nobody is named."""

    kind: PointKind
    words: str
    capacity: Capacity = Capacity.RESIDENT
    nobody: bool = False


@dataclass(frozen=True)
class Scrutineers:
    """The two who see the count before it is announced, by their member ids; the first is a
    resident who is no staff."""

    resident_id: int
    other_id: int


@dataclass(frozen=True)
class Ticks:
    """The ids of the proposals that a ballot ticks. `none`: none of these, said outright."""

    proposals: Sequence[int] = ()
    none: bool = False


@dataclass(frozen=True)
class Turnout:
    """How many may vote and have, and of those how many papers were printed and came back."""

    electors: int
    voted: int
    papers: int
    returned: int


@dataclass(frozen=True)
class Accounted:
    """What became of the numbered papers that were printed: how many were given out, and how many
    of those were spoilt."""

    given_out: int
    spoilt: int = 0


@dataclass(frozen=True)
class NewReport:
    """What an award led to; `spent` is in the round's unit. `activity_id` is what was done with it,
    in whose log this stands too."""

    words: str
    spent: int
    reached: int = 0
    lesson: str = ""
    activity_id: int | None = None


@dataclass(frozen=True)
class NewCeiling:
    """How much a panel may give of a unit, at once and in a year."""

    unit: FundUnit
    at_once: int
    a_year: int


@dataclass(frozen=True)
class NewSmallAward:
    """What a panel decided on a day: what for, how much of which unit, to the holder of which
    account, and why; who sat there, by their member ids; and the day by which it is reported on."""

    title: str
    unit: FundUnit
    amount: int
    party_id: int
    why: str
    panel: Sequence[int]
    sat_on: date
    report_due_on: date


@dataclass(frozen=True)
class PutIn:
    """So many pence that an organisation put in on a day."""

    pence: int
    occurred_on: date
    memo: str = ""


@dataclass(frozen=True)
class Movement:
    """So many pence to be moved, what for, on which day (today unless said), with what is written
    beside it, and the movement that it takes back."""

    pence: int
    cause: str
    on: date | None = None
    memo: str = ""
    reverses_id: int | None = None


_NEXT: Mapping[RoundState, Collection[RoundState]] = {
    RoundState.DRAFTED: (RoundState.IDEAS,),
    RoundState.IDEAS: (RoundState.CHECKING,),
    RoundState.CHECKING: (RoundState.TALKING, RoundState.IDEAS),
    RoundState.TALKING: (RoundState.VOTING, RoundState.CHECKING),
    RoundState.VOTING: (RoundState.COUNTED,),
    RoundState.COUNTED: (RoundState.REPORTING,),
    RoundState.REPORTING: (RoundState.FINISHED,),
}


def is_back(before: RoundState, after: RoundState) -> bool:
    """Whether a step leads back."""
    return after in STEPS and STEPS.index(after) < STEPS.index(before)


def check_step(before: RoundState, after: RoundState, why: str) -> None:
    """Raises Conflict for a step that does not follow, Invalid for one back or off without a
    reason."""
    off = after == RoundState.CALLED_OFF and before in (
        RoundState.DRAFTED,
        *BEFORE_VOTING,
        RoundState.VOTING,
    )
    if not off and after not in _NEXT.get(before, ()):
        raise Conflict(say("This round is not at a point from which it can do that."))
    if (off or is_back(before, after)) and not why:
        raise Invalid.on("why", say("Write why. Everybody can read it."))


def check_round(new: NewRound) -> NewRound:
    """The round with its texts tidied. Raises Invalid."""
    title, purpose, not_for, _ = together(
        lambda: tidy(
            "title", new.title, LONGEST["title"], required=say("Write what it is called.")
        ),
        lambda: tidy(
            "purpose", new.purpose, LONGEST["words"], required=say("Write what it is for.")
        ),
        lambda: tidy("not_for", new.not_for, LONGEST["words"]),
        lambda: _check_numbers(new),
    )
    return NewRound(
        title=title,
        purpose=purpose,
        not_for=not_for,
        unit=new.unit,
        budget=new.budget,
        smallest=new.smallest,
        largest=new.largest,
        days=new.days,
        method=new.method,
        publish_ballots=new.publish_ballots,
    )


def _check_numbers(new: NewRound) -> None:
    wrong: dict[str, Said] = {}
    if new.budget <= 0:
        wrong["budget"] = say("The budget has to be more than nothing.")
    if new.smallest <= 0:
        wrong["smallest"] = say("The smallest award has to be more than nothing.")
    elif new.largest < new.smallest:
        wrong["largest"] = say("The largest award cannot be less than the smallest.")
    elif new.budget < new.largest:
        wrong["largest"] = say("The largest award cannot be more than the whole budget.")
    days = new.days
    order = (
        ("checking_on", days.ideas_on, days.checking_on),
        ("talking_on", days.checking_on, days.talking_on),
        ("voting_on", days.talking_on, days.voting_on),
        ("closes_on", days.voting_on, days.closes_on),
        ("reports_on", days.closes_on, days.reports_on),
    )
    for name, before, after in order:
        if after < before:
            wrong[name] = say("This day is before the one of the step that comes first.")
    if wrong:
        raise Invalid.of(wrong)


def check_cost(cost: int, smallest: int, largest: int, words: tuple[Said, Said]) -> None:
    """Raises Invalid with the first of `words` for what costs less than the smallest award, with
    the other for more than the largest."""
    if cost < smallest:
        raise Invalid.on("cost", words[0])
    if cost > largest:
        raise Invalid.on("cost", words[1])


def check_ticks(ticks: Ticks, on_ballot: Collection[int]) -> str:
    """The ballot's choices as they are kept. Raises Invalid for a tick for nothing on the ballot,
    for one made twice, and for nothing ticked where “none of these” is not either."""
    chosen = list(ticks.proposals)
    if chosen and ticks.none:
        words = say("You ticked something, and “None of these” too. Choose one or the other.")
    elif not chosen and not ticks.none:
        words = say("Nothing is ticked. Tick all you would like to see, or “None of these”.")
    elif len(set(chosen)) < len(chosen):
        words = say("Something is ticked twice. Tick each idea once.")
    elif not set(chosen) <= set(on_ballot):
        words = say("One of these is not on the ballot. Look at the list again.")
    else:
        return ",".join(str(one) for one in sorted(chosen))
    raise Invalid.on("proposals", words)


def by_lines(lines: str, on_ballot: Sequence[int]) -> Ticks:
    """What a paper ticks, from the numbers of its lines as they are typed: "3 7 12"; 0 for none of
    these. Raises Invalid for what is no line."""
    words = lines.replace(",", " ").split()
    if words == ["0"]:
        return Ticks(none=True)
    if not words or not all(
        word.isdecimal() and len(word) < 5 and 1 <= int(word) <= len(on_ballot) for word in words
    ):
        raise Invalid.on(
            "lines",
            say(
                "Type the numbers of the ticked lines, 1 to %(last)s, with a space between, or 0"
                " for “None of these”.",
                last=len(on_ballot),
            ),
        )
    return Ticks([on_ballot[int(word) - 1] for word in words])


def choices_of(text: str | None) -> list[int]:
    """The ids in a text with commas, such as a ballot's choices or the order of the paper."""
    return [int(one) for one in text.split(",")] if text else []


def check_checkers(resident: Capacity, professional: Capacity, checkers: tuple[int, int]) -> None:
    """Raises Invalid unless a resident and a professional checked."""
    if checkers[0] == checkers[1]:
        words = say("Two different people have to check it.")
        raise Invalid.on("professional_id", words)
    if resident != Capacity.RESIDENT:
        raise Invalid.on("resident_id", say("Choose somebody who takes part as a resident."))
    if professional == Capacity.RESIDENT:
        words = say("Choose somebody who takes part as a practitioner or a planner.")
        raise Invalid.on("professional_id", words)


def check_panel(capacities: Sequence[Capacity]) -> None:
    """Raises Invalid unless two residents at least and one other sat on a panel."""
    residents = sum(one == Capacity.RESIDENT for one in capacities)
    if len(capacities) > MOST_ON_A_PANEL:
        raise Invalid.on("panel", say("Name %(most)s people at most.", most=MOST_ON_A_PANEL))
    if residents < FEWEST_RESIDENTS or residents == len(capacities):
        words = say(
            "It takes two residents at least, and one practitioner or planner. Choose who else sat"
            " there."
        )
        raise Invalid.on("panel", words)


def check_ceiling(new: NewCeiling) -> None:
    """Raises Invalid for less than nothing, and for less in a year than at once."""
    if new.at_once < 0:
        raise Invalid.on("at_once", say("Write an amount, or 0 so that no panel gives any."))
    if new.a_year < new.at_once:
        raise Invalid.on("a_year", say("In a year it cannot be less than at once."))
