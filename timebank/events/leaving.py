"""What a member is given of events. They stay as they are: they hold no names and no words."""

from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from timebank.archive import Archive, Behind
from timebank.banks.models import Bank
from timebank.base import columns_of
from timebank.events.models import Event
from timebank.room import Member, Merging, Trace
from timebank.say import say

TRACES = (
    Trace("event.account_id", "events", stays=True),
    Trace("event.other_id", "events", stays=True),
    Trace("event.by", "events", stays=True),
)

ARCHIVE = Archive(
    behind=[Behind("event", say("It is told to the programs of this installation, and numbered."))]
)

_TOLD = "It was told to programs as it stands, and is never altered."

MERGING = Merging(leaves={"event.account_id": _TOLD, "event.other_id": _TOLD, "event.by": _TOLD})


def export(session: Session, bank: Bank, member: Member) -> dict[str, Any]:
    """What is kept of what happened to the member, and through them."""
    of_member = or_(
        Event.account_id == member.account_id,
        Event.other_id == member.account_id,
        Event.by == f"member:{member.id}",
    )
    rows = select(Event).where(Event.bank_id == bank.id, of_member).order_by(Event.id)
    out = ("id", "bank_id", "account_id", "other_id", "audience")
    return {"events": [columns_of(row, leave_out=out) for row in session.execute(rows).scalars()]}
