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
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse import csgraph

Whole = NDArray[np.int64]

# SciPy's maximum flow counts in 32 bits, and adds the capacities of two opposite arcs.
_MOST = 2**30
_BITS = 30


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
        graph = self._matrix(cost.astype(float), tail, head)
        found: Any = csgraph.dijkstra(graph, indices=sources, min_only=True)
        reached = np.isfinite(found)
        return np.where(reached, found, found[reached].max()).astype(np.int64)

    def push(self, prices: Whole, surplus: Whole) -> None:
        """Take out as much as the tight arcs let through; coarse amounts first where they do not
        fit into 32 bits."""
        tight = (self.left[self.order] > 0) & (self.cost + prices[self.tail] == prices[self.head])
        place, tail, head = self.order[tight], self.tail[tight], self.head[tight]
        source, sink = self.people, self.people + 1
        givers, takers = np.flatnonzero(surplus > 0), np.flatnonzero(surplus < 0)
        rows = np.concatenate([tail, np.full(len(givers), source), takers])
        columns = np.concatenate([head, givers, np.full(len(takers), sink)])
        room = np.concatenate([self.left[place], surplus[givers], -surplus[takers]])
        most = np.full(len(room), _MOST)
        most[len(tail) : len(tail) + len(givers)] = _MOST // len(givers)
        shift = max(0, int(surplus[givers].sum()).bit_length() - _BITS)
        while True:
            capacities = np.minimum(room >> shift, most)
            network = sparse.csr_array(
                (capacities, (rows, columns)), shape=(sink + 1,) * 2, dtype=np.int32
            )
            flow: Any = csgraph.maximum_flow(network, source, sink)
            if flow.flow_value or not shift:
                break
            shift = max(0, shift - 8)
        through = np.maximum(_at(flow.flow, rows, columns), 0) << shift
        along, out, into = np.split(through, [len(tail), len(tail) + len(givers)])
        self.left[place] -= along
        self.left[(place + self.number) % (2 * self.number)] += along
        surplus[givers] -= out
        surplus[takers] += into

    def _matrix(self, values: Any, tail: Whole, head: Whole) -> Any:
        ends = np.searchsorted(tail, np.arange(self.people + 1))
        return sparse.csr_array((values, head, ends), shape=(self.people, self.people))


def _at(matrix: Any, rows: Whole, columns: Whole) -> Whole:
    """The elements of a sparse matrix at those places, every one of which it stores."""
    matrix.sort_indices()
    width = matrix.shape[1]
    stored = (
        np.repeat(np.arange(width, dtype=np.int64), np.diff(matrix.indptr)) * width + matrix.indices
    )
    return matrix.data[np.searchsorted(stored, rows * width + columns)].astype(np.int64)
