"""What people named most: shares with their intervals, ranks with their ranges, and how far two
people who sort agree. Pure functions; a *sheet* here is the set of themes that one person named.

Themes may be called anything that can be compared. Nothing depends on the order of the sheets, nor
on what the themes are called.
"""

from collections import Counter
from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from timebank.surveys import rules as surveys_rules

if TYPE_CHECKING:
    from numpy.typing import NDArray

DRAWS = 1000
"""So often the sheets are drawn again to see how far ranks could be off."""

_SEED = 20_261
Name = TypeVar("Name", bound=Hashable)


@dataclass(frozen=True)
class Standing(Generic[Name]):
    """A theme that `people` of `n` named: `share` of them, with the ends of its 95 % interval.

    `rank` 1 was named by most; themes named by as many have the same. It could have been from
    `first` to `last`, had other people of the same neighbourhood been asked.
    """

    theme: Name
    people: int
    n: int
    share: float
    low: float
    high: float
    rank: int
    first: int
    last: int


def rank(sheets: Sequence[Collection[Name]], themes: Collection[Name]) -> list[Standing[Name]]:
    """Every theme with its share of people and its rank, the most named first; empty of nobody.

    The range is that of 95 % of `DRAWS` redrawings of as many sheets, with replacement and from a
    fixed seed (Goldstein & Spiegelhalter 1996, on intervals of ranks; Hall & Miller 2009), and
    always holds the rank itself. Where themes tie, it holds all the places that they share.
    """
    if not sheets or not themes:
        return []
    # Heavy, and few requests rank anything.
    from timebank.measures.spread import of_share  # noqa: PLC0415

    patterns = Counter(frozenset(sheet) & frozenset(themes) for sheet in sheets)
    colours = _colours(patterns, themes)
    order = sorted(themes, key=lambda theme: colours[theme])
    ranges_found = _ranges(patterns, order)
    # What cannot be told apart but by its name has one range, whatever it is called.
    ranges: dict[int, tuple[int, int]] = {}
    for theme in order:
        first, last = ranges_found[theme]
        before = ranges.get(colours[theme], (first, last))
        ranges[colours[theme]] = (min(first, before[0]), max(last, before[1]))
    counts = {theme: sum(m for named, m in patterns.items() if theme in named) for theme in order}
    standings = []
    for theme in order:
        share = of_share(counts[theme], len(sheets)) or (0.0, 1.0)
        best = 1 + sum(other > counts[theme] for other in counts.values())
        worst = sum(other >= counts[theme] for other in counts.values())
        first, last = ranges[colours[theme]]
        standings.append(
            Standing(
                theme,
                counts[theme],
                len(sheets),
                counts[theme] / len(sheets),
                *share,
                best,
                min(first, best),
                max(last, worst),
            )
        )
    return sorted(standings, key=lambda one: one.rank)


def _colours(patterns: Mapping[frozenset[Name], int], themes: Collection[Name]) -> dict[Name, int]:
    """A number for each theme that depends on how it was named and with what, and never on what it
    is called (colour refinement, Weisfeiler & Leman 1968)."""
    colours: dict[Name, int] = dict.fromkeys(themes, 0)
    while True:
        of: dict[Name, list[Any]] = {theme: [] for theme in themes}
        for named, times in patterns.items():
            sign = (tuple(sorted(colours[theme] for theme in named)), times)
            for theme in named:
                of[theme].append(sign)
        signs = {theme: (colours[theme], sorted(of[theme])) for theme in themes}
        places = sorted({repr(sign): sign for sign in signs.values()}.values())
        finer = {theme: places.index(sign) for theme, sign in signs.items()}
        if len(set(finer.values())) == len(set(colours.values())):
            return finer
        colours = finer


