"""A bank in which Joan is written in twice."""

import pytest
from sqlalchemy.orm import Session

from tests.factories import make_bank, make_member
from timebank.banks.models import Bank
from timebank.members.models import Member


@pytest.fixture
def bank(session: Session) -> Bank:
    return make_bank(session, contact_name="Maggie", contact_phone="01632 960 140")


@pytest.fixture
def joan(session: Session, bank: Bank) -> Member:
    return make_member(session, bank, "Joan Whitlock", number="1", email="joan@example.org")


@pytest.fixture
def twin(session: Session, bank: Bank) -> Member:
    """The same Joan, written in a second time."""
    return make_member(session, bank, "Joan Whitlok", number="7", phone="01632 960 187")


@pytest.fixture
def ben(session: Session, bank: Bank) -> Member:
    return make_member(session, bank, "Ben Cole", number="2")


@pytest.fixture
def coordinator(session: Session, bank: Bank) -> Member:
    return make_member(session, bank, "Owen Pritchard", number="30", role="coordinator")
