"""What a listing may say, and the times of the week. Pure decisions."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields, replace
from datetime import date, timedelta
from enum import StrEnum
from typing import Self

from timebank import hours
from timebank.errors import Invalid
from timebank.say import Said, say
from timebank.times import ALL_TIMES


class ListingKind(StrEnum):
    """Whether somebody has something to give, or needs it."""

    OFFER = "offer"
    REQUEST = "request"


class ListingStatus(StrEnum):
    """Where a listing is. What was met or withdrawn stays so."""

    OPEN = "open"
    MET = "met"
    WITHDRAWN = "withdrawn"


class ListingStepKind(StrEnum):
    """What was done with a listing that can be undone, and that it was."""

    RENEWED = "renewed"
    WITHDRAWN = "withdrawn"
    MET = "met"
    UNDONE = "undone"


class Place(StrEnum):
    """Where the help is given: anywhere, at the home of who is helped or of who helps, out and
    about, by phone or computer."""

    ANY = "any"
    RECEIVER_HOME = "receiver_home"
    GIVER_HOME = "giver_home"
    ELSEWHERE = "elsewhere"
    REMOTE = "remote"


class Frequency(StrEnum):
    """How often it is wanted or offered."""

    AS_NEEDED = "as_needed"
    ONCE = "once"
    WEEKLY = "weekly"
    FORTNIGHTLY = "fortnightly"
    MONTHLY = "monthly"


@dataclass(frozen=True)
class Details:
    """What a listing says. `times` are times of the week as bits (see `timebank.times`), `minutes`
    about how long it takes, `needs_checks` the codes of the checks that a helper has to hold beyond
    what the skill asks for. Without `ends_on` it stands for as long as is usual.
    """

    title: str
    description: str = ""
    skill_id: int | None = None
    area: str | None = None
    place: Place = Place.ANY
    frequency: Frequency = Frequency.AS_NEEDED
    times: int = 0
    minutes: int | None = None
    needs_checks: tuple[str, ...] = ()
    starts_on: date | None = None
    ends_on: date | None = None


@dataclass(frozen=True)
class NewListing(Details):
    """An offer or a request, and the account it belongs to; None: that of whoever posts it.

    `reference` is what a file calls it.
    """

    holder_id: int | None = None
    reference: str | None = None

    @classmethod
    def of(
        cls, details: Details, *, holder_id: int | None = None, reference: str | None = None
    ) -> Self:
        """A listing of somebody's that says this."""
        written = {field.name: getattr(details, field.name) for field in fields(Details)}
        return cls(**written, holder_id=holder_id, reference=reference)


@dataclass(frozen=True)
class Carer:
    """Which broker looks after a listing; None: nobody in particular."""

    broker_id: int | None = None


@dataclass(frozen=True)
class NewCategory:
    """A category, to stand at the end of the tree."""

    name: str


@dataclass(frozen=True)
class CategoryDetails:
    """What a category is called, and its place among the others, counted from 0."""

    name: str
    position: int


@dataclass(frozen=True)
class SkillDetails:
    """A skill: where it belongs, everyday words for it parted by commas, and by their codes the
    checks that a helper has to hold for it."""

    name: str
    category_id: int
    synonyms: str = ""
    needs_checks: tuple[str, ...] = ()


@dataclass(frozen=True)
class TwoAreas:
    """Two areas, by their names as people write them."""

    one: str
    other: str


LONGEST = {"title": 200, "description": 2000, "area": 80, "name": 80, "synonyms": 1000}
"""The longest text of each kind, in characters."""

LAST = {ListingKind.OFFER: timedelta(days=365), ListingKind.REQUEST: timedelta(days=60)}
"""How long a listing stands when nobody says until when, and by how much one tap prolongs it."""

FURTHEST = timedelta(days=3 * 366)
"""No listing stands longer: who knows what will be in three years?"""

NOTICE = timedelta(days=7)
"""How long before its end somebody is told that a listing ends."""

ENDED_LATELY = timedelta(days=28)
"""So long after its last day somebody is still asked whether a listing is to stand on."""

_CHOICES: Mapping[str, Collection[str | None]] = {
    "place": tuple(Place),
    "frequency": tuple(Frequency),
}


def check(kind: ListingKind, details: Details, *, today: date) -> Details:
    """A listing's details as they are kept: spaces trimmed, its end set if nobody said one. `today`
    is the bank's date.

    Raises Invalid with a sentence for every detail that cannot be so.
    """
    ends_on = details.ends_on or max(details.starts_on or today, today) + LAST[kind]
    checked = replace(
        details,
        title=details.title.strip(),
        description=details.description.strip(),
        area=(details.area or "").strip() or None,
        ends_on=ends_on,
    )
    wrong: dict[str, Said] = {}
    for name in ("title", "description", "area"):
        text = getattr(checked, name) or ""
        if len(text) > LONGEST[name]:
            wrong[name] = say(
                "Write at most %(longest)s characters; this has %(number)s.",
                longest=LONGEST[name],
                number=len(text),
            )
        elif any(ord(letter) < 32 and letter not in "\n\t" for letter in text):
            wrong[name] = say("Take out the characters that cannot be read.")
    if not checked.title:
        wrong["title"] = (
            say("Write in a few words what you offer.")
            if kind == ListingKind.OFFER
            else say("Write in a few words what you need.")
        )
    for name, choices in _CHOICES.items():
        if getattr(checked, name) not in choices:
            wrong[name] = say(
                "Choose one of: %(choices)s.", choices=", ".join(filter(None, choices))
            )
    if not 0 <= checked.times <= ALL_TIMES:
        wrong["times"] = say("Choose from the days and times listed.")
    if checked.minutes is not None and not 0 < checked.minutes <= hours.LARGEST:
        wrong["minutes"] = say("Write about how long it takes, such as 1 h 30, or leave it empty.")
    wrong |= _faults_of_window(checked.starts_on, ends_on, today)
    if wrong:
        raise Invalid.of(wrong)
    return checked


def _faults_of_window(starts_on: date | None, ends_on: date | None, today: date) -> dict[str, Said]:
    if ends_on is None:
        return {}
    if ends_on < today:
        return {"ends_on": say("That day is past. Choose a later one, or leave it empty.")}
    if ends_on > today + FURTHEST:
        return {
            "ends_on": say(
                "That is more than three years off. Choose an earlier day; it can be renewed then."
            )
        }
    if starts_on is not None and starts_on > ends_on:
        return {"ends_on": say("That is before the first day. Change one of the two.")}
    return {}
