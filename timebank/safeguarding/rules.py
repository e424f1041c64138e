"""Kinds of checks, how they stand, when somebody is reminded, and what may be written down. Pure
decisions."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from timebank.act import Actor
from timebank.errors import Invalid
from timebank.say import Said, say
from timebank.text import fault_of, folded


@dataclass(frozen=True, order=True)
class Kind:
    """A kind of check, as the bank calls it; `code` is what programs and files go by, and never
    changes."""

    name: str
    code: str
    id: int


SHIPPED: Mapping[str, Said] = {
    "criminal_record": say("Criminal record check"),
    "references": say("References taken up"),
    "driving": say("Driving licence and insurance"),
    "home_visits": say("Home visit"),
    "induction": say("Induction"),
    "first_aid": say("First aid certificate"),
}
"""What a bank begins with, by code; from then on the names are its own."""


class State(StrEnum):
    """How a check stands on a day. What somebody's offers need and they do not hold is missing."""

    IN_ORDER = "in_order"
    ENDS_SOON = "ends_soon"
    RUN_OUT = "run_out"
    MISSING = "missing"


STATE_WORDS = {
    State.IN_ORDER: say("In order"),
    State.ENDS_SOON: say("Ends soon"),
    State.RUN_OUT: say("Run out"),
    State.MISSING: say("Missing"),
}
"""The states as they stand in a table."""


class Ending(StrEnum):
    """Why a check stands no longer."""

    RENEWED = "renewed"
    NOT_NEEDED = "not_needed"
    HELD_NO_MORE = "held_no_more"
    MISTAKE = "mistake"
    LEFT = "left"


REASONED = (Ending.NOT_NEEDED, Ending.HELD_NO_MORE, Ending.MISTAKE)
"""What somebody decides, and says why."""

ENDING_WORDS = {
    Ending.RENEWED: say("Renewed"),
    Ending.NOT_NEEDED: say("Not needed any more"),
    Ending.HELD_NO_MORE: say("Held no more"),
    Ending.MISTAKE: say("Written down by mistake"),
    Ending.LEFT: say("Left the time bank"),
}
"""The endings as they stand in a table or to be chosen."""


@dataclass(frozen=True)
class KindDetails:
    """What a kind of check is called."""

    name: str


@dataclass(frozen=True)
class Renewal:
    """A paper that was looked at: its number, who of the staff saw it (None: whoever writes it
    down), the day it was given and its last day; None: it does not run out."""

    held_since: date
    expires_on: date | None = None
    number: str = ""
    seen_by_id: int | None = None


@dataclass(frozen=True)
class NewCheck(Renewal):
    """The same, of somebody who holds none of this kind yet; `kind` is its code."""

    kind: str = ""


@dataclass(frozen=True)
class End:
    """That a check stands no longer, and why in words."""

    ending: Ending
    why: str


@dataclass(frozen=True)
class Booking:
    """The day on which somebody brings the new paper of a check, and where or when in a few words,
    if that is to be said."""

    day: date
    words: str = ""


@dataclass(frozen=True)
class Wanted:
    """Which checks of the list are wanted; None: all. `kind` is a code."""

    kind: str | None = None
    state: State | None = None


@dataclass(frozen=True)
class Doorstep:
    """Whom to ring in need, and what to do when somebody does not answer the door. `on_visits`:
    whoever has an agreed visit with them sees it too."""

    contact_name: str = ""
    contact_relation: str = ""
    contact_phone: str = ""
    no_answer: str = ""
    on_visits: bool = False

    @property
    def says_something(self) -> bool:
        """Whether anything is written down."""
        words = (self.contact_name, self.contact_relation, self.contact_phone, self.no_answer)
        return any(words)


@dataclass(frozen=True)
class NewConcern:
    """A worry about somebody's safety, for coordinators alone. `about` is a member's id."""

    about: int
    words: str


LONGEST = {
    "name": 80,
    "number": 80,
    "why": 500,
    "contact_name": 120,
    "contact_relation": 80,
    "contact_phone": 40,
    "no_answer": 1000,
    "where": 200,
    "words": 4000,
}
"""The longest text of each kind, in characters."""

SOON = timedelta(days=60)
"""How long before its last day a check ends soon."""

BEFORE = (60, 30, 7, 0)
"""How many days before the last day of a check somebody is reminded."""

_FIRST_AFTER, _MONTH = 7, 30
_EARLIEST = date(1980, 1, 1)
_LATEST = date(2199, 12, 31)


def state_of(expires_on: date | None, *, on: date) -> State:
    """How a check that stands is on that day."""
    if expires_on is None or expires_on > on + SOON:
        return State.IN_ORDER
    return State.ENDS_SOON if expires_on >= on else State.RUN_OUT


def is_held(held: Mapping[int, date | None], kind_id: int, *, on: date) -> bool:
    """Whether a check of this kind is good on that day; `held` are the last days of those that
    stand, by kind."""
    return kind_id in held and (held[kind_id] or on) >= on


def good_on(held: Mapping[int, date | None], on: date) -> set[int]:
    """The kinds of which somebody holds a check that is good on that day; `held` as before."""
    return {kind_id for kind_id in held if is_held(held, kind_id, on=on)}


