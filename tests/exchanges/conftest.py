"""A bank with two people who help each other, and those around them."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from tests.factories import NOW, actor, make_bank, make_member
from timebank.banks.models import Bank
from timebank.ledger import queries as ledger
from timebank.members.models import Member
from timebank.members.rules import Actor


@dataclass
class Neighbours:
    """Ana gives, Ben receives; Cy is a stranger to both; Maggie is a broker."""

    session: Session
    bank: Bank
    ana: Member
    ben: Member
    cy: Member
    maggie: Member

    def balance(self, member: Member) -> int:
        return ledger.balance(self.session, self.bank, account(member))

    @property
    def chest(self) -> int:
        return ledger.common_account(self.session, self.bank, "chest").id


def account(member: Member) -> int:
    assert member.account_id is not None
    return member.account_id


def by(member: Member, days: float = 0, minutes: float = 0) -> dict[str, Actor | datetime]:
    """Who takes a step and when: so long after everything began."""
    return {"by": actor(member), "now": NOW + timedelta(days=days, minutes=minutes)}


@pytest.fixture
def row(session: Session) -> Neighbours:
    bank = make_bank(session, contact_name="Maggie Dunne")
    ana, ben, cy = (make_member(session, bank, name, email=f"{name.lower()}@example.org") for name in ("Ana", "Ben", "Cy"))
    maggie = make_member(session, bank, "Maggie", role="broker", email="maggie@example.org")
    return Neighbours(session, bank, ana, ben, cy, maggie)
