"""Cells: the ways in which people and spreadsheets write days and lengths of time, which of them
could mean two things, and what is meant once somebody has said."""

import re
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from fractions import Fraction
from zoneinfo import ZoneInfo

from timebank import hours
from timebank.errors import Invalid
from timebank.imports.columns import MINUTES_IN, Unit, folded_heading
from timebank.say import Said, say
from timebank.tables.opening import Number


class Order(StrEnum):
    """What comes first where a day is written as numbers."""

    DAY_FIRST = "day-first"
    MONTH_FIRST = "month-first"


class Sign(StrEnum):
    """What a comma or a point before three digits is."""

    THOUSANDS = "thousands"
    DECIMALS = "decimals"


_MONTHS = (
    "january enero gener ionawr",
    "february febrero febrer chwefror",
    "march marzo marc mawrth",
    "april abril ebrill",
    "may mayo maig mai",
    "june junio juny mehefin",
    "july julio juliol gorffennaf",
    "august agosto agost awst",
    "september septiembre setiembre setembre medi",
    "october octubre hydref",
    "november noviembre novembre tachwedd",
    "december diciembre desembre rhagfyr",
)
_ISO = re.compile(r"(\d{4})([-/.])(\d{1,2})\2(\d{1,2})(?:[T ].*)?")
_NUMERIC = re.compile(
    r"(\d{1,2})\s*([-/. ])\s*(\d{1,2})(?:\s*\2\s*(\d{4}|\d{2}))?\.?(?:[ T,]+\d.*)?"
)
_WORDED = re.compile(
    r"(?:[^\W\d]+,?\s+)?(\d{1,2})(?:st|nd|rd|th|º|r|er|n|t|è|a|ain|fed|eg|ydd)?[\s./-]*"
    r"(?:de |d’|d'|of |o )?\s*([^\W\d]{3,})\.?(?:[\s,./-]*(?:de |del )?'?(\d{4}|\d{2}))?"
)
_MONTH_FIRST = re.compile(r"([^\W\d]{3,})\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?(?:\s+(\d{4}|\d{2}))?")
_SERIAL = re.compile(r"\d{5}(?:[.,]\d+)?")


@dataclass(frozen=True)
class Day:
    """A day as it is written: its numbers in the order in which they stand, the year where there is
    one. `order`: the only one in which it is a day, None where it is one in both; `sure`: it is
    written so that its order is not in question."""

    first: int
    second: int
    year: str | None
    order: Order | None
    sure: bool = False

    @property
    def is_open(self) -> bool:
        """Whether it is another day with the other order."""
        return not self.sure and self.order is None and self.first != self.second


def day_read(text: str) -> Day | None:
    """A day as it is written; None for what is none."""
    match = _ISO.fullmatch(text)
    if match:
        return Day(int(match[4]), int(match[3]), match[1], Order.DAY_FIRST, sure=True)
    match = _NUMERIC.fullmatch(text)
    if match:
        first, second = int(match[1]), int(match[3])
        if match[2] == "." and second <= 12:
            # Nobody who puts points between them writes the month first.
            return Day(first, second, match[4], Order.DAY_FIRST, sure=True)
        orders = [
            order
            for order, month in ((Order.DAY_FIRST, second), (Order.MONTH_FIRST, first))
            if 1 <= month <= 12
        ]
        return Day(first, second, match[4], orders[0] if len(orders) == 1 else None)
    for form, day, month in ((_WORDED, 1, 2), (_MONTH_FIRST, 2, 1)):
        match = form.fullmatch(text.lower())
        number = _month(match[month]) if match else None
        if match and number:
            return Day(int(match[day]), number, match[3], Order.DAY_FIRST, sure=True)
    return None


def _month(word: str) -> int | None:
    plain = folded_heading(word)
    numbers = [
        number
        for number, names in enumerate(_MONTHS, start=1)
        if any(name.startswith(plain) for name in names.split())
    ]
    return numbers[0] if len(numbers) == 1 else None


def day_meant(
    text: str, order: Order | None, today: date, *, whole: bool, ahead: bool
) -> date | Said:
    """The day that a cell means, or what is to be done about it. `order` is what was said of the
    column; `whole`: a day without its year will not do. A day without a year, or with two digits of
    one, is the last such that is not to come; with `ahead` it may be to come."""
    written = day_read(text)
    if written is None:
        if isinstance(text, Number) or _SERIAL.fullmatch(text):
            return say(
                "This is a number, as spreadsheets keep days. Set the column to show dates, and"
                " save again."
            )
        return say("Write the day as %(example)s.", example=f"{today:%d/%m/%Y}")
    month_first = not written.sure and (order or written.order) == Order.MONTH_FIRST
    day, month = written.first, written.second
    if month_first:
        day, month = month, day
    if written.year is None and whole:
        return say("Write the year too, such as %(example)s.", example=f"{today:%d/%m/%Y}")
    if written.year is None:
        years = [today.year - back for back in range(9)]
    elif len(written.year) == 2:
        century = today.year // 100 * 100
        years = [century + int(written.year)]
        years += [] if ahead else [century - 100 + int(written.year)]
    else:
        years = [int(written.year)]
    days = [there for year in years if (there := _a_day(year, month, day))]
    if not days:
        return say("There is no such day. Look at it again.")
    chosen = written.year is not None and len(written.year) == 4
    past = [there for there in days if ahead or chosen or there <= today]
    return past[0] if past else days[0]


def _a_day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


_INSTANT = re.compile(
    r"(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}(?::\d{2})?(?:\.\d+)?) ?(Z|UTC|[+-]\d{2}:?\d{2})?"
)


