"""What the tests of the safeguarding file share."""

import pytest
from sqlalchemy.orm import Session

from tests.factories import make_bank, make_member
from timebank.banks.models import Bank
from timebank.members.models import Member
from timebank.safeguarding import service


@pytest.fixture
def bank(session: Session) -> Bank:
    bank = make_bank(session)
    service.plant_kinds(session, bank)
    return bank


@pytest.fixture
def ana(session: Session, bank: Bank) -> Member:
    return make_member(session, bank, "Ana", email="ana@example.org")


@pytest.fixture
def maggie(session: Session, bank: Bank) -> Member:
    return make_member(session, bank, "Maggie", "broker")
