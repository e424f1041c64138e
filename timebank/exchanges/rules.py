"""The life of an exchange: which step may follow which, who may take it, and what may be written
down. Pure decisions.

The life cycle is the table `MOVES`. Everything that happens to an exchange is a row of it, and
`speaker` decides on whose behalf somebody may take that row, or refuses in words.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Literal

from timebank.act import Word
from timebank.errors import Invalid, NotAllowed, Refusal, together
from timebank.exchanges.errors import StillWaiting, TooLate, WordNeeded, WrongMoment
from timebank.say import Said, say
from timebank.text import tidy as tidied

STATUSES = (
    "proposed",
    "agreed",
    "logged",
    "disputed",
    "confirmed",
    "declined",
    "cancelled",
    "reversed",
)
CHANNELS = ("web", "in_person", "phone", "paper", "text", "import", "waiting_time", "system")

SPOKEN = ("phone", "in_person", "paper", "text")
"""The channels by which a member's word reaches a broker."""

OPEN = ("proposed", "agreed", "logged", "disputed")
"""Where an exchange is still under way."""

NO_LONGER_COUNTS = ("declined", "cancelled", "reversed")
"""Where an exchange has come to nothing, so that its slip number may be entered again."""

LONGEST = {
    "title": 200,
    "skill": 80,
    "thanks": 1000,
    "note": 1000,
    "message": 500,
    "decided_by": 120,
    "slip": 40,
}
"""The longest text of each kind, in characters."""

WHY = "Write why, in words that everybody in the bank may read."
WHO_DECIDED = "Write who decided on it."
"""What to say where hours out of the chest come without it."""

EARLIEST = date(1980, 1, 1)
"""Before this day there were no time banks, so an earlier date is a slip of the pen."""

_MEMBERS_LOOK_BACK = 2  # years

Side = Literal["giver", "receiver"]
SIDES: tuple[Side, ...] = ("giver", "receiver")
Who = Literal["either", "awaited", "not awaited", "broker"]


@dataclass(frozen=True)
class Move:
    """Where a step leads, and who may take it: either side, the side whose word is awaited, the
    other, or a broker alone.

    A broker may take any of them on the word of the side whose step it is.
    """

    after: str
    who: Who


NEW = "new"
"""Where an exchange is before its first step."""

MOVES: Mapping[tuple[str, str], Move] = {
    ("propose", NEW): Move("proposed", "either"),
    ("agree", "proposed"): Move("agreed", "awaited"),
    ("decline", "proposed"): Move("declined", "awaited"),
    ("cancel", "proposed"): Move("cancelled", "either"),
    ("cancel", "agreed"): Move("cancelled", "either"),
    ("log", NEW): Move("logged", "either"),
    ("log", "proposed"): Move("logged", "either"),
    ("log", "agreed"): Move("logged", "either"),
    ("confirm", "logged"): Move("confirmed", "awaited"),
    ("dispute", "logged"): Move("disputed", "awaited"),
    ("cancel", "logged"): Move("cancelled", "not awaited"),
    # After a dispute it is the side that logged whose word is awaited: they log again, or call it
    # off.
    ("log", "disputed"): Move("logged", "either"),
    ("cancel", "disputed"): Move("cancelled", "awaited"),
    ("settle", "disputed"): Move("confirmed", "broker"),
    ("dismiss", "disputed"): Move("cancelled", "broker"),
    ("reverse", "confirmed"): Move("reversed", "broker"),
}

_STANDS = {
    NEW: "This is not written down yet.",
    "proposed": "This has been proposed, and is not logged yet.",
    "agreed": "This has been agreed, and is not logged yet.",
    "logged": "This is logged and waits to be confirmed.",
    "disputed": "Somebody has said that something is wrong here. That has to be settled first.",
    "confirmed": "This has been confirmed already, and the hours have moved.",
    "declined": "This was declined.",
    "cancelled": "This was called off.",
    "reversed": "This was taken back already.",
}


@dataclass(frozen=True)
class Case:
    """One exchange, as far as a decision about it needs to know.

    `names` are what the two sides are called; `chest` is the side that is the community chest, for
    which any broker speaks; `overdue` says that the waiting time is over.
    """

    status: str
    waiting_for: Side | None = None
    overdue: bool = False
    chest: Side | None = None
    names: Mapping[Side, str] = field(
        default_factory=lambda: {"giver": "the giver", "receiver": "the receiver"}
    )


