"""Stories of members that may be told to those who pay: written down by a coordinator, agreed to as
they are by whom they are of, and gone when that is taken back. The caller commits."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session, undefer

from timebank.act import Act, Actor, Channel
from timebank.banks.models import Bank
from timebank.banks.queries import one_at_a_time
from timebank.base import one_or_refuse
from timebank.errors import Conflict, Invalid, together
from timebank.members import acts
from timebank.members.rules import require_coordinator
from timebank.notices.rules import Letter, NewNotice
from timebank.reports.models import Story
from timebank.reports.rules import (
    LONGEST_ALT,
    LONGEST_CALLED,
    LONGEST_STORY,
    TOLD_THE_STAFF,
    NewStory,
    StoryAgreement,
)
from timebank.say import say
from timebank.text import tidy

PICTURE_SIDE = 900
"""As many pixels as the longer side of a picture in a story keeps: enough to print it small."""


def stories(session: Session, bank: Bank, *, member_id: int | None = None) -> Sequence[Story]:
    """All of the bank, or those of one member, the latest first."""
    statement = select(Story).where(Story.bank_id == bank.id).order_by(Story.id.desc())
    if member_id is not None:
        statement = statement.where(Story.member_id == member_id)
    return session.execute(statement).scalars().all()


def story(session: Session, bank: Bank, story_id: int, *, by: Actor) -> Story:
    """One of them with its picture, for whom it is of, those who act for them, and the staff.
    Raises NotFound, NotAllowed."""
    row = _story(session, bank, story_id)
    acts.require_near(session, bank, row.member_id, by)
    return row


def agreed(session: Session, bank: Bank, story_id: int) -> Story:
    """One that may be told. Raises NotFound; Invalid for one that was not agreed to."""
    row = _story(session, bank, story_id)
    if row.agreed_at is None:
        raise Invalid.on(
            "story",
            say("Whoever this story is of has not agreed to it yet. Ask them, or choose another."),
        )
    return row


def _story(session: Session, bank: Bank, story_id: int) -> Story:
    statement = select(Story).where(Story.bank_id == bank.id, Story.id == story_id)
    return one_or_refuse(
        session, statement.options(undefer(Story.jpeg)), say("There is no such story here.")
    )


def write(session: Session, bank: Bank, member_id: int, new: NewStory, act: Act) -> Story:
    """Write down a story of a member, who is asked whether they agree to it.

    A coordinator's to do. Raises NotAllowed, NotInThatState; Invalid for words that are missing or
    too long, and a picture without words for it; NoPicture.
    """
    require_coordinator(act.by)
    member = acts.taking_part(session, bank, member_id)
    row = Story(bank_id=bank.id, member_id=member.id, by=act.by.key, at=act.now)
    _put(row, new)
    session.add(row)
    session.flush()
    acts.record(session, member, act, "story_written")
    acts.tell(session, bank, member.id, _asking(bank, row), now=act.now)
    return row


def change(session: Session, bank: Bank, story_id: int, new: NewStory, act: Act) -> Story:
    """Put a story into other words before it is agreed to; without a file its picture stays. Whom
    it is of is asked again.

    A coordinator's to do. Raises NotAllowed, NotFound, Invalid, NoPicture; Conflict once it was
    agreed to.
    """
    require_coordinator(act.by)
    one_at_a_time(session, bank)
    row = _story(session, bank, story_id)
    _require_open(row)
    _put(row, new)
    row.by, row.at = act.by.key, act.now
    session.flush()
    acts.tell(session, bank, row.member_id, _asking(bank, row), now=act.now)
    return row


def _put(row: Story, new: NewStory) -> None:
    from timebank import pictures  # noqa: PLC0415  (heavy, and few requests bring a picture)

    shows = bool(new.data or row.jpeg)
    without = say("Say what is to be seen, for those who cannot see it.")
    row.words, row.called, alt = together(
        lambda: tidy(
            "words", new.words, LONGEST_STORY, required=say("Write the story, in their own words.")
        ),
        lambda: tidy(
            "called",
            new.called,
            LONGEST_CALLED,
            required=say("Write what they are called in it, such as “Margaret, 74”."),
        ),
        lambda: tidy("alt", new.alt, LONGEST_ALT, required=without if shows else None),
    )
    row.alt = alt if shows else ""
    if new.data:
        picture = pictures.shrunk(new.data)
        picture.thumbnail((PICTURE_SIDE, PICTURE_SIDE))
        row.jpeg = pictures.jpeg(picture)


def _asking(bank: Bank, row: Story) -> NewNotice:
    letter = Letter(
        say("May we tell this of you?"),
        [
            say(
                "%(bank)s would like to tell those who pay for it how it was for you:",
                bank=bank.name,
            ),
            row.words,
            row.called,
            say(
                "It is told if you say yes, and not else. You find it under “What you agreed to” on"
                " your own page; or tell your time bank. You can take it back at any time."
            ),
        ],
    )
    return NewNotice(letter, f"story:{row.id}:{row.at.isoformat()}")


def agree(
    session: Session, bank: Bank, story_id: int, agreement: StoryAgreement, act: Act
) -> Story:
    """Let a story be told as it was read: the word of whom it is of, or of who acts for them, given
    here (`web`), or to a member of the staff through another channel.

    Raises NotFound, NotAllowed; Invalid for a channel that cannot be; Conflict when it was agreed
    to already, or has other words by now than those that were read.
    """
    one_at_a_time(session, bank)
    row = story(session, bank, story_id, by=act.by)
    _require_open(row)
    if agreement.written_at != row.at:
        raise Conflict(
            say("This story has been put into other words since. Read it again, then say yes.")
        )
    member = acts.taking_part(session, bank, row.member_id)
    through = channel_of(agreement.channel, row.member_id, act.by)
    row.agreed_at, row.agreed_by, row.agreed_channel = act.now, act.by.key, through
    session.flush()
    acts.record(session, member, act, "story_agreed", through)
    return row


def channel_of(channel: Channel, member_id: int, by: Actor) -> Channel:
    """Through what somebody agreed: who is no member of the staff, or agrees for themselves, does
    so here. Raises Invalid."""
    if by.member_id == member_id or not by.is_broker:
        return Channel.WEB
    if channel not in TOLD_THE_STAFF:
        raise Invalid.on(
            "channel",
            say("Say how they told you: in person, by telephone, on paper or by text."),
        )
    return channel


def take_back(session: Session, bank: Bank, story_id: int, act: Act) -> None:
    """Delete a story, with its picture: it is in nothing that is made from now on.

    Whom it is of does so, who acts for them, or the staff. Raises NotFound, NotAllowed.
    """
    one_at_a_time(session, bank)
    row = story(session, bank, story_id, by=act.by)
    member = acts.present(session, bank, row.member_id)
    session.delete(row)
    session.flush()
    acts.record(session, member, act, "story_taken_back")


def _require_open(row: Story) -> None:
    if row.agreed_at is not None:
        raise Conflict(
            say("This story was agreed to as it is. Take it back to tell it in other words.")
        )
