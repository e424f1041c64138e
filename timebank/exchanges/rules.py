"""The life of an exchange: which action may follow which, who may take it, and what may be written
down. Pure decisions.

The life cycle is the table `TRANSITIONS`, a state machine: everything that happens to an exchange
is a row of it. `speaker` decides on whose behalf somebody may take that row, or refuses in words;
`offer` says beforehand on whose word it would be taken, so that whatever a page offers can be done.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from enum import StrEnum

from timebank.act import Channel, Role, Word
from timebank.errors import Invalid, NotAllowed, Refusal, together
from timebank.exchanges.errors import AskedTooOften, StillWaiting, TooLate, WordNeeded, WrongMoment
from timebank.say import Either, Said, count, say
from timebank.text import tidy as tidied


class Status(StrEnum):
    """Where an exchange stands."""

    PROPOSED = "proposed"
    AGREED = "agreed"
    LOGGED = "logged"
    DISPUTED = "disputed"
    CONFIRMED = "confirmed"
    DECLINED = "declined"
    CANCELLED = "cancelled"
    REVERSED = "reversed"


class Side(StrEnum):
    """The two sides of the help, whoever writes it down."""

    GIVER = "giver"
    RECEIVER = "receiver"


SIDES = tuple(Side)


class Action(StrEnum):
    """What somebody does to an exchange."""

    PROPOSE = "propose"
    AGREE = "agree"
    DECLINE = "decline"
    CANCEL = "cancel"
    LOG = "log"
    CONFIRM = "confirm"
    DISPUTE = "dispute"
    ACCEPT = "accept"
    SETTLE = "settle"
    DISMISS = "dismiss"
    REVERSE = "reverse"


PARTING = (Action.DECLINE, Action.CANCEL, Action.DISPUTE, Action.DISMISS, Action.REVERSE)
"""What brings nobody together: it ends what is between two, or sends it to the staff."""


class StepKind(StrEnum):
    """What was done, as it is recorded. A dispute ends accepted, with the time that was proposed,
    settled, with hours, or dismissed; a confirmation is reversed by a broker, or undone by whoever
    gave it."""

    PROPOSED = "proposed"
    AGREED = "agreed"
    DECLINED = "declined"
    CANCELLED = "cancelled"
    LOGGED = "logged"
    CONFIRMED = "confirmed"
    DISPUTED = "disputed"
    ACCEPTED = "accepted"
    SETTLED = "settled"
    DISMISSED = "dismissed"
    REVERSED = "reversed"
    UNDONE = "undone"


CONFIRMING = (StepKind.CONFIRMED, StepKind.ACCEPTED, StepKind.SETTLED)
"""The steps by which hours move, each with an entry of its own in the books."""

CHANNELS = tuple(map(str, Channel))

SPOKEN = (Channel.PHONE, Channel.IN_PERSON, Channel.PAPER, Channel.TEXT)
"""The channels by which a member's word reaches a broker."""

BY_THEMSELVES = (Channel.WEB, Channel.LINK)
"""The channels by which members give their word themselves."""

ITS_OWN = (Channel.IMPORT, Channel.WAITING_TIME, Channel.SYSTEM)
"""The channels of what Timebank does by itself."""

OPEN = (Status.PROPOSED, Status.AGREED, Status.LOGGED, Status.DISPUTED)
"""Where an exchange is still under way."""

AWAITING = (Status.PROPOSED, Status.LOGGED, Status.DISPUTED)
"""Where the word of one side is awaited."""

NO_LONGER_COUNTS = (Status.DECLINED, Status.CANCELLED, Status.REVERSED)
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

WHAT = say("Write in a few words what it is.")
WHY = say("Write why, in words that everybody in the bank may read.")
WHO_DECIDED = say("Write who decided on it.")
"""What to say where hours out of the chest come without it."""

EARLIEST = date(1980, 1, 1)
"""Before this day there were no time banks, so an earlier date is a slip of the pen."""

_MEMBERS_LOOK_BACK = 2  # years

_SHORT = 120  # characters that a title in somebody's own words may have


# ---- What is written ----


@dataclass(frozen=True)
class Proposal:
    """Help to be agreed on first. Parties are accounts. `note` is what is said with it, where the
    title does not say it all."""

    giver_id: int
    receiver_id: int
    title: str
    skill: str | None = None
    planned_on: date | None = None
    note: str = ""


@dataclass(frozen=True)
class Bother:
    """What bothers somebody about what they are asked. `apart`: neither is to have to do with the
    other any more."""

    why: str = ""
    apart: bool = False


