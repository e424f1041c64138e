"""What a listing may say, and the times of the week. Pure decisions."""

from collections.abc import Collection, Mapping
from datetime import date, timedelta
from typing import Any

from timebank import hours
from timebank.errors import Invalid
from timebank.members.rules import Check
from timebank.say import Said, say
from timebank.times import ALL_TIMES

KINDS = ("offer", "request")
STATUSES = ("open", "met", "withdrawn")

PLACES = ("any", "receiver_home", "giver_home", "elsewhere", "remote")
"""Where the help is given: anywhere, at the home of who is helped or of who helps, out and about,
by phone or computer."""

FREQUENCIES = ("as_needed", "once", "weekly", "fortnightly", "monthly")

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
    "needs_check": (None, *Check),
}


def check(kind: str, details: Mapping[str, Any], *, today: date) -> dict[str, Any]:
    """A listing's details as they are kept: spaces trimmed, its end set if nobody said one. `today`
    is the bank's date.

    Raises Invalid with a sentence for every detail that cannot be so.
    """
    kept = {**details}
    wrong: dict[str, Said] = {}
    for name in ("title", "description", "area"):
        kept[name] = (kept.get(name) or "").strip()
        if len(kept[name]) > LONGEST[name]:
            wrong[name] = say(
                "Write at most %(longest)s characters; this has %(number)s.",
                longest=LONGEST[name],
                number=len(kept[name]),
            )
        elif any(ord(letter) < 32 and letter not in "\n\t" for letter in kept[name]):
            wrong[name] = say("Take out the characters that cannot be read.")
    kept["area"] = kept["area"] or None
    if not kept["title"]:
        wrong["title"] = (
            say("Write in a few words what you offer.")
            if kind == "offer"
            else say("Write in a few words what you need.")
        )
    for name, choices in _CHOICES.items():
        if kept[name] not in choices:
            wrong[name] = say(
                "Choose one of: %(choices)s.", choices=", ".join(filter(None, choices))
            )
    if not 0 <= kept["times"] <= ALL_TIMES:
        wrong["times"] = say("Choose from the days and times listed.")
    if kept["minutes"] is not None and not 0 < kept["minutes"] <= hours.LARGEST:
        wrong["minutes"] = say("Write about how long it takes, such as 1 h 30, or leave it empty.")
    wrong |= _faults_of_window(kind, kept, today)
    if wrong:
        raise Invalid.of(wrong)
    return kept


def _faults_of_window(kind: str, kept: dict[str, Any], today: date) -> dict[str, Said]:
    starts_on = kept["starts_on"]
    kept["ends_on"] = kept["ends_on"] or max(starts_on or today, today) + LAST[kind]
    if kept["ends_on"] < today:
        return {"ends_on": say("That day is past. Choose a later one, or leave it empty.")}
    if kept["ends_on"] > today + FURTHEST:
        return {
            "ends_on": say(
                "That is more than three years off. Choose an earlier day; it can be renewed then."
            )
        }
    if starts_on is not None and starts_on > kept["ends_on"]:
        return {"ends_on": say("That is before the first day. Change one of the two.")}
    return {}
