"""What the tests of the dialogue share."""

import pytest
from sqlalchemy.orm import Session

from tests.dialogue.asking import make_audit
from tests.dialogue.scene import Scene, make_scene
from tests.factories import make_bank
from timebank.banks.models import Bank
from timebank.dialogue.audit_models import Audit


@pytest.fixture
def scene(session: Session) -> Scene:
    """A partnership with people in it."""
    return make_scene(session)


@pytest.fixture
def bank(session: Session) -> Bank:
    return make_bank(session)


@pytest.fixture
def audit(session: Session, bank: Bank) -> Audit:
    return make_audit(session, bank)
