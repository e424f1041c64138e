"""What deserves a broker's attention, and how a sheet of slips is read. Pure decisions; amounts are
minutes."""

import re
from calendar import isleap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from timebank import hours
from timebank.banks.rules import SlipNumbers
from timebank.errors import Invalid
from timebank.members.rules import PartyName
from timebank.room import LINES
from timebank.say import Said, one_after_another, say
from timebank.voices import month_named

QUIET_DAYS = 60
"""After so many days without help given or received, somebody may like a call."""

NEW_DAYS = 14
"""So many days a new member has to find their way before anybody asks."""

LOW = 120
"""Somebody is near their floor when so few minutes are left above it."""

STACK_OF_PAPER = 100
"""For so many people at once letters, or lines of a call sheet, are printed: a walk to the post
box, a week of calls."""

BIRTHDAYS = timedelta(days=6)
"""Birthdays are told of so long before, so that each day of a week is one."""

NOTES = 20
"""So many notes about a person are shown at a time."""

FOUND = 12
"""So many of each kind are found for a few letters of a name; with more, more letters are asked
for."""

UNCLAIMED = 20
"""So many members whom nobody in particular looks after are named at once."""

SHOWN = LINES

MOST_PAGES = 10_000
"""So many pages the queue is turned over: more than any bank has people."""


def quiet_since(today: date) -> date:
    """The first day on which any help counts as lately."""
    return today - timedelta(days=QUIET_DAYS)


def settled_in(today: date) -> date:
    """Who joined after this day is still finding their way."""
    return today - timedelta(days=NEW_DAYS)


def birthdays_from(today: date) -> dict[int, date]:
    """The days of the coming week, by the birthdays that fall on them as month times 100 plus day:
    1231 is New Year's Eve.

    Who was born on 29 February has their birthday on the 28th where there is no such day.
    """
    days = [today + timedelta(days=ahead) for ahead in range(BIRTHDAYS.days + 1)]
    by_birthday = {day.month * 100 + day.day: day for day in days}
    if 228 in by_birthday and not isleap(by_birthday[228].year):
        by_birthday[229] = by_birthday[228]
    return by_birthday


# ---- Notes after a call ----

LONGEST_NOTE = 2000
"""So many characters a note has at most."""

AHEAD = timedelta(days=366)
"""Nobody plans a call further ahead."""


@dataclass(frozen=True)
class NewNote:
    """What came of a call, when to ring again, and what it was about: a request, or an
    introduction."""

    words: str
    next_on: date | None = None
    request_id: int | None = None
    introduction_id: int | None = None


def check_note(note: NewNote, *, today: date) -> str:
    """The words of a note as they are kept. Raises Invalid for none, for too many, and for a day on
    which nobody can ring."""
    words, next_on, wrong = note.words.strip(), note.next_on, dict[str, Said]()
    if not words:
        wrong["words"] = say("Write in a few words what came of the call.")
    elif len(words) > LONGEST_NOTE:
        wrong["words"] = say(
            "Write at most %(longest)s characters; this has %(number)s.",
            longest=LONGEST_NOTE,
            number=len(words),
        )
    if next_on is not None and next_on < today:
        wrong["next_on"] = say("That day is past. Choose a later one, or leave it empty.")
    elif next_on is not None and next_on > today + AHEAD:
        wrong["next_on"] = say(
            "That is more than a year off. Choose an earlier day; it can be put off again then."
        )
    if wrong:
        raise Invalid.of(wrong)
    return words


# ---- Letters on paper ----

WISHES = say("With good wishes,")


def whom_to_ask(name: str, phone: str, email: str) -> Said:
    """The end of a letter on paper: whom in the bank to turn to, and how."""
    unclear = say("Is anything unclear, or would you rather be told in another way?")
    return one_after_another([unclear, _turn_to(name, phone, email)])


def _turn_to(name: str, phone: str, email: str) -> Said:
    if phone:
        if name:
            return say("Ring %(name)s on %(phone)s.", name=name, phone=phone)
        return say("Ring us on %(phone)s.", phone=phone)
    if email:
        if name:
            return say("Write to %(name)s at %(email)s.", name=name, email=email)
        return say("Write to us at %(email)s.", email=email)
    return say("Ask %(name)s.", name=name) if name else say("Ask your broker.")


# ---- The sheet of slips ----