@dataclass(frozen=True)
class Stand:
    """Where somebody stands towards one exchange: the sides they may speak for themselves, and
    which of them is their own.

    `began` says that they entered what the other side is now asked about.
    """

    sides: frozenset[Side] = frozenset()
    own: Side | None = None
    is_broker: bool = False
    began: bool = False


def other(side: Side) -> Side:
    """The side across from this one."""
    return "receiver" if side == "giver" else "giver"


def speaker(step: str, case: Case, stand: Stand, word: Side | None = None) -> Side | None:
    """The side on whose behalf the step is taken; None where a broker takes it on nobody's word.

    `word` is the side on whose word it is said to be entered. Raises WrongMoment, NotAllowed,
    WordNeeded or StillWaiting.
    """
    if not stand.is_broker and (not stand.sides or (word is not None and word not in stand.sides)):
        raise NotAllowed(
            say(
                "This is between two other people. Only they, those who act for them, and brokers"
                " may do this."
            )
        )
    move = MOVES.get((step, case.status))
    if move is None:
        raise WrongMoment(_STANDS[case.status])
    if move.who == "broker":
        if not stand.is_broker:
            raise NotAllowed(say("Only a broker may do this. Ring yours and say what happened."))
        return word
    wanted = _wanted(move, case)
    side = word or _meant(wanted, stand)
    if side is None:
        _check_broker_alone(step, case, stand, wanted)
    elif wanted is not None and side != wanted:
        raise NotAllowed(
            say(
                "It is for %(names)s to do this, or for a broker on their word.",
                names=case.names[wanted],
            )
        )
    if side is not None and move.who == "awaited" and step != "cancel":
        _check_independent(case, stand, side, given=word is not None)
    return side


def may(step: str, case: Case, stand: Stand) -> bool:
    """Whether somebody who stands so may take the step, on one word or another: whether to offer it
    at all."""
    words: tuple[Side | None, ...] = (None, *SIDES) if stand.is_broker else (None, *stand.sides)
    return any(_allowed(step, case, stand, word) for word in words)


def _allowed(step: str, case: Case, stand: Stand, word: Side | None) -> bool:
    try:
        speaker(step, case, stand, word)
    except Refusal:
        return False
    return True


def _wanted(move: Move, case: Case) -> Side | None:
    """The one side whose step it is; None where it is either's."""
    if move.who == "either" or case.waiting_for is None:
        return None
    return case.waiting_for if move.who == "awaited" else other(case.waiting_for)


def _meant(wanted: Side | None, stand: Stand) -> Side | None:
    """The side somebody speaks for who has not said which."""
    if wanted is not None:
        if wanted in stand.sides:
            return wanted
        return None if stand.is_broker else next(iter(stand.sides))
    if stand.own is not None:
        return stand.own
    if len(stand.sides) == 1:
        return next(iter(stand.sides))
    if stand.is_broker and not stand.sides:
        return None
    raise WordNeeded(say("You act for both of them. Say on whose word this is."))


def _check_broker_alone(step: str, case: Case, stand: Stand, wanted: Side | None) -> None:
    """On nobody's word a broker may call something off, or confirm what has waited long enough and
    is not their own."""
    if step == "cancel":
        return
    if step != "confirm" or wanted is None:
        raise WordNeeded
    if stand.own is not None:
        raise WordNeeded(
            say(
                "You are one of the two. Enter this on the word of %(names)s, or leave it to"
                " another broker.",
                names=case.names[wanted],
            )
        )
    if not case.overdue:
        raise StillWaiting(
            say(
                "The waiting time is not over. Confirm this on the word of %(names)s, or wait until"
                " it is.",
                names=case.names[wanted],
            ),
        )


def _check_independent(case: Case, stand: Stand, side: Side, *, given: bool) -> None:
    """Nobody answers themselves: what one side wrote is for somebody else to agree to.

    `given`: a broker has that side's word, which is enough, except for the chest, whose word is
    only ever a broker's.
    """
    across = stand.own == other(side)
    if across and side == case.chest:
        raise NotAllowed(
            say("You would be answering yourself for the chest. Another broker has to do this.")
        )
    if across and stand.is_broker and not given:
        raise WordNeeded(
            say(
                "You are the other side. Enter this on the word of %(names)s.",
                names=case.names[side],
            )
        )
    if not stand.is_broker and (across or stand.began):
        raise NotAllowed(
            say(
                "You wrote this yourself. %(names)s has to say so, or a broker on their word.",
                names=case.names[side],
            )
        )