def _ranges(
    patterns: Mapping[frozenset[Name], int], order: Sequence[Name]
) -> dict[Name, tuple[int, int]]:
    """The places from and to which each theme comes in the middle 95 % of redrawings."""
    import numpy as np  # noqa: PLC0415  (heavy, and few requests rank anything)

    place = {theme: number for number, theme in enumerate(order)}
    rows = sorted((sorted(place[theme] for theme in named), m) for named, m in patterns.items())
    named = np.zeros((len(rows), len(order)), np.float32)
    for row, (places, _) in enumerate(rows):
        named[row, places] = 1
    times = np.array([m for _, m in rows], np.int64)
    people = int(times.sum())
    drawn = np.random.default_rng(_SEED).multinomial(people, times / people, DRAWS)
    counts: NDArray[Any] = drawn.astype(np.float32) @ named
    above = counts[:, None, :] > counts[:, :, None]
    level = counts[:, None, :] >= counts[:, :, None]
    best, worst = 1 + above.sum(2), level.sum(2)
    low = np.percentile(best, 2.5, 0, method="closest_observation")
    high = np.percentile(worst, 97.5, 0, method="closest_observation")
    return {theme: (int(low[number]), int(high[number])) for theme, number in place.items()}


def side_by_side(standings: Sequence[Standing[Name]]) -> list[list[Standing[Name]]]:
    """Themes in the order of `rank`, in groups within which the ranges of any two overlap: nobody
    can say which of them comes before the other."""
    groups: list[list[Standing[Name]]] = []
    for standing in sorted(standings, key=lambda one: one.rank):
        together = [*groups[-1], standing] if groups else []
        if together and max(it.first for it in together) <= min(it.last for it in together):
            groups[-1].append(standing)
        else:
            groups.append([standing])
    return groups


def kappa(pairs: Sequence[tuple[Hashable, Hashable]]) -> float | None:
    """How far two people agree beyond chance: 1 wholly, 0 as by chance (Cohen 1960).

    `pairs` is what the one and the other said of the same thing. None of nothing, and where both
    always said the same one thing, which leaves nothing to compare with.
    """
    n = len(pairs)
    if not n:
        return None
    ones, others = (Counter(pair[side] for pair in pairs) for side in (0, 1))
    by_chance = sum(ones[name] * others[name] for name in ones) / n**2
    agreed = sum(one == other for one, other in pairs) / n
    return None if by_chance == 1 else (agreed - by_chance) / (1 - by_chance)


def shown(people: int, n: int, few: int) -> bool:
    """Whether it may be told outside that so many of `n` people named something: neither they nor
    those who did not are few. Nobody is nobody."""
    return n >= few and not 0 < people < few and not 0 < n - people < few


@dataclass(frozen=True)
class Parted(Generic[Name]):
    """By group of one kind, in their order: how many people are in it, and how many of them named
    each theme. None: withheld."""

    groups: Mapping[str, int | None]
    themes: Mapping[Name, Mapping[str, int | None]]


def parted(
    sheets: Sequence[tuple[str, Collection[Name]]],
    groups: Sequence[str],
    themes: Collection[Name],
    few: int,
) -> Parted[Name] | None:
    """How many people of each group named each theme, as may be told to anybody; None where one of
    the groups is of few, for it could be told from the others and from all, and where there is one
    group alone, which is everybody.

    `themes` are those of which the whole is told (`shown`); `sheets` are a person's group and what
    they named. A cell of few is withheld with what would
    tell it beside the whole, which stands elsewhere to the person (`surveys.rules.parts`).
    """
    sizes = Counter(group for group, _ in sheets)
    if len(sizes) < 2 or any(0 < size < few for size in sizes.values()):
        return None
    known = [group for group in groups if sizes[group]]
    of_themes: dict[Name, Mapping[str, int | None]] = {}
    for theme in themes:
        counts = Counter(group for group, named in sheets if theme in named)
        cells = surveys_rules.parts({group: counts[group] for group in known}, few)
        if any(0 < sizes[group] - counts[group] < few for group in known):
            # All but a few of a group: those few would be told.
            cells = dict.fromkeys(known)
        of_themes[theme] = cells
    return Parted({group: surveys_rules.parts(sizes, few)[group] for group in known}, of_themes)
