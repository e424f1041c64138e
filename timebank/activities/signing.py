"""Signing up for sessions, with places and a waiting list. The caller commits.

Whoever is kept apart from somebody who comes, who leads or who pays, waits as well, and is told no
more than that: the desk sees both, and one of the staff speaks with them. Who signed up first shuts
nobody out.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from sqlalchemy import select
from sqlalchemy.orm import Session

from timebank.act import Act, Actor
from timebank.activities import letters, queries, rules
from timebank.activities.errors import WrongMoment
from timebank.activities.models import SignUp
from timebank.activities.queries import Comer, Meeting
from timebank.activities.rules import SignUpStatus, Source
from timebank.activities.service import hold
from timebank.banks.models import Bank
from timebank.errors import Invalid, NotAllowed
from timebank.members import acts
from timebank.members import meeting as guard
from timebank.members import queries as members
from timebank.members.meeting import Pair
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
    was said, unless the staff let somebody come who is kept apart from another. Raises NotFound,
    NotAllowed, Invalid; KeptApart for the staff who do not say why; WrongMoment when it was called
    off, posted or is over.
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
    line = _Line.of(session, bank, meeting, joined_by=person.account_id)
    apart = line.apart_from(person.account_id)
    stands = row is not None and row.status != SignUpStatus.WITHDRAWN
    let_in = apart and act.by.is_broker and row is not None and row.status == SignUpStatus.WAITING
    if row is not None and stands and not let_in:
        return row
    if apart and act.by.is_broker:
        guard.insist_of(session, bank, apart, act)
        guard.record(session, bank, apart, act, what=f"session:{session_id}")
        apart = []
    full = meeting.left == 0 or (meeting.places and line.next_but(member_id))
    status = SignUpStatus.WAITING if full or apart else SignUpStatus.COMING
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
    row.shown = False
    session.flush()
    if meeting.row.starts_at > act.now:
        fill(session, bank, session_id, now=act.now)
    return row


def let_show(
    session: Session, bank: Bank, session_id: int, member_id: int, shown: bool, act: Act
) -> SignUp:
    """Let other members see that a member comes to a session, or no longer. Who waits for a place
    is shown once they have one.

    The member's own to say, and of those who act for them. Raises NotFound, NotAllowed; Invalid
    when they are not on the list.
    """
    hold(session, bank, session_id)
    if not members.acts_for(session, bank, act.by, member_id):
        raise NotAllowed(say("That is for them to say, and for those who act for them."))
    row = _row(session, bank, session_id, member_id)
    if row is None or row.status == SignUpStatus.WITHDRAWN:
        raise Invalid.on("who", say("They are not on the list."))
    row.shown = shown
    session.flush()
    return row


def fill(session: Session, bank: Bank, session_id: int, *, now: datetime) -> None:
    """Give the places that are free to those who wait, in the order of asking, and tell them."""
    meeting = queries.meeting(session, bank, session_id)
    line = _Line.of(session, bank, meeting)
    # One after the other: who is given a place may be kept apart from another of those who wait.
    while meeting.places is None or line.coming < meeting.places:
        comer = next(iter(line.next_but(None)), None)
        if comer is None:
            break
        comer.row.status = SignUpStatus.COMING
        letter = letters.place_free(bank, meeting.activity.title, meeting.row)
        cause = f"session:{session_id}:place:{comer.row.id}:{now:%Y%m%d%H%M%S}"
        notice = NewNotice(letter, cause, about=session_id, to_helpers=True)
        acts.tell(session, bank, comer.member.id, notice, now=now)
    session.flush()


@dataclass(frozen=True)
class _Line:
    """Those who come to a session or wait for a place, in the order of asking, the accounts of its
    hosts, and which of all of them are kept apart, by whom."""

    comers: Sequence[Comer]
    hosts: Collection[int]
    apart: Mapping[tuple[int, int], list[Pair]]

    @classmethod
    def of(
        cls, session: Session, bank: Bank, meeting: Meeting, *, joined_by: int | None = None
    ) -> Self:
        comers = queries.comers(session, bank, meeting.row.id)
        hosts = queries.hosts(session, bank, meeting.activity)
        there = {comer.member.account_id for comer in comers} | {joined_by}
        accounts = {account for account in there if account is not None} | hosts
        apart = guard.among(session, bank, accounts, what=f"session:{meeting.row.id}")
        return cls(comers, hosts, apart)

    @property
    def coming(self) -> int:
        """How many have a place."""
        return sum(comer.row.status == SignUpStatus.COMING for comer in self.comers)

    def apart_from(self, account_id: int | None) -> list[Pair]:
        """Who keeps whoever has this account apart from the hosts and those who have a place."""
        here = {*self.hosts} | {
            comer.member.account_id
            for comer in self.comers
            if comer.row.status == SignUpStatus.COMING
        }
        return guard.each_once(
            pairs
            for (one, another), pairs in self.apart.items()
            if one == account_id and another in here
        )

    def next_but(self, member_id: int | None) -> list[Comer]:
        """Those who wait for nothing but a place, without this member."""
        return [
            comer
            for comer in self.comers
            if comer.row.status == SignUpStatus.WAITING
            and comer.member.id != member_id
            and not self.apart_from(comer.member.account_id)
        ]


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
    this_row = (
        SignUp.bank_id == bank.id,
        SignUp.session_id == session_id,
        SignUp.member_id == member_id,
    )
    return session.execute(select(SignUp).where(*this_row)).scalar_one_or_none()
