"""What the fund brings to the evidence report: rounds announced, awards by their size, and
figures of both, each with what it is. Of ballots nothing is told but how many there were, and by
how much they won; of few people nothing.
"""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from statistics import median
from typing import Any

from sqlalchemy.orm import Session

from timebank.banks.models import Bank
from timebank.clock import local_date
from timebank.dialogue.evidence_figures import Block, Cell
from timebank.fund import queries, records
from timebank.fund.models import Round
from timebank.fund.records import Given
from timebank.fund.rules import FundUnit
from timebank.measures import disclosure
from timebank.members import queries as members
from timebank.members.rules import Capacity
from timebank.say import Said, say

DEFINITIONS: Mapping[str, Said] = {
    "fund_turnout": say(
        "Of those who could vote in rounds announced in these days, the share who did; who could in"
        " two rounds counts twice."
    ),
    "fund_without_a_win": say(
        "Of ballots in these rounds, the share of which nothing that was ticked is funded; a ballot"
        " that ticked none of the ideas is among them."
    ),
    "fund_median_wins": say(
        "How many of the ideas that a ballot ticked are funded: the middle one of all ballots."
    ),
    "fund_proposed_by_residents": say(
        "Of ideas in these rounds that members had, the share of those who take part as residents"
        " today."
    ),
    "fund_spent": say(
        "Of what was awarded in these days and reported on, the share that was spent; money and"
        " hours apart."
    ),
    "fund_reported_in_time": say(
        "Of awards whose report was due in these days, the share that reported by that day."
    ),
    "fund_days_to_money": say(
        "Days from the announcement, or from the day on which a panel sat, until the money was paid"
        " or the hours moved: the middle one of awards made in these days and paid."
    ),
}
"""What each figure is, by its id."""

SIZES: Mapping[FundUnit, Sequence[int]] = {
    FundUnit.PENCE: (10_000, 50_000, 200_000),
    FundUnit.MINUTES: (300, 1_200, 3_000),
}
"""Where one size of awards ends and the next begins, in pence and in minutes."""


@dataclass(frozen=True)
class Announced:
    """A round that was announced, with what was counted."""

    round: Round
    on: date
    content: Mapping[str, Any]
    electors: int


def blocks(
    session: Session, bank: Bank, start: date, end: date, *, as_of: datetime
) -> tuple[Block, ...]:
    """The tables of the fund about the days from `start` to `end`, as recorded by `as_of`."""
    rounds = _announced(session, bank, start, end, as_of)
    given = records.given(session, bank, as_of=as_of)
    made = [one for one in given if start <= one.decided_on <= end]
    due = [one for one in given if start <= one.report_due_on <= end]
    return (
        _rounds(bank, rounds, given),
        _sizes(made),
        _figures(session, bank, rounds, made, due),
    )


def _announced(
    session: Session, bank: Bank, start: date, end: date, as_of: datetime
) -> list[Announced]:
    announced: list[Announced] = []
    for round_ in queries.rounds(session, bank):
        count = queries.announced(session, bank, round_.id)
        if count is None or count.announced_at is None or count.announced_at > as_of:
            continue
        on = local_date(count.announced_at, bank.timezone)
        if start <= on <= end:
            electors = queries.turnout(session, bank, round_.id).electors
            announced.append(Announced(round_, on, json.loads(count.content), electors))
    return announced


def _rounds(bank: Bank, rounds: Sequence[Announced], given: Sequence[Given]) -> Block:
    rows: list[tuple[Cell, ...]] = []
    for shared in rounds:
        reports = [award.report for award in given if award.round_id == shared.round.id]
        written = [report for report in reports if report is not None]
        voters = shared.content["voters"]
        rows.append(
            (
                shared.round.title,
                str(shared.round.unit),
                shared.on.isoformat(),
                shared.content["budget"],
                voters if voters >= bank.few else None,
                len(shared.content["funded"]),
                shared.content["spent"],
                len(written),
                sum(report.spent for report in written),
            )
        )
    return Block(
        "fund",
        11,
        say("What was shared out by vote"),
        say(
            "Rounds of the fund announced in these days, in minutes or pence; anybody can make each"
            " count again."
        ),
        say("Voters are withheld where they are few. Nobody’s vote is known."),
        (
            *("round", "unit", "announced_on", "budget", "voters", "funded", "given"),
            *("reported", "used"),
        ),
        tuple(rows),
    )


