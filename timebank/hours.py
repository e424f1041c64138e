"""Minutes to words and back. Time is integer minutes everywhere else."""

import re

from timebank.errors import Invalid
from timebank.say import Figure, Gap, Said, count, say

# A century of one person's waking life; anything larger is a slip of the pen and would only
# overflow something.
LARGEST = 100 * 365 * 24 * 60

_LONGEST_TEXT = 40

_QUARTERS = {15: "¼", 30: "½", 45: "¾"}

MOST_BARE_HOURS = 12
"""A number without a unit is hours up to here, and minutes from there on: nobody writes down two
minutes, and nobody helps for ninety hours."""

_H, _M = r"(?:horas?|hours?|hrs?|h)", r"(?:minut(?:o|e)?s?|mins?|m)"
_PARTS = {"half": "½", "media": "½", "medio": "½", "quarter": "¼", "cuarto": "¼"}
_NUMBERS = {
    number: words.split()
    for number, words in {
        1: "one una uno",
        2: "two dos",
        3: "three tres",
        4: "four cuatro",
        5: "five cinco",
        6: "six seis",
        7: "seven siete",
        8: "eight ocho",
        9: "nine nueve",
        10: "ten diez",
        11: "eleven once",
        12: "twelve doce",
        15: "fifteen quince",
        20: "twenty veinte",
        30: "thirty treinta",
        40: "forty cuarenta",
        45: "forty-five",
        50: "fifty cincuenta",
        90: "ninety noventa",
    }.items()
}
_SIGNS = {word: f"{number}" for number, words in _NUMBERS.items() for word in words}
_AS_SAID = (
    # "Three quarters" before "three" and "quarter", and no "an" before what is a part of an hour.
    (re.compile(r"\b(?:three|tres|3) (?:quarters|cuartos)\b"), "¾"),
    (re.compile(r"\b(?:(?:an?|un) )?(half|media|medio|quarter|cuarto)\b"), None),
    (re.compile(rf"(?<=[¼½¾])(?: (?:of|de))? (?:an? )?(?={_H}\b)"), " "),
    (re.compile(rf"\b(?:an?|un) (?={_H}\b)"), "1 "),
    (re.compile(r"^(?=(?:hour|hora)\b)"), "1 "),
    (re.compile(r"\ba couple(?: of)?\b"), "2"),
    (re.compile(r"\b(?:[a-z]+-)?[a-z]+\b"), None),
    (re.compile(r"\b(?:and|y)\b"), " "),
)
"""What stands for what in words: each expression with what it becomes; None: see `_plain`."""

_FORMS = (
    re.compile(r"(?P<hours>\d+):(?P<minutes>[0-5]\d)"),
    re.compile(rf"(?P<hours>\d+)\s*{_H}\s*(?:(?P<minutes>[0-5]?\d)\s*{_M}?)?"),
    re.compile(rf"(?P<decimal>\d+[.,]\d+)\s*{_H}?"),
    re.compile(rf"(?P<whole>\d*)\s*(?P<quarter>[¼½¾])\s*{_H}?"),
    re.compile(rf"(?P<whole>\d+)\s*{_H}\s*(?P<quarter>[¼½¾])"),
    re.compile(rf"(?P<minutes>\d+)\s*{_M}"),
    re.compile(r"(?P<bare>\d+)"),
)


def parse(text: str, *, large: bool = False) -> int:
    """Minutes from what people say: "1:30", "1 h 30", "90 min", "1.5", "1,5h", "1½", "an hour and a
    half", "three quarters of an hour"; "una hora y media" too.

    A bare whole number is hours up to `MOST_BARE_HOURS`, and else minutes. Where amounts may be
    `large`, it could be either there, and is asked about. Nothing is rounded: raises Invalid for
    text that is no time, for a decimal that is no whole number of minutes, and for more than a
    lifetime.
    """
    cleaned = " ".join(text.split()).lower()
    if len(cleaned) > _LONGEST_TEXT:
        raise _no_length(text)
    plain = _plain(cleaned)
    for form in _FORMS:
        match = form.fullmatch(cleaned) or form.fullmatch(plain)
        if match:
            parts = match.groupdict()
            if large and int(parts.get("bare") or 0) > MOST_BARE_HOURS:
                raise Invalid(
                    say(
                        "Is “%(text)s” hours or minutes? Write %(text)s h, or %(text)s min.",
                        text=cleaned,
                    )
                )
            return _within_reason(text, _minutes(text, parts))
    raise _no_length(text)


def _no_length(text: str) -> Invalid:
    return Invalid(
        say(
            "“%(text)s” is not a length of time. Write it as you say it, such as 1½ hours, 1:30 or"
            " 90 minutes.",
            text=text[:_LONGEST_TEXT],
        )
    )


def _plain(text: str) -> str:
    """The text with digits and signs for the words that stand for them."""

    def sign(match: re.Match[str]) -> str:
        word = match.group(match.lastindex or 0)
        return _PARTS.get(word) or _SIGNS.get(word) or match.group()

    for expression, becomes in _AS_SAID:
        text = expression.sub(sign if becomes is None else becomes, text)
    return " ".join(text.split())


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
    if parts.get("bare"):
        number = int(str(parts["bare"]))
        return number * 60 if number <= MOST_BARE_HOURS else number
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
