"""The geometry of charts, in percentages of their width and height, so that letters never
shrink."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import floor, log10
from typing import Any

from timebank.reports import words
from timebank.reports.figures import figure

HEATS = 5
"""Shades from pale to dark."""


@dataclass(frozen=True)
class Point:
    """A window's figure in a line: where, what it says, and between what it lies in words."""

    x: float
    y: float
    label: str
    value: str
    between: str


@dataclass(frozen=True)
class Plot:
    """A line over windows: `line` and `band` are points in a box of 100 × 100, `ticks` heights and
    their words.

    `missing` counts windows of which nothing can be said.
    """

    points: tuple[Point, ...]
    ticks: tuple[tuple[float, str], ...]
    line: str
    band: str
    missing: int


def plot(windows: Sequence[dict[str, Any]], id_: str) -> Plot | None:
    """A figure over windows; those in which it is not known are left out and counted. None when
    there is nothing to draw."""
    found = [(window, figure(window, id_)) for window in windows]
    known = [
        (place, window, one)
        for place, (window, one) in enumerate(found)
        if one["value"] is not None
    ]
    if not known:
        return None
    unit = known[0][2]["unit"]
    bounds = [bound for _, _, one in known for bound in (one["value"], *(one["interval"] or ()))]
    steps = _steps(min(bounds), max(bounds))
    low, high = steps[0], steps[-1]

    def height(value: float) -> float:
        return round(100 * (1 - (value - low) / (high - low)), 2)

    def across(place: int) -> float:
        return round(19 + 72 * place / max(len(found) - 1, 1), 2)

    points = tuple(
        Point(
            across(place),
            height(one["value"]),
            label(window),
            words.value(one),
            words.interval(one),
        )
        for place, window, one in known
    )
    sure = [(across(place), one["interval"]) for place, _, one in known if one["interval"]]
    ends = [(x, height(between[1])) for x, between in sure] + [
        (x, height(between[0])) for x, between in reversed(sure)
    ]
    return Plot(
        points,
        tuple((height(step), words.number(step, unit)) for step in steps),
        " ".join(f"{one.x},{one.y}" for one in points),
        " ".join(f"{x},{y}" for x, y in ends),
        len(found) - len(known),
    )


def label(window: dict[str, Any]) -> str:
    """A window in few letters: 2026, Jul to Sep 2026, Jul 2026."""
    start, end = words.date_of(window["from"]), words.date_of(window["to"])
    if (start.month, end.month) == (1, 12) and start.year == end.year:
        return str(start.year)
    if (start.year, start.month) == (end.year, end.month):
        return f"{start:%b %Y}"
    first = f"{start:%b}" if start.year == end.year else f"{start:%b %Y}"
    return f"{first} to {end:%b %Y}"


def _steps(low: float, high: float) -> list[float]:
    """Round values that hold both, some four of them."""
    room = (high - low) or max(abs(high), 1e-6)
    rough = room / 3
    size = 10 ** floor(log10(rough))
    step = next(size * some for some in (1, 2, 2.5, 5, 10) if size * some >= rough)
    first = floor(low / step)
    last = max(-floor(-high / step), first + 1)
    return [round(number * step, 10) for number in range(first, last + 1)]


@dataclass(frozen=True)
class Heat:
    """A breakdown as a square of shades: rows of (minutes or None for withheld, shade from 0 to 5),
    and sums."""

    names: tuple[str, ...]
    rows: tuple[tuple[str, tuple[tuple[int | None, int], ...], int], ...]
    sums: tuple[int, ...]
    total: int


def heat(table: dict[str, Any]) -> Heat:
    """A breakdown by group and group, darker where there is more."""
    cells = {(cell["row"], cell["column"]): cell["value"] for cell in table["cells"]}
    most = max((value for value in cells.values() if value), default=0)

    def shade(value: int | None) -> int:
        return -(-value * HEATS // most) if value else 0

    names = table["rows"]
    lines = tuple(
        (
            words.place(row),
            tuple((cells[row, one], shade(cells[row, one])) for one in names),
            _sum(cells[row, one] for one in names),
        )
        for row in names
    )
    return Heat(
        tuple(words.place(one) for one in names),
        lines,
        tuple(_sum(cells[row, one] for row in names) for one in names),
        _sum(cells.values()),
    )


def _sum(values: Any) -> int:
    return sum(value or 0 for value in values)


def parts(window: dict[str, Any], ids: Sequence[str]) -> list[dict[str, Any]]:
    """Figures that add up to one, as parts of a bar: where each begins and how wide it is, in per
    cent, with its words.

    Nothing where one of them is not known.
    """
    found = [figure(window, id_) for id_ in ids]
    if any(one["value"] is None for one in found):
        return []
    made, at = [], 0.0
    for one in found:
        wide = 100 * one["value"]
        made.append(
            {"id": one["id"], "x": round(at, 2), "wide": round(wide, 2), "value": words.value(one)}
        )
        at += wide
    return made
