"""Going: a member leaves and is forgotten, a partnership ends, a group is closed. The caller
commits."""

from datetime import datetime

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from timebank import once
from timebank.access import service as access_service
from timebank.act import Act
from timebank.activities import queries as activities
from timebank.activities import service as activities_service
from timebank.activities import signing
from timebank.banks.models import Bank
from timebank.banks.queries import one_at_a_time
from timebank.desk import service as desk_service
from timebank.errors import NotAllowed
from timebank.exchanges import steps
from timebank.exchanges.letters import Letter
from timebank.exchanges.models import Exchange, Gift, Step
from timebank.exchanges.rules import LONGEST, OPEN
from timebank.home import service as home_service
from timebank.imports import service as imports_service
from timebank.leaving import queries
from timebank.leaving.queries import gifts_of, of_party
from timebank.matching import service as matching_service
from timebank.matching.models import Introduction
from timebank.members import partners
from timebank.members import queries as members
from timebank.members import rules as members_rules
from timebank.members import service as members_service
from timebank.members.errors import NotInThatState
from timebank.members.models import Group, Member, Organisation
from timebank.members.rules import FORMER, require_coordinator
from timebank.messages import service as messages_service
from timebank.notices import service as notices_service
from timebank.notices.rules import renamed
from timebank.reports import schedules
from timebank.say import say
from timebank.skills.models import Listing
from timebank.surveys import answering as surveys
from timebank.surveys import equality

WORDLESS = "Help"
"""What an exchange, an offer or a request is called when its words have been erased."""


def leave(session: Session, bank: Bank, member_id: int, act: Act, *, settle: bool = True) -> None:
    """A member leaves: what is under way is called off, what they offer and ask for is withdrawn,
    their places in sessions are given to others, the hours go to the chest (if `settle`), and they
    are forgotten.

    Afterwards no name, address, birthday, sign-in or word by or about them is kept in any table;
    the account stays, closed and without a name, so that the books balance and other people's hours
    still add up. `now` is UTC. Raises NotFound; NotAllowed for anybody but the member and the
    staff; NotInThatState; LastCoordinator.
    """
    # From here on nobody is introduced to them and nothing is noted about them that would be missed
    # below.
    one_at_a_time(session, bank)
    member = members.member(session, bank, member_id)
    if not members_rules.may_change(act.by, member.id, member.role):
        raise NotAllowed(say("Only the member and the staff of the time bank may do this."))
    if member.account_id is None:
        raise NotInThatState(
            say("%(name)s has asked to join. Answer the application instead.", name=member.name)
        )
    account_id, name = member.account_id, member.name
    # What was said before is forgotten first: those who are still here have yet to be told what is
    # called off now.
    notices_service.forget_causes(
        session, bank, queries.causes(session, bank, member_id, account_id)
    )
    _call_off(session, bank, account_id, act)
    matching_service.call_off_all(session, bank, account_id, act)
    _withdraw_listings(session, bank, account_id, now=act.now)
    messages_service.forget(session, bank, member_id, act)
    desk_service.forget(session, bank, member)
    surveys.forget(session, bank, member_id)
    equality.forget(session, bank, member_id)
    _make_room(session, bank, member_id, now=act.now)
    members_service.leave(session, bank, member_id, act, settle=settle)
    access_service.forget(session, bank, member_id)
    schedules.forget(session, bank, member_id=member_id)
    _let_go(session, bank, member_id)
    for title in _forget_words(session, bank, account_id):
        notices_service.rename(session, bank, title, WORDLESS)
    home_service.forget_listings(session, bank, queries.listings_of(session, bank, account_id))
    notices_service.rename(session, bank, name, FORMER)
    _unname(session, bank, name)
    _forget_answers(session, bank)
    imports_service.forget_files(session, bank)


def end_partnership(
    session: Session, bank: Bank, organisation_id: int, act: Act, *, settle: bool = True
) -> Organisation:
    """An organisation is no longer a partner: what is under way is called off, what it offers and
    asks for is withdrawn, it sponsors nothing more, its hours go to the chest (if `settle`).

    A coordinator's to do. Raises NotFound, NotAllowed, NotInThatState.
    """
    organisation = members.organisation(session, bank, organisation_id)
    _wind_up(session, bank, organisation.account_id, act)
    for agreement in activities.sponsorships(session, bank, organisation_id):
        if agreement.ended_at is None:
            activities_service.end_sponsorship(session, bank, agreement.id, act)
    return partners.close_organisation(session, bank, organisation_id, act, settle=settle)


def close_group(
    session: Session, bank: Bank, group_id: int, act: Act, *, settle: bool = True
) -> Group:
    """A group ends: what is under way is called off, what it offers and asks for is withdrawn, its
    hours go to the chest (if `settle`), and nobody is in it any more.

    A coordinator's to do. Raises NotFound, NotAllowed, NotInThatState.
    """
    group = members.group(session, bank, group_id)
    _wind_up(session, bank, group.account_id, act)
    return partners.close_group(session, bank, group_id, act, settle=settle)


