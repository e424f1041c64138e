"""Behind PgBouncer, where it is installed: by session and by transaction, there and away."""

import os
import pathlib
import pwd
import shutil
import subprocess
import time
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from tempfile import TemporaryDirectory

import pytest
from flask import Flask
from sqlalchemy import make_url, text
from sqlalchemy.exc import OperationalError

from tests.conftest import Databases, _config
from tests.ledger.books import give, make_bank, open_account
from tests.ports import free_port
from timebank.app import create_app
from timebank.banks import queries as banks
from timebank.db import db, reading, transaction
from timebank.ledger import queries
from timebank.ledger.check import check

PROGRAM = shutil.which("pgbouncer") or "/usr/sbin/pgbouncer"

pytestmark = pytest.mark.skipif(
    not pathlib.Path(PROGRAM).exists(), reason="PgBouncer is not installed."
)


SERVERS = {"session": 30, "transaction": 2}
"""Connections to the database. By session each of ours needs one as long as it is open; by
transaction a few are shared."""


class Pooler:
    """PgBouncer before a database; `url` leads through it."""

    def __init__(self, database: str, folder: pathlib.Path, mode: str):
        there = make_url(database)
        host = there.host or str(there.query["host"])
        self.port = free_port()
        self.url = f"postgresql+psycopg://{there.username}@127.0.0.1:{self.port}/{there.database}"
        self.settings = folder / "pgbouncer.ini"
        self.settings.write_text(
            "[databases]\n"
            f"* = host={host} port={there.port or 5432} user={there.username}\n"
            "[pgbouncer]\n"
            f"listen_addr = 127.0.0.1\nlisten_port = {self.port}\nunix_socket_dir =\n"
            f"auth_type = any\npool_mode = {mode}\ndefault_pool_size = {SERVERS[mode]}\n"
            "server_idle_timeout = 1\n"
        )
        self.program: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = [PROGRAM, "-q", str(self.settings)]
        if os.name == "posix" and os.geteuid() == 0:
            folder = self.settings.parent
            nobody = pwd.getpwnam("nobody")
            for path in (folder, self.settings):
                os.chown(path, nobody.pw_uid, nobody.pw_gid)
            command[1:1] = ["-u", "nobody"]
        self.program = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        for _ in range(100):
            try:
                db.engine.connect().close()
            except OperationalError:
                time.sleep(0.05)
            else:
                return
        raise AssertionError("PgBouncer does not answer.")

    def stop(self) -> None:
        if self.program is not None:
            self.program.kill()
            self.program.wait()
            self.program = None


@pytest.fixture(params=["session", "transaction"])
def pooler(request: pytest.FixtureRequest, databases: Databases) -> Generator[Pooler]:
    url = databases.new("postgresql")
    with TemporaryDirectory(prefix="timebank-", dir="/tmp") as folder:
        made = Pooler(url, pathlib.Path(folder), request.param)
        yield made
        made.stop()
    databases.drop(url)


@pytest.fixture
def behind(pooler: Pooler) -> Generator[Flask]:
    app = create_app(_config(pooler.url))
    app.testing = True
    with app.app_context():
        pooler.start()
    yield app
    with app.app_context():
        db.engine.dispose()


def test_hours_are_given_by_several_at_once_and_nothing_of_one_transaction_is_left_to_the_next(
    behind: Flask,
) -> None:
    with behind.app_context(), transaction() as session:
        bank = make_bank(session)
        ana, ben = open_account(session, bank), open_account(session, bank, "Ben", floor=None)
        slug = bank.slug

    def give_and_look(name: str) -> int:
        with behind.app_context():
            for number in range(5):
                with transaction() as session:
                    there = banks.by_slug(session, slug)
                    # So often that the driver would prepare the statements.
                    for again in range(12):
                        give(session, there, f"{name}:{number}:{again}", (ben, ana, 1))
                assert queries.account(reading(), there, ana).balance > 0
                db.session.remove()
        return 60

    with ThreadPoolExecutor(6) as pool:
        given = sum(pool.map(give_and_look, "abcdef"))
    with behind.app_context():
        assert queries.account(reading(), banks.by_slug(reading(), slug), ana).balance == given
        assert not check(reading()).faults
        # What a transaction was allowed ends with it: the server is somebody else's afterwards.
        with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            for name in ("lock_timeout", "statement_timeout", "transaction_read_only"):
                assert connection.execute(text(f"SHOW {name}")).scalar_one() in ("0", "off")


def test_while_it_is_away_that_is_said_and_afterwards_all_goes_on(
    behind: Flask, pooler: Pooler
) -> None:
    with behind.app_context(), transaction() as session:
        make_bank(session)
    browser = behind.test_client()
    assert browser.get("/b/fife/").status_code == 200
    pooler.stop()
    answer = browser.get("/b/fife/")
    assert answer.status_code == 503
    assert "Retry-After" in answer.headers
    with behind.app_context():
        pooler.start()
    assert browser.get("/b/fife/").status_code == 200
