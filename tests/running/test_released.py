"""A database that an earlier version made is brought up with its books right.

In `released` is a small one of each version, as it was then, on both engines: a demonstration of
ten people and three months. A new version adds its own when it is released: the file of SQLite
after VACUUM, and `pg_dump --format=custom --compress=0 --no-owner`, each compressed with xz.
"""

import lzma
import shutil
from pathlib import Path

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from tests.running.test_backups import has_tools_for
from timebank.config import Config
from timebank.db import WRITING, migrate
from timebank.ledger import check
from timebank.running import backups, versions

RELEASED = Path(__file__).parent / "released"
VERSIONS = ("0.1.0",)
ENTRIES = {"0.1.0": 51}
PEOPLE = {"0.1.0": 11}


@pytest.mark.parametrize("version", VERSIONS)
def test_a_database_of_an_earlier_version_is_brought_up_with_its_books_right(
    database: str, engine: Engine, tmp_path: Path, version: str
) -> None:
    kind = engine.dialect.name
    if kind == "postgresql" and not has_tools_for(database):
        pytest.skip("pg_dump is missing, or older than the server.")
    packed = RELEASED / f"{version}.{'sqlite3' if kind == 'sqlite' else 'dump'}.xz"
    copy = tmp_path / "copy"
    with lzma.open(packed) as content, copy.open("wb") as file:
        shutil.copyfileobj(content, file)
    config = Config(database_url=database)
    examined = backups.examined(config, copy, versions.known())
    assert examined.revision == "0009"
    backups.restore(config, examined)
    engine.dispose()
    migrate(database)
    with Session(engine) as session:
        versions.insist(session)
        report = check.check(session)
        assert report.faults == []
        assert check.missing_guards(session) == []
        assert session.execute(text("SELECT count(*) FROM entry")).scalar_one() == ENTRIES[version]
        assert session.execute(text("SELECT count(*) FROM member")).scalar_one() == PEOPLE[version]
    with Session(engine) as session:
        session.connection(execution_options=WRITING)
        session.execute(text("UPDATE bank SET about = 'still to be written in'"))
        session.commit()
