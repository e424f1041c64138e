"""The geometry of charts, in percentages of their width and height, so that letters never
shrink."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import floor, log10

from timebank.reports import formatting, words
from timebank.reports.figures import Table, Window
from timebank.say import Said

HEATS = 5
"""Shades from pale to dark."""


@dataclass(frozen=True)
class Point:
    """A window's figure in a line: where, what it says, and between what it lies in words."""

    x: float
    y: float
    label: Said
    value: Said | str
    between: Said | str


@dataclass(frozen=True)
class Plot:
    """A line over windows: `line` and `band` are points in a box of 100 × 100, `ticks` heights and
    their words.

    `missing` counts windows of which nothing can be said.
    """

    points: tuple[Point, ...]
    ticks: tuple[tuple[float, Said], ...]
    line: str
    band: str
    missing: int


def plot(windows: Sequence[Window], id_: str) -> Plot | None:
    """A figure over windows; those in which it is not known are left out and counted. None when
    there is nothing to draw."""
    known = [
        (place, window, measure, value)
        for place, window in enumerate(windows)
        if (value := (measure := window[id_]).value) is not None
    ]
    if not known:
        return None
    unit = known[0][2].unit
    bounds = [
        bound for _, _, measure, value in known for bound in (value, *(measure.interval or ()))
    ]
    steps = _steps(min(bounds), max(bounds))
    low, high = steps[0], steps[-1]

    def height(value: float) -> float:
        return round(100 * (1 - (value - low) / (high - low)), 2)

    def across(place: int) -> float:
        return round(19 + 72 * place / max(len(windows) - 1, 1), 2)

    points = tuple(
        Point(
            across(place),
            height(value),
            formatting.window(window),
            formatting.value(measure),
            formatting.interval(measure),
        )
        for place, window, measure, value in known
    )
    sure = [(across(place), measure.interval) for place, _, measure, _ in known if measure.interval]
    # Along the upper ends, and back along the lower ones.
    ends = [(x, height(between[1])) for x, between in sure] + [
        (x, height(between[0])) for x, between in reversed(sure)
    ]
    return Plot(
        points,
        tuple((height(step), formatting.number(step, unit)) for step in steps),
        " ".join(f"{point.x},{point.y}" for point in points),
        " ".join(f"{x},{y}" for x, y in ends),
        len(windows) - len(known),
    )


def _steps(low: float, high: float) -> list[float]:
    """Round values that hold both, some four of them."""
    room = (high - low) or max(abs(high), 1e-6)
    rough = room / 3
    size = 10 ** floor(log10(rough))
    step = next(size * times for times in (1, 2, 2.5, 5, 10) if size * times >= rough)
    first = floor(low / step)
    last = max(-floor(-high / step), first + 1)
    return [round(number * step, 10) for number in range(first, last + 1)]


@dataclass(frozen=True)
class Heat:
    """A breakdown as a square of shades: rows of (minutes or None for withheld, shade from 0 to 5),
    and sums."""

    names: tuple[Said | str, ...]
    rows: tuple[tuple[Said | str, tuple[tuple[int | None, int], ...], int], ...]
    sums: tuple[int, ...]
    total: int


def heat(table: Table) -> Heat:
    """A breakdown by group and group, darker where there is more."""
    cells = {
        (cell.row, cell.column): None if cell.value is None else round(cell.value)
        for cell in table.cells
    }
    most = max((minutes for minutes in cells.values() if minutes), default=0)

    def shade(minutes: int | None) -> int:
        return -(-minutes * HEATS // most) if minutes else 0

    names = table.rows
    lines = tuple(
        (
            words.place(row),
            tuple((cells[row, column], shade(cells[row, column])) for column in names),
            _sum(cells[row, column] for column in names),
        )
        for row in names
    )
    return Heat(
        tuple(words.place(name) for name in names),
        lines,
        tuple(_sum(cells[row, column] for row in names) for column in names),
        _sum(cells.values()),
    )


def _sum(amounts: Iterable[int | None]) -> int:
    return sum(amount or 0 for amount in amounts)


@dataclass(frozen=True)
class Part:
    """A part of a bar: where it begins and how wide it is, in per cent, with its words."""

    id: str
    x: float
    wide: float
    value: Said | str


def parts(window: Window, ids: Sequence[str]) -> list[Part]:
    """Figures that add up to one, as parts of a bar. Nothing where one of them is not known."""
    bar: list[Part] = []
    at = 0.0
    for id_, share in zip(ids, words.parts(window, ids), strict=False):
        wide = 100 * share
        bar.append(Part(id_, round(at, 2), round(wide, 2), formatting.value(window[id_])))
        at += wide
    return bar
