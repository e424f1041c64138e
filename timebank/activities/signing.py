"""Signing up for sessions, with places and a waiting list. The caller commits."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from timebank.act import Act, Actor
from timebank.activities import letters, queries, rules
from timebank.activities.errors import WrongMoment
from timebank.activities.models import SignUp
from timebank.activities.queries import Meeting
from timebank.activities.rules import SignUpStatus, Source
from timebank.activities.service import hold
from timebank.banks.models import Bank
from timebank.errors import Invalid, NotAllowed
from timebank.members import acts
from timebank.members import queries as members
from timebank.members.rules import Status
from timebank.notices.rules import NewNotice
from timebank.say import say


def sign_up(
    session: Session,
    bank: Bank,
    session_id: int,
    member_id: int,
    act: Act,
    *,
    channel: Source = Source.WEB,
) -> SignUp:
    """Say that a member means to come. Where every place is taken they wait, in the order of
    asking.

    The member's to say, of those who act for them, and of brokers; sent again it answers with what
    was said. Raises NotFound, NotAllowed, Invalid; WrongMoment when it was called off, posted or is
    over.
    """
    meeting = _theirs(session, bank, session_id, member_id, act.by)
    person = members.member(session, bank, member_id)
    if person.status != Status.ACTIVE:
        raise WrongMoment(
            say("%(name)s does not take part in the time bank just now.", name=person.name)
        )
    if meeting.ends_at <= act.now:
        raise WrongMoment(say("That session is over."))
    row = _row(session, bank, session_id, member_id)
    if row is not None and row.status != SignUpStatus.WITHDRAWN:
        return row
    full = meeting.left == 0 or (meeting.waiting and meeting.places)
    status = SignUpStatus.WAITING if full else SignUpStatus.COMING
    if row is None:
        row = SignUp(bank_id=bank.id, session_id=session_id, member_id=member_id)
        session.add(row)
    row.status, row.by, row.channel, row.at = status, act.by.key, channel, act.now
    session.flush()
    return row


def withdraw(
    session: Session,
    bank: Bank,
    session_id: int,
    member_id: int,
    act: Act,
    *,
    channel: Source = Source.WEB,
) -> SignUp:
    """Say that a member does not come after all. Whoever has waited longest then has the place, and
    is told.

    Raises NotFound when they never said that they would; NotAllowed; WrongMoment when it was called
    off or posted.
    """
    meeting = _theirs(session, bank, session_id, member_id, act.by)
    row = _row(session, bank, session_id, member_id)
    if row is None:
        raise Invalid.on("who", say("They are not on the list."))
    row.status, row.by, row.channel = SignUpStatus.WITHDRAWN, act.by.key, channel
    session.flush()
    if meeting.row.starts_at > act.now:
        fill(session, bank, session_id, now=act.now)
    return row


def fill(session: Session, bank: Bank, session_id: int, *, now: datetime) -> None:
    """Give the places that are free to those who wait, in the order of asking, and tell them."""
    meeting = queries.meeting(session, bank, session_id)
    waiting = [
        comer
        for comer in queries.comers(session, bank, session_id)
        if comer.row.status == SignUpStatus.WAITING
    ]
    for comer in waiting[: meeting.left]:
        comer.row.status = SignUpStatus.COMING
        letter = letters.place_free(bank, meeting.activity.title, meeting.row)
        cause = f"session:{session_id}:place:{comer.row.id}:{now:%Y%m%d%H%M%S}"
        acts.tell(session, bank, comer.member.id, NewNotice(letter, cause), now=now)
    session.flush()


def _theirs(session: Session, bank: Bank, session_id: int, member_id: int, by: Actor) -> Meeting:
    """The session, for whoever may say whether this member comes to it."""
    meeting = hold(session, bank, session_id)
    own = members.acts_for(session, bank, by, member_id)
    if not own and not rules.may_run(by, meeting.activity.lead_ids):
        raise NotAllowed(
            say("That is for them to say, for those who act for them, and for brokers.")
        )
    return meeting


def _row(session: Session, bank: Bank, session_id: int, member_id: int) -> SignUp | None:
    theirs = (
        SignUp.bank_id == bank.id,
        SignUp.session_id == session_id,
        SignUp.member_id == member_id,
    )
    return session.execute(select(SignUp).where(*theirs)).scalar_one_or_none()
