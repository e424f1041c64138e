"""Elections for tests, and a second, slow way to count them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from fractions import Fraction

from timebank.fund.counting import Election


def election(
    budget: int, costs: dict[str, int], ballots: Sequence[Collection[str]], lot: str = ""
) -> Election:
    """An election whose proposals are letters; the lot is the alphabet unless said."""
    return Election(budget, costs, [frozenset(one) for one in ballots], list(lot) or sorted(costs))


def twelve() -> Election:
    """Twelve people share 1,200: seven tick a, b and c, five d and e."""
    costs = {"a": 400, "b": 350, "c": 300, "d": 280, "e": 260}
    return election(1200, costs, ["abc"] * 7 + ["de"] * 5)


def floats_fail() -> Election:
    """Binary fractions find that the three who ticked a come out a hair short."""
    costs = {"a": 800, "b": 450, "c": 300, "d": 400}
    return election(2000, costs, ["ad", "acd", "abd", "c", "b"])


@dataclass(frozen=True)
class Paid:
    """What each ballot paid for each proposal that was carried, by its place, in that order."""

    order: list[str]
    payments: dict[str, dict[int, Fraction]]
    left: dict[int, Fraction]


def slowly(one: Election, pot: Fraction) -> Paid:
    """Equal shares, once, straight from its definition and with fractions."""
    supporters = {
        proposal: [
            place
            for place, ballot in enumerate(one.ballots)
            if proposal in ballot and one.costs[proposal] <= one.budget
        ]
        for proposal in one.costs
    }
    voters = {place for places in supporters.values() for place in places}
    left = {place: pot / len(voters) for place in voters}
    order: list[str] = []
    payments: dict[str, dict[int, Fraction]] = {}
    while True:
        prices: dict[str, Fraction] = {}
        for proposal, places in supporters.items():
            if proposal in order or sum(left[place] for place in places) < one.costs[proposal]:
                continue
            # The least price that covers the cost is found among what each could be asked for.
            rest, among = Fraction(one.costs[proposal]), sorted(places, key=lambda at: left[at])
            while left[among[0]] * len(among) < rest:
                rest -= left[among.pop(0)]
            prices[proposal] = rest / len(among)
        if not prices:
            return Paid(order, payments, left)
        winner = min(
            prices,
            key=lambda proposal: (
                -one.costs[proposal] / prices[proposal],
                one.costs[proposal],
                -len(supporters[proposal]),
                one.lot.index(proposal),
            ),
        )
        order.append(winner)
        payments[winner] = {place: min(prices[winner], left[place]) for place in supporters[winner]}
        for place, payment in payments[winner].items():
            left[place] -= payment


def counted_slowly(one: Election, step: int) -> tuple[list[str], int]:
    """What is funded in the end, and how often shares were raised."""
    ticks = {proposal: sum(proposal in ballot for ballot in one.ballots) for proposal in one.costs}
    wanted = [
        proposal for proposal in one.lot if ticks[proposal] and one.costs[proposal] <= one.budget
    ]
    if not wanted:
        return [], 0
    raises, order = 0, slowly(one, Fraction(one.budget)).order
    while len(order) < len(wanted) and raises < 1000:
        more = slowly(one, Fraction(one.budget + (raises + 1) * step)).order
        if sum(one.costs[proposal] for proposal in more) > one.budget:
            break
        raises, order = raises + 1, more
    return order + fitting(one, order), raises


def fitting(one: Election, funded: Collection[str]) -> list[str]:
    """By most votes, what fits beside what is funded."""
    rest = one.budget - sum(one.costs[proposal] for proposal in funded)
    found = []
    ticks = {proposal: sum(proposal in ballot for ballot in one.ballots) for proposal in one.costs}
    for proposal in sorted(
        one.costs, key=lambda it: (-ticks[it], one.costs[it], one.lot.index(it))
    ):
        if ticks[proposal] and proposal not in funded and one.costs[proposal] <= rest:
            rest -= one.costs[proposal]
            found.append(proposal)
    return found
