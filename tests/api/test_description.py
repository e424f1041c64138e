"""When the description of the API is made."""

import pytest

from timebank.api import install
from timebank.api.document import Document, finished
from timebank.app import create_app
from timebank.config import Config


def test_the_description_is_made_once_and_when_somebody_wants_to_know(
    monkeypatch: pytest.MonkeyPatch,
):
    made: list[Document] = []
    monkeypatch.setattr(
        install, "finished", lambda document: made.append(finished(document)) or made[-1]
    )
    app = create_app(Config(database_url="sqlite://", secret_key="for tests only " * 4))
    assert made == []
    (first, second) = (app.test_client().get("/api/v1/openapi.json").json for _ in range(2))
    assert first == second
    assert len(made) == 1
    assert "/api/v1/exchanges" in made[0]["paths"]
