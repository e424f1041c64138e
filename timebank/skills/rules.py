"""What a listing may say, and the times of the week. Pure decisions."""

from collections.abc import Collection, Iterable, Mapping
from datetime import date, timedelta
from typing import Any

from timebank import hours
from timebank.errors import Invalid
from timebank.members.rules import CHECKS

KINDS = ("offer", "request")
STATUSES = ("open", "met", "withdrawn")

PLACES = ("any", "receiver_home", "giver_home", "elsewhere", "remote")
"""Where the help is given: anywhere, at the home of who is helped or of who helps, out and about, by phone or computer."""

FREQUENCIES = ("as_needed", "once", "weekly", "fortnightly", "monthly")

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
PARTS = ("morning", "afternoon", "evening")

ALL_TIMES = 2 ** (len(DAYS) * len(PARTS)) - 1
"""Every time of the week: bit 3 × day + part, Monday morning the lowest."""

LONGEST = {"title": 200, "description": 2000, "area": 80, "name": 80, "synonyms": 1000}
"""The longest text of each kind, in characters."""

LAST = {"offer": timedelta(days=365), "request": timedelta(days=60)}
"""How long a listing stands when nobody says until when, and by how much one tap prolongs it."""

FURTHEST = timedelta(days=3 * 366)
"""No listing stands longer: who knows what will be in three years?"""

NOTICE = timedelta(days=7)
"""How long before its end somebody is told that a listing ends."""

_CHOICES: Mapping[str, Collection[str | None]] = {
    "place": PLACES,
    "frequency": FREQUENCIES,
    "needs_check": (None, *CHECKS),
}


def times_of(parts: Iterable[int]) -> int:
    """Times of the week as bits, from their numbers: 0 is Monday morning, 20 Sunday evening."""
    return sum(1 << part for part in set(parts))


def parts_of(times: int) -> list[int]:
    """The numbers of the times of the week that are set, in order."""
    return [part for part in range(len(DAYS) * len(PARTS)) if times >> part & 1]


def times_in_words(times: int) -> str:
    """Times of the week for a sentence: "Tuesday mornings, weekends"; empty when nothing was said."""
    if times == 0:
        return ""
    if times == ALL_TIMES:
        return "any time"
    week = [times >> len(PARTS) * day & 0b111 for day in range(len(DAYS))]
    said: list[str] = []
    for days, words in ((range(5), "weekday"), (range(5, 7), "weekend")):
        if len({week[day] for day in days}) == 1 and week[days[0]]:
            said.append(_parts(f"{words}", week[days[0]]))
        else:
            said += [_parts(DAYS[day], week[day]) for day in days if week[day]]
    return ", ".join(said)


def _parts(day: str, bits: int) -> str:
    if bits == 0b111:
        return f"{day}s"
    return f"{day} {' and '.join(f'{part}s' for place, part in enumerate(PARTS) if bits >> place & 1)}"


def check(kind: str, details: Mapping[str, Any], *, today: date) -> dict[str, Any]:
    """A listing's details as they are kept: spaces trimmed, its end set if nobody said one. `today` is the bank's date.

    Raises Invalid with a sentence for every detail that cannot be so.
    """
    kept = {**details}
    wrong: dict[str, str] = {}
    for name in ("title", "description", "area"):
        kept[name] = (kept.get(name) or "").strip()
        if len(kept[name]) > LONGEST[name]:
            wrong[name] = f"Write at most {LONGEST[name]} characters; this has {len(kept[name])}."
        elif any(ord(letter) < 32 and letter not in "\n\t" for letter in kept[name]):
            wrong[name] = "Take out the characters that cannot be read."
    kept["area"] = kept["area"] or None
    if not kept["title"]:
        wrong["title"] = "Write in a few words what you offer." if kind == "offer" else "Write in a few words what you need."
    for name, choices in _CHOICES.items():
        if kept[name] not in choices:
            wrong[name] = f"Choose one of: {', '.join(filter(None, choices))}."
    if not 0 <= kept["times"] <= ALL_TIMES:
        wrong["times"] = "Choose from the days and times listed."
    if kept["minutes"] is not None and not 0 < kept["minutes"] <= hours.LARGEST:
        wrong["minutes"] = "Write about how long it takes, such as 1 h 30, or leave it empty."
    wrong |= _faults_of_window(kind, kept, today)
    if wrong:
        raise Invalid("Some answers have to be put right.", fields=wrong)
    return kept


def _faults_of_window(kind: str, kept: dict[str, Any], today: date) -> dict[str, str]:
    starts_on = kept["starts_on"]
    kept["ends_on"] = kept["ends_on"] or max(starts_on or today, today) + LAST[kind]
    if kept["ends_on"] < today:
        return {"ends_on": "That day is past. Choose a later one, or leave it empty."}
    if kept["ends_on"] > today + FURTHEST:
        return {"ends_on": "That is more than three years off. Choose an earlier day; it can be renewed then."}
    if starts_on is not None and starts_on > kept["ends_on"]:
        return {"ends_on": "That is before the first day. Change one of the two."}
    return {}