@dataclass(frozen=True)
class NewLog:
    """Help that was given, in minutes. Parties are accounts. `another`: it is not the help that is
    written down already (see `may_be_same`)."""

    giver_id: int
    receiver_id: int
    occurred_on: date
    minutes: int
    title: str
    skill: str | None = None
    thanks: str = ""
    another: bool = False


@dataclass(frozen=True)
class Figures:
    """When help was given, how many minutes it took, and what is said about it. A title and a skill
    of None are as they were. `another` as in `NewLog`."""

    occurred_on: date
    minutes: int
    thanks: str = ""
    title: str | None = None
    skill: str | None = None
    another: bool = False


@dataclass(frozen=True)
class Correction:
    """What is put right in hours that are logged again. None: as it was. `another` as in
    `NewLog`."""

    occurred_on: date | None = None
    minutes: int | None = None
    title: str | None = None
    skill: str | None = None
    thanks: str | None = None
    another: bool = False


@dataclass(frozen=True)
class Help:
    """What there is to tell one time of help between two people from another."""

    occurred_on: date
    minutes: int
    title: str
    skill: str | None = None


ASKED_AN_HOUR = 30
"""So often one member may ask for help or offer it within an hour: each is a letter to somebody,
with words of one's own."""


def check_pace(within_the_hour: int) -> None:
    """Raises AskedTooOften for one who has asked or offered so often `within_the_hour` already."""
    if within_the_hour >= ASKED_AN_HOUR:
        raise AskedTooOften(
            count(
                "You have asked %(n)s person within an hour. Wait for the answers, then go on.",
                "You have asked %(n)s people within an hour. Wait for the answers, then go on.",
                within_the_hour,
            )
        )


A_DAY_OFF = timedelta(days=1)
"""Two who remember the same help may differ by so much in the day."""


def may_be_same(earlier: Help, new: Help) -> bool:
    """Whether two times in which the one helped the other may be one, told twice.

    On the same day they may, whatever they are called. A day apart they may where they took as
    long and neither the skill nor the words say that it was something else.
    """
    apart = abs(earlier.occurred_on - new.occurred_on)
    if apart == timedelta(0):
        return True
    return apart <= A_DAY_OFF and earlier.minutes == new.minutes and not _of_another(earlier, new)


def _of_another(earlier: Help, new: Help) -> bool:
    if earlier.skill and new.skill:
        return earlier.skill.casefold() != new.skill.casefold()
    return not {*earlier.title.casefold().split()} & {*new.title.casefold().split()}


@dataclass(frozen=True)
class Note:
    """A few words with a step, for the others to read."""

    note: str = ""


@dataclass(frozen=True)
class Objection:
    """What is wrong with what was logged: in words, or as the minutes that one thinks it was."""

    note: str = ""
    minutes: int | None = None


@dataclass(frozen=True)
class Settlement:
    """How a dispute is settled: so many minutes move; None or 0: none do."""

    note: str
    minutes: int | None = None


@dataclass(frozen=True)
class NewGift:
    """Minutes to be given from one account to another. Those of the chest say who decided on it,
    and why as the message."""

    from_id: int
    to_id: int
    minutes: int
    message: str = ""
    decided_by: str | None = None


# ---- Who may do what ----


class Whose(StrEnum):
    """Whose a transition is."""

    EITHER = "either side's"
    AWAITED = "that of the side whose word is awaited"
    NOT_AWAITED = "that of the other side"
    BROKER = "a broker's alone"


@dataclass(frozen=True)
class Transition:
    """Where an action leads, and whose it is.

    A broker may take any of them on the word of the side whose it is.
    """

    after: Status
    whose: Whose


NEW = "new"
"""Where an exchange is before its first step."""

