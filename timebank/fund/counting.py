"""The count: which proposals a round funds, and why. Pure, exact, and the same on every machine.

Ballots are approvals: each ticks all that its voter would like to see. By the Method of Equal
Shares, for approvals, with the cost of what is funded as its use (Peters, Pierczyński, Skowron,
“Proportional Participatory Budgeting with Additive Utilities”, 2021), every ballot with a tick has
the same share of the budget, and a proposal is carried by those who ticked it. Everything is a
whole number: where a share is a fraction, all shares are counted in a smaller unit. A recount by
hand comes to the same, which binary fractions do not always do.

Amounts are whole: minutes, pence, or whatever a file counts in.
"""

import hashlib
import json
from bisect import bisect_left
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from functools import cached_property
from heapq import heapify, heappop, heappush
from itertools import accumulate
from math import gcd
from typing import Any, Literal, NamedTuple

MOST_RAISES = 1_000
"""So many times shares are raised at most; that it ended so is said with the result."""

_SHIFT = 64
"""Bounds are kept as whole numbers, shifted by so many bits and rounded up."""


class CountMethod(StrEnum):
    SHARES = "shares"
    VOTES = "votes"


class RaiseBy(StrEnum):
    """By how much the pot grows each time: a hundredth of the budget, or one unit of money for each
    ballot with a tick, as cities do."""

    PERCENT = "percent"
    VOTER = "voter"


class Stopped(StrEnum):
    """Why shares were not raised again: more would be spent than there is, everything that anybody
    ticked is funded, or it was tried often enough."""

    COST = "cost"
    ALL = "all"
    LIMIT = "limit"


@dataclass(frozen=True)
class Election:
    """What is counted: the budget, what each proposal costs, the ballots, and the lot, which has
    every proposal once: of equals the one that stands first in it goes first.

    `unit` is how many of these amounts make one unit of money. Raises ValueError for what no ballot
    paper could bring about.
    """

    budget: int
    costs: Mapping[str, int]
    ballots: Sequence[Collection[str]]
    lot: Sequence[str]
    unit: int = 1

    def __post_init__(self) -> None:
        if self.budget <= 0 or any(cost <= 0 for cost in self.costs.values()):
            raise ValueError("A budget and a cost are above nought.")
        if sorted(self.lot) != sorted(self.costs):
            raise ValueError("The lot has every proposal once.")
        for ballot in self.ballots:
            if len(set(ballot)) < len(ballot) or not self.costs.keys() >= set(ballot):
                raise ValueError("A ballot ticks proposals, and each once.")

    @cached_property
    def affordable(self) -> frozenset[str]:
        """What could be funded at all: what costs more than the budget is never carried, and a tick
        for it is none."""
        return frozenset(one for one, cost in self.costs.items() if cost <= self.budget)

    @cached_property
    def voters(self) -> int:
        """How many ballots have a tick that counts: these have a share."""
        return sum(not self.affordable.isdisjoint(ballot) for ballot in self.ballots)

    @cached_property
    def ticks(self) -> dict[str, int]:
        """How many ballots tick each proposal."""
        counted = Counter(one for ballot in self.ballots for one in ballot)
        return {one: counted[one] for one in self.costs}

    @cached_property
    def places(self) -> dict[str, int]:
        """Where each proposal stands in the lot."""
        return {one: place for place, one in enumerate(self.lot)}

    @cached_property
    def supporters(self) -> dict[str, list[int]]:
        """By proposal, the places of the ballots that tick it; of those proposals alone that can be
        funded and that somebody ticked."""
        places: dict[str, list[int]] = {}
        for place, ballot in enumerate(self.ballots):
            for proposal in ballot:
                if proposal in self.affordable:
                    places.setdefault(proposal, []).append(place)
        return places

    def rank(self, one: str) -> tuple[int, int, int]:
        """Of equals the cheaper goes first, then the one with more ticks, then by lot."""
        return self.costs[one], -self.ticks[one], self.places[one]

    @property
    def digest(self) -> str:
        """SHA-256 of what went in: neither the order of ballots nor of proposals matters."""
        inputs = {
            "budget": self.budget,
            "costs": dict(self.costs),
            "ballots": sorted(sorted(ballot) for ballot in self.ballots),
        }
        return hashlib.sha256(canonical(inputs)).hexdigest()


@dataclass(frozen=True)
class Carried:
    """A proposal that is funded, by its supporters' shares or by what was left at the end.

    `each` is what it took of each supporter's share, but for the `all_they_had` of them who had
    less than that left and put all of it in. Both are None where no shares were paid.
    """

    proposal: str
    cost: int
    ticks: int
    by: Literal["shares", "fill", "votes"]
    each: Fraction | None = None
    all_they_had: int | None = None


@dataclass(frozen=True)
class Run:
    """One count with a pot: what is carried, in that order, and what each ballot has left of its
    share, of which `whole` make one of the pot's units."""

    pot: int
    carried: Sequence[Carried]
    left: Sequence[int]
    whole: int

    @property
    def spent(self) -> int:
        return sum(one.cost for one in self.carried)


