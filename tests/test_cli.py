"""The command line itself: what it answers and with which exit code."""

import json
import os
import socket
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import timedelta

import click
import pytest
from click.testing import CliRunner, Result
from sqlalchemy import text
from sqlalchemy.orm import Session

from tests.factories import make_bank
from tests.processes import made_over
from timebank import cli, clock
from timebank.cli import timebank
from timebank.config import VERSION
from timebank.db import WRITING, migrate
from timebank.errors import Invalid
from timebank.jobs import service as jobs_service
from timebank.say import say

SECRET = "for tests only " * 4


@pytest.fixture
def run(database, tmp_path, monkeypatch):
    """`run("doctor", TIMEBANK_…="…")`: the command's result over this test's database, in a folder
    of its own."""
    monkeypatch.chdir(tmp_path)
    # To make an application takes longer than most commands do.
    monkeypatch.setattr(cli, "create_app", made_over)

    def invoke(*words: str, **settings: str) -> Result:
        environment = {"TIMEBANK_DATABASE_URL": database, "TIMEBANK_SECRET_KEY": SECRET, **settings}
        return CliRunner(env=environment, catch_exceptions=False).invoke(timebank, words)

    return invoke


@pytest.fixture
def nowhere(tmp_path) -> str:
    return f"sqlite:///{tmp_path / 'nowhere.sqlite3'}"


@pytest.mark.parametrize(
    "words",
    [
        ["fly"],
        ["serve", "--port", "0"],
        ["serve", "--workers", "none"],
        ["backup"],
        ["worker", "x"],
    ],
)
def test_wrong_usage_ends_with_2(run, words):
    assert run(*words).exit_code == 2


@pytest.mark.parametrize("words", [["ledger"], ["bank", "export"], ["report"], ["serve"]])
def test_how_a_command_is_used_is_told_without_a_database(run, nowhere, words):
    told = run(*words, "--help", TIMEBANK_DATABASE_URL=nowhere)
    assert told.exit_code == 0, told.output
    assert "Usage: timebank" in told.output
    assert run("report", "participation", TIMEBANK_DATABASE_URL=nowhere).exit_code != 0


def test_a_refusal_ends_with_1_and_its_words_without_a_traceback(run):
    @click.command("refuse")
    def refuse() -> None:
        raise Invalid(say("That cannot be."), fields={"minutes": say("Write a whole number.")})

    timebank.add_command(refuse)
    try:
        result = run("refuse")
    finally:
        del timebank.commands["refuse"]
    assert result.exit_code == 1
    assert result.stderr == "That cannot be.\n  minutes: Write a whole number.\n"
    assert result.stdout == ""


def test_a_setting_of_the_wrong_kind_is_named(run):
    result = run("doctor", TIMEBANK_MAIL_PORT="post office")
    assert result.exit_code == 1
    assert "TIMEBANK_MAIL_PORT" in result.stderr


def test_the_version_is_told(run):
    assert VERSION in run("--version").stdout


