"""What becomes of the links to questions when their member goes, or when they are old; and what a
member is told of theirs."""

from datetime import datetime
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from timebank.act import Act
from timebank.archive import SECRET, Archive, Behind
from timebank.banks.models import Bank
from timebank.base import columns_of
from timebank.replies import rules
from timebank.replies.models import ReplyLink
from timebank.room import Member, Merging, Trace

TRACES = (Trace("reply_link.member_id", "answered_by_link"),)

ARCHIVE = Archive(behind=[Behind("reply_link", SECRET)])

MERGING = Merging(
    leaves={"reply_link.member_id": "A link in a letter answers for whoever it was written to."}
)


def forget(session: Session, bank: Bank, member: Member, act: Act) -> None:
    """Erase the member's links; none of them opens anything any more."""
    of_member = (ReplyLink.bank_id == bank.id, ReplyLink.member_id == member.id)
    session.execute(delete(ReplyLink).where(*of_member))


def export(session: Session, bank: Bank, member: Member) -> dict[str, Any]:
    """What the member answered by links, the earliest first. Their codes are kept nowhere."""
    answered = (
        select(ReplyLink)
        .where(
            ReplyLink.bank_id == bank.id,
            ReplyLink.member_id == member.id,
            ReplyLink.used_at.is_not(None),
        )
        .order_by(ReplyLink.notice_id)
    )
    left_out = ("bank_id", "member_id", "token_hash")
    rows = session.execute(answered).scalars()
    return {"answered_by_link": [columns_of(row, leave_out=left_out) for row in rows]}


def expire(session: Session, bank: Bank, now: datetime) -> None:
    """Erase links that ended a while ago."""
    ended = ReplyLink.expires_at < now - rules.KEPT
    session.execute(delete(ReplyLink).where(ReplyLink.bank_id == bank.id, ended))
