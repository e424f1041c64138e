"""Those who are asked."""

import pytest

from tests.factories import make_bank, make_member
from timebank.banks.models import Bank
from timebank.members.models import Member


@pytest.fixture
def bank(session) -> Bank:
    return make_bank(session)


@pytest.fixture
def people(session, bank) -> list[Member]:
    return [make_member(session, bank, f"Member {number}") for number in range(20)]
