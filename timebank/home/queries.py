"""What a member sees first, besides what the rooms bring: their hours, and whom they act for.

Amounts are minutes.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from timebank.act import Actor
from timebank.banks.models import Bank
from timebank.errors import NotFound
from timebank.members import queries as members
from timebank.members.models import Member
from timebank.members.queries import Held
from timebank.say import say


@dataclass(frozen=True)
class Mine:
    """What somebody has to spend, and the others whose hours they look after.

    Whoever keeps it keeps the row of the `member`, so that the rooms have it at hand when they are
    asked what they bring, and need not read it each.
    """

    member: Member
    balance: int
    looked_after: Sequence[Held]


def mine(session: Session, bank: Bank, actor: Actor) -> Mine:
    """Raises NotFound for an actor without an account."""
    if actor.account_id is None or actor.member_id is None:
        raise NotFound(say("You have no account here."))
    held = members.held(session, bank, actor)
    own = next(one for one in held if one.party.account_id == actor.account_id)
    return Mine(
        member=own.member or members.member(session, bank, actor.member_id),
        balance=own.balance,
        looked_after=sorted(
            (one for one in held if one.party.account_id != actor.account_id),
            key=lambda one: one.party.name,
        ),
    )
