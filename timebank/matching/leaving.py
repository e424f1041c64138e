"""What becomes of introductions when one of their sides goes, and what a member is given of
theirs."""

from typing import Any

from sqlalchemy import ColumnElement, or_, select, update
from sqlalchemy.orm import Session

from timebank.act import Act
from timebank.archive import Archive, Behind
from timebank.banks.models import Bank
from timebank.base import columns_of
from timebank.matching import service
from timebank.matching.models import Introduction
from timebank.members import queries as members
from timebank.members.models import Member
from timebank.room import Trace
from timebank.say import say

TRACES = (
    Trace("introduction.giver_id", "introductions", stays=True),
    Trace("introduction.receiver_id", "introductions", stays=True),
    Trace("introduction.by", "introductions", stays=True),
    Trace("introduction.giver_said_by", "introductions", stays=True),
    Trace("introduction.receiver_said_by", "introductions", stays=True),
)

ARCHIVE = Archive(
    keeps=("match_weight", "introduction"),
    behind=[Behind("embedding", say("It is worked out anew from what offers and requests say."))],
    keys={"introduction": "introduction"},
)


def of_party(bank: Bank, account_id: int) -> tuple[ColumnElement[bool], ...]:
    """The introductions that an account is a side of."""
    either = or_(Introduction.giver_id == account_id, Introduction.receiver_id == account_id)
    return Introduction.bank_id == bank.id, either


def causes(session: Session, bank: Bank, member: Member) -> list[str]:
    """What notices about a member's introductions go by."""
    introductions = select(Introduction.id).where(*of_party(bank, member.account_id or 0))
    return [f"introduction:{number}" for number in session.execute(introductions).scalars()]


def wind_up(session: Session, bank: Bank, account_id: int, act: Act) -> None:
    """Call off the introductions under way."""
    service.call_off_all(session, bank, account_id, act)


def forget(session: Session, bank: Bank, member: Member, act: Act) -> None:
    """Erase what was noted when the member was introduced."""
    of_member = of_party(bank, member.account_id or 0)
    session.execute(update(Introduction).where(*of_member).values(note=""))


def export(session: Session, bank: Bank, member: Member) -> dict[str, Any]:
    """The member's introductions. What the other one said is theirs to tell."""
    account_id = member.account_id or 0
    statement = select(Introduction).where(*of_party(bank, account_id)).order_by(Introduction.id)
    rows = session.execute(statement).scalars().all()
    sides = {side for row in rows for side in (row.giver_id, row.receiver_id)}
    parties = members.parties(session, bank, sides)
    answers = ("giver_says", "receiver_says", "giver_said_by", "receiver_said_by")
    left_out = ("bank_id", "giver_id", "receiver_id", "note", *answers)
    return {
        "introductions": [
            {
                "giver": parties[row.giver_id].name,
                "receiver": parties[row.receiver_id].name,
                "you_said": row.giver_says if row.giver_id == account_id else row.receiver_says,
                **columns_of(row, leave_out=left_out),
            }
            for row in rows
        ]
    }