@dataclass(frozen=True)
class Slip:
    """A signed slip as it is written: who helped whom, when, how long, and at what. `slip` is its
    number, empty where the bank's have none.

    `giver` and `receiver` are numbers or letters of a name, or named as programs do. `another` says
    that help between the two on that day is not the help already in the books.
    """

    slip: str
    occurred_on: date
    giver: str | PartyName
    receiver: str | PartyName
    minutes: int
    title: str
    another: bool = False


@dataclass(frozen=True)
class Stack:
    """Slips, in their order. `despite`: why those are entered of two who are kept apart."""

    slips: Sequence[Slip]
    despite: str = ""


@dataclass(frozen=True)
class Told:
    """Notices that were passed on, by their ids."""

    notices: Sequence[int]


class Whose(StrEnum):
    """Whose day is wanted: everybody's, or the caller's own caseload."""

    EVERYBODY = "everybody"
    MINE = "mine"


def check_slip_number(numbers: SlipNumbers, number: str) -> None:
    """Raises Invalid for a slip without a number where the bank's have one, or with one where they
    have none."""
    if numbers == SlipNumbers.REQUIRED and not number:
        raise Invalid.on("slip", say("Write the number that stands on the slip."))
    if numbers == SlipNumbers.NONE and number:
        raise Invalid.on("slip", say("Slips have no numbers here. Leave it empty."))


CELLS = ("slip", "occurred_on", "giver", "receiver", "minutes", "title")
"""What stands on a line of the sheet, in order."""

LINES, SPARE, LONGEST = 20, 10, 100
"""So many lines a sheet begins with, so many are empty beneath what is written, and so many it
holds."""

STACK = 500
"""So many slips one stack is counted up to."""

_DITTO = {'"', "”", "“", "„", "″", "''"}
_DAY = re.compile(
    r"(\d{1,2})(?:\s*[ ./-]\s*(?:de |d’|d')?(\d{1,2}|[^\W\d]{3,})\.?"
    r"(?:\s*[ ./-]\s*(?:de |del )?(\d{4}|\d{2}))?)?"
)


def read_out(lines: Sequence[Mapping[str, str]]) -> list[dict[str, str]]:
    """The lines with each ditto mark replaced by what stands above it. On the first line nothing
    does, and it stays empty."""
    full_lines: list[dict[str, str]] = []
    above: Mapping[str, str] = {}
    for line in lines:
        full = {
            name: above.get(name, "") if value.strip() in _DITTO else value.strip()
            for name, value in line.items()
        }
        full_lines.append(full)
        above = full if any(full.values()) else above
    return full_lines


def is_ditto(text: str) -> bool:
    """Whether a cell says "as above"."""
    return text.strip() in _DITTO


def day_written(text: str, *, today: date, languages: Sequence[str] = ()) -> date:
    """The day that is meant by 14, 14/11, "14 Nov", "14 de noviembre", 14.11.2026 or 2026-11-14;
    months are read in English and in these languages.

    Where the month or the year is left out it is the latest such day that is not to come. Raises
    Invalid.
    """
    try:
        return date.fromisoformat(text)
    except ValueError:
        pass
    match = _DAY.fullmatch(text.strip().lower())
    month = _month(match[2], languages) if match else None
    if match is None or (match[2] and month is None):
        raise Invalid(
            say("“%(text)s” is not a date. Write 14 Nov, 14/11 or 14/11/2026.", text=text)
        )
    if match[3]:
        candidates = [(int(match[3]) + (2000 if len(match[3]) == 2 else 0), month or 0)]
    elif month:
        # Far enough back for a 29 February.
        candidates = [(today.year - back, month) for back in range(9)]
    else:
        months = [today.year * 12 + today.month - 1 - back for back in range(3)]
        candidates = [(number // 12, number % 12 + 1) for number in months]
    possible = [
        day for day in (_day(year, number, int(match[1])) for year, number in candidates) if day
    ]
    past = [day for day in possible if day <= today or match[3]]
    if not past:
        raise Invalid(say("There is no such day as “%(text)s”. Look at the slip again.", text=text))
    return past[0]


def _month(text: str | None, languages: Sequence[str]) -> int | None:
    if text is None:
        return None
    if text.isdecimal():
        return int(text)
    return month_named(text, ("en", *languages))


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def counted_by_hand(text: str) -> int:
    """Minutes from a sum of hours made by hand, where a bare number is always hours. Raises
    Invalid."""
    return hours.parse(f"{text} h" if text.isdecimal() else text)
