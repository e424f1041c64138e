"""Who holds the network together (measure 10): constraint, cores, and people whose leaving would
split it.

These are about single people. They are for the staff's own screens and never leave in a file.
"""

import numpy as np

from timebank.measures import graphs
from timebank.measures.arrays import Mask, Real, Whole
from timebank.measures.rules import Help

_ROWS = 2000


def constraint(help_: Help) -> Real:
    """Burt's constraint of each person (N): c_i = Σ_j (p_ij + Σ_q p_iq p_qj)² over those i has
    helped or been helped by.

    p_ij is the share of i's minutes, both ways, that is with j (Burt 1992, Structural holes,
    chapter 2). The lower it is, the more somebody connects people who are not connected otherwise.
    Everybody active has a value.
    """
    shares = graphs.shares_of_rows(help_.matrix)
    ties = shares.astype(bool)
    parts = [np.zeros(0)]
    for start in range(0, help_.people, _ROWS):
        rows = slice(start, start + _ROWS)
        invested = (shares[rows] + shares[rows] @ shares).multiply(ties[rows])
        parts.append(np.asarray(invested.power(2).sum(axis=1)).reshape(-1))
    return np.concatenate(parts)


def cores(help_: Help) -> Whole:
    """The largest k of each person (N) such that they belong to a k-core: people with k partners
    each inside it.

    Seidman 1983; by taking people with the fewest partners away, as in Batagelj & Zaveršnik 2003.
    """
    start, partners = graphs.ties(help_.matrix)
    left = np.diff(start)
    core = np.zeros(help_.people, np.int64)
    there = np.ones(help_.people, bool)
    k = 0
    while there.any():
        k = max(k, int(left[there].min()))
        leaving = np.flatnonzero(there & (left <= k))
        while len(leaving):
            core[leaving], there[leaving] = k, False
            bereft = _slices(start, partners, leaving)
            np.subtract.at(left, bereft, 1)
            bereft = np.unique(bereft)
            leaving = bereft[there[bereft] & (left[bereft] <= k)]
    return core


def bridge_people(help_: Help) -> Mask:
    """Which people (N) are cut points: without them, some of their partners could no longer reach
    each other.

    Hopcroft & Tarjan 1973, Algorithm 447, without recursion.
    """
    ties = graphs.ties(help_.matrix)
    start: list[int] = ties[0].tolist()
    partners: list[int] = ties[1].tolist()
    seen, low, above = [-1] * help_.people, [0] * help_.people, [-1] * help_.people
    upcoming, cut, time = start[:-1], [False] * help_.people, 0
    for root in range(help_.people):
        if seen[root] >= 0:
            continue
        branches, path = 0, [root]
        seen[root] = low[root] = time = time + 1
        while path:
            person = path[-1]
            if upcoming[person] < start[person + 1]:
                other = partners[upcoming[person]]
                upcoming[person] += 1
                if seen[other] < 0:
                    above[other] = person
                    seen[other] = low[other] = time = time + 1
                    path.append(other)
                elif other != above[person]:
                    low[person] = min(low[person], seen[other])
                continue
            path.pop()
            parent = above[person]
            if parent >= 0:
                low[parent] = min(low[parent], low[person])
                branches += parent == root
                cut[parent] |= parent != root and low[person] >= seen[parent]
        cut[root] = branches > 1
    return np.array(cut, bool)


def _slices(start: Whole, partners: Whole, people: Whole) -> Whole:
    """The partners of several people, one after the other."""
    lengths = start[people + 1] - start[people]
    ends = np.cumsum(lengths)
    return partners[np.arange(ends[-1]) + np.repeat(start[people] - ends + lengths, lengths)]
