"""Figures as they are written, on a page, on paper and on a terminal: 40.1 %, 12 h 30, [c]."""

from datetime import date

from timebank import hours
from timebank.measures.disclosure import SIGN, WITHHELD
from timebank.measures.figures import Measure, Unit, Value
from timebank.reports.figures import Table, Window
from timebank.say import Figure, Gap, Month, Said, say


def number(value: float, unit: Unit, *, sign: bool = False) -> Said:
    """A figure as it reads: 40.1 %, 12 h 30, 0.51, 184."""
    size = abs(value)
    if unit is Unit.SHARE:
        share = Figure(size * 100, 1)
        digits = say("%(number)s points", number=share) if sign else percent(share)
    elif unit is Unit.MINUTES:
        digits = minutes(size)
    else:
        digits = _plain(Figure(size, 0 if unit in (Unit.PEOPLE, Unit.DAYS) else 2))
    # What is rounded to nothing is neither above nor below it.
    if not any(digit in str(digits) for digit in "123456789"):
        return digits
    if value < 0:
        return say("−%(figure)s", figure=digits)
    return say("+%(figure)s", figure=digits) if sign else digits


def percent(number: Figure) -> Said:
    """So many in a hundred: 40.1 %."""
    return say("%(number)s %%", number=number)


def _plain(gap: Gap) -> Said:
    """What is no sentence yet, as one."""
    return Said("%(figure)s", gaps={"figure": gap})


def minutes(count: float) -> Said:
    """Minutes as hours: 12 h 30."""
    return hours.table(round(count))


def value(measure: Measure) -> Said | str:
    """A figure, or why there is none."""
    if measure.value is not None:
        return number(measure.value, measure.unit)
    return SIGN if str(measure.withheld) == str(WITHHELD) else measure.withheld or ""


def amount(amount_: Value, unit: Unit) -> Said | str:
    """What stands in a breakdown."""
    if amount_ is None:
        return SIGN
    if unit is Unit.MINUTES:
        return minutes(amount_)
    figure = _plain(Figure(abs(amount_), 0 if isinstance(amount_, int) else 1))
    return say("−%(figure)s", figure=figure) if amount_ < 0 else figure


def cell(table: Table, row: str, column: str) -> Said | str:
    """A cell of a breakdown, a dash where there is none."""
    for figure in table.cells:
        if (figure.row, figure.column) == (row, column):
            return amount(figure.value, table.unit)
    return "–"


def interval(measure: Measure) -> Said | str:
    """Between what it lies, nothing where that is not known."""
    if not measure.interval or measure.value is None:
        return ""
    low, high = (number(bound, measure.unit) for bound in measure.interval)
    return say("%(low)s to %(high)s", low=low, high=high)


def people(measure: Measure) -> Said | str:
    """Of how many."""
    return SIGN if measure.n is None else _plain(measure.n)


def change(measure: Measure) -> Said | str:
    """How it changed since the first window, and between what the change lies."""
    if measure.change is None:
        return ""
    changed = number(measure.change, measure.unit, sign=True)
    if not measure.change_interval:
        return changed
    low, high = (number(bound, measure.unit, sign=True) for bound in measure.change_interval)
    return say("%(change)s (%(low)s to %(high)s)", change=changed, low=low, high=high)


def day(on: str | date) -> Said:
    """1 October 2026."""
    return _plain(date.fromisoformat(on) if isinstance(on, str) else on)


def days(window: Window) -> Said:
    """1 October 2026 to 31 December 2026."""
    return say("%(first)s to %(last)s", first=window.start, last=window.end)


def window(days: Window) -> Said:
    """A window in few letters: 2026, Jul to Sep 2026, Jul 2026."""
    start, end = days.start, days.end
    if (start.month, end.month) == (1, 12) and start.year == end.year:
        return _plain(Figure(start.year, grouped=False))
    if (start.year, start.month) == (end.year, end.month):
        return _plain(Month(start))
    return say(
        "%(first)s to %(last)s", first=Month(start, year=start.year != end.year), last=Month(end)
    )
