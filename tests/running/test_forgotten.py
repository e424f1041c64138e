"""A copy from before somebody left still has them: put back, it forgets them again."""

import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import text

from tests.factories import make_bank, make_member
from tests.running.test_backups import has_tools_for
from timebank import clock
from timebank.act import Act, Actor
from timebank.app import FEATURES, create_app
from timebank.banks import queries as banks
from timebank.cli import timebank
from timebank.config import Config
from timebank.db import db, reading, transaction
from timebank.leaving import service as leaving_service
from timebank.leaving.rules import Farewell

SECRET = "for tests only " * 4


def test_what_came_back_is_said_and_who_left_since_the_copy_is_forgotten_again(
    database: str, tmp_path: Path
) -> None:
    """Both from the list that is kept beside the copies, and from the database that is replaced."""
    if database.startswith("postgresql") and not has_tools_for(database):
        pytest.skip("pg_dump is missing, or older than the server.")

    def run(*words: str) -> Result:
        environment = {"TIMEBANK_DATABASE_URL": database, "TIMEBANK_SECRET_KEY": SECRET}
        return CliRunner(env=environment, catch_exceptions=False).invoke(timebank, words)

    old, new = str(tmp_path / "old"), str(tmp_path / "new")
    app = create_app(Config(database_url=database, secret_key=SECRET))
    with app.app_context(), transaction() as session:
        bank = make_bank(session, slug="fife")
        make_member(session, bank, "Maggie", "coordinator")
        joan = make_member(session, bank, "Joan Whitlock", email="joan@example.org").id
        rose = make_member(session, bank, "Rose Pemberton").id
    assert run("backup", old).exit_code == 0
    with app.app_context(), transaction() as session:
        bank = banks.by_slug(session, "fife")
        by = Act(Actor.system(bank.id, "test"), clock.now())
        leaving_service.leave(session, bank, joan, FEATURES, Farewell(), by)
    assert run("backup", new).exit_code == 0
    listed = (tmp_path / "forgotten.list").read_text()
    assert re.fullmatch("[0-9a-f]{32}\n", listed)
    with app.app_context(), transaction() as session:
        bank = banks.by_slug(session, "fife")
        leaving_service.leave(session, bank, rose, FEATURES, Farewell(), by)

    back = run("restore", old, "--force")
    assert back.exit_code == 0, back.output
    assert "Banks 1, members 1, entries 0" in back.output
    assert "Forgotten again, for they had left since: 2." in back.output
    with app.app_context():
        reading().rollback()
        rows = reading().execute(text("SELECT * FROM member")).all()
        assert "Whitlock" not in str(rows)
        assert "Pemberton" not in str(rows)
        db.session.remove()
        db.engine.dispose()
