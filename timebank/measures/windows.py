"""Calendar windows: the days that a figure is about. Both ends are included."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from timebank.errors import Invalid
from timebank.say import Said, say

YEAR = 365.25  # days
MOST = 120
"""Ten years of months."""


class Period(StrEnum):
    """A stretch of the calendar that windows are made of."""

    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"

    @property
    def months(self) -> int:
        """Its length."""
        return {"month": 1, "quarter": 3, "year": 12}[self]


_NONE_WHOLE: dict[Period, Said] = {
    Period.MONTH: say(
        "There is no whole calendar month between those two days. Choose days further apart."
    ),
    Period.QUARTER: say(
        "There is no whole calendar quarter between those two days. Choose days further apart."
    ),
    Period.YEAR: say(
        "There is no whole calendar year between those two days. Choose days further apart."
    ),
}


@dataclass(frozen=True)
class Window:
    """From one day to another."""

    start: date
    end: date

    @property
    def years(self) -> float:
        """Its length in years of 365.25 days."""
        return ((self.end - self.start).days + 1) / YEAR


def windows(start: date, end: date, by: Period | None = None) -> list[Window]:
    """The window from `start` to `end`; with `by`, the whole calendar months, quarters or years
    inside it, in order.

    What is left over at either end makes no window: only like is set beside like. Raises Invalid
    for a range the wrong way round, for one that holds no whole month, quarter or year, and for
    more than `MOST` of them.
    """
    if end < start:
        raise Invalid.on("to", say("The last day is before the first. Turn the two dates round."))
    if by is None:
        return [Window(start, end)]
    number = ((end.year - start.year) * 12 + end.month - start.month) // by.months
    if number > MOST:
        raise Invalid.on(
            "by",
            say(
                "That is %(number)s windows, and at most %(most)s are shown side by side. Choose"
                " longer ones, or fewer years.",
                number=number,
                most=MOST,
            ),
        )
    whole: list[Window] = []
    first = ended(by, start) + timedelta(days=1)
    while (last := later(first, by.months) - timedelta(days=1)) <= end:
        if first >= start:
            whole.append(Window(first, last))
        first = last + timedelta(days=1)
    if not whole:
        raise Invalid.on("by", _NONE_WHOLE[by])
    return whole


def ended(by: Period, on: date) -> date:
    """The last day of the latest calendar month, quarter or year that was over before `on`."""
    return date(on.year, (on.month - 1) // by.months * by.months + 1, 1) - timedelta(days=1)


def around(day: date, months: int) -> list[Window]:
    """So many months up to the day before `day`, and so many from `day` on. Raises Invalid for
    fewer than one."""
    if months < 1:
        raise Invalid.on("months", say("Write how many months: at least one."))
    return [
        Window(later(day, -months), day - timedelta(days=1)),
        Window(day, later(day, months) - timedelta(days=1)),
    ]


def left_over(start: date, end: date, chosen: Sequence[Window]) -> Said | None:
    """In words, which days of the range are in none of the windows; None: there are none."""
    parts: list[Said] = []
    if start < chosen[0].start:
        parts.append(_stretch(start, chosen[0].start - timedelta(days=1)))
    if chosen[-1].end < end:
        parts.append(_stretch(chosen[-1].end + timedelta(days=1), end))
    return left_out(parts) if parts else None


def left_out(days: Sequence[Said]) -> Said:
    """That these days are in none of the windows."""
    return say("Left out, being no whole window: %(days)s.", days=days)


def _stretch(first: date, last: date) -> Said:
    return say("%(first)s to %(last)s", first=first.isoformat(), last=last.isoformat())


def later(day: date, months: int) -> date:
    """The same day so many months later (or earlier, below 0); the last of the month where it has
    no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    for number in range(day.day, 0, -1):
        try:
            return date(year, month + 1, number)
        except ValueError:
            if number <= 28:
                raise Invalid(say("Check the year of that date.")) from None
    raise AssertionError
