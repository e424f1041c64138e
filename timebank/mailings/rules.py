"""What a letter to many may say, whom it reaches, and when an announcement stands. Pure
decisions."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from timebank.errors import Invalid
from timebank.notices.rules import NoticeChannel
from timebank.say import Said, say

LONGEST = {"subject": 120, "body": 5000, "title": 120, "words": 2000}
"""The longest each may be, in characters."""

AT_ONCE = 100
"""So many letters are written while somebody waits; more are a job's, so many at a time."""

ASKED_FOR = timedelta(days=30)
"""How long a letter that was not sent is kept."""

STANDS = timedelta(days=60)
"""How long an announcement may stand."""


class MailingState(StrEnum):
    """How far a letter is: it is looked at, goes out, was sent; or was stopped on its way."""

    DRAFT = "draft"
    SENDING = "sending"
    SENT = "sent"
    STOPPED = "stopped"


class Fate(StrEnum):
    """What becomes of a letter for one of them: it waits, is in the outbox; or why it is not: they
    wish for none, there is no way to reach them, they would have to be rung and are not to be, or
    they take part no more."""

    WAITING = "waiting"
    WRITTEN = "written"
    WISH = "wish"
    NO_WAY = "no_way"
    NOT_RUNG = "not_rung"
    GONE = "gone"


FATE_WORDS: Mapping[Fate, Said] = {
    Fate.WAITING: say("Waits to go"),
    Fate.WRITTEN: say("In the outbox"),
    Fate.WISH: say("Wishes for no such letters"),
    Fate.NO_WAY: say("No way to reach them"),
    Fate.NOT_RUNG: say("Would have to be rung"),
    Fate.GONE: say("Takes part no more"),
}

CHANNEL_WORDS: Mapping[NoticeChannel, Said] = {
    NoticeChannel.EMAIL: say("E-mail"),
    NoticeChannel.TEXT: say("Text"),
    NoticeChannel.LETTER: say("Letter on paper"),
    NoticeChannel.CALL: say("Telephone"),
    NoticeChannel.PUSH: say("Device"),
}


@dataclass(frozen=True)
class NewMailing:
    """A letter: its subject, its words with gaps for names, and whether those are rung whom nothing
    else reaches."""

    subject: str
    body: str
    calls: bool = False


@dataclass(frozen=True)
class Recipients:
    """Whom a letter is for: those of a run of a list, of a saved list, or these members."""

    run: int | None = None
    saved_list: int | None = None
    members: tuple[int, ...] = ()


@dataclass(frozen=True)
class NewAnnouncement:
    """What is to stand on everybody's first page from one day to another."""

    title: str
    words: str
    starts_on: date
    ends_on: date


GAPS = ("{first name}", "{name}", "{number}")
"""What may stand in a letter where a name or a number is to be filled in."""

_BRACED = re.compile(r"\{[^{}]*\}")


def check(new: NewMailing) -> None:
    """Raises Invalid for gaps that nothing is filled into."""
    wrong: dict[str, Said] = {}
    unknown = [gap for gap in _BRACED.findall(new.body) if gap not in GAPS]
    if unknown:
        wrong["body"] = say(
            "Nothing can be filled in for %(gap)s. There are {first name}, {name} and {number}.",
            gap=unknown[0],
        )
    elif any(brace in _BRACED.sub("", new.body) for brace in "{}"):
        wrong["body"] = say("One brace stands alone. Write {first name}, {name} or {number}.")
    if any(brace in new.subject for brace in "{}"):
        wrong["subject"] = say("Names are filled into the letter, not into its subject.")
    if wrong:
        raise Invalid.of(wrong)


def filled(body: str, *, name: str, number: str) -> str:
    """The letter as one of them reads it."""
    first = name.split()[0] if name.split() else name
    values: dict[str, str] = dict(zip(GAPS, (first, name, number), strict=True))
    # All at once: what was filled in is never taken for a gap.
    return _BRACED.sub(lambda gap: values.get(gap.group(), gap.group()), body)


def fate(way: NoticeChannel, *, phone: bool, letters: bool, calls: bool) -> Fate:
    """Whether a letter goes to somebody who takes part and is told by `way`, and if not, why."""
    if not letters:
        return Fate.WISH
    if way != NoticeChannel.CALL:
        return Fate.WAITING
    if not phone:
        return Fate.NO_WAY
    return Fate.WAITING if calls else Fate.NOT_RUNG


def check_announcement(new: NewAnnouncement, *, today: date) -> None:
    """Raises Invalid for days on which nothing would stand."""
    if new.ends_on < max(new.starts_on, today):
        raise Invalid.on("ends_on", say("It would be over before it begins. Choose a later day."))
    if new.ends_on - new.starts_on > STANDS:
        raise Invalid.on(
            "ends_on", say("It can stand for %(days)s days at most.", days=STANDS.days)
        )


def is_left_out(fate: Fate) -> bool:
    """Whether somebody is not written to."""
    return fate not in (Fate.WAITING, Fate.WRITTEN)


def nobody(fates: Collection[Fate]) -> bool:
    """Whether a letter would reach nobody."""
    return all(is_left_out(one) for one in fates)
