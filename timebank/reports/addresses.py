"""The e-mail addresses of members who agreed that they may go on a list outside. The caller
commits."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from timebank.act import Act, Channel
from timebank.banks.models import Bank
from timebank.banks.queries import one_at_a_time
from timebank.errors import Conflict, NotFound
from timebank.members import acts
from timebank.members import queries as members
from timebank.members.rules import require_coordinator
from timebank.reports import queries
from timebank.reports.models import AddressConsent
from timebank.reports.queries import Addressed
from timebank.reports.stories import channel_of
from timebank.say import Said, say

TAKEN = "address_taken"
"""The kind of the event that stands on each of those whose address was taken out."""


@dataclass(frozen=True)
class Taking:
    """That so many addresses were taken out at once, by whom and when."""

    at: datetime
    by: str | Said
    people: int


def consent(session: Session, bank: Bank, member_id: int) -> AddressConsent | None:
    """Whether, since when and through what a member agreed."""
    return session.get(AddressConsent, (bank.id, member_id))


def agree(
    session: Session, bank: Bank, member_id: int, channel: Channel, act: Act
) -> AddressConsent:
    """Let a member's address go on the list: their word, or that of who acts for them, given here
    (`web`), or to a member of the staff through another channel.

    Raises NotAllowed, NotInThatState; Invalid for a channel that cannot be; Conflict without an
    address, and when it is on the list already.
    """
    one_at_a_time(session, bank)
    member = acts.taking_part(session, bank, member_id)
    acts.require_near(session, bank, member.id, act.by)
    if consent(session, bank, member.id) is not None:
        raise Conflict(say("The address is on the list already."))
    if not member.email:
        raise Conflict(say("There is no e-mail address here. Write it down first."))
    row = AddressConsent(
        bank_id=bank.id,
        member_id=member.id,
        by=act.by.key,
        at=act.now,
        channel=channel_of(channel, member.id, act.by),
    )
    session.add(row)
    session.flush()
    acts.record(session, member, act, "address_agreed", row.channel)
    return row


def take_back(session: Session, bank: Bank, member_id: int, act: Act) -> None:
    """Take a member's address off the list. Raises NotAllowed; NotFound when it is not on it."""
    one_at_a_time(session, bank)
    member = acts.present(session, bank, member_id)
    acts.require_near(session, bank, member.id, act.by)
    row = consent(session, bank, member.id)
    if row is None:
        raise NotFound(say("The address is not on the list."))
    session.delete(row)
    session.flush()
    acts.record(session, member, act, "address_taken_back")


def take(session: Session, bank: Bank, act: Act) -> list[Addressed]:
    """The list, by name, to be taken out; that it was is written on everybody who is on it.

    A coordinator's to do. Raises NotAllowed.
    """
    require_coordinator(act.by)
    listed = queries.addressed(session, bank)
    accounts = [one.account_id for one in listed]
    acts.record_for_accounts(session, bank, accounts, act, TAKEN, "")
    return listed


def takings(session: Session, bank: Bank) -> list[Taking]:
    """When the list was taken out and by whom, the latest first."""
    rows = queries.takings(session, bank, TAKEN)
    names = members.who(session, bank, [by for _, by, _ in rows])
    return [Taking(at, names.get(by, by), people) for at, by, people in rows]
