"""Who may write to whom, how much, and of which message somebody is told. Pure decisions."""

from collections.abc import Collection
from dataclasses import dataclass

from timebank.act import Channel
from timebank.errors import Invalid, NotAllowed
from timebank.exchanges.rules import SPOKEN
from timebank.members.rules import Status
from timebank.messages.errors import CannotWrite, TooManyMessages, WordNeeded
from timebank.notices.rules import BY_ITSELF, NoticeChannel
from timebank.say import Either, Said, say
from timebank.text import tidy as tidied

CHANNELS = (Channel.WEB, *SPOKEN)

ANSWER, SETTLE = "messages.answer", "messages.settle"
"""What notices of messages ask, by the kinds of `asking.QUESTIONS`."""

LONGEST = {"words": 2000, "why": 1000, "outcome": 1000}
"""The longest text of each kind, in characters."""

AN_HOUR = 20
"""So many messages one member may write within an hour."""

STRANGERS_A_DAY = 3
"""To so many neighbours one member may write for the first time within a day, about nothing that
is listed or agreed."""


@dataclass(frozen=True)
class Words:
    """Something to say."""

    words: str


@dataclass(frozen=True)
class NewConversation(Words):
    """Something to say about a listing or an exchange, or to a neighbour who lets others write to
    them: one of the three."""

    listing_id: int | None = None
    exchange_id: int | None = None
    neighbour_id: int | None = None


@dataclass(frozen=True)
class WrittenWords(Words):
    """Something to say as a page posts it: whose words they are, by account, or to a broker by the
    name or number of who tells; how they came, and why two who are kept apart write all the
    same."""

    teller: str = ""
    on_word_of: int | None = None
    channel: Channel = Channel.WEB
    despite: str = ""


@dataclass(frozen=True)
class Complaint:
    """Why a message bothers somebody. `apart`: neither is to write to the other any more."""

    why: str = ""
    apart: bool = False


@dataclass(frozen=True)
class Outcome:
    """What came of a report, for whoever made it to read, and whether the two are to be kept
    apart."""

    outcome: str
    apart: bool = False


def tidy(kind: str, text: str, *, required: Said | None = None) -> str:
    """Text as it is kept, no longer than `LONGEST[kind]`. Raises Invalid for the field `kind`."""
    return tidied(kind, text, LONGEST[kind], required=required)


def check_channel(channel: Channel, *, own: bool, is_broker: bool) -> None:
    """Whether words may have come that way. `own`: they are the person's own, or of somebody they
    act for."""
    if channel not in CHANNELS:
        words = say("Choose one of: %(choices)s.", choices=Either(SPOKEN))
        raise Invalid.on("channel", words)
    if own and channel != Channel.WEB and not is_broker:
        raise NotAllowed(say("Only a broker writes down what came by phone or on paper."))
    if not own and channel == Channel.WEB:
        words = say("Say how you heard: by phone, in person, on paper or by text message.")
        raise WordNeeded(words, fields={"channel": words})


def check_between(
    writer_status: Status, other_status: Status, *, apart: bool, ring: str | Said
) -> None:
    """Whether two may write to each other. `ring` is whom to ask.

    Raises CannotWrite. Being kept apart and taking a break read alike, so that nobody learns of the
    former.
    """
    if writer_status != Status.ACTIVE:
        raise CannotWrite(
            say(
                "Who is taking a break from the time bank cannot write just now. Speak to %(ring)s,"
                " who can end it.",
                ring=ring,
            )
        )
    if other_status == Status.LEFT:
        raise CannotWrite(
            say("They no longer take part in the time bank, so nothing can be written to them.")
        )
    if apart or other_status != Status.ACTIVE:
        raise CannotWrite(
            say("They cannot be written to just now. If it matters, speak to %(ring)s.", ring=ring)
        )


def check_pace(within_the_hour: int) -> None:
    """Raises TooManyMessages for one who has written `within_the_hour` messages already."""
    if within_the_hour >= AN_HOUR:
        raise TooManyMessages(
            say(
                "That is %(within_the_hour)s messages within an hour. Wait a while, then write"
                " again.",
                within_the_hour=within_the_hour,
            )
        )


def check_strangers(within_the_day: int) -> None:
    """Raises TooManyMessages for one who has begun to write to `within_the_day` neighbours
    already."""
    if within_the_day >= STRANGERS_A_DAY:
        raise TooManyMessages(
            say(
                "You have written to %(number)s neighbours for the first time today. Write to the"
                " next one tomorrow, or ask them for help.",
                number=within_the_day,
            )
        )


def check_answered(*, waits: bool, name: str) -> None:
    """Raises CannotWrite where what was written to a neighbour `waits` to be answered: nobody is
    talked at."""
    if waits:
        raise CannotWrite(
            say(
                "You have written to %(name)s. You can write again once there is an answer.",
                name=name,
            )
        )


def is_news(told_through: Collection[NoticeChannel]) -> bool:
    """Whether a message is worth a notice of its own, when earlier ones from the same person wait
    to be read.

    `told_through` are the channels by which those were told. After an e-mail or a text the rest is
    read on the page; who is rung or gets letters may never open it, and is told of each.
    """
    return not {*BY_ITSELF} & set(told_through)
