"""Passwords hashed as weakly as can be, so that tests about signing in are not about waiting."""

import pytest
from argon2 import PasswordHasher

from timebank.access import service


@pytest.fixture(autouse=True)
def weak_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr(service, "HASHER", hasher)
    monkeypatch.setattr(service, "_NOBODY", hasher.hash("nobody's password"))