def shares(election: Election, pot: int) -> Run:
    """The Method of Equal Shares, once: every ballot holds pot / voters.

    For each proposal, its supporters carry its cost as equally as they can: q is the smallest price
    with Σ min(q, what each has left) = cost. The one with the highest cost / q is funded, of equals
    the cheaper, then the one with more ticks, then by lot; until nothing can be carried.

    What supporters have only gets less, and so a proposal's cost / q: what it was is a bound, and a
    proposal is looked at again only when its bound is the highest.
    """
    costs, supporters = election.costs, election.supporters
    # Who ticked nothing is nobody's supporter, so that what stands here for them is never paid.
    left: list[int] = [pot] * len(election.ballots)
    whole = election.voters
    # With full shares a proposal's cost / q is the number of its supporters.
    bounds = [(-(len(places) << _SHIFT), one) for one, places in supporters.items()]
    heapify(bounds)
    carried: list[Carried] = []
    while bounds:
        looked: list[tuple[int, str]] = []
        best: _Price | None = None
        highest = 0
        while bounds and -bounds[0][0] >= highest:
            _, proposal = heappop(bounds)
            price = _price(
                proposal, costs[proposal] * whole, [left[at] for at in supporters[proposal]]
            )
            if price is None:
                continue  # Its supporters have less than it costs, and will never have more.
            looked.append((-_bound(costs[proposal] * whole, price), proposal))
            if best is None or _goes_first(election, price, best):
                best, highest = price, -looked[-1][0]
        if best is None:
            break
        for entry in looked:
            if entry[1] != best.proposal:
                heappush(bounds, entry)
        # Count in a unit in which q is whole.
        finer = best.number // gcd(best.due, best.number)
        if finer > 1:
            left = [amount * finer for amount in left]
            whole *= finer
        each = best.due * finer // best.number
        for at in supporters[best.proposal]:
            left[at] = left[at] - each if left[at] > each else 0
        ticks = len(supporters[best.proposal])
        carried.append(
            Carried(
                proposal=best.proposal,
                cost=costs[best.proposal],
                ticks=ticks,
                by="shares",
                each=Fraction(each, whole),
                all_they_had=ticks - best.number,
            )
        )
    return Run(pot, carried, left, whole)


class _Price(NamedTuple):
    """The smallest equal price of a proposal, `due` / `number`: what is due from those who can pay
    it, and how many they are."""

    proposal: str
    due: int
    number: int


def _price(proposal: str, cost: int, amounts: list[int]) -> _Price | None:
    """Its price, where its supporters have these amounts left; None where that is less than the
    cost together."""
    number = len(amounts)
    if min(amounts) * number >= cost:
        return _Price(proposal, cost, number)
    amounts.sort()
    before = list(accumulate(amounts, initial=0))
    if before[-1] < cost:
        return None
    # What comes together if nobody puts in more than the one at a place has, and that only grows.
    poor = bisect_left(range(number), cost, key=lambda at: before[at] + amounts[at] * (number - at))
    return _Price(proposal, cost - before[poor], number - poor)