def check_undo(
    status: str,
    *,
    confirmed_by: str | None,
    by: str,
    confirmed_at: datetime,
    minutes: int,
    now: datetime,
) -> None:
    """Whether the actor `by` may take back a confirmation with one button: their own, within so
    many `minutes` of it."""
    if status != "confirmed":
        raise WrongMoment(_STANDS[status])
    if confirmed_by != by:
        raise NotAllowed(
            say(
                "Only the person who confirmed this may undo it. A broker can take it back at any"
                " time."
            )
        )
    if now > undo_ends(confirmed_at, minutes):
        raise TooLate(
            say(
                "That could be undone for %(minutes)s minutes. Ring your broker: it can still be"
                " taken back.",
                minutes=minutes,
            )
        )


def undo_ends(done_at: datetime, minutes: int) -> datetime:
    """Until when one button takes back what was done at `done_at`."""
    return done_at + timedelta(minutes=minutes)


def waiting_ends(logged_at: datetime, waiting_days: int) -> datetime:
    """When a broker may confirm what was logged at `logged_at` without anybody's word."""
    return logged_at + timedelta(days=waiting_days)


def check_word(word: Word, *, is_broker: bool, is_system: bool) -> None:
    """Raises NotAllowed or Invalid for a channel this actor has no use of: what comes by phone or
    paper goes to a broker."""
    if word.channel not in CHANNELS:
        raise Invalid.on("channel", say("Choose one of: %(spoken)s.", spoken=", ".join(SPOKEN)))
    if is_system:
        return
    if word.channel in ("import", "waiting_time", "system"):
        raise Invalid.on("channel", say("That is for what Timebank does by itself."))
    if not is_broker and (word.channel != "web" or word.slip):
        raise NotAllowed(say("Only a broker writes down what came by phone or on paper."))


def check_day(occurred_on: date, *, today: date, is_broker: bool) -> None:
    """Whether help given on that day may be logged today, both in the bank's time zone.

    Members look back two years; brokers enter old slips, back to the first time banks.
    """
    if occurred_on > today:
        raise Invalid.on("occurred_on", say("That day is still to come. Log the hours afterwards."))
    if occurred_on < EARLIEST:
        raise Invalid.on("occurred_on", say("Check the year of that date."))
    years_ago = date(today.year - _MEMBERS_LOOK_BACK, today.month, min(today.day, 28))
    if occurred_on < years_ago and not is_broker:
        raise Invalid.on(
            "occurred_on",
            say("That is more than two years ago. Check the year, or ring your broker."),
        )


def check_plan(planned_on: date | None, *, today: date) -> None:
    """Whether help may be planned for that day: not for one that is past, nor so far off that the
    year must be wrong."""
    if planned_on is None:
        return
    if planned_on < today:
        raise Invalid.on(
            "planned_on",
            say("That day is past. Choose another, or log the hours if the help was given."),
        )
    if planned_on > today + timedelta(days=730):
        raise Invalid.on("planned_on", say("That is more than two years off. Check the year."))


def check_gift(minutes: int, *, rounding: int) -> None:
    """A gift is at least one minute, in the bank's steps."""
    if minutes <= 0:
        raise Invalid.on("minutes", say("Write how much you would like to give."))
    if minutes % rounding:
        raise Invalid.on(
            "minutes",
            say(
                "We count in steps of %(rounding)s minutes. Write an amount that is a multiple"
                " of it.",
                rounding=rounding,
            ),
        )


def gift_words(message: str, decided_by: str | None, *, from_chest: bool) -> tuple[str, str | None]:
    """What is said with a gift and who decided on it, as they are kept. The hours of the chest are
    everybody's: who decided to give them away and why is always said, of other gifts never.
    """
    if from_chest:
        return together(
            lambda: tidy("message", message, required=WHY),
            lambda: tidy("decided_by", decided_by, required=WHO_DECIDED),
        )
    if decided_by:
        raise Invalid.on(
            "decided_by", say("Only hours out of the chest are decided on. Leave this empty.")
        )
    return tidy("message", message), None


def tidy(kind: str, text: str | None, *, required: Said | None = None) -> str:
    """Text as it is kept, no longer than `LONGEST[kind]`. Raises Invalid for the field `kind`."""
    return tidied(kind, text, LONGEST[kind], required=required)
