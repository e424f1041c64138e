"""A bank with two people who help each other, and those around them."""

from dataclasses import dataclass
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from tests.factories import NOW, actor, make_bank, make_group, make_logged_exchange, make_member
from timebank import clock
from timebank.act import OWN_WORD, Act, Word
from timebank.banks import queries as banks
from timebank.banks.models import Bank
from timebank.db import transaction
from timebank.ledger import queries as ledger
from timebank.members.models import Member


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
        return ledger.chest(self.session, self.bank).id


def account(member: Member) -> int:
    assert member.account_id is not None
    return member.account_id


def by(member: Member, days: float = 0, minutes: float = 0, *, word: Word = OWN_WORD) -> Act:
    """Who takes a step, on whose word, and when: so long after everything began."""
    return Act(actor(member), NOW + timedelta(days=days, minutes=minutes), word)


@pytest.fixture
def row(session: Session) -> Neighbours:
    bank = make_bank(session, contact_name="Maggie Dunne")
    ana, ben, cy = (
        make_member(session, bank, name, email=f"{name.lower()}@example.org")
        for name in ("Ana", "Ben", "Cy")
    )
    maggie = make_member(session, bank, "Maggie", role="broker", email="maggie@example.org")
    return Neighbours(session, bank, ana, ben, cy, maggie)


@dataclass
class Street:
    """Ids of members and of an exchange that Ana logged and Ben is to confirm."""

    ana: int
    ben: int
    cy: int
    maggie: int
    eve: int
    exchange: int
    ben_account: int
    ana_account: int


@pytest.fixture
def street(app: Flask) -> Street:
    with app.app_context(), transaction() as session:
        bank = make_bank(session, slug="fife", contact_name="Maggie Dunne")
        other = make_bank(session, slug="leith")
        ana, ben, cy = (
            make_member(session, bank, name) for name in ("Ana Marsh", "Ben Pell", "Cy Cole")
        )
        moran = make_member(session, bank, "Ben Moran")
        make_group(session, bank, "Walkers", [ana, moran])
        maggie = make_member(session, bank, "Maggie", role="broker")
        eve = make_member(session, other, "Eve", role="coordinator")
        today = clock.local_date(clock.now(), bank.timezone)
        exchange = make_logged_exchange(
            session, bank, ana, ben, 90, occurred_on=today, now=clock.now()
        )
        accounts = account(ben), account(ana)
        return Street(ana.id, ben.id, cy.id, maggie.id, eve.id, exchange.id, *accounts)


def balance(app: Flask, street: Street) -> int:
    with app.app_context(), transaction() as session:
        return ledger.balance(session, banks.by_slug(session, "fife"), street.ben_account)