def _bound(cost: int, price: _Price) -> int:
    """cost / q, shifted and rounded up."""
    return -(-(cost * price.number << _SHIFT) // price.due)


def _goes_first(election: Election, one: _Price, other: _Price) -> bool:
    """Whether `one` is funded before `other`: by cost / q, exactly."""
    mine = election.costs[one.proposal] * one.number * other.due
    others = election.costs[other.proposal] * other.number * one.due
    if mine != others:
        return mine > others
    return election.rank(one.proposal) < election.rank(other.proposal)


def fill(
    election: Election, funded: Collection[str], by: Literal["fill", "votes"]
) -> list[Carried]:
    """What else fits into the budget beside what is `funded`: most ticks first, then the cheaper,
    then by lot; only what somebody ticked."""
    costs, ticks = election.costs, election.ticks
    room = election.budget - sum(costs[one] for one in funded)
    carried: list[Carried] = []
    for proposal in sorted(election.supporters, key=lambda one: (-ticks[one], election.rank(one))):
        if proposal not in funded and costs[proposal] <= room:
            room -= costs[proposal]
            carried.append(Carried(proposal, costs[proposal], ticks[proposal], by))
    return carried


@dataclass(frozen=True)
class Outcome:
    """What an election funds, in that order, by a method.

    `raises` is how often shares were raised, by how much `step` says, and `stopped` why not again.
    `run` is the last count of shares, and None by most votes.
    """

    election: Election
    method: CountMethod
    funded: Sequence[Carried]
    step: int = 0
    raises: int = 0
    stopped: Stopped | None = None
    run: Run | None = None

    @property
    def spent(self) -> int:
        return sum(one.cost for one in self.funded)

    @property
    def wins(self) -> list[int]:
        """How many voters have none of what they ticked funded, one of it, two, and so on. Who
        ticked nothing has none."""
        funded = {one.proposal for one in self.funded}
        counted = Counter(len(funded & set(ballot)) for ballot in self.election.ballots)
        return [counted[wins] for wins in range(max(counted, default=-1) + 1)]

    def left(self, proposal: str) -> Fraction:
        """What those who ticked a proposal have left between them after the last count."""
        if self.run is None:
            raise ValueError("By most votes nobody has a share.")
        places = self.election.supporters.get(proposal, ())
        return Fraction(sum(self.run.left[at] for at in places), self.run.whole)


def decide(
    election: Election,
    method: CountMethod = CountMethod.SHARES,
    raise_by: RaiseBy = RaiseBy.PERCENT,
    most_raises: int = MOST_RAISES,
) -> Outcome:
    """What the election funds.

    By shares something is usually left over, so the pot is raised step by step and counted anew,
    while what is funded costs no more than the budget; then what still fits is filled in. The
    middle stop is needed: where all that is ticked is funded and something nobody ticked is not,
    raising would never end.
    """
    if method == CountMethod.VOTES:
        return Outcome(election, method, fill(election, (), "votes"))
    whole_units = -(-election.budget // (100 * election.unit))
    step = election.unit * (whole_units if raise_by == RaiseBy.PERCENT else election.voters)
    run, raises, stopped = shares(election, election.budget), 0, None
    while stopped is None:
        if len(run.carried) == len(election.supporters):
            stopped = Stopped.ALL
        elif raises == most_raises:
            stopped = Stopped.LIMIT
        else:
            raised = shares(election, election.budget + (raises + 1) * step)
            if raised.spent > election.budget:
                stopped = Stopped.COST
            else:
                run, raises = raised, raises + 1
    more = fill(election, {one.proposal for one in run.carried}, "fill")
    return Outcome(election, method, [*run.carried, *more], step, raises, stopped, run)


def content(outcome: Outcome, other: Outcome) -> dict[str, Any]:
    """All that there is to know of a count, for `canonical`: what went in, what was funded and why,
    what was not and why not, and what the other method would have funded. Fractions are "a/b"."""
    election, run = outcome.election, outcome.run
    funded = {one.proposal for one in outcome.funded}
    return {
        "version": 1,
        "inputs": election.digest,
        "budget": election.budget,
        "method": str(outcome.method),
        "lot": list(election.lot),
        "ballots": len(election.ballots),
        "voters": election.voters,
        "ticks": election.ticks,
        "pot": run.pot if run else None,
        "raises": outcome.raises,
        "step": outcome.step,
        "stopped": str(outcome.stopped) if outcome.stopped else None,
        "funded": [one.proposal for one in outcome.funded],
        "spent": outcome.spent,
        "rounds": [_round(one) for one in outcome.funded],
        "not_funded": [_loser(outcome, one) for one in election.lot if one not in funded],
        "wins": outcome.wins,
        "other": {
            "method": str(other.method),
            "funded": [one.proposal for one in other.funded],
            "spent": other.spent,
            "raises": other.raises,
            "wins": other.wins,
        },
    }


def _round(one: Carried) -> dict[str, Any]:
    return {
        "id": one.proposal,
        "cost": one.cost,
        "ticks": one.ticks,
        "by": one.by,
        "each": None if one.each is None else fraction(one.each),
        "all_they_had": one.all_they_had,
    }


class Reason(StrEnum):
    """Why a proposal is not funded: it costs more than there is, nobody ticked it, those who did
    had too little left, or there was no room left for it in the budget."""

    TOO_DEAR = "too_dear"
    NO_TICKS = "no_ticks"
    SHORT = "short"
    NO_ROOM = "no_room"


def _loser(outcome: Outcome, one: str) -> dict[str, Any]:
    election = outcome.election
    cost, ticks = election.costs[one], election.ticks[one]
    line: dict[str, Any] = {"id": one, "cost": cost, "ticks": ticks}
    if one not in election.affordable:
        return line | {"reason": str(Reason.TOO_DEAR)}
    if not ticks:
        return line | {"reason": str(Reason.NO_TICKS)}
    if outcome.run is None:
        return line | {"reason": str(Reason.NO_ROOM)}
    left = outcome.left(one)
    return line | {
        "reason": str(Reason.SHORT),
        "left": fraction(left),
        "missing": fraction(cost - left),
    }


def fraction(value: Fraction) -> str:
    """As "a/b"."""
    return f"{value.numerator}/{value.denominator}"


def counted(
    election: Election,
    method: CountMethod = CountMethod.SHARES,
    raise_by: RaiseBy = RaiseBy.PERCENT,
) -> dict[str, Any]:
    """The content of a count by a method, with the other method beside it."""
    other = CountMethod.VOTES if method == CountMethod.SHARES else CountMethod.SHARES
    return content(decide(election, method, raise_by), decide(election, other, raise_by))


def sign(content: Mapping[str, Any]) -> str:
    """SHA-256 of a result as it is kept: whoever counts the same ballots comes to the same."""
    return hashlib.sha256(canonical(content)).hexdigest()


def canonical(value: Mapping[str, Any]) -> bytes:
    """JSON that is the same bytes everywhere: keys sorted, no spaces, UTF-8."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
