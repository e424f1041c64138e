"""What becomes of introductions when one of their sides goes, and what a member is given of
theirs."""

from typing import Any

from sqlalchemy import ColumnElement, delete, or_, select, update
from sqlalchemy.orm import Session

from timebank.act import Act
from timebank.archive import Archive, Behind
from timebank.banks.models import Bank
from timebank.base import columns_of
from timebank.exchanges.rules import Side
from timebank.matching import service
from timebank.matching.models import BoardPair, Introduction, IntroductionStep
from timebank.members import queries as members
from timebank.members.models import Member
from timebank.room import Carry, Merging, Trace
from timebank.say import count, say
from timebank.skills.models import Listing

TRACES = (
    Trace("board_pair.giver_id"),
    Trace("introduction.giver_id", "introductions", stays=True),
    Trace("introduction.receiver_id", "introductions", stays=True),
    Trace("introduction.by", "introductions", stays=True),
    Trace("introduction.giver_said_by", "introductions", stays=True),
    Trace("introduction.receiver_said_by", "introductions", stays=True),
    Trace("introduction_step.by", "introductions", stays=True),
)

ARCHIVE = Archive(
    keeps=("match_weight", "introduction", "introduction_step"),
    behind=[
        Behind("embedding", say("It is worked out anew from what offers and requests say.")),
        Behind("board", say("The worker finds it out anew.")),
        Behind("board_pair", say("The worker finds it out anew.")),
    ],
    keys={"introduction": "introduction"},
)

_SAID = "It says who entered it."

MERGING = Merging(
    carries=(
        Carry("board_pair.giver_id"),
        Carry(
            "introduction.giver_id",
            lambda n: count(
                "%(n)s introduction as the one who helps",
                "%(n)s introductions as the one who helps",
                n,
            ),
            other="receiver_id",
        ),
        Carry(
            "introduction.receiver_id",
            lambda n: count(
                "%(n)s introduction as the one who is helped",
                "%(n)s introductions as the one who is helped",
                n,
            ),
            other="giver_id",
        ),
    ),
    leaves=dict.fromkeys(
        (
            *("introduction.by", "introduction.giver_said_by", "introduction.receiver_said_by"),
            "introduction_step.by",
        ),
        _SAID,
    ),
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
    """Call off the introductions under way, and propose whoever it is for nothing more."""
    service.call_off_all(session, bank, account_id, act)
    own = select(Listing.id).where(Listing.bank_id == bank.id, Listing.account_id == account_id)
    named = or_(
        BoardPair.giver_id == account_id,
        BoardPair.request_id.in_(own),
        BoardPair.offer_id.in_(own),
    )
    session.execute(delete(BoardPair).where(BoardPair.bank_id == bank.id, named))


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
    taken = select(IntroductionStep).where(
        IntroductionStep.bank_id == bank.id,
        IntroductionStep.introduction_id.in_([row.id for row in rows]),
    )
    done: dict[int, list[IntroductionStep]] = {}
    for step in session.execute(taken.order_by(IntroductionStep.id)).scalars():
        done.setdefault(step.introduction_id, []).append(step)
    answers = ("giver_says", "receiver_says", "giver_said_by", "receiver_said_by")
    left_out = ("bank_id", "giver_id", "receiver_id", "note", *answers)
    return {
        "introductions": [
            {
                "giver": parties[row.giver_id].name,
                "receiver": parties[row.receiver_id].name,
                "you_said": row.giver_says if row.giver_id == account_id else row.receiver_says,
                **columns_of(row, leave_out=left_out),
                "done": [
                    columns_of(step, leave_out=("id", "bank_id", "introduction_id", "undoes_id"))
                    for step in done.get(row.id, [])
                    if step.side is None or _is_theirs(row, step.side, account_id)
                ],
            }
            for row in rows
        ]
    }


def _is_theirs(row: Introduction, side: Side, account_id: int) -> bool:
    return account_id == (row.giver_id if side == Side.GIVER else row.receiver_id)
