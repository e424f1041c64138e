"""What a figure is before it is measured, and what is said of it when it has been.

Nothing here needs numpy: pages and files are made of these types alone, by processes that measure
nothing.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, TypedDict

from timebank.say import Said, say

RECENT = 90
"""Days without help given or received after which a member counts as dormant."""

NO_HELP = say("No help was given in this window.")
ONE_GROUP = say(
    "Everybody of whom it is known is in one group, or nobody helped anybody of whom it is known."
)
CHANGED_NOT_CAUSED = say(
    "What changed after that day did not have to change because of it: the season, who joined or"
    " left, and other things that began then are in the difference too. A difference whose interval"
    " holds 0 may be chance."
)


def too_few(active: int, enough: int) -> Said:
    """Why nothing is said of a network of fewer than `enough`."""
    return say(
        "Too few people to say: %(active)s were active, and of fewer than %(enough)s a network says"
        " nothing.",
        active=active,
        enough=enough,
    )


def too_few_known(known: int, enough: int) -> Said:
    """Why nothing is said of groups that fewer than `enough` are known to be in."""
    return say(
        "Too few people to say: of %(known)s active people it is known, and this needs %(enough)s.",
        known=known,
        enough=enough,
    )


Value = float | int | None
Interval = tuple[float, float]

Sums = Mapping[str, Any]
"""What a window comes to, by name: plain numbers (None: cannot be said), or for many draws of
people at once an array of one number a draw. `measuring.network_sums` and `spread.contributions`
name those of a network, `measuring` the others."""

Formula = Callable[[Sums], Any]
"""A figure from sums, the same for a window as it is and for draws of its people. It may divide by
nothing: of a window it then cannot be said, and such draws are left out."""


class Topic(StrEnum):
    """What a figure is about; the report of that name holds it."""

    RECIPROCITY = "reciprocity"
    PARTICIPATION = "participation"
    ACTIVITIES = "activities"


class Unit(StrEnum):
    """What a figure is counted in: a share from 0 to 1, times a year, a number for every person; or
    what people answered (of tables alone)."""

    SHARE = "share"
    INDEX = "index"
    DEVIATIONS = "deviations"
    MINUTES = "minutes"
    PEOPLE = "people"
    DAYS = "days"
    PER_YEAR = "per_year"
    EACH = "each"
    SCORE = "score"


class Among(StrEnum):
    """Whose help is looked at: members; members who are no staff; or organisations, groups and the
    chest too."""

    PEOPLE = "people"
    WITHOUT_STAFF = "without_staff"
    EVERYBODY = "everybody"


class Attribute(StrEnum):
    """What people are told apart by."""

    AGE_BAND = "age_band"
    AREA = "area"
    CAPACITY = "capacity"


class Basis(StrEnum):
    """What a figure is measured on, and so when it can be said and what was left out of it."""

    NETWORK = "network"
    """Help between people, of whom enough have to be active."""
    HELP = "help"
    """Help between people, however few."""
    GROUPS = "groups"
    """Help between people whose group is known, of whom there have to be enough."""
    MEMBERS = "members"
    """The list of members."""
    SESSIONS = "sessions"
    """The registers of sessions."""


class Exact(StrEnum):
    """An interval that needs no draws."""

    SHARE = "share"
    """Of a share of people (Wilson 1927)."""
    MEDIAN = "median"
    """Of a median, by ranks (Conover 1999)."""


class Disclosure(StrEnum):
    """What becomes of a figure in a report for sharing."""

    ROUGH = "rough"
    """Rounded; withheld where it is of few people."""
    COUNT = "count"
    """A number of people, which is rounded, or withheld where they are few."""
    SHARE = "share"
    """A number of people divided by another, made again from both as they may be shown."""
    EACH = "each"
    """Whole numbers divided by a number of people, made again in the same way."""
    TENTH = "tenth"
    """As rough, and withheld where a tenth of the people is few."""
    SESSIONS = "sessions"
    """As rough, and withheld where few people were on the registers."""
    STAFF = "staff"
    """Never: about single people when all is said."""


@dataclass(frozen=True, kw_only=True)
class Figure:
    """All that is known of a figure before it is measured.

    `name` and `meaning` are for residents and coordinators, `definition` for whoever takes the
    figure out of a file; `source` is who published the formula. `of` names the sum of people (or
    sessions) that it is of, and `unless` says why it cannot be said where the formula has no value.
    `drawn`: its interval, or that of its change, is made by drawing people. Figures with the same
    `part_of` add up to what that names, `repeats` names one that is the same number, `again` marks
    one that is another under a second name, which pages leave out. `topic` None: in no report.
    """

    id: str
    name: Said
    meaning: Said
    unit: Unit
    definition: str
    formula: Formula
    source: str = ""
    topic: Topic | None = None
    basis: Basis = Basis.NETWORK
    of: str = "people"
    unless: Said = NO_HELP
    drawn: bool = True
    exact: Exact | None = None
    disclosure: Disclosure = Disclosure.ROUGH
    part_of: str = ""
    repeats: str = ""
    again: bool = False
    attribute: Attribute | None = None

    @property
    def staff_only(self) -> bool:
        """Whether it has to stay on the staff's screens, and never is in a file."""
        return self.disclosure is Disclosure.STAFF

    def value(self, sums: Sums) -> Value:
        """What it comes to in a window of these sums; None where it cannot be said."""
        try:
            return self.formula(sums)
        except ZeroDivisionError:
            return None


class Left(TypedDict, total=False):
    """What was left out of a figure, by what is counted of it: acts of help (or movements of
    another kind) with their minutes, minutes alone, or people. None: withheld."""

    acts: int | None
    minutes: int | None
    people: int | None


@dataclass(frozen=True)
class Measure:
    """A figure that was measured. `value` None: it cannot be said, or must not, and `withheld` says
    why.

    `n` are the people (for co-delivery, the sessions) that it is of; None: withheld. `interval` is
    of 95 %; `change` is since the first window of a series in which it can be said, with an
    interval of its own. `unit` and `definition` are those of its day: a report that was kept says
    what it said.
    """

    id: str
    value: Value
    n: int | None
    unit: Unit
    interval: Interval | None
    change: Value
    change_interval: Interval | None
    definition: str
    excluded: Mapping[str, Left] = field(default_factory=dict[str, Left])
    withheld: Said | str | None = None

    def rounded(self) -> "Measure":
        """The same to six places, as it is handed on."""
        return replace(
            self,
            value=_rounded(self.value),
            interval=_each_rounded(self.interval),
            change=_rounded(self.change),
            change_interval=_each_rounded(self.change_interval),
        )


@dataclass(frozen=True)
class Totals:
    """What a window or a report comes to. `minutes` are of help; None: withheld."""

    exchanges: int | None
    minutes: int
    active_people: int | None


@dataclass(frozen=True)
class Position:
    """How far the books of a bank are sealed: so many entries, and the hash over them (None: no
    entries yet). `unsealed` are those written since."""

    entries: int
    hash: str | None
    unsealed: int


def _rounded(value: Value) -> Value:
    return round(value, 6) if isinstance(value, float) else value


def _each_rounded(interval: Interval | None) -> Interval | None:
    return interval and (round(interval[0], 6), round(interval[1], 6))
