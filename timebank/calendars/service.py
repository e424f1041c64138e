"""Giving a member's calendar an address, another, or none. The caller commits."""

import secrets

from sqlalchemy.orm import Session

from timebank.access import telling
from timebank.act import Act
from timebank.banks.models import Bank
from timebank.calendars import queries
from timebank.calendars.models import CalendarAddress
from timebank.errors import NotAllowed
from timebank.members import acts
from timebank.members import queries as members
from timebank.say import say


def make(session: Session, bank: Bank, act: Act) -> str:
    """Give the calendar of `act.by` an address, and end the one it had. Comes back with the key in
    it, which is kept nowhere; they are told. Raises NotAllowed for who is no member."""
    member_id = _own(act)
    # Whoever presses twice at once, or leaves meanwhile, waits.
    acts.taking_part(session, bank, members.hold(session, bank, member_id).id)
    key = secrets.token_urlsafe(24)
    row = queries.address(session, bank, member_id)
    if row is None:
        row = CalendarAddress(bank_id=bank.id, member_id=member_id)
        session.add(row)
    row.key_hash, row.made_at = queries.key_hash(key), act.now
    session.flush()
    what = say("Your calendar at %(bank)s has a new address", bank=bank.name)
    telling.changed(session, bank, member_id, what, act)
    return key


def end(session: Session, bank: Bank, act: Act) -> None:
    """End the address of the calendar of `act.by`, if it has one. Raises NotAllowed for who is no
    member."""
    row = queries.address(session, bank, _own(act))
    if row is not None:
        session.delete(row)
        session.flush()


def _own(act: Act) -> int:
    if act.by.member_id is None:
        raise NotAllowed(say("Only members have a calendar."))
    return act.by.member_id
