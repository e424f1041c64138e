"""Changing a bank's rules together with the accounts they are for. The caller commits."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from timebank import hours
from timebank.act import Act
from timebank.banks import service as banks_service
from timebank.banks.models import Bank
from timebank.errors import Invalid
from timebank.ledger import queries as ledger
from timebank.ledger import service as ledger_service
from timebank.ledger.rules import AccountKind
from timebank.members import acts
from timebank.members.rules import Limits, limits_in_words, require_coordinator
from timebank.say import say
from timebank.settings.rules import NewSettings

_AT_ONCE = 1000


@dataclass(frozen=True)
class Carried:
    """How many members were given new default limits, and how many keep an old one because their
    balance is outside the new."""

    changed: int = 0
    kept: int = 0


def change(session: Session, bank: Bank, new: NewSettings, act: Act) -> Carried:
    """Change the bank's details and rules, and the chest's limit with them.

    New members' accounts get the new limits. With `carry_over`, so do those of members whose limit
    is the old default; one whose balance is outside the new limit keeps the old. A coordinator's to
    do. Raises NotAllowed, Invalid.
    """
    require_coordinator(act.by)
    before = Limits(bank.member_floor, bank.member_ceiling)
    banks_service.change(session, bank, new)
    _limit_chest(session, bank)
    if not new.carry_over:
        return Carried()
    after = Limits(bank.member_floor, bank.member_ceiling)
    floors = ledger_service.replace_limit(
        session, bank, AccountKind.MEMBER, "floor", old=before.floor, new=after.floor
    )
    ceilings = ledger_service.replace_limit(
        session, bank, AccountKind.MEMBER, "ceiling", old=before.ceiling, new=after.ceiling
    )
    changed = sorted({*floors.changed, *ceilings.changed})
    detail = f"new default: {limits_in_words(after)}"
    # So many at once, since a statement takes only so many values.
    for start in range(0, len(changed), _AT_ONCE):
        accounts = changed[start : start + _AT_ONCE]
        acts.record_for_accounts(session, bank, accounts, act, "limits", detail)
    return Carried(len(changed), max(floors.unchanged, ceilings.unchanged))


def _limit_chest(session: Session, bank: Bank) -> None:
    chest = ledger.chest(session, bank)
    if chest.floor == bank.chest_floor:
        return
    if chest.balance < bank.chest_floor:
        too_near = say(
            "The chest is %(time)s below zero just now, which is further than that.",
            time=hours.words(chest.balance),
        )
        raise Invalid.on("chest_floor", too_near)
    ledger_service.set_limits(
        session, bank, chest.id, floor=bank.chest_floor, ceiling=chest.ceiling
    )
