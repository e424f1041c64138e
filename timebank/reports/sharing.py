"""What of a report may leave the staff: counts of few people withheld, counts and minutes rounded.
Pure, from report to report.

Rates of people are made again from the rounded counts, and so are their intervals: the exact ones
would tell the counts. Sums of minutes are rounded to whole five hours, other figures to two places.
Windows are whole quarters that have ended, or years made of them, so that no two that overlap
differ by a few days.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, timedelta

from timebank.errors import Invalid
from timebank.measures import disclosure
from timebank.measures.catalogue import FIGURES, parts
from timebank.measures.disclosure import WITHHELD, share, shown, shown_parts
from timebank.measures.figures import Among, Disclosure, Interval, Left, Measure, Totals, Unit
from timebank.measures.windows import Period
from timebank.reports.figures import Cell, Report, Table, Window
from timebank.reports.rules import Asked
from timebank.reports.sentences import NO_TABLES, rounded
from timebank.say import Said, one_after_another, say

FIVE_HOURS = 300

_OF_PEOPLE = (Disclosure.COUNT, Disclosure.SHARE)
"""Figures that are whole numbers of people, or such a number divided by `n`."""


def check(asked: Asked, *, today: date) -> None:
    """Raises Invalid unless the days are whole quarters that have ended, by quarter or year if at
    all, and about members.

    A report with the staff less the same without them would tell of the few who are staff.
    """
    start, end, quarter = asked.start, asked.end, Period.QUARTER.months
    wrong: dict[str, Said] = {}
    if asked.among is not Among.PEOPLE:
        wrong["among"] = say(
            "A report for sharing is about help between members, and always the same ones."
        )
    if start.day != 1 or start.month % quarter != 1:
        wrong["from"] = say(
            "A report for sharing begins on the first day of a quarter: 1 January, 1 April, 1 July"
            " or 1 October."
        )
    last = end + timedelta(days=1)
    if last.day != 1 or last.month % quarter != 1:
        wrong["to"] = say(
            "A report for sharing ends on the last day of a quarter: 31 March, 30 June, 30"
            " September or 31 December."
        )
    elif end >= today:
        wrong["to"] = say(
            "A report for sharing covers quarters that have ended. Choose an earlier last day."
        )
    if asked.by is Period.MONTH:
        wrong["by"] = say("A report for sharing goes by quarter or year: months are too small.")
    if wrong:
        raise Invalid(one_after_another(list(wrong.values())), fields=wrong)


def shared(report: Report, few: int) -> Report:
    """The report as it may leave the staff, in a bank where a count may not be of fewer than `few`
    people, but 0."""
    windows: list[Window] = []
    first: dict[str, float] = {}
    for window in report.windows:
        rough = _window(window, few)
        windows.append(
            replace(rough, measures=tuple(_changed(one, first) for one in rough.measures))
        )
    whole_years = all(_is_a_year(window) for window in windows)
    return replace(
        report,
        totals=_totals(report.totals, few),
        windows=tuple(windows),
        notes=(*report.notes, rounded(few), *(() if whole_years else (NO_TABLES,))),
        shared=few,
    )


def _totals(totals: Totals, few: int) -> Totals:
    return Totals(
        exchanges=_count(totals.exchanges, few),
        minutes=disclosure.rounded(totals.minutes, FIVE_HOURS),
        active_people=_count(totals.active_people, few),
    )


def _count(count: int | None, few: int) -> int | None:
    return None if count is None else shown(count, few)


def _window(window: Window, few: int) -> Window:
    counts = _counts_as_shown(window, few)
    on_registers = next((table.people for table in window.tables if table.people is not None), 0)
    return Window(
        window.start,
        window.end,
        _totals(window.totals, few),
        tuple(_measure(measure, counts, few, on_registers) for measure in window.measures),
        tuple(
            _table(table, few)
            for table in window.tables
            if table.unit is not Unit.MINUTES or _is_a_year(window)
        ),
    )


def _is_a_year(window: Window) -> bool:
    after = window.end + timedelta(days=1)
    months = (after.year - window.start.year) * 12 + after.month - window.start.month
    return months == Period.YEAR.months and after.day == window.start.day


def _counts_as_shown(window: Window, few: int) -> dict[str, int | None]:
    """How many people may be shown behind each figure that is a number of them or their share;
    None: withheld. Figures that cannot be said are left out.

    Parts of a whole are looked at together, since what is missing from a whole tells the part that
    was withheld; and a figure that is another again is shown as that one is.
    """
    exact = {
        measure.id: _people(measure)
        for measure in window.measures
        if FIGURES[measure.id].disclosure in _OF_PEOPLE and measure.value is not None
    }
    counts = {id_: shown(count, few) for id_, count in exact.items()}
    for ids in parts():
        if all(id_ in exact for id_ in ids):
            counts |= shown_parts({id_: exact[id_] for id_ in ids}, few)
    for id_ in counts:
        if FIGURES[id_].repeats:
            counts[id_] = counts[FIGURES[id_].repeats]
    return counts


def _people(measure: Measure) -> int:
    """How many people a figure is about: itself, or its share of n."""
    value, n = measure.value or 0, measure.n or 0
    return int(value) if measure.unit is Unit.PEOPLE else round(value * n)


def _measure(
    measure: Measure, counts: Mapping[str, int | None], few: int, on_registers: int
) -> Measure:
    """One figure as it may be shown. The change is made later, from two shown values."""
    n = _count(measure.n, few)
    value, interval = _value(measure, n, counts, few, on_registers)
    of_people = FIGURES[measure.id].disclosure in _OF_PEOPLE
    return replace(
        measure,
        value=value if value is None or isinstance(value, int) else round(value, 4),
        n=n,
        interval=_each(interval, lambda bound: round(bound, 4)),
        change=None,
        # The ends of a change of people's shares would tell their exact numbers.
        change_interval=(
            None if of_people else _each(measure.change_interval, _rough(measure.unit))
        ),
        excluded={reason: _left(left, few) for reason, left in measure.excluded.items()},
        withheld=measure.withheld or (WITHHELD if value is None else None),
    )


Shown = tuple[float | int | None, Interval | None]
"""A value as it may be shown, and its interval."""

_WITHHELD: Shown = (None, None)


def _value(
    measure: Measure, n: int | None, counts: Mapping[str, int | None], few: int, on_registers: int
) -> Shown:
    """A value and its interval, by the way its figure is disclosed; `n` as it may be shown."""
    value = measure.value
    if value is None:
        return _WITHHELD
    match FIGURES[measure.id].disclosure:
        case Disclosure.COUNT:
            return counts[measure.id], None
        case Disclosure.SHARE:
            return _of_counts(counts[measure.id], n)
        case Disclosure.EACH:
            return _for_each(measure, value, n, few)
        case Disclosure.TENTH if -(-(measure.n or 0) // 10) < few:
            # That tenth is few people.
            return _WITHHELD
        case Disclosure.SESSIONS:
            # Their n are sessions, and sessions may be few where people are many.
            return _WITHHELD if on_registers < few else _roughly(measure, value)
        case Disclosure.STAFF:
            return _WITHHELD
        case _:
            return _WITHHELD if n is None else _roughly(measure, value)


def _of_counts(count: int | None, n: int | None) -> Shown:
    """A share of people, and its interval, made again from the counts as they are shown: the exact
    ones could be reckoned back from the exact share."""
    from timebank.measures import spread  # noqa: PLC0415  (numpy and scipy are heavy)

    interval = spread.of_share(count, n) if count is not None and n else None
    return share(count, n), interval


def _for_each(measure: Measure, value: float, n: int | None, few: int) -> Shown:
    """So many for each of `n` people, made again from both numbers as they are shown."""
    total = shown(round(value * (measure.n or 0)), few)
    if total is None or not n:
        return _WITHHELD
    return total / n, _each(measure.interval, round)


def _roughly(measure: Measure, value: float) -> Shown:
    rough = _rough(measure.unit)
    # The ends of a median's interval are single people's days.
    interval = None if measure.unit is Unit.DAYS else _each(measure.interval, rough)
    return rough(value), interval


def _rough(unit: Unit) -> Callable[[float], float | int]:
    if unit is Unit.MINUTES:
        return lambda value: disclosure.rounded(round(value), FIVE_HOURS)
    if unit is Unit.DAYS:
        return lambda value: round(value)
    return lambda value: round(value, 2)


def _each(interval: Interval | None, do: Callable[[float], float | int]) -> Interval | None:
    return interval and (do(interval[0]), do(interval[1]))


def _left(left: Left, few: int) -> Left:
    rounded = Left()
    if "acts" in left:
        rounded["acts"] = _count(left["acts"], few)
    if "minutes" in left:
        rounded["minutes"] = disclosure.rounded(left["minutes"] or 0, FIVE_HOURS)
    if "people" in left:
        rounded["people"] = _count(left["people"], few)
    return rounded


def _changed(measure: Measure, first: dict[str, float]) -> Measure:
    """With the change between what is shown now and what was shown `first`, which it may itself
    be."""
    if measure.value is None:
        return replace(measure, change_interval=None)
    if measure.id not in first:
        first[measure.id] = measure.value
        return replace(measure, change_interval=None)
    return replace(measure, change=round(measure.value - first[measure.id], 4))


# ---- Tables ----

Place = tuple[str, str]
"""A row and a column."""


def _table(table: Table, few: int) -> Table:
    """A table of minutes: cells of few people withheld, so that no row and no column has one alone;
    whose hours are rounded."""
    if table.unit is not Unit.MINUTES:
        # What people said is kept for sharing from the beginning.
        return table
    people = {(cell.row, cell.column): cell.people or 0 for cell in table.cells if cell.value}
    hidden = {place for place, count in people.items() if count < few}
    while alone := _alone(hidden, people):
        hidden |= alone
    # By name: the order by hours would tell about how many a withheld one has.
    rows = tuple(sorted(table.rows)) if table.id == "hours_by_category" else table.rows
    cells = tuple(
        _cell(cell, few, hidden=(cell.row, cell.column) in hidden)
        for cell in sorted(table.cells, key=lambda cell: rows.index(cell.row))
    )
    return replace(table, rows=rows, cells=cells)


def _cell(cell: Cell, few: int, *, hidden: bool) -> Cell:
    if hidden:
        return replace(cell, value=None, people=None)
    minutes = disclosure.rounded(round(cell.value or 0), FIVE_HOURS)
    return replace(cell, value=minutes, people=_count(cell.people, few))


def _alone(hidden: set[Place], people: Mapping[Place, int]) -> set[Place]:
    """For the first row or column with one hidden cell only: the one beside it with the fewest
    people, if there is any."""
    for side in (0, 1):
        for name in {place[side] for place in hidden}:
            line = [place for place in people if place[side] == name]
            if sum(place in hidden for place in line) == 1 and len(line) > 1:
                return {
                    min(
                        (place for place in line if place not in hidden),
                        key=lambda place: (people[place], place),
                    )
                }
    return set()
