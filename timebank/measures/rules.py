"""The network of help and what is measured on it (measures 1–6 and 9) that takes more than
dividing one sum by another: such figures are formulas of the catalogue. Pure functions on arrays;
minutes are exact, in 64 bits.

Where there is nothing to measure a function answers None, never a division by zero.
"""

from dataclasses import dataclass
from functools import cached_property
from math import sqrt

import numpy as np
from numpy.typing import ArrayLike

from timebank.measures import circulation, graphs
from timebank.measures.arrays import Mask, Real, Whole
from timebank.measures.circulation import Circulation

ENOUGH = 30
"""Fewest active people of whose network anything is said."""


def summed(places: Whole, values: Whole, size: int) -> Whole:
    """The sum of the `values` of each place, from 0 to `size` − 1, exactly."""
    sums = np.zeros(size, np.int64)
    np.add.at(sums, places, values)
    return sums


@dataclass(frozen=True, eq=False)
class Help:
    """Who helped whom: a simple weighted network of N active people with L arcs.

    `who` (N, ascending) are people by whatever number they have elsewhere. `giver` and `receiver`
    (L, places in `who`) and `minutes` (L, all above 0) are arcs, sorted, each ordered pair once.
    `left_out` counts pairs whose minutes did not come to more than 0.
    """

    who: Whole
    giver: Whole
    receiver: Whole
    minutes: Whole
    left_out: int = 0

    @property
    def people(self) -> int:
        """N, how many were active."""
        return len(self.who)

    @cached_property
    def total(self) -> int:
        """W, all minutes of help."""
        return int(self.minutes.sum())

    @cached_property
    def given(self) -> Whole:
        """o (N), minutes each person gave."""
        return summed(self.giver, self.minutes, self.people)

    @cached_property
    def received(self) -> Whole:
        """n (N), minutes each person received."""
        return summed(self.receiver, self.minutes, self.people)

    @cached_property
    def back(self) -> Whole:
        """Minutes along the arc the other way (L); 0 where there is none."""
        along, against = (
            self.giver * self.people + self.receiver,
            self.receiver * self.people + self.giver,
        )
        places = np.minimum(np.searchsorted(along, against), max(len(along) - 1, 0))
        return np.where(along[places] == against, self.minutes[places], 0)

    @cached_property
    def circulation(self) -> Circulation:
        """The largest part of the help that conserves minutes at every person."""
        return circulation.largest(self.people, self.giver, self.receiver, self.minutes)

    @cached_property
    def within_components(self) -> Mask:
        """Which arcs (L) lie inside a strongly connected component."""
        if not self.people:
            return np.zeros(0, bool)
        component = graphs.strong_components(self.matrix)
        return component[self.giver] == component[self.receiver]

    @property
    def matrix(self) -> graphs.Matrix:
        """Minutes as a sparse matrix, N × N, givers in rows."""
        return graphs.matrix(self.people, self.giver, self.receiver, self.minutes)

    def transposed(self) -> "Help":
        """The same help the other way round."""
        return aggregate(self.who[self.receiver], self.who[self.giver], self.minutes)


def aggregate(giver: ArrayLike, receiver: ArrayLike, minutes: ArrayLike) -> Help:
    """The network from single acts of help: arrays of one element an act, people by any whole
    number, minutes below 0 for what was taken back.

    Minutes are summed for each ordered pair. A pair that does not come to more than 0 has no arc,
    and is counted; help to oneself is none. People are those with an arc.
    """
    givers, receivers, sizes = (
        np.asarray(array, np.int64).reshape(-1) for array in (giver, receiver, minutes)
    )
    two = givers != receivers
    order = np.lexsort((receivers[two], givers[two]))
    givers, receivers, sizes = (array[two][order] for array in (givers, receivers, sizes))
    first = np.ones(len(givers), bool)
    first[1:] = (givers[1:] != givers[:-1]) | (receivers[1:] != receivers[:-1])
    sums = summed(np.cumsum(first) - 1, sizes, int(first.sum()))
    arcs = sums > 0
    givers, receivers = givers[first][arcs], receivers[first][arcs]
    who = np.unique(np.concatenate([givers, receivers]))
    return Help(
        who,
        np.searchsorted(who, givers),
        np.searchsorted(who, receivers),
        sums[arcs],
        int((~arcs).sum()),
    )


# ---- 1 · The split ----


@dataclass(frozen=True)
class Split:
    """What became of `total` minutes of help: `direct`, `through_others` and `not_returned` add up
    to it exactly.

    `ceiling` is the most that could come round, given how much each person gave and received:
    direct ≤ direct + through_others ≤ ceiling ≤ total.
    """

    total: int
    direct: int
    through_others: int
    not_returned: int
    ceiling: int


def split(help_: Help) -> Split:
    """Returned by the same person: Σ min(w_ij, w_ji), weighted reciprocity (Squartini, Picciolo,
    Ruzzenenti & Garlaschelli 2013, Reciprocity of weighted networks). Returned through others: what
    else is in the largest circulation. The ceiling: Σ min(o_i, n_i).
    """
    direct = int(np.minimum(help_.minutes, help_.back).sum())
    round_ = help_.circulation.minutes
    ceiling = int(np.minimum(help_.given, help_.received).sum())
    return Split(help_.total, direct, round_ - direct, help_.total - round_, ceiling)


# ---- 4 · Balance of giving ----


@dataclass(frozen=True, eq=False)
class Balance:
    """Who only gave, only received, did both (N each), and min(o, n) / max(o, n) of each person (N,
    from 0 to 1)."""

    giver_only: Mask
    receiver_only: Mask
    both: Mask
    evenness: Real