def local_day(text: str, timezone: str, *, utc: bool = False) -> date | None:
    """The day on which an instant falls in a time zone; None for what is no instant that says of
    which zone it is. With `utc` one that does not is UTC."""
    match = _INSTANT.fullmatch(text.strip())
    if match is None or not (match[3] or utc):
        return None
    zone = (match[3] or "Z").replace("UTC", "+00:00").replace("Z", "+00:00")
    try:
        instant = datetime.fromisoformat(f"{match[1]}T{match[2]}{zone}")
    except ValueError:
        return None
    return instant.astimezone(ZoneInfo(timezone)).date()


# ---- Lengths of time ----

_BARE = re.compile(r"\d+")
_DECIMAL = re.compile(r"\d*[.,](?:\d{1,2}|\d{4,})")
_OPEN = re.compile(r"[1-9]\d{0,2}[.,]\d{3}")
_GROUPED = re.compile(r"\d{1,3}(?:([.,' \u00a0\u202f])\d{3})(?:\1\d{3})*(?:(?!\1)[.,]\d+)?")
_SHORTENED = re.compile(r"\d+(?:[.,]\d+)?e[+-]?\d+", re.IGNORECASE)
_CLOCK = re.compile(r"(\d+):([0-5]\d):([0-5]\d)")


class Amount(StrEnum):
    """How a length of time is written."""

    BARE = "bare"
    """A whole number, whose unit has to be known."""
    DECIMAL = "decimal"
    """A number with decimals, likewise."""
    OPEN = "open"
    """A comma or a point before three digits: thousands or decimals."""
    WRITTEN = "written"
    """With its unit, or as hours and minutes."""
    SHORTENED = "shortened"
    """A number that a spreadsheet has shortened (`1.23E+05`)."""
    NONE = "none"
    """No length of time."""


def unsigned(text: str) -> tuple[str, int]:
    """A number without its sign, and the sign: 1 or -1. Brackets are a minus, as in books."""
    text = text.strip()
    if text.startswith("(") and text.endswith(")"):
        return text[1:-1].strip(), -1
    if text[:1] in "-−–":
        return text[1:].strip(), -1
    if text[-1:] in "-−" and text[:1].isdigit():
        return text[:-1].strip(), -1
    return text.removeprefix("+").strip(), 1


def amount_read(text: str) -> Amount:
    """How a length of time is written."""
    plain, _ = unsigned(text)
    if _SHORTENED.fullmatch(plain):
        return Amount.SHORTENED
    if _BARE.fullmatch(plain):
        return Amount.BARE
    if _OPEN.fullmatch(plain) and not isinstance(text, Number):
        return Amount.OPEN
    if _DECIMAL.fullmatch(plain) or isinstance(text, Number):
        return Amount.DECIMAL
    grouped = _GROUPED.fullmatch(plain)
    if grouped:
        return Amount.DECIMAL
    if _CLOCK.fullmatch(plain):
        return Amount.WRITTEN
    try:
        hours.parse(plain)
    except Invalid:
        return Amount.NONE
    return Amount.WRITTEN


def amount_meant(text: str, unit: Unit, sign: Sign | None) -> int | Said:
    """The minutes that a cell means, with their sign, or what is to be done about it. Nothing is
    rounded."""
    plain, times = unsigned(text)
    form = amount_read(text)
    if form == Amount.SHORTENED:
        return SHORTENED
    if form == Amount.NONE or (form == Amount.WRITTEN and not _CLOCK.fullmatch(plain)):
        try:
            return times * hours.parse(plain)
        except Invalid as refusal:
            return refusal.message
    clock = _CLOCK.fullmatch(plain)
    if clock:
        minutes = Fraction(int(clock[1]) * 60 + int(clock[2])) + Fraction(int(clock[3]), 60)
    else:
        minutes = _number(plain, sign) * Fraction(MINUTES_IN[unit]).limit_denominator(60)
    if minutes.denominator != 1:
        return _not_whole(text, minutes, unit)
    return times * int(minutes)


def _number(plain: str, sign: Sign | None) -> Fraction:
    """A number whatever parts its thousands and its decimals."""
    plain = re.sub(r"[' \u00a0\u202f]", "", plain)
    if "." in plain and "," in plain:
        last = max(plain.rfind("."), plain.rfind(","))
        plain = plain[:last].replace(".", "").replace(",", "") + "." + plain[last + 1 :]
    elif (
        (_OPEN.fullmatch(plain) and sign == Sign.THOUSANDS)
        or plain.count(",") > 1
        or plain.count(".") > 1
    ):
        plain = plain.replace(".", "").replace(",", "")
    return Fraction(plain.replace(",", "."))


def _not_whole(text: str, minutes: Fraction, unit: Unit) -> Said:
    low = int(minutes)
    if unit == Unit.SECONDS:
        return say(
            "%(text)s seconds are no whole number of minutes. Write %(low)s (%(less)s min) or"
            " %(high)s (%(more)s min).",
            text=text,
            low=str(low * 60),
            less=str(low),
            high=str(low * 60 + 60),
            more=str(low + 1),
        )
    return say(
        "“%(text)s” is not a whole number of minutes. Write it as hours and minutes, such as 1:20.",
        text=text,
    )


SHORTENED = say(
    "A spreadsheet has shortened this number, and what it was is lost. Write it out again in the"
    " first file, as text."
)


def is_shortened(text: str) -> bool:
    """Whether a spreadsheet has made a number shorter than it was (`4.4771E+11`)."""
    return _SHORTENED.fullmatch(text.strip()) is not None