def reminder_due(expires_on: date, *, written_on: date, on: date) -> int | None:
    """Which reminder is the last one due on that day, as days before the last day of the check;
    after it they are below zero. None: none is due yet.

    60, 30 and 7 days before, on the day, a week after, and every thirty days after until it is
    dealt with. A day on which nobody looked is made up for by the last one due alone; what was due
    when the check was written down was known to whoever wrote it.
    """
    left = (expires_on - on).days
    if left > BEFORE[0]:
        return None
    if left > -_FIRST_AFTER:
        stage = min(stage for stage in BEFORE if stage >= left)
    else:
        stage = -max(_FIRST_AFTER, left // -_MONTH * _MONTH)
    return stage if expires_on - timedelta(days=stage) > written_on else None


def may_read(by: Actor, about_id: int) -> bool:
    """Who may read a concern: coordinators, but for one about themselves."""
    return by.is_coordinator and by.member_id != about_id


def code_for(name: str, taken: Collection[str]) -> str:
    """A code for a kind of this name that none of the others has."""
    plain = re.sub(r"[^a-z0-9]+", "_", folded(name)).strip("_")[:40] or "check"
    codes = (plain, *(f"{plain}_{number}" for number in range(2, len(taken) + 3)))
    return next(code for code in codes if code not in taken)


def kept_name(name: str) -> str:
    """What a kind is called, as it is kept. Raises Invalid."""
    tidied = " ".join(name.split())
    _refuse({"name": _fault(tidied, "name") or (None if tidied else say("Write a name."))})
    return tidied


def _fault(text: str, field: str) -> Said | None:
    return fault_of(text, LONGEST[field])


def check_paper(paper: Renewal, *, today: date) -> None:
    """Raises Invalid for a number or for days that no paper can have. `today` is the bank's day."""
    wrong: dict[str, Said | None] = {"number": _fault(paper.number, "number")}
    if paper.held_since > today:
        wrong["held_since"] = say("That day is in the future. Write the day on the paper.")
    elif paper.held_since < _EARLIEST:
        wrong["held_since"] = say("Check the year.")
    if paper.expires_on is not None and paper.expires_on < paper.held_since:
        wrong["expires_on"] = say("That is before the check was given. Look at the paper again.")
    elif paper.expires_on is not None and paper.expires_on > _LATEST:
        wrong["expires_on"] = say("Check the year.")
    _refuse(wrong)


def check_end(end: End) -> str:
    """Why a check stands no longer, as it is kept. Raises Invalid without a reason."""
    why = end.why.strip()
    wrong = _fault(why, "why") or (None if why else say("Say in a few words why."))
    _refuse(
        {
            "why": wrong,
            "ending": None if end.ending in REASONED else say("Choose one of those listed."),
        }
    )
    return why


BOOKED_AHEAD = timedelta(days=366)
"""Nobody books a day further ahead."""


def check_booking(booking: Booking, *, today: date) -> str:
    """The words of a day that is booked, as they are kept. Raises Invalid. `today` is the bank's
    day."""
    words = " ".join(booking.words.split())
    wrong: dict[str, Said | None] = {"words": _fault(words, "where")}
    if booking.day < today:
        wrong["day"] = say("That day is past. Choose a later one.")
    elif booking.day > today + BOOKED_AHEAD:
        wrong["day"] = say("That is more than a year off. Choose an earlier day.")
    _refuse(wrong)
    return words


def check_doorstep(doorstep: Doorstep) -> Doorstep:
    """A doorstep as it is kept: spaces trimmed. Raises Invalid."""
    tidied = Doorstep(
        contact_name=" ".join(doorstep.contact_name.split()),
        contact_relation=" ".join(doorstep.contact_relation.split()),
        contact_phone=doorstep.contact_phone.strip(),
        no_answer=doorstep.no_answer.strip(),
        on_visits=doorstep.on_visits,
    )
    fields = ("contact_name", "contact_relation", "contact_phone", "no_answer")
    wrong = {field: _fault(getattr(tidied, field), field) for field in fields}
    if tidied.contact_phone and not any(sign.isdigit() for sign in tidied.contact_phone):
        wrong["contact_phone"] = say("Write a telephone number, such as 01632 960 187.")
    if tidied.contact_phone and not tidied.contact_name:
        wrong["contact_name"] = say("Write whose number this is.")
    if tidied.contact_name and not tidied.contact_phone:
        wrong["contact_phone"] = say("Write a telephone number to ring, such as 01632 960 187.")
    _refuse(wrong)
    return tidied


def check_concern(words: str) -> str:
    """What worries somebody, as it is kept. Raises Invalid."""
    tidied = words.strip()
    _refuse(
        {
            "words": _fault(tidied, "words")
            or (None if tidied else say("Write what you saw or heard, and when."))
        }
    )
    return tidied


def _refuse(faults: Mapping[str, Said | None]) -> None:
    wrong = {field: fault for field, fault in faults.items() if fault is not None}
    if wrong:
        raise Invalid.of(wrong)