def _wind_up(session: Session, bank: Bank, account_id: int, act: Act) -> None:
    require_coordinator(act.by)
    _call_off(session, bank, account_id, act)
    matching_service.call_off_all(session, bank, account_id, act)
    _withdraw_listings(session, bank, account_id, now=act.now)


def _call_off(session: Session, bank: Bank, account_id: int, act: Act) -> None:
    """End what is under way with this account, and tell the other side without naming who has
    gone."""
    under_way = (
        select(Exchange)
        .where(*of_party(bank, account_id), Exchange.status.in_(OPEN))
        .order_by(Exchange.id)
    )
    for exchange in session.execute(under_way.with_for_update()).scalars().all():
        exchange.status, exchange.waiting_for = "cancelled", None
        session.add(
            Step(
                bank_id=bank.id,
                exchange_id=exchange.id,
                step="cancelled",
                by=act.by.key,
                channel="system",
                note="",
                at=act.now,
            )
        )
        other = members.party(
            session,
            bank,
            exchange.receiver_id if exchange.giver_id == account_id else exchange.giver_id,
        )
        steps.tell_party(
            session,
            bank,
            other,
            _called_off(exchange),
            act,
            cause=f"leaving:{exchange.id}",
        )
    session.flush()


def _withdraw_listings(session: Session, bank: Bank, account_id: int, *, now: datetime) -> None:
    """Take what an account's holder offers and asks for out of the directory."""
    theirs = (
        Listing.bank_id == bank.id,
        Listing.account_id == account_id,
        Listing.status == "open",
    )
    session.execute(
        update(Listing).where(*theirs).values(status="withdrawn", closed_at=now, changed_at=now)
    )


def _make_room(session: Session, bank: Bank, member_id: int, *, now: datetime) -> None:
    """Forget what they have to do with activities; whoever waits for a place of theirs has it."""
    meetings = activities.to_come(session, bank, member_id, signed_up=True, since=now)
    activities_service.forget(session, bank, member_id)
    for meeting in meetings:
        activities_service.hold(session, bank, meeting.row.id)
        signing.fill(session, bank, meeting.row.id, now=now)


def _let_go(session: Session, bank: Bank, member_id: int) -> None:
    """Nobody in particular looks after what a broker who leaves has looked after."""
    theirs = (Listing.bank_id == bank.id, Listing.broker_id == member_id)
    session.execute(update(Listing).where(*theirs).values(broker_id=None))


def _called_off(exchange: Exchange) -> Letter:
    when = exchange.occurred_on or exchange.planned_on
    which = f"the one of {when.day} {when:%B %Y}" if when else "one that had no day yet"
    return Letter(
        "An exchange was called off",
        f"One of your exchanges was called off, {which}: the other side no longer takes part in the"
        " time bank. No hours move. Ring your broker if you need somebody else, or if hours of"
        " yours should still be counted.",
    )


def _forget_words(session: Session, bank: Bank, account_id: int) -> list[str]:
    """Erase what was written in the member's exchanges and gifts, by either side, and in their
    offers and requests.

    Returns the titles that brokers were told of in a list with others: that list goes by the cause
    of its first line alone.
    """
    told = (
        select(Exchange.title)
        .where(*of_party(bank, account_id), Exchange.brokers_told_at.is_not(None))
        .distinct()
    )
    titles = list(session.execute(told).scalars())
    theirs = select(Exchange.id).where(*of_party(bank, account_id))
    session.execute(
        update(Step).where(Step.bank_id == bank.id, Step.exchange_id.in_(theirs)).values(note="")
    )
    session.execute(
        update(Exchange).where(*of_party(bank, account_id)).values(title=WORDLESS, thanks="")
    )
    session.execute(
        update(Introduction).where(*queries.introductions_of(bank, account_id)).values(note="")
    )
    # Why the chest gave, everybody may read, so nobody is to be named there; a name that is,
    # `_unname` takes out.
    theirs_alone = (*gifts_of(bank, account_id), Gift.decided_by.is_(None))
    session.execute(update(Gift).where(*theirs_alone).values(message=""))
    wordless = {"title": WORDLESS, "description": "", "area": None}
    session.execute(
        update(Listing)
        .where(Listing.bank_id == bank.id, Listing.account_id == account_id)
        .values(**wordless)
    )
    return titles


def _unname(session: Session, bank: Bank, name: str) -> None:
    """Take a name out of what is said about the grants of the chest."""
    mention = or_(
        Gift.decided_by.contains(name, autoescape=True),
        Gift.message.contains(name, autoescape=True),
    )
    named = select(Gift).where(Gift.bank_id == bank.id, Gift.decided_by.is_not(None), mention)
    for grant in session.execute(named).scalars():
        grant.decided_by = renamed(grant.decided_by or "", name, FORMER)[: LONGEST["decided_by"]]
        grant.message = renamed(grant.message, name, FORMER)
    session.flush()


def _forget_answers(session: Session, bank: Bank) -> None:
    """Programs of the bank may have been answered with the member's details, and the answers kept
    to be given again."""
    people = select(Member.id).where(Member.bank_id == bank.id)
    once.forget_answers(session, [f"member:{one}" for one in session.execute(people).scalars()])
