"""What a member is given of the notices to them. They are erased with the member's own row, by
`members.service.leave`, which writes the last of them."""

from datetime import datetime
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from timebank.archive import OF_THE_HOME, SECRET, Archive, Behind
from timebank.banks.models import Bank
from timebank.banks.rules import expired
from timebank.notices import queries
from timebank.notices.models import Notice
from timebank.room import Carry, Member, Merging, Trace

TRACES = (
    Trace("notice.addressee", "messages", stays=True),
    Trace("notice.told_by", stays=True),
    Trace("notice_preference.addressee", "how_to_be_told"),
    Trace("push_device.addressee", "devices_you_are_told_on"),
)

ARCHIVE = Archive(
    keeps=("notice_preference",),
    behind=(Behind("notice", OF_THE_HOME), Behind("push_device", SECRET)),
    named=("notice_preference.addressee",),
)

MERGING = Merging(
    carries=(
        Carry("notice.addressee", once=("cause", "channel")),
        Carry("notice_preference.addressee", once=()),
    ),
    leaves={
        "notice.told_by": "It says which of the staff told them.",
        "push_device.addressee": "A device is told again when somebody signs in on it.",
    },
)


_TOLD = ("channel", "address", "subject", "body", "created_at", "sent_at", "failed_at")


def expire(session: Session, bank: Bank, now: datetime) -> None:
    """Erase what people were told too long ago."""
    old = Notice.created_at < expired(now, bank.keep_notices)
    session.execute(
        delete(Notice).where(Notice.bank_id == bank.id, old, Notice.sent_at.is_not(None))
    )


def export(session: Session, bank: Bank, member: Member) -> dict[str, Any]:
    """What the member was told and is about to be, the earliest first."""
    statement = (
        select(Notice)
        .where(Notice.bank_id == bank.id, Notice.addressee == f"member:{member.id}")
        .order_by(Notice.id)
    )
    rows = session.execute(statement).scalars()
    devices = queries.devices(session, bank, f"member:{member.id}")
    return {
        "messages": [{name: getattr(row, name) for name in _TOLD} for row in rows],
        "devices_you_are_told_on": [
            {"name": one.name, "added_at": one.added_at, "used_at": one.used_at} for one in devices
        ],
    }
