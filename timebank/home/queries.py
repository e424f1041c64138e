"""What a member sees first: their hours, and what waits for them. Amounts are minutes."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from timebank.banks.models import Bank
from timebank.errors import NotFound
from timebank.ledger import queries as ledger
from timebank.members.rules import Actor


@dataclass(frozen=True)
class Mine:
    """A member's first page."""

    balance: int


def mine(session: Session, bank: Bank, actor: Actor) -> Mine:
    """Raises NotFound for an actor without an account."""
    if actor.account_id is None:
        raise NotFound("You have no account here.")
    return Mine(ledger.balance(session, bank, actor.account_id))