def test_help_needs_neither_settings_nor_a_database(tmp_path):
    command = [sys.executable, "-m", "timebank", "--help"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    assert "serve" in subprocess.check_output(command, text=True, cwd=tmp_path, env=environment)
    assert list(tmp_path.iterdir()) == []


def test_what_few_commands_need_is_not_loaded_at_every_start():
    heavy = {"alembic", "numpy", "onnxruntime", "rich.progress", "scipy", "typst", "xlsxwriter"}
    words = (
        "import sys, timebank.cli; from timebank.app import create_app;"
        "from timebank.config import Config;"
        "create_app(Config(database_url='sqlite://', secret_key='x' * 40)); print(*sys.modules)"
    )
    loaded = subprocess.run(
        [sys.executable, "-c", words], capture_output=True, text=True, check=True
    ).stdout.split()
    assert "flask" in loaded
    assert heavy.isdisjoint(loaded)


def test_the_version_is_said_without_loading_the_application():
    words = (
        "import sys, timebank.__main__ as program; sys.argv = ['timebank', '--version'];"
        "program.main(); print(*sys.modules)"
    )
    version, loaded = subprocess.run(
        [sys.executable, "-c", words], capture_output=True, text=True, check=True
    ).stdout.splitlines()
    assert version == f"timebank, version {VERSION}"
    assert {"flask", "sqlalchemy", "click"}.isdisjoint(loaded.split())


def test_migrating_makes_a_database_where_there_is_none(run, nowhere):
    assert run("worker", "--once", TIMEBANK_DATABASE_URL=nowhere).exit_code == 1
    assert run("migrate", TIMEBANK_DATABASE_URL=nowhere).exit_code == 0
    assert run("migrate", TIMEBANK_DATABASE_URL=nowhere).exit_code == 0
    assert run("worker", "--once", TIMEBANK_DATABASE_URL=nowhere).exit_code == 0


@pytest.mark.parametrize(
    "command", [["serve"], ["worker"], ["doctor"], ["members", "token", "1", "--bank", "fife"]]
)
def test_without_a_database_a_command_says_what_to_do_and_makes_none(
    run, nowhere, tmp_path, command
):
    result = run(*command, TIMEBANK_DATABASE_URL=nowhere)
    assert result.exit_code == 1
    assert "timebank init" in result.output
    assert "Traceback" not in result.output


def test_a_database_out_of_reach_is_said_in_words(run):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
    result = run(
        "worker", "--once", TIMEBANK_DATABASE_URL=f"postgresql+psycopg://fife@127.0.0.1:{port}/fife"
    )
    assert result.exit_code == 1
    assert "cannot be reached" in result.stderr


@pytest.mark.parametrize(
    ("key", "words"), [("", "secret key"), ("short", "at least 32 characters")]
)
def test_serving_insists_on_a_secret_key(run, key, words):
    result = run("serve", TIMEBANK_SECRET_KEY=key)
    assert result.exit_code == 1
    assert words in result.stderr


def test_a_port_in_use_is_said_in_words(run):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        result = run("serve", "--port", str(taken.getsockname()[1]))
    assert result.exit_code == 1
    assert "Choose another with --port" in result.stderr


def test_several_processes_need_gunicorn(run, monkeypatch):
    monkeypatch.setitem(sys.modules, "gunicorn.app.base", None)
    result = run("serve", "--workers", "2")
    assert result.exit_code == 1
    assert "pip install 'timebank[server]'" in result.stderr


def open_long_ago(engine) -> None:
    with Session(engine) as session:
        session.connection(execution_options=WRITING)
        make_bank(session).created_at = clock.now() - timedelta(days=30)
        session.commit()


def test_the_doctor_ends_with_1_when_something_is_wrong_and_with_0_otherwise(run, engine):
    result = run("doctor")
    assert result.exit_code == 0, "On its first day a bank has no worker yet."
    open_long_ago(engine)
    result = run("doctor")
    assert result.exit_code == 1
    assert "WRONG    worker" in result.stdout
    with Session(engine) as session:
        session.connection(execution_options=WRITING)
        jobs_service.beat(session, "one", now=clock.now())
        session.commit()
    result = run("doctor")
    assert result.exit_code == 0
    assert "WRONG" not in result.stdout


def test_the_doctor_speaks_to_programs(run, engine):
    open_long_ago(engine)
    told = json.loads(run("doctor", "--json").stdout)
    found = {finding["what"]: finding["state"] for finding in told["findings"]}
    assert told["ok"] is False
    assert (found["migrations"], found["worker"]) == ("ok", "wrong")


def test_the_doctor_tells_every_setting_and_no_secret(run):
    people = run("doctor", "--settings", TIMEBANK_METRICS_TOKEN="hush hush")
    programs = run("doctor", "--settings", "--json", TIMEBANK_METRICS_TOKEN="hush hush")
    assert "TIMEBANK_MAIL_SERVER\n    SMTP host" in people.stdout
    assert {"TIMEBANK_MAIL_SERVER", "TIMEBANK_METRICS_TOKEN"} <= {
        told["variable"] for told in json.loads(programs.stdout)
    }
    assert "hush" not in people.stdout + programs.stdout
    assert SECRET not in people.stdout + programs.stdout


def test_a_time_bank_moves_to_another_machine_by_backup_and_restore(run, nowhere, tmp_path):
    copy, elsewhere = (
        str(tmp_path / "copy"),
        {"TIMEBANK_DATABASE_URL": f"sqlite:///{tmp_path / 'elsewhere.sqlite3'}"},
    )
    assert run("init", "--bank", "Fife", TIMEBANK_DATABASE_URL=nowhere).exit_code == 0
    assert run("backup", copy, TIMEBANK_DATABASE_URL=nowhere).exit_code == 0
    assert run("restore", copy, **elsewhere).exit_code == 0
    assert run("members", "link", "1", "--bank", "fife", **elsewhere).exit_code == 0


def test_a_time_bank_is_not_replaced_unless_asked(run, nowhere, tmp_path):
    copy = str(tmp_path / "copy")
    assert run("init", "--bank", "Fife", TIMEBANK_DATABASE_URL=nowhere).exit_code == 0
    assert run("backup", copy, TIMEBANK_DATABASE_URL=nowhere).exit_code == 0
    refused = run("restore", copy, TIMEBANK_DATABASE_URL=nowhere)
    assert refused.exit_code == 1
    assert "--force" in refused.stderr
    assert run("restore", copy, "--force", TIMEBANK_DATABASE_URL=nowhere).exit_code == 0


@pytest.mark.parametrize("command", [["serve"], ["worker", "--once"]])
def test_nothing_runs_on_a_ledger_without_its_guards(run, engine, command):
    with Session(engine) as session:
        session.connection(execution_options=WRITING)
        on = "" if engine.dialect.name == "sqlite" else " ON posting"
        session.execute(text(f"DROP TRIGGER posting_moves_minutes{on}"))
        session.commit()
    result = run(*command)
    assert result.exit_code == 1
    assert "posting_moves_minutes" in result.stderr


def test_books_that_are_wrong_are_found_when_they_are_restored(run, nowhere, tmp_path):
    copy = tmp_path / "copy"
    assert run("init", "--bank", "Fife", TIMEBANK_DATABASE_URL=nowhere).exit_code == 0
    assert run("backup", str(copy), TIMEBANK_DATABASE_URL=nowhere).exit_code == 0
    with closing(sqlite3.connect(copy)) as connection:
        connection.execute("DROP TRIGGER account_moved_by_postings")
        connection.commit()
    result = run("restore", str(copy), "--force", TIMEBANK_DATABASE_URL=nowhere)
    assert result.exit_code == 1
    assert "account_moved_by_postings" in result.stderr


def test_an_older_copy_is_brought_up_to_date(run, nowhere, tmp_path):
    old = f"sqlite:///{tmp_path / 'old.sqlite3'}"
    migrate(old, "0002")
    assert run("backup", str(tmp_path / "copy"), TIMEBANK_DATABASE_URL=old).exit_code == 0
    assert run("restore", str(tmp_path / "copy"), TIMEBANK_DATABASE_URL=nowhere).exit_code == 0
    assert run("worker", "--once", TIMEBANK_DATABASE_URL=nowhere).exit_code == 0


def test_a_database_that_is_not_there_is_named_and_not_made(run, nowhere, tmp_path):
    for words in (["ledger", "check"], ["worker"], ["export", "hours", "--bank", "fife"]):
        result = run(*words, TIMEBANK_DATABASE_URL=nowhere)
        assert result.exit_code == 1
        assert "nowhere.sqlite3" in result.output
    assert list(tmp_path.iterdir()) == []


def test_the_database_and_the_key_of_a_new_bank_are_the_owner_s_alone(run, nowhere, tmp_path):
    made = run(
        "init",
        "--bank",
        "Fife",
        "--number",
        "17",
        TIMEBANK_DATABASE_URL=nowhere,
        TIMEBANK_SECRET_KEY="",
    )
    assert "member number 17" in made.output
    assert {
        path.name: path.stat().st_mode & 0o077
        for path in tmp_path.iterdir()
        if path.suffix in (".sqlite3", ".env")
    } == {
        "nowhere.sqlite3": 0,
        "timebank.env": 0,
    }


def test_a_database_of_a_newer_version_is_left_alone_by_every_command(run, engine, tmp_path):
    with Session(engine) as session:
        session.connection(execution_options=WRITING)
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
        session.commit()
    for words in (
        ["migrate"],
        ["serve"],
        ["worker", "--once"],
        ["ledger", "check"],
        ["export", "hours", "--bank", "fife"],
    ):
        result = run(*words)
        assert result.exit_code == 1, words
        assert "Install a newer Timebank" in result.stderr
        assert "Traceback" not in result.output