TRANSITIONS: Mapping[tuple[str, str], Transition] = {
    (Action.PROPOSE, NEW): Transition(Status.PROPOSED, Whose.EITHER),
    (Action.AGREE, Status.PROPOSED): Transition(Status.AGREED, Whose.AWAITED),
    (Action.DECLINE, Status.PROPOSED): Transition(Status.DECLINED, Whose.AWAITED),
    (Action.CANCEL, Status.PROPOSED): Transition(Status.CANCELLED, Whose.EITHER),
    (Action.CANCEL, Status.AGREED): Transition(Status.CANCELLED, Whose.EITHER),
    (Action.LOG, NEW): Transition(Status.LOGGED, Whose.EITHER),
    (Action.LOG, Status.PROPOSED): Transition(Status.LOGGED, Whose.EITHER),
    (Action.LOG, Status.AGREED): Transition(Status.LOGGED, Whose.EITHER),
    (Action.CONFIRM, Status.LOGGED): Transition(Status.CONFIRMED, Whose.AWAITED),
    (Action.DISPUTE, Status.LOGGED): Transition(Status.DISPUTED, Whose.AWAITED),
    (Action.CANCEL, Status.LOGGED): Transition(Status.CANCELLED, Whose.NOT_AWAITED),
    # After a dispute it is the side that logged whose word is awaited: they log again, or call it
    # off.
    (Action.LOG, Status.DISPUTED): Transition(Status.LOGGED, Whose.EITHER),
    (Action.CANCEL, Status.DISPUTED): Transition(Status.CANCELLED, Whose.AWAITED),
    (Action.ACCEPT, Status.DISPUTED): Transition(Status.CONFIRMED, Whose.AWAITED),
    (Action.SETTLE, Status.DISPUTED): Transition(Status.CONFIRMED, Whose.BROKER),
    (Action.DISMISS, Status.DISPUTED): Transition(Status.CANCELLED, Whose.BROKER),
    (Action.REVERSE, Status.CONFIRMED): Transition(Status.REVERSED, Whose.BROKER),
}

HOW_IT_STANDS = {
    NEW: say("This is not written down yet."),
    Status.PROPOSED: say("This has been proposed, and is not logged yet."),
    Status.AGREED: say("This has been agreed, and is not logged yet."),
    Status.LOGGED: say("This is logged and waits to be confirmed."),
    Status.DISPUTED: say(
        "Somebody has said that something is wrong here. That has to be settled first."
    ),
    Status.CONFIRMED: say("This has been confirmed already, and the hours have moved."),
    Status.DECLINED: say("This was declined."),
    Status.CANCELLED: say("This was called off."),
    Status.REVERSED: say("This was taken back already."),
}


_SIDE_NAMES = {Side.GIVER: say("the giver"), Side.RECEIVER: say("the receiver")}


@dataclass(frozen=True)
class Case:
    """One exchange, as far as a decision about it needs to know.

    `names` are what the two sides are called; `chest` is the side that is the community chest, for
    which any broker speaks; `overdue` says that the waiting time is over; `thought` are the minutes
    that whoever objects thinks it was.
    """

    status: str
    waiting_for: Side | None = None
    overdue: bool = False
    thought: int | None = None
    chest: Side | None = None
    names: Mapping[Side, str | Said] = field(default_factory=lambda: _SIDE_NAMES)


@dataclass(frozen=True)
class Relation:
    """What somebody is to one exchange: the sides they may speak for themselves, and which of them
    is their own.

    `began` says that they entered what the other side is now asked about.
    """

    sides: frozenset[Side] = frozenset()
    own: Side | None = None
    is_broker: bool = False
    began: bool = False

    @property
    def foremost(self) -> frozenset[Side]:
        """The sides they speak for: where they are one themselves, that alone."""
        return frozenset({self.own}) if self.own else self.sides

    def speaks_for(self, side: Side | None) -> bool:
        """Whether that side's word is theirs to give, without having heard it from anybody. Whoever
        is the other side has to hear it."""
        return side is not None and side in self.sides and self.own in (None, side)


@dataclass(frozen=True)
class Offer:
    """On whose word somebody may take an action; false where they may not at all.

    `plain`: they may with no more said, and `side` is whose word that is, None being nobody's.
    `words` are the sides on whose word they may when they say so.
    """

    plain: bool = False
    side: Side | None = None
    words: tuple[Side, ...] = ()

    def __bool__(self) -> bool:
        return self.plain or bool(self.words)

    @property
    def own(self) -> bool:
        """Whether it is theirs to take, as a side or for one."""
        return self.plain and self.side is not None

    @property
    def alone(self) -> bool:
        """Whether it is a broker's to take, on nobody's word."""
        return self.plain and self.side is None

    @property
    def heard(self) -> tuple[Side, ...]:
        """The sides that have to be named for it to be on their word."""
        return tuple(side for side in self.words if not self.own or side != self.side)


def other(side: Side) -> Side:
    """The side across from this one."""
    return Side.RECEIVER if side == Side.GIVER else Side.GIVER


def check_part(relation: Relation, word: Side | None = None) -> None:
    """Raises NotAllowed for whoever has no part in the exchange, or says a `word` that is not
    theirs. It comes first: how it stands between two others is nothing to them."""
    if not relation.is_broker and (
        not relation.sides or (word is not None and word not in relation.sides)
    ):
        raise NotAllowed(
            say(
                "This is between two other people. Only they, those who act for them, and brokers"
                " may do this."
            )
        )


