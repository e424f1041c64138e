"""What becomes of a member's calendar when they go, and what they are told of it."""

from typing import Any

from sqlalchemy import delete
from sqlalchemy.orm import Session

from timebank.act import Act
from timebank.archive import SECRET, Archive, Behind
from timebank.banks.models import Bank
from timebank.calendars import queries
from timebank.calendars.models import CalendarAddress
from timebank.members.models import Member
from timebank.room import Merging, Trace

TRACES = (Trace("calendar_address.member_id", "calendar"),)

ARCHIVE = Archive(behind=[Behind("calendar_address", SECRET)])

MERGING = Merging(
    leaves={"calendar_address.member_id": "Whoever has the address would see another’s days."}
)


def forget(session: Session, bank: Bank, member: Member, act: Act) -> None:
    """Their address leads to nothing any more."""
    of_member = (CalendarAddress.bank_id == bank.id, CalendarAddress.member_id == member.id)
    session.execute(delete(CalendarAddress).where(*of_member))


def export(session: Session, bank: Bank, member: Member) -> dict[str, Any]:
    """Since when their calendar has an address. (What it holds stands where it came from.)"""
    return {"calendar": {"address_since": queries.made_at(session, bank, member.id)}}
