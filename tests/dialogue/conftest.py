"""What the tests of the dialogue share."""

import pytest
from sqlalchemy.orm import Session

from tests.dialogue.scene import Scene, make_scene


@pytest.fixture
def scene(session: Session) -> Scene:
    """A partnership with people in it."""
    return make_scene(session)
