"""What of a report may leave the staff: counts of few people withheld, counts and minutes rounded.
Pure, from result to result.

Rates of people are made again from the rounded counts, and so are their intervals: the exact ones
would tell the counts. Sums of minutes are rounded to whole five hours, other figures to two places.
Windows are whole quarters that have ended, or years made of them, so that no two that overlap
differ by a few days.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from timebank.errors import Invalid
from timebank.measures import disclosure
from timebank.measures.disclosure import share, shown, shown_parts
from timebank.reports.figures import Result
from timebank.reports.rules import Asked

FIVE_HOURS = 300
_PARTS = (("giver_only", "receiver_only", "both"), ("active_90d_people", "dormant"))
"""Figures that add up to another: where one of them is withheld, a second has to be."""

_OF_PEOPLE = {"giver_only", "receiver_only", "both", "active_90d", "retention_12m"}
"""Shares of people, which are whole numbers of them divided by `n`."""

_PER_PERSON = {"partners_per_active", "exchanges_per_active"}
"""Whole numbers divided by `n`, and not of people."""

_QUARTER, _YEAR = 3, 12
"""Their months."""

ROUNDED = (
    "For sharing: numbers of fewer than {few} people are withheld ([c], for confidential), and"
    " sometimes a second so that the first cannot be told from it. Other numbers of people are"
    " rounded to fives, hours to whole fives; shares are of rounded numbers, so parts may not add"
    " up to the whole."
)
NO_TABLES = (
    "Tables of hours come with windows of twelve months only: from longer and shorter ones the"
    " hours of a single quarter could be told, where few people may have given them."
)
WITHHELD = "Withheld, so that nobody can be told from it."


def check(asked: Asked, *, today: date) -> None:
    """Raises Invalid unless the days are whole quarters that have ended, by quarter or year if at
    all, and about members.

    A report with the staff less the same without them would tell of the few who are staff.
    """
    start, end, by = asked.start, asked.end, asked.by
    wrong: dict[str, str] = {}
    if asked.among != "people":
        wrong["among"] = (
            "A report for sharing is about help between members, and always the same ones."
        )
    if start.day != 1 or start.month % _QUARTER != 1:
        wrong["from"] = (
            "A report for sharing begins on the first day of a quarter: 1 January, 1 April, 1 July"
            " or 1 October."
        )
    last = end + timedelta(days=1)
    if last.day != 1 or last.month % _QUARTER != 1:
        wrong["to"] = (
            "A report for sharing ends on the last day of a quarter: 31 March, 30 June, 30"
            " September or 31 December."
        )
    elif end >= today:
        wrong["to"] = (
            "A report for sharing covers quarters that have ended. Choose an earlier last day."
        )
    if by == "month":
        wrong["by"] = "A report for sharing goes by quarter or year: months are too small."
    if wrong:
        raise Invalid(" ".join(wrong.values()), fields=wrong)


def shared(result: Result, few: int) -> Result:
    """The report as it may leave the staff, in a bank where a count may not be of fewer than `few`
    people, but 0."""
    windows = [_window(one, few) for one in result["windows"]]
    first: dict[str, float] = {}
    for window in windows:
        for one in window["measures"]:
            _change(one, first)
    note = ROUNDED.format(few=few)
    whole_years = all(_is_a_year(one) for one in windows)
    return {
        **result,
        "totals": _totals(result["totals"], few),
        "windows": windows,
        "notes": [*result["notes"], note, *([] if whole_years else [NO_TABLES])],
        "shared": few,
    }


def _totals(totals: Mapping[str, int], few: int) -> dict[str, int | None]:
    return {
        "exchanges": shown(totals["exchanges"], few),
        "minutes": disclosure.rounded(totals["minutes"], FIVE_HOURS),
        "active_people": shown(totals["active_people"], few),
    }


def _window(window: Mapping[str, Any], few: int) -> dict[str, Any]:
    exact = {one["id"]: one for one in window["measures"]}
    counts = {
        id_: _count(one)
        for id_, one in exact.items()
        if one["unit"] == "people" or id_ in _OF_PEOPLE
    }
    may: dict[str, int | None] = {
        id_: shown(count, few) for id_, count in counts.items() if count is not None
    }
    for parts in _PARTS:
        known = {id_: count for id_ in parts if (count := counts.get(id_)) is not None}
        if len(known) == len(parts):
            may |= shown_parts(known, few)
    # The share of active members is their number again.
    if "active_90d" in may:
        may["active_90d"] = may["active_90d_people"]
    together = next((table["people"] for table in window["breakdowns"] if "people" in table), 0)
    measures = [_measure(one, may, few, together) for one in window["measures"]]
    return {
        "from": window["from"],
        "to": window["to"],
        "totals": _totals(window["totals"], few),
        "measures": measures,
        "breakdowns": [
            _breakdown(one, few)
            for one in window["breakdowns"]
            if one["unit"] != "minutes" or _is_a_year(window)
        ],
    }


def _is_a_year(window: Mapping[str, Any]) -> bool:
    start, end = (date.fromisoformat(window[edge]) for edge in ("from", "to"))
    after = end + timedelta(days=1)
    return (
        after.year - start.year
    ) * 12 + after.month - start.month == _YEAR and after.day == start.day


def _count(one: Mapping[str, Any]) -> int | None:
    """How many people a figure is about: itself, or its share of n."""
    if one["value"] is None:
        return None
    return one["value"] if one["unit"] == "people" else round(one["value"] * one["n"])


def _measure(
    one: Mapping[str, Any], may: Mapping[str, int | None], few: int, together: int
) -> dict[str, Any]:
    """One figure as it may be shown. The change is made later, from two shown values."""
    from timebank.measures import spread  # noqa: PLC0415  (scipy is heavy)

    id_, value, interval = one["id"], one["value"], one["interval"]
    n = shown(one["n"], few)
    if id_.startswith("top_tenth_") and -(-one["n"] // 10) < few:
        # That tenth is few people.
        value = None
    if value is None:
        interval = None
    elif id_ in may:
        value, interval = may[id_], None
        if one["unit"] != "people":
            interval = spread.of_share(value, n) if value is not None and n else None
            value = share(value, n)
    elif id_ in _PER_PERSON:
        some = shown(round(value * one["n"]), few)
        value = some / n if some is not None and n else None
        interval = _each(interval, round) if value is not None else None
    elif (together < few) if id_.startswith("codelivery_") else n is None:
        value = interval = None
    else:
        value = _rough(one["unit"])(value)
        # The ends of a median's interval are single people's days.
        interval = None if one["unit"] == "days" else _each(interval, _rough(one["unit"]))
    return {
        **one,
        "value": value if value is None or isinstance(value, int) else round(value, 4),
        "n": n,
        "interval": _each(interval, lambda bound: round(bound, 4)),
        "change": None,
        "change_interval": (
            None if id_ in may else _each(one["change_interval"], _rough(one["unit"]))
        ),
        "excluded": {name: _left(left, few) for name, left in one["excluded"].items()},
        "withheld": one["withheld"] or (WITHHELD if value is None else None),
    }


def _rough(unit: str) -> Callable[[float], float | int]:
    if unit == "minutes":
        return lambda value: disclosure.rounded(round(value), FIVE_HOURS)
    if unit == "days":
        return lambda value: round(value)
    return lambda value: round(value, 2)


def _each(
    interval: Sequence[float] | None, do: Callable[[float], float | int]
) -> list[float | int] | None:
    return None if interval is None else [do(bound) for bound in interval]


def _left(left: Mapping[str, int], few: int) -> dict[str, int | None]:
    return {
        name: disclosure.rounded(number, FIVE_HOURS) if name == "minutes" else shown(number, few)
        for name, number in left.items()
    }


def _change(one: dict[str, Any], first: dict[str, float]) -> None:
    """The change between what is shown now and what was shown first."""
    if one["value"] is None or one["id"] not in first:
        one["change_interval"] = None
    else:
        one["change"] = round(one["value"] - first[one["id"]], 4)
    if one["value"] is not None:
        first.setdefault(one["id"], one["value"])


def _breakdown(table: Mapping[str, Any], few: int) -> dict[str, Any]:
    """A table of minutes: cells of few people withheld, so that no row and no column has one alone;
    whose hours are rounded."""
    if table["unit"] != "minutes":
        # What people said is kept for sharing from the beginning.
        return dict(table)
    people = {(one["row"], one["column"]): one["people"] for one in table["cells"] if one["value"]}
    hidden = {place for place, count in people.items() if count < few}
    while alone := _alone(hidden, people):
        hidden |= alone
    cells = []
    # By name: the order by hours would tell about how many a withheld one has.
    by_name = sorted(table["rows"]) if table["id"] == "hours_by_category" else table["rows"]
    for one in sorted(table["cells"], key=lambda cell: by_name.index(cell["row"])):
        place = (one["row"], one["column"])
        value = None if place in hidden else disclosure.rounded(one["value"], FIVE_HOURS)
        cells.append(
            {
                **one,
                "value": value,
                "people": None if place in hidden else shown(one["people"], few),
            }
        )
    return {**table, "rows": by_name, "cells": cells}


def _alone(
    hidden: set[tuple[str, str]], people: Mapping[tuple[str, str], int]
) -> set[tuple[str, str]]:
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
