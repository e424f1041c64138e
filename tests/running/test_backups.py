import os
import shutil
import sqlite3
import stat
import subprocess
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, make_url, select, text
from sqlalchemy.orm import Session

from tests.factories import make_bank
from tests.ports import free_port
from timebank.banks.models import Bank
from timebank.config import Config
from timebank.db import WRITING, engine_options, prepare
from timebank.errors import Invalid
from timebank.ledger import check
from timebank.running import backups


def has_tools_for(url: str) -> bool:
    """PostgreSQL's tools copy from servers of their own version and older ones."""
    tool = shutil.which("pg_dump")
    if tool is None:
        return False
    engine = create_engine(url)
    with engine.connect() as connection:
        major = int(connection.execute(text("SHOW server_version_num")).scalar_one()) // 10_000
    engine.dispose()
    version = subprocess.run([tool, "--version"], capture_output=True, text=True, check=True).stdout
    return int(version.split()[2].split(".")[0]) >= major


@pytest.fixture
def config(database):
    if database.startswith("postgresql") and not has_tools_for(database):
        pytest.skip("pg_dump is missing, or older than the server.")
    return Config(database_url=database)


def write(engine: Engine, name: str) -> None:
    with Session(engine) as session:
        session.connection(execution_options=WRITING)
        make_bank(session, name=name)
        session.commit()


def names(engine: Engine) -> set[str]:
    with Session(engine) as session:
        return set(session.execute(select(Bank.name)).scalars())


def test_what_was_backed_up_comes_back_and_what_came_later_is_gone(config, engine, tmp_path):
    write(engine, "Fife")
    backups.backup(config, tmp_path / "copy", force=False)
    write(engine, "Leith")
    backups.restore(config, tmp_path / "copy")
    assert names(engine) == {"Fife"}
    # The books can be written in again: sequences, triggers and all.
    write(engine, "Perth")
    assert names(engine) == {"Fife", "Perth"}
    with Session(engine) as session:
        assert check.check(session).faults == []


def test_a_copy_can_be_taken_while_somebody_is_writing_and_holds_nothing_half_done(
    config, engine, tmp_path
):
    write(engine, "Fife")
    with Session(engine) as session:
        session.connection(execution_options=WRITING)
        make_bank(session, name="Leith")
        backups.backup(config, tmp_path / "copy", force=False)
        session.commit()
    backups.restore(config, tmp_path / "copy")
    assert names(engine) == {"Fife"}


@pytest.mark.skipif(os.name == "nt", reason="Windows keeps rights another way")
def test_copies_are_readable_by_their_owner_only(database, config, tmp_path):
    backups.backup(config, tmp_path / "copy", force=False)
    assert stat.S_IMODE((tmp_path / "copy").stat().st_mode) == 0o600
    if database.startswith("sqlite"):
        backups.restore(
            Config(database_url=f"sqlite:///{tmp_path / 'back.sqlite3'}"), tmp_path / "copy"
        )
        assert stat.S_IMODE((tmp_path / "back.sqlite3").stat().st_mode) == 0o600


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_a_server_is_reached_by_any_of_its_addresses(database, config, engine, tmp_path):
    write(engine, "Fife")
    url = make_url(database)
    hosts = {
        "host": [f"127.0.0.1:{free_port()}", f"{url.host}:{url.port or 5432}"],
        "target_session_attrs": "read-write",
    }
    several = Config(
        database_url=url.set(host=None, port=None, query=hosts).render_as_string(
            hide_password=False
        )
    )
    backups.backup(several, tmp_path / "copy", force=False)
    backups.restore(several, tmp_path / "copy")
    assert names(engine) == {"Fife"}


def test_an_earlier_copy_is_not_replaced_unless_asked(config, tmp_path):
    (tmp_path / "copy").write_text("an earlier one")
    with pytest.raises(Invalid, match="--force"):
        backups.backup(config, tmp_path / "copy", force=False)
    assert (tmp_path / "copy").read_text() == "an earlier one"
    backups.backup(config, tmp_path / "copy", force=True)
    backups.restore(config, tmp_path / "copy")


def test_a_copy_that_fails_leaves_no_trace_and_the_earlier_one_as_it_was(tmp_path):
    (tmp_path / "copy").write_text("an earlier one")
    with pytest.raises(backups.BackupFailed):
        backups.backup(
            Config(database_url=f"sqlite:///{tmp_path / 'nothing.sqlite3'}"),
            tmp_path / "copy",
            force=True,
        )
    assert [file.name for file in tmp_path.iterdir()] == ["copy"]
    assert (tmp_path / "copy").read_text() == "an earlier one"


def test_there_has_to_be_a_folder_to_copy_into(config, tmp_path):
    with pytest.raises(Invalid, match="no folder"):
        backups.backup(config, tmp_path / "none" / "copy", force=False)


def make_text(file: Path) -> None:
    file.write_text("Dear diary")


def make_other_database(file: Path) -> None:
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("CREATE TABLE diary (dear text)")


def make_dump_start(file: Path) -> None:
    file.write_bytes(b"PGDMP and no more")


def make_torn_copy(file: Path) -> None:
    file.write_bytes(b"SQLite format 3\0" + b"\1" * 5000)


@pytest.mark.parametrize(
    "make", [lambda file: None, make_text, make_other_database, make_dump_start, make_torn_copy]
)
def test_what_is_no_backup_is_not_restored(config, engine, tmp_path, make):
    write(engine, "Fife")
    make(tmp_path / "copy")
    with pytest.raises((Invalid, backups.BackupFailed)):
        backups.restore(config, tmp_path / "copy")
    assert names(engine) == {"Fife"}


def test_without_postgresqls_tools_it_says_what_is_missing(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(backups.BackupFailed, match="pg_dump, which is not installed"):
        backups.backup(
            Config(database_url="postgresql+psycopg://localhost/fife"),
            tmp_path / "copy",
            force=False,
        )


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_those_who_have_the_file_open_see_what_was_restored(config, engine, tmp_path):
    write(engine, "Fife")
    backups.backup(config, tmp_path / "copy", force=False)
    open_before = create_engine(config.database_url, **engine_options(config.database_url))
    prepare(open_before)
    assert names(open_before) == {"Fife"}
    write(engine, "Leith")
    backups.restore(config, tmp_path / "copy")
    assert names(open_before) == {"Fife"}
    write(open_before, "Perth")
    assert names(engine) == {"Fife", "Perth"}
    open_before.dispose()