def balance(help_: Help) -> Balance:
    """How even each person's giving and receiving is. Everybody has one of the two above 0."""
    given, received = help_.given, help_.received
    evenness = np.minimum(given, received) / np.maximum(given, received)
    return Balance(received == 0, given == 0, (given > 0) & (received > 0), evenness)


# ---- 6 · Concentration ----


def gini(minutes: Whole) -> float | None:
    """G = Σ (2k − N − 1) x_(k) / (N Σ x), x ascending (Gini 1912; Cowell 2011, Measuring
    inequality). 0: all have the same.

    None where there is nothing to share.
    """
    return float(ginis(np.sort(minutes), np.ones((len(minutes), 1)))[0]) if minutes.any() else None


def top_tenth(minutes: Whole) -> float | None:
    """The share of the tenth of people (rounded up) who have the most. None where there is nothing
    to share."""
    return (
        float(top_tenths(np.sort(minutes), np.ones((len(minutes), 1)))[0])
        if minutes.any()
        else None
    )


def ginis(ascending: Whole, copies: Real) -> Real:
    """The Gini of each column of `copies` (N × columns, whole numbers), where each person counts so
    many times.

    NaN where there is nothing to share.
    """
    x, people = ascending.astype(float), copies.sum(axis=0)
    ranks = 2 * np.cumsum(copies, axis=0) - copies - people
    with np.errstate(invalid="ignore"):
        return x @ (copies * ranks) / (people * (x @ copies))


def top_tenths(ascending: Whole, copies: Real) -> Real:
    """The share of the top tenth for each column of `copies`, as in `ginis`."""
    x, people = ascending.astype(float), copies.sum(axis=0)
    above = people - np.cumsum(copies, axis=0)
    chosen = np.clip(np.ceil(people / 10) - above, 0, copies)
    with np.errstate(invalid="ignore"):
        return x @ chosen / (x @ copies)


# ---- 9 · Bridging ----


@dataclass(frozen=True, eq=False)
class Bridging:
    """Help within groups and between them, among people whose group is known.

    `between` (groups × groups) are minutes from a group (row) to a group; `index` the E–I index
    from −1 (all within) to 1 (all between); `z` how many standard deviations it lies above that of
    groups dealt out at random. `people` are active and of a known group, `unknown` are the other
    active people.
    """

    groups: tuple[str, ...]
    between: Whole
    fewest: Whole
    index: float | None
    z: float | None
    people: int
    unknown: int


def bridging(help_: Help, groups: tuple[str, ...], of: Whole) -> Bridging:
    """`of` (N) is each person's place in `groups`, −1 where it is not known.

    The index is (E − I) / (E + I), of minutes (Krackhardt & Stern 1988, Informal networks and
    organizational crises). It is None with fewer than two groups among those people, and without
    help between them.
    """
    people = int((of >= 0).sum())
    known = (of[help_.giver] >= 0) & (of[help_.receiver] >= 0)
    size = len(groups)
    cells = of[help_.giver[known]] * size + of[help_.receiver[known]]
    between = summed(cells, help_.minutes[known], size * size).reshape(size, size)
    sides = (_different(side[known], cells, size * size) for side in (help_.giver, help_.receiver))
    fewest = np.minimum(*sides).reshape(size, size)
    total, within = int(between.sum()), int(np.trace(between))
    sizes = np.bincount(of[of >= 0], minlength=size)
    index = z = None
    if total and (sizes > 0).sum() > 1:
        index = (total - 2 * within) / total
        z = _z(help_, known, of >= 0, sizes, within)
    return Bridging(groups, between, fewest, index, z, people, help_.people - people)


def _different(people: Whole, cells: Whole, size: int) -> Whole:
    """How many different people there are in each cell, from 0 to `size` − 1."""
    return np.bincount(np.unique(people * size + cells) % max(size, 1), minlength=size)


def _z(help_: Help, known: Mask, people: Mask, sizes: Whole, within: int) -> float | None:
    """Against all ways of dealing the same groups out to the same people, by the exact moments of
    the permutation (Mantel 1967, The detection of disease clustering): nothing is drawn, so nothing
    depends on a seed.

    None with fewer than four people, and where every dealing comes to the same.
    """
    n = int(people.sum())
    if n < 4:
        return None
    w, back = help_.minutes[known].astype(float), help_.back[known].astype(float)
    w, back = w / w.sum(), back / w.sum()
    ends = np.concatenate([help_.giver[known], help_.receiver[known]])
    touching = np.bincount(ends, np.concatenate([w, w]), help_.people)
    # Sums over ordered pairs of arcs that are the same or opposite, share one person, share none;
    # of minutes, then of groups.
    same = w @ w + w @ back
    adjacent = touching @ touching - 2 * same
    pairs, triples = (
        float((sizes * (sizes - 1)).sum()),
        float((sizes * (sizes - 1) * (sizes - 2)).sum()),
    )
    apart = pairs**2 - 4 * triples - 2 * pairs
    n2, n3, n4 = n * (n - 1), n * (n - 1) * (n - 2), n * (n - 1) * (n - 2) * (n - 3)
    mean = pairs / n2
    variance = (
        same * pairs / n2 + adjacent * triples / n3 + (1 - adjacent - same) * apart / n4 - mean**2
    )
    if variance <= 1e-12:
        return None
    return (mean - within / int(help_.minutes[known].sum())) / sqrt(variance)
