"""What the tests of the fund share."""

import pytest

from tests.factories import NOW
from timebank import clock


@pytest.fixture(autouse=True)
def now(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is the same moment in every test: no last day of a vote ends while one runs."""
    monkeypatch.setattr(clock, "now", lambda: NOW)
