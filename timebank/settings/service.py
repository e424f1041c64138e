"""Changing a bank's rules together with the accounts they are for. The caller commits."""

from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import insert, literal, select
from sqlalchemy.orm import Session

from timebank import hours
from timebank.act import Act
from timebank.banks import service as banks_service
from timebank.banks.models import Bank
from timebank.base import Instant
from timebank.errors import Invalid
from timebank.ledger import queries as ledger
from timebank.ledger import service as ledger_service
from timebank.members.models import Member, MemberEvent
from timebank.members.rules import limits_in_words, require_coordinator
from timebank.say import say

_AT_ONCE = 1000


class Limits(NamedTuple):
    """The limits of new accounts, in minutes."""

    floor: int
    ceiling: int | None


@dataclass(frozen=True)
class Carried:
    """How many members were given new default limits, and how many keep an old one because their
    balance is outside the new."""

    changed: int = 0
    kept: int = 0


def change(
    session: Session, bank: Bank, act: Act, *, carry_over: bool = False, **changes: Any
) -> Carried:
    """Change the bank's details and rules (`banks.service.CHANGEABLE`), and the chest's limit with
    them.

    New members' accounts get the new limits. With `carry_over`, so do those of members whose limit
    is the old default; one whose balance is outside the new limit keeps the old. A coordinator's to
    do. Raises NotAllowed, Invalid.
    """
    require_coordinator(act.by)
    before = Limits(bank.member_floor, bank.member_ceiling)
    banks_service.change_rules(session, bank, **changes)
    _limit_chest(session, bank)
    if not carry_over:
        return Carried()
    floors = ledger_service.replace_limit(
        session, bank, "member", "floor", old=before.floor, new=bank.member_floor
    )
    ceilings = ledger_service.replace_limit(
        session, bank, "member", "ceiling", old=before.ceiling, new=bank.member_ceiling
    )
    changed = sorted({*floors[0], *ceilings[0]})
    words = limits_in_words(bank.member_floor, bank.member_ceiling)
    for start in range(0, len(changed), _AT_ONCE):
        _record(session, bank, changed[start : start + _AT_ONCE], words, act)
    return Carried(len(changed), max(floors[1], ceilings[1]))


def _limit_chest(session: Session, bank: Bank) -> None:
    chest = ledger.chest(session, bank)
    if chest.floor == bank.chest_floor:
        return
    if chest.balance < bank.chest_floor:
        words = say(
            "The chest is %(time)s below zero just now, which is further than that.",
            time=hours.words(chest.balance),
        )
        raise Invalid.on("chest_floor", words)
    ledger_service.set_limits(
        session, bank, chest.id, floor=bank.chest_floor, ceiling=chest.ceiling
    )


def _record(session: Session, bank: Bank, account_ids: list[int], words: str, act: Act) -> None:
    """Take down the new limits with each member whose account it is."""
    columns = ["bank_id", "member_id", "kind", "detail", "by", "at"]
    what = (
        literal("limits"),
        literal(f"new default: {words}"),
        literal(act.by.key),
        literal(act.now, Instant),
    )
    whose = select(Member.bank_id, Member.id, *what).where(
        Member.bank_id == bank.id, Member.account_id.in_(account_ids)
    )
    session.execute(insert(MemberEvent).from_select(columns, whose))
