"""Minutes to words and back. Time is integer minutes everywhere else."""

import re

from timebank.errors import Invalid
from timebank.say import Figure, Gap, Said, count, say

# A century of one person's waking life; anything larger is a slip of the pen and would only
# overflow something.
LARGEST = 100 * 365 * 24 * 60

_LONGEST_TEXT = 40
_LONGEST_HOURS = 6

_QUARTERS = {15: "¼", 30: "½", 45: "¾"}
_FORMS = (
    re.compile(r"(?P<hours>\d+):(?P<minutes>[0-5]\d)"),
    re.compile(
        r"(?P<hours>\d+)\s*(?:h|hr|hrs|hour|hours)\s*(?:(?P<minutes>[0-5]?\d)\s*(?:m|min|mins|minutes|minute)?)?"
    ),
    re.compile(r"(?P<decimal>\d+[.,]\d+)\s*(?:h|hr|hrs|hour|hours)?"),
    re.compile(r"(?P<whole>\d*)\s*(?P<quarter>[¼½¾])\s*(?:h|hr|hrs|hour|hours)?"),
    re.compile(r"(?P<minutes>\d+)\s*(?:m|min|mins|minute|minutes)?"),
)


def parse(text: str) -> int:
    """Minutes from "90", "90m", "1:30", "1 h 30", "1.5", "1,5h" or "1½".

    A bare whole number is minutes. Nothing is rounded: raises Invalid for text that is no time, for
    a decimal that is no whole number of minutes, and for more than a lifetime.
    """
    cleaned = " ".join(text.split()).lower()
    for form in _FORMS if len(cleaned) <= _LONGEST_TEXT else ():
        match = form.fullmatch(cleaned)
        if match:
            return _within_reason(text, _minutes(text, match.groupdict()))
    raise Invalid(
        say(
            "“%(text)s” is not a length of time. Write 90, 1:30, 1 h 30 or 1.5.",
            text=text[:_LONGEST_TEXT],
        )
    )


def parse_two(first: str, second: str) -> int:
    """Minutes from two boxes: whole hours in the first and minutes in the second, or all of it in
    the first in any way `parse` reads. Two empty boxes are no minutes. Raises Invalid as `parse`
    does."""
    if not first:
        hours_part = 0
    elif first.isdecimal() and len(first) < _LONGEST_HOURS:
        hours_part = int(first) * 60
    else:
        hours_part = parse(first)
    minutes = hours_part + (parse(second) if second else 0)
    return _within_reason(f"{first} {second}".strip(), minutes)


def _minutes(text: str, parts: dict[str, str | None]) -> int:
    if parts.get("decimal"):
        whole, _, fraction = str(parts["decimal"]).replace(",", ".").partition(".")
        minutes, rest = divmod(int(whole + fraction) * 60, 10 ** len(fraction))
        if rest:
            raise Invalid(
                say(
                    "“%(text)s” is not a whole number of minutes. Write it as hours and minutes,"
                    " such as 1:20.",
                    text=text,
                )
            )
        return minutes
    if parts.get("quarter"):
        quarter = next(minutes for minutes, sign in _QUARTERS.items() if sign == parts["quarter"])
        return int(parts["whole"] or 0) * 60 + quarter
    return int(parts.get("hours") or 0) * 60 + int(parts.get("minutes") or 0)


def _within_reason(text: str, minutes: int) -> int:
    if minutes > LARGEST:
        raise Invalid(say("“%(text)s” is more time than anybody has. Check the number.", text=text))
    return minutes


def table(minutes: int) -> Said:
    """For tables: 90 → "1 h 30", 60 → "1 h", 15 → "15 min", -90 → "−1 h 30", 0 → "0 h"."""
    whole_hours, rest = divmod(abs(minutes), 60)
    sign = "−" if minutes < 0 else ""
    if whole_hours and rest:
        return say("%(hours)s h %(minutes)s", hours=f"{sign}{whole_hours}", minutes=f"{rest:02d}")
    if rest:
        return say("%(minutes)s min", minutes=f"{sign}{rest}")
    return say("%(hours)s h", hours=f"{sign}{whole_hours}")


def whole(minutes: int) -> Gap:
    """For squares of a table of sums: the nearest whole hours. 90 → "2", 10 → "<1", 0 → "0"."""
    nearest = (2 * minutes + 60) // 120
    return nearest if nearest or not minutes else "<1"


def words(minutes: int) -> Said:
    """For sentences: 210 → "3½ hours", 60 → "1 hour", 45 → "45 minutes", 80 → "1 hour 20 minutes".

    The sign is left to the sentence: -90 reads "1½ hours".
    """
    whole_hours, rest = divmod(abs(minutes), 60)
    if not minutes:
        return say("no hours")
    if whole_hours and rest in _QUARTERS:
        # Some languages say "1½ hour", so that this is another sentence than "2 hours".
        return count(
            "%(n)s hours",
            "%(n)s hours",
            whole_hours,
            context="and a fraction",
            n=f"{whole_hours}{_QUARTERS[rest]}",
        )
    # Without a sign between thousands, which a reader of the field could take for a decimal point.
    number = Figure(whole_hours, grouped=False)
    in_hours = count("%(n)s hour", "%(n)s hours", whole_hours, n=number)
    in_minutes = count("%(n)s minute", "%(n)s minutes", rest)
    if whole_hours and rest:
        return say("%(hours)s %(minutes)s", hours=in_hours, minutes=in_minutes)
    return in_hours if whole_hours else in_minutes