def _sizes(made: Sequence[Given]) -> Block:
    """How many awards there were of each size, of rounds and by panels."""
    counted: Counter[tuple[str, FundUnit, int]] = Counter()
    amounts: Counter[tuple[str, FundUnit, int]] = Counter()
    for award in made:
        size = sum(award.amount >= bound for bound in SIZES[award.unit])
        key = "vote" if award.round_id else "panel", award.unit, size
        counted[key] += 1
        amounts[key] += award.amount
    rows: list[tuple[Cell, ...]] = [
        (
            by,
            str(unit),
            SIZES[unit][size - 1] if size else 0,
            # Nothing is withheld of the largest: they have no upper end.
            SIZES[unit][size] if size < len(SIZES[unit]) else "",
            counted[by, unit, size],
            amounts[by, unit, size],
        )
        for by, unit, size in sorted(counted)
    ]
    return Block(
        "fund_awards",
        12,
        say("Awards by their size"),
        say("Awards made in these days, by vote and by panels, in minutes or pence."),
        say("Whom they went to is told on the pages of the fund, to members."),
        ("decided_by", "unit", "from", "below", "awards", "amount"),
        tuple(rows),
    )


def _figures(
    session: Session,
    bank: Bank,
    rounds: Sequence[Announced],
    made: Sequence[Given],
    due: Sequence[Given],
) -> Block:
    electors = sum(one.electors for one in rounds)
    ballots = sum(one.content["ballots"] for one in rounds)
    wins: Counter[int] = Counter()
    for shared in rounds:
        wins.update(dict(enumerate(shared.content["wins"])))
    residents, had = _proposers(session, bank, rounds)
    in_time = sum(
        one.report is not None and local_date(one.report.at, bank.timezone) <= one.report_due_on
        for one in due
    )
    rows: list[tuple[Cell, ...]] = [
        ("fund_turnout", *_of_people(ballots, electors, bank.few)),
        ("fund_without_a_win", *_of_people(wins[0], ballots, bank.few)),
        ("fund_median_wins", *_median(list(wins.elements()), bank.few)),
        ("fund_proposed_by_residents", disclosure.share(residents, had), had),
        *(
            (f"fund_spent:{unit}", *_spent([one for one in made if one.unit == unit]))
            for unit in FundUnit
        ),
        ("fund_reported_in_time", disclosure.share(in_time, len(due)), len(due)),
        ("fund_days_to_money", *_median(_days(bank, made), 1)),
    ]
    return Block(
        "fund_figures",
        13,
        say("Figures of the fund"),
        say(
            "Made from the rounds and awards of these days, by the definitions that stand with it."
        ),
        say("Of few people, or all but few, nothing is told."),
        ("id", "value", "n"),
        tuple(rows),
    )


def _of_people(part: int, whole: int, few: int) -> tuple[float | None, int | None]:
    """The share and of how many; nothing of few, or of all but few."""
    if whole < few:
        return None, None
    if 0 < part < few or 0 < whole - part < few:
        return None, whole
    return disclosure.share(part, whole), whole


def _median(values: Sequence[int], few: int) -> tuple[float | None, int | None]:
    if len(values) < max(few, 1):
        return None, None
    return float(median(values)), len(values)


def _proposers(session: Session, bank: Bank, rounds: Sequence[Announced]) -> tuple[int, int]:
    """Of how many ideas residents had, and how many members had in all."""
    accounts = [
        idea.party_id
        for one in rounds
        for idea in queries.proposals(session, bank, one.round)
        if idea.party_id is not None
    ]
    parties = members.parties(session, bank, set(accounts))
    ids = [parties[one].member_id for one in accounts]
    people = members.by_ids(session, bank, {one for one in ids if one is not None})
    capacities = [people[one].capacity for one in ids if one in people]
    return capacities.count(Capacity.RESIDENT), len(capacities)


def _spent(made: Sequence[Given]) -> tuple[float | None, int]:
    """Of what was awarded and reported on, the share that was spent; of so many awards."""
    reported = [(one.amount, one.report.spent) for one in made if one.report is not None]
    return disclosure.share(sum(spent for _, spent in reported), sum(a for a, _ in reported)), len(
        reported
    )


def _days(bank: Bank, made: Sequence[Given]) -> list[int]:
    days: list[int] = []
    for award in made:
        if award.paid_at is not None:
            since = (
                local_date(award.announced_at, bank.timezone)
                if award.announced_at
                else award.decided_on
            )
            days.append((local_date(award.paid_at, bank.timezone) - since).days)
    return days
