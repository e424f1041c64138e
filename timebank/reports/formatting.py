"""Figures as they are written, on a page, on paper and on a terminal: 40.1 %, 12 h 30, [c]."""

from datetime import date

from timebank import hours
from timebank.measures.disclosure import SIGN, WITHHELD
from timebank.measures.figures import Measure, Unit, Value
from timebank.reports.figures import Table, Window
from timebank.say import ENGLISH


def number(value: float, unit: Unit, *, sign: bool = False) -> str:
    """A figure as it reads: 40.1 %, 12 h 30, 0.51, 184."""
    size = abs(value)
    if unit is Unit.SHARE:
        digits = f"{size * 100:.1f} {'points' if sign else '%'}"
    elif unit is Unit.MINUTES:
        digits = minutes(size)
    else:
        digits = f"{size:,.0f}" if unit in (Unit.PEOPLE, Unit.DAYS) else f"{size:.2f}"
    # What is rounded to nothing is neither above nor below it.
    nothing = not any(digit in digits for digit in "123456789")
    before = "" if nothing else "−" if value < 0 else "+" if sign else ""
    return before + digits


def minutes(count: float) -> str:
    """Minutes as hours: 12 h 30."""
    return str(hours.table(round(count)))


def value(measure: Measure) -> str:
    """A figure, or why there is none."""
    if measure.value is not None:
        return number(measure.value, measure.unit)
    return SIGN if measure.withheld == WITHHELD else measure.withheld or ""


def amount(amount_: Value, unit: Unit) -> str:
    """What stands in a breakdown."""
    if amount_ is None:
        return SIGN
    if unit is Unit.MINUTES:
        return minutes(amount_)
    return f"{amount_:,}" if isinstance(amount_, int) else f"{amount_:.1f}".replace("-", "−")


def cell(table: Table, row: str, column: str) -> str:
    """A cell of a breakdown, a dash where there is none."""
    for figure in table.cells:
        if (figure.row, figure.column) == (row, column):
            return amount(figure.value, table.unit)
    return "–"


def interval(measure: Measure) -> str:
    """Between what it lies, nothing where that is not known."""
    if not measure.interval or measure.value is None:
        return ""
    low, high = (number(bound, measure.unit) for bound in measure.interval)
    return f"{low} to {high}"


def people(measure: Measure) -> str:
    """Of how many."""
    return SIGN if measure.n is None else f"{measure.n:,}"


def change(measure: Measure) -> str:
    """How it changed since the first window, and between what the change lies."""
    if measure.change is None:
        return ""
    words = number(measure.change, measure.unit, sign=True)
    if measure.change_interval:
        low, high = (number(bound, measure.unit, sign=True) for bound in measure.change_interval)
        words += f" ({low} to {high})"
    return words


def day(on: str | date) -> str:
    """1 October 2026."""
    on = date.fromisoformat(on) if isinstance(on, str) else on
    return ENGLISH.day(on)


def window(days: Window) -> str:
    """A window in few letters: 2026, Jul to Sep 2026, Jul 2026."""
    start, end = days.start, days.end
    if (start.month, end.month) == (1, 12) and start.year == end.year:
        return str(start.year)
    if (start.year, start.month) == (end.year, end.month):
        return f"{start:%b %Y}"
    first = f"{start:%b}" if start.year == end.year else f"{start:%b %Y}"
    return f"{first} to {end:%b %Y}"
