"""The largest part of all help that comes round: the maximum circulation of a network with
capacities. Exact, in whole minutes.

What does not come round is a flow from those who gave more than they got to those who got more than
they gave. Taking out as little as possible is a transport of those surpluses along the arcs of help
at a cost of one for every minute and arc: a minimum-cost flow. It is found by the primal-dual
method (Ahuja, Magnanti & Orlin 1993, Network Flows, section 9.8): shortest distances give prices, a
maximum flow then uses all arcs that the prices leave tight. As every arc costs one, there are only
a handful of distances, and so of rounds.
"""

from dataclasses import dataclass

import numpy as np

from timebank.measures import graphs
from timebank.measures.arrays import Whole

_BITS = 30
_MOST = 2**_BITS - 1
"""The most that flows at a time, along one arc or in all. SciPy's maximum flow counts in signed 32
bits, up to 2³¹ − 1, and what is still free along an arc is its own capacity and whatever flows the
other way: two times 2³⁰ − 1 fit, two times 2³⁰ do not."""
_FINER = 8
"""By so many bits the coarse unit gets finer when nothing flows in it."""


@dataclass(frozen=True, eq=False)
class Circulation:
    """`minutes` of the largest circulation, and the `prices` (one a person) that prove it: no
    cheaper way of taking out exists.

    The minutes are unique; which arcs they run along is not, so arcs are not given. By
    linear-programming duality minutes = Σ w · max(0, 1 + price[giver] − price[receiver]).
    """

    minutes: int
    prices: Whole


def largest(people: int, giver: Whole, receiver: Whole, minutes: Whole) -> Circulation:
    """The largest circulation within `minutes` (above 0) on the arcs giver → receiver, each ordered
    pair at most once.

    `giver` and `receiver` number people from 0 to `people` − 1 and never the same one. The arrays
    have one element an arc.
    """
    surplus = np.zeros(people, np.int64)
    np.add.at(surplus, giver, minutes)
    np.subtract.at(surplus, receiver, minutes)
    arcs = _Arcs(people, giver, receiver, minutes)
    prices = np.zeros(people, np.int64)
    while surplus.max(initial=0) > 0:
        prices += arcs.distances(prices, np.flatnonzero(surplus > 0))
        arcs.push(prices, surplus)
    return Circulation(int(arcs.left[: len(minutes)].sum()), prices)


class _Arcs:
    """What can still be taken out along each arc (cost 1), and after them, put back against each
    arc (cost −1).

    They are kept in the order of their tails, so that any choice of them is a sparse matrix without
    more sorting.
    """

    def __init__(self, people: int, giver: Whole, receiver: Whole, minutes: Whole):
        self.people, self.number = people, len(minutes)
        self.left = np.concatenate([minutes, np.zeros_like(minutes)])
        tail, head = np.concatenate([giver, receiver]), np.concatenate([receiver, giver])
        self.order = np.argsort(tail, kind="stable")
        self.tail, self.head = tail[self.order], head[self.order]
        self.cost = np.where(self.order < self.number, 1, -1)

    def distances(self, prices: Whole, sources: Whole) -> Whole:
        """From the nearest source, by the costs that the prices leave. Who cannot be reached is as
        far as the farthest."""
        usable = self.left[self.order] > 0
        tail, head = self.tail[usable], self.head[usable]
        cost = self.cost[usable] + prices[tail] - prices[head]
        costs = graphs.matrix_by_rows(self.people, tail, head, cost.astype(float))
        far = graphs.distances(costs, sources)
        reached = np.isfinite(far)
        return np.where(reached, far, far[reached].max()).astype(np.int64)

    def push(self, prices: Whole, surplus: Whole) -> None:
        """Take out as much as the tight arcs let through, from those with a surplus above 0 to
        those below, in one maximum flow.

        Minutes have 64 bits and the flow has 32, so large amounts flow in coarse units of 2^shift
        minutes: as coarse as needed for all surpluses together to stay below 2³⁰ of them. Less than
        a unit stays behind for a later round. Where nothing flows in whole units, though a tight
        path is always there, its narrowest arc holds less than one, and the unit gets finer by 8
        bits: so a unit of minutes is reached in at most five steps, and something flows. Single
        bits would take up to 34 flows to get there; going to minutes at once would cut what flows
        to 2³⁰ minutes a round, however much there is.

        One flow costs O(N² L) at worst (Dinic), in practice a few passes over the arcs. While
        amounts fit into 30 bits a round exhausts all tight paths, so that the next finds a larger
        distance: there are as many rounds as distances, a handful. Each further 8 bits of the
        amounts can add a round to each distance.
        """
        tight = (self.left[self.order] > 0) & (self.cost + prices[self.tail] == prices[self.head])
        place, tail, head = self.order[tight], self.tail[tight], self.head[tight]
        source, sink = self.people, self.people + 1
        givers, takers = np.flatnonzero(surplus > 0), np.flatnonzero(surplus < 0)
        tails = np.concatenate([tail, np.full(len(givers), source), takers])
        heads = np.concatenate([head, givers, np.full(len(takers), sink)])
        room = np.concatenate([self.left[place], surplus[givers], -surplus[takers]])
        most = np.full(len(room), _MOST)
        # All that flows comes out of the source, so that this holds it below the most in all.
        most[len(tail) : len(tail) + len(givers)] = _MOST // len(givers)
        shift = max(0, int(surplus[givers].sum()).bit_length() - _BITS)
        while True:
            capacities = np.minimum(room >> shift, most)
            flows, through = graphs.maximum_flow(sink + 1, tails, heads, capacities, source, sink)
            if flows or not shift:
                break
            shift = max(0, shift - _FINER)
        through = np.maximum(through, 0) << shift
        along, out, into = np.split(through, [len(tail), len(tail) + len(givers)])
        self.left[place] -= along
        # What was taken out along an arc can be put back against it.
        self.left[(place + self.number) % (2 * self.number)] += along
        surplus[givers] -= out
        surplus[takers] += into