def speaker(action: str, case: Case, relation: Relation, word: Side | None = None) -> Side | None:
    """The side on whose behalf the step is taken; None where a broker takes it on nobody's word.

    `word` is the side on whose word it is said to be entered. Raises WrongMoment, NotAllowed,
    WordNeeded or StillWaiting.
    """
    check_part(relation, word)
    transition = TRANSITIONS.get((action, case.status))
    if transition is None:
        raise WrongMoment(HOW_IT_STANDS[case.status])
    if action == Action.ACCEPT and case.thought is None:
        raise WrongMoment(
            say("Nobody has said how long it was instead. Log it again, or call it off.")
        )
    if transition.whose == Whose.BROKER:
        if not relation.is_broker:
            raise NotAllowed(say("Only a broker may do this. Ring yours and say what happened."))
        return word
    wanted = _wanted(transition, case)
    side = word or _meant(wanted, relation)
    if side is None:
        _check_broker_alone(action, case, relation, wanted)
    elif wanted is not None and side != wanted:
        raise NotAllowed(
            say(
                "It is for %(name)s to do this, or for a broker on their word.",
                name=case.names[wanted],
            )
        )
    # What a side may withdraw is its own, so that calling it off answers nobody.
    if side is not None and transition.whose == Whose.AWAITED and action != Action.CANCEL:
        _check_independent(case, relation, side, given=word is not None)
    return side


def offer(action: str, case: Case, relation: Relation) -> Offer:
    """On whose word somebody who stands so may take the action, if they may."""
    named = SIDES if relation.is_broker else tuple(side for side in SIDES if side in relation.sides)
    words = tuple(side for side in named if _allowed(action, case, relation, side))
    try:
        return Offer(True, speaker(action, case, relation), words)
    except Refusal:
        return Offer(words=words)


def _allowed(action: str, case: Case, relation: Relation, word: Side) -> bool:
    try:
        speaker(action, case, relation, word)
    except Refusal:
        return False
    return True


def _wanted(transition: Transition, case: Case) -> Side | None:
    """The one side whose step it is; None where it is either's."""
    if transition.whose == Whose.EITHER or case.waiting_for is None:
        return None
    return case.waiting_for if transition.whose == Whose.AWAITED else other(case.waiting_for)


def _meant(wanted: Side | None, relation: Relation) -> Side | None:
    """The side somebody speaks for who has not said which."""
    if wanted is not None:
        if wanted in relation.sides:
            return wanted
        return None if relation.is_broker else next(iter(relation.sides))
    if relation.own is not None:
        return relation.own
    if len(relation.sides) == 1:
        return next(iter(relation.sides))
    if relation.is_broker and not relation.sides:
        return None
    raise WordNeeded(say("You act for both of them. Say on whose word this is."))


def _check_broker_alone(action: str, case: Case, relation: Relation, wanted: Side | None) -> None:
    """On nobody's word a broker may call something off, or confirm what has waited long enough and
    is not their own."""
    if action == Action.CANCEL:
        return
    if action != Action.CONFIRM or wanted is None:
        raise WordNeeded
    if relation.own is not None:
        raise WordNeeded(
            say(
                "You are one of the two. Enter this on the word of %(name)s, or leave it to"
                " another broker.",
                name=case.names[wanted],
            )
        )
    if not case.overdue:
        raise StillWaiting(
            say(
                "The waiting time is not over. Confirm this on the word of %(name)s, or wait until"
                " it is.",
                name=case.names[wanted],
            ),
        )


