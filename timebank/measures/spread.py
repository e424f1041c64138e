"""How far figures may be off: a bootstrap over members.

Members are drawn with replacement, as many as there are, and an arc counts as often as its giver
times its receiver were drawn (the vertex bootstrap of Snijders & Borgatti 1999, Non-parametric
standard errors and tests for network statistics). What an arc or a person contributes is held as it
is in the whole network (linearised, Davison & Hinkley 1997, section 2.7): whether a minute comes
round is judged by the prices of the largest circulation, a person's smaller side by their own
hours. A network with holes torn into it would otherwise always look less reciprocal than the one it
was drawn from. The interval is the middle 95 %.

In a trial on simulated banks of 30, 60 and 200 people the intervals of the split held the mean of
all such banks 98 to 100 times in 100, being half as wide again as they need be, and those of the
Gini 87 to 95 times. Near 0 or 1 draws say too little: where all come to the same there is no
interval.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np

from timebank.measures import graphs
from timebank.measures.arrays import Real, Whole
from timebank.measures.figures import Attribute, Formula, Interval
from timebank.measures.rules import Help, balance, ginis, top_tenths

DRAWS = 400
SEED = 20_041
_Z = 1.959964
_SAME = 1e-9
_AT_ONCE = 1_000_000
"""Arcs times draws in memory at one time."""


@dataclass(frozen=True, eq=False)
class Contributions:
    """What is added up: `arcs` columns of L and `people` columns of N numbers, by name. `rest` is
    added to people's sums, for those who were not active; `fixed` is the same in every draw.
    """

    help: Help
    arcs: Mapping[str, Real]
    people: Mapping[str, Real]
    rest: Mapping[str, float]
    fixed: Mapping[str, float]


def contributions(
    help_: Help,
    *,
    positive: Whole,
    resting: int,
    groupings: Mapping[Attribute, Whole],
    years: float,
) -> Contributions:
    """`positive` (N) are people's balances above 0, `resting` those of people who were not active,
    in minutes; `groupings` the place of each person's group, −1 where it is not known; `years` the
    length of the window.
    """
    w, out, into = help_.minutes.astype(float), help_.given, help_.received
    prices = help_.circulation.prices
    smaller = (out <= into)[help_.giver].astype(float) + (into < out)[help_.receiver]
    arcs = {
        "minutes": w,
        "direct": np.minimum(help_.minutes, help_.back).astype(float),
        "round": w * np.maximum(0, 1 + prices[help_.giver] - prices[help_.receiver]),
        "ceiling": w * smaller,
        "links": np.ones(len(w)),
        "returned": (help_.back > 0).astype(float),
        "inside": w * help_.within_components,
    }
    for name, of in groupings.items():
        giver, receiver = of[help_.giver], of[help_.receiver]
        known = (giver >= 0) & (receiver >= 0)
        arcs |= {f"known:{name}": w * known, f"between:{name}": w * (known & (giver != receiver))}
    shares = balance(help_)
    people = {
        "people": np.ones(help_.people),
        "giver_only": shares.giver_only.astype(float),
        "receiver_only": shares.receiver_only.astype(float),
        "both": shares.both.astype(float),
        "positive": positive.astype(float),
    }
    return Contributions(help_, arcs, people, {"positive": float(resting)}, {"years": years})


def drawn(
    parts: Sequence[Contributions], formulas: Mapping[str, Formula], *, draws: int = DRAWS
) -> list[Real]:
    """For each of several windows its figures (draws × formulas) in the same draws of members; not
    finite: it has no value.

    A person active in several windows is drawn in all of them alike, so that differences between
    windows can be told.
    """
    everybody = np.unique(np.concatenate([part.help.who for part in parts]))
    rows = [np.full((draws, len(formulas)), np.nan) for _ in parts]
    if len(everybody) < 2:
        return rows
    sums = [_Sums(part, everybody) for part in parts]
    at_once = 1 + _AT_ONCE // max(len(everybody), *(len(part.help.minutes) for part in parts), 1)
    random = np.random.default_rng(SEED)
    for start in range(0, draws, at_once):
        copies = np.column_stack(
            [_copies(random, len(everybody)) for _ in range(start, min(start + at_once, draws))]
        )
        for row, of_window in zip(rows, sums, strict=True):
            drawn_sums = of_window.of(copies)
            with np.errstate(divide="ignore", invalid="ignore"):
                row[start : start + at_once] = np.column_stack(
                    [formula(drawn_sums) for formula in formulas.values()]
                )
    return rows


def interval(values: Real) -> Interval | None:
    """The middle 95 % of drawn values. None where fewer than nine of ten draws had a value, and
    where all had the same."""
    fine = values[np.isfinite(values)]
    if not len(values) or len(fine) < 0.9 * len(values) or np.ptp(fine) < _SAME:
        return None
    low, high = np.percentile(fine, [2.5, 97.5])
    return float(low), float(high)


def of_share(part: int, whole: int) -> Interval | None:
    """95 % interval of a share of people (Wilson 1927). None of nobody."""
    if not whole:
        return None
    share, more = part / whole, _Z**2 / whole
    middle, half = share + more / 2, _Z * sqrt(share * (1 - share) / whole + more / (4 * whole))
    # Of nobody it begins at 0 and of everybody it ends at 1: exactly, whatever rounding says.
    low = (middle - half) / (1 + more) if part else 0.0
    return low, (middle + half) / (1 + more) if part < whole else 1.0


def of_median(values: Sequence[int]) -> Interval | None:
    """95 % interval of the median of ascending values, by ranks (the sign test, Conover 1999).

    None for fewer than six.
    """
    if len(values) < 6:
        return None
    rank = graphs.rank_of_median(len(values))
    return float(values[rank]), float(values[len(values) - 1 - rank])


class _Sums:
    """A window's sums under any draw of people."""

    def __init__(self, part: Contributions, everybody: Whole):
        self.part = part
        self.place = np.searchsorted(everybody, part.help.who)
        # Nobody is drawn twice in the same place: two given people are drawn together a little less
        # often than once.
        self.scale = len(everybody) / (len(everybody) - 1)
        self.arcs = np.stack(list(part.arcs.values()))
        self.people = np.stack(list(part.people.values()))
        self.rest = np.array([[part.rest.get(name, 0.0)] for name in part.people])
        self.sides: dict[str, tuple[Whole, Whole]] = {}
        for name, minutes in (("given", part.help.given), ("received", part.help.received)):
            order = np.argsort(minutes, kind="stable")
            self.sides[name] = order, minutes[order]

    def of(self, copies: Whole) -> dict[str, Real | float]:
        """The sums, and how unequal giving and receiving are, where everybody counts as often as
        drawn (people × draws)."""
        mine = copies[self.place].astype(float)
        arcs = mine[self.part.help.giver]
        arcs *= mine[self.part.help.receiver]
        sums: dict[str, Real | float] = {
            **self.part.fixed,
            **dict(zip(self.part.arcs, self.arcs @ arcs * self.scale, strict=True)),
            **dict(zip(self.part.people, self.people @ mine + self.rest, strict=True)),
        }
        for name, (order, minutes) in self.sides.items():
            counts = mine[order]
            sums[f"gini_{name}"] = ginis(minutes, counts)
            sums[f"top_tenth_{name}"] = top_tenths(minutes, counts)
        return sums


def _copies(random: np.random.Generator, people: int) -> Whole:
    return np.bincount(random.integers(0, people, people), minlength=people)
