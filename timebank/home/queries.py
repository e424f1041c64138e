"""What a member sees first: their hours, whom they are introduced to, what waits for their word and is under way.

Amounts are minutes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from timebank.banks.models import Bank
from timebank.errors import NotFound
from timebank.exchanges import queries as exchanges
from timebank.exchanges.queries import Shown, Year
from timebank.ledger import queries as ledger
from timebank.matching import queries as matching
from timebank.matching.queries import Seen
from timebank.members import queries as members
from timebank.members.queries import Party
from timebank.members.rules import Actor
from timebank.messages import queries as messages

_SHOWN = 5
"""How much of each list the first page shows; the page of one's exchanges has the rest."""


@dataclass(frozen=True)
class LookedAfter:
    """An account that the member acts for, and its balance."""

    party: Party
    balance: int


@dataclass(frozen=True)
class Mine:
    """A member's first page. What waits, what is unread and what is under way is that of everybody they act for."""

    balance: int
    year: Year
    waiting: Sequence[Shown]
    in_progress: Sequence[Shown]
    looked_after: Sequence[LookedAfter]
    unread: int
    introductions: Sequence[Seen]


def mine(session: Session, bank: Bank, actor: Actor, *, today: date) -> Mine:
    """`today` is the bank's. Raises NotFound for an actor without an account."""
    if actor.account_id is None:
        raise NotFound("You have no account here.")
    acting_for = members.may_act_for(session, bank, actor)
    accounts = ledger.accounts(session, bank, list(acting_for))
    others = members.parties(session, bank, acting_for - {actor.account_id})
    return Mine(
        balance=accounts[actor.account_id].balance,
        year=exchanges.given_and_received(session, bank, actor.account_id, today.year),
        waiting=exchanges.waiting_for(session, bank, acting_for, limit=_SHOWN),
        in_progress=exchanges.in_progress(session, bank, acting_for, limit=_SHOWN),
        looked_after=[
            LookedAfter(party, accounts[account_id].balance)
            for account_id, party in sorted(others.items(), key=lambda item: item[1].name)
        ],
        unread=messages.unread_count(session, bank, messages.speaks_as(session, bank, actor)),
        introductions=matching.introductions(session, bank, account_ids=acting_for, under_way=True, limit=_SHOWN),
    )
