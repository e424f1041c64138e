import contextlib
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

from tests.factories import NOW, make_bank
from tests.ports import free_port
from timebank.banks.models import Bank
from timebank.config import Config
from timebank.db import WRITING, engine_options, prepare
from timebank.errors import Conflict, Invalid
from timebank.ledger import check
from timebank.running import backups, seal, versions


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


def take(config: Config, file: Path, *, force: bool = False) -> None:
    backups.backup(config, file, force=force, revision=versions.wanted(), now=NOW)


def put_back(config: Config, file: Path) -> None:
    backups.restore(config, backups.examined(config, file, versions.known()))


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
    take(config, tmp_path / "copy")
    write(engine, "Leith")
    put_back(config, tmp_path / "copy")
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
        take(config, tmp_path / "copy")
        session.commit()
    put_back(config, tmp_path / "copy")
    assert names(engine) == {"Fife"}


@pytest.mark.skipif(os.name == "nt", reason="Windows keeps rights another way")
def test_copies_are_readable_by_their_owner_only(database, config, tmp_path):
    take(config, tmp_path / "copy")
    assert stat.S_IMODE((tmp_path / "copy").stat().st_mode) == 0o600
    if database.startswith("sqlite"):
        put_back(Config(database_url=f"sqlite:///{tmp_path / 'back.sqlite3'}"), tmp_path / "copy")
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
    take(several, tmp_path / "copy")
    put_back(several, tmp_path / "copy")
    assert names(engine) == {"Fife"}


def test_an_earlier_copy_is_not_replaced_unless_asked(config, tmp_path):
    (tmp_path / "copy").write_text("an earlier one")
    with pytest.raises(Invalid, match="--force"):
        take(config, tmp_path / "copy")
    assert (tmp_path / "copy").read_text() == "an earlier one"
    take(config, tmp_path / "copy", force=True)
    put_back(config, tmp_path / "copy")


def test_a_copy_that_fails_leaves_no_trace_and_the_earlier_one_as_it_was(tmp_path):
    (tmp_path / "copy").write_text("an earlier one")
    with pytest.raises(backups.BackupFailed):
        take(
            Config(database_url=f"sqlite:///{tmp_path / 'nothing.sqlite3'}"),
            tmp_path / "copy",
            force=True,
        )
    assert [file.name for file in tmp_path.iterdir()] == ["copy"]
    assert (tmp_path / "copy").read_text() == "an earlier one"


def test_there_has_to_be_a_folder_to_copy_into(config, tmp_path):
    with pytest.raises(Invalid, match="no folder"):
        take(config, tmp_path / "none" / "copy", force=False)


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
        put_back(config, tmp_path / "copy")
    assert names(engine) == {"Fife"}


def test_without_postgresqls_tools_it_says_what_is_missing(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(backups.BackupFailed, match="pg_dump, which is not installed"):
        take(
            Config(database_url="postgresql+psycopg://localhost/fife"),
            tmp_path / "copy",
        )


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_those_who_have_the_file_open_see_what_was_restored(config, engine, tmp_path):
    write(engine, "Fife")
    take(config, tmp_path / "copy")
    open_before = create_engine(config.database_url, **engine_options(config.database_url))
    prepare(open_before)
    assert names(open_before) == {"Fife"}
    write(engine, "Leith")
    put_back(config, tmp_path / "copy")
    assert names(open_before) == {"Fife"}
    write(open_before, "Perth")
    assert names(engine) == {"Fife", "Perth"}
    open_before.dispose()


def damage(file: Path, at: float) -> None:
    """Change one byte, so far into the file."""
    content = bytearray(file.read_bytes())
    content[int(len(content) * at)] ^= 0xFF
    file.write_bytes(content)


@pytest.mark.parametrize("at", [0.1, 0.3, 0.5, 0.7, 0.9])
def test_a_copy_in_which_one_byte_is_another_is_refused_in_words(config, engine, tmp_path, at):
    write(engine, "Fife")
    take(config, tmp_path / "copy")
    damage(tmp_path / "copy", at)
    with pytest.raises(Invalid, match="is damaged"):
        put_back(config, tmp_path / "copy")
    assert names(engine) == {"Fife"}


@pytest.mark.parametrize("share", [0.2, 0.5, 0.99])
def test_a_copy_that_was_cut_short_is_refused_in_words(config, engine, tmp_path, share):
    write(engine, "Fife")
    copy = tmp_path / "copy"
    take(config, copy)
    content = copy.read_bytes()
    copy.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(Invalid, match="is damaged, or was cut short"):
        put_back(config, copy)
    assert names(engine) == {"Fife"}


def without_seal(copy: Path) -> bytes:
    return copy.read_bytes()[:-512]


@pytest.mark.parametrize("at", [0.02, 0.1, 0.3, 0.5, 0.7, 0.9])
def test_without_a_checksum_what_is_damaged_is_refused_or_whole(config, engine, tmp_path, at):
    """A copy of version 0.1 has none: what its own format finds is found, and nothing else is
    raised than a refusal."""
    write(engine, "Fife")
    copy = tmp_path / "copy"
    take(config, copy)
    copy.write_bytes(without_seal(copy))
    assert seal.read(copy) is None
    damage(copy, at)
    with contextlib.suppress(Invalid, Conflict):
        put_back(config, copy)
    with Session(engine) as session:
        assert check.check(session).faults == []


def test_a_copy_of_a_newer_version_is_refused_and_nothing_is_replaced(config, engine, tmp_path):
    write(engine, "Fife")
    with Session(engine) as session:
        session.connection(execution_options=WRITING)
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
        session.commit()
    take(config, tmp_path / "copy")
    with Session(engine) as session:
        session.connection(execution_options=WRITING)
        session.execute(text(f"UPDATE alembic_version SET version_num = '{versions.wanted()}'"))
        session.commit()
    write(engine, "Leith")
    with pytest.raises(Conflict, match="Install a newer Timebank"):
        put_back(config, tmp_path / "copy")
    assert names(engine) == {"Fife", "Leith"}


def test_a_copy_says_when_it_was_taken_and_of_which_revision(config, engine, tmp_path):
    write(engine, "Fife")
    take(config, tmp_path / "copy")
    copy = backups.examined(config, tmp_path / "copy", versions.known())
    assert (copy.revision, copy.taken_at) == (versions.wanted(), NOW)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_copy_of_sqlite_s_is_still_a_database_to_every_program(config, engine, tmp_path):
    write(engine, "Fife")
    take(config, tmp_path / "copy")
    with closing(sqlite3.connect(tmp_path / "copy")) as copy:
        assert copy.execute("SELECT name FROM bank").fetchall() == [("Fife",)]
        assert copy.execute("PRAGMA integrity_check").fetchone() == ("ok",)