def _check_independent(case: Case, relation: Relation, side: Side, *, given: bool) -> None:
    """Nobody answers themselves: what one side wrote is for somebody else to agree to.

    `given`: a broker has that side's word, which is enough, except for the chest, whose word is
    only ever a broker's.
    """
    across = relation.own == other(side)
    if across and side == case.chest:
        raise NotAllowed(
            say("You would be answering yourself for the chest. Another broker has to do this.")
        )
    if across and relation.is_broker and not given:
        raise WordNeeded(
            say(
                "You are the other person. Enter this on the word of %(name)s.",
                name=case.names[side],
            )
        )
    if not relation.is_broker and (across or relation.began):
        raise NotAllowed(
            say(
                "You wrote this yourself. %(name)s has to say so, or a broker on their word.",
                name=case.names[side],
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
    if status != Status.CONFIRMED:
        raise WrongMoment(HOW_IT_STANDS[status])
    if confirmed_by != by:
        raise NotAllowed(
            say(
                "Only the person who confirmed this may undo it. A broker can take it back at any"
                " time."
            )
        )
    if now > undo_ends(confirmed_at, minutes):
        raise TooLate(
            count(
                "That could be undone for %(n)s minute. Ring your broker: it can still be taken"
                " back.",
                "That could be undone for %(n)s minutes. Ring your broker: it can still be taken"
                " back.",
                minutes,
            )
        )


def undo_ends(done_at: datetime, minutes: int) -> datetime:
    """Until when one button takes back what was done at `done_at`."""
    return done_at + timedelta(minutes=minutes)


def waiting_ends(logged_at: datetime, waiting_days: int) -> datetime:
    """When a broker may confirm what was logged at `logged_at` without anybody's word."""
    return logged_at + timedelta(days=waiting_days)


def check_word(word: Word, *, role: Role) -> None:
    """Raises NotAllowed or Invalid for a channel this role has no use of: what comes by phone or
    paper goes to a broker, and only what is on paper has a slip."""
    if word.channel not in CHANNELS:
        raise Invalid.on("channel", say("Choose one of: %(choices)s.", choices=Either(SPOKEN)))
    if role == Role.SYSTEM:
        return
    if word.channel in ITS_OWN or (word.channel == Channel.LINK and role != Role.MEMBER):
        raise Invalid.on("channel", say("That is for what Timebank does by itself."))
    if role == Role.MEMBER and (word.channel not in BY_THEMSELVES or word.slip):
        raise NotAllowed(say("Only a broker writes down what came by phone or on paper."))
    if word.slip and word.channel != Channel.PAPER:
        raise Invalid.on(
            "slip", say("Only what came on paper has a slip number. Choose paper, or leave it out.")
        )


def as_heard(word: Word, side: Side | None, relation: Relation) -> Word:
    """The word as it is recorded, for a step taken on behalf of `side`.

    Where somebody gives their own word, or that of those they act for, nothing had to reach them:
    it comes by the web or a link of theirs, whatever they say. A slip that was signed is paper
    whoever enters it.
    """
    if relation.speaks_for(side) and not word.slip and word.channel not in BY_THEMSELVES:
        return replace(word, channel=Channel.WEB)
    return word


class WhichDay(StrEnum):
    """The days that a form offers."""

    TODAY = "today"
    YESTERDAY = "yesterday"
    OTHER = "other"


WHICH_DAY = say("Choose which day it was.")


def day_meant(choice: str | None, another: date | None, *, today: date) -> date:
    """The day that a form means by one of those it offers, or by `another` that is written. Raises
    Invalid where there is none, and where they are two."""
    offered = {WhichDay.TODAY: today, WhichDay.YESTERDAY: today - timedelta(days=1)}
    chosen = offered.get(WhichDay(choice)) if choice else None
    if chosen is not None and another not in (None, chosen):
        raise Invalid.on(
            "occurred_on",
            say(
                "You chose %(chosen)s and wrote %(written)s. Choose again, or empty the other.",
                chosen=chosen,
                written=another,
            ),
        )
    day = chosen or another
    if day is None:
        raise (
            Invalid.on("occurred_on", say("Write which day it was."))
            if choice
            else Invalid.on("day", WHICH_DAY)
        )
    return day


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


ANY_DAY, ANOTHER_DAY = "any", "other"
"""What a form calls no day in particular, and one that is written beside it."""


def day_wanted(choice: str, another: date | None) -> date | None:
    """The day that a form means, by a date, by none in particular or by another that is written.
    Raises Invalid where it is not written, or two are."""
    if choice == ANOTHER_DAY:
        if another is None:
            raise Invalid.on("planned_on", say("Write which day."))
        return another
    chosen = None
    if choice not in ("", ANY_DAY):
        try:
            chosen = date.fromisoformat(choice)
        except ValueError:
            raise Invalid.on("when", say("Choose one of the days.")) from None
    if another is not None and another != chosen:
        raise Invalid.on(
            "when", say("You wrote a day below. Choose “Another day”, or empty that field.")
        )
    return chosen


def in_short(words: str) -> tuple[str, str]:
    """What somebody asks in their own words, as a title, and the words where it is not all of
    them."""
    line = " ".join(words.split())
    if len(line) <= _SHORT:
        return line, ""
    return f"{line[:_SHORT].rsplit(' ', 1)[0]}…", words


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
            count(
                "We count in steps of %(n)s minute. Write an amount that is a multiple of it.",
                "We count in steps of %(n)s minutes. Write an amount that is a multiple of it.",
                rounding,
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
