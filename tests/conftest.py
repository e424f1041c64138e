"""Databases for tests: migrated once on each engine, copied for each test.

A test that asks for `session`, `app` or anything that stands on them runs twice, on SQLite and on
PostgreSQL; those of the faces once, see `pytest_collection_modifyitems`. The PostgreSQL server is
the one of TIMEBANK_TEST_DATABASE_URL, else one that `tests/server.py` runs for all workers of the
run.
"""

import gc
import os
import pathlib
import shutil
import uuid
from collections.abc import Callable, Generator
from contextlib import ExitStack
from dataclasses import replace
from tempfile import TemporaryDirectory
from typing import Any
from zlib import crc32

import pytest
from argon2 import PasswordHasher
from flask import Flask
from jinja2 import FileSystemBytecodeCache
from sqlalchemy import Connection, Engine, create_engine, inspect, make_url, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool, QueuePool

from tests import server
from tests.browsers import Browser
from tests.faults import Faults, faults_of
from timebank import clock
from timebank.access import queries as access
from timebank.access import service as access_service
from timebank.access import sessions
from timebank.access.rules import NewToken, Scope, SignedInBy
from timebank.act import Act
from timebank.app import create_app
from timebank.banks import queries as banks
from timebank.config import Config
from timebank.db import WRITING, db, engine_options, migrate, prepare, transaction
from timebank.members.models import Member
from timebank.notices import mail


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--long", action="store_true", help="Run what is tried a few times as often as it takes."
    )


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """One more than there are cores: tests that kill workers, or wait for the disk, leave a core to
    the others."""
    return (os.cpu_count() or 1) + 1


ENGINES = ("sqlite", "postgresql")
FACES = (
    *("/test_views.py", "/test_api.py", "/test_cli.py", "/test_contract.py"),
    *("/test_clients.py", "/test_guide.py", "/test_access_rules.py", "/test_words.py"),
    *("/test_statements.py", "/test_nonsense.py", "/test_mail.py", "/test_reports.py"),
    *("/test_archive.py", "/test_search.py", "/test_day.py", "/test_slices.py"),
    *("/test_serving.py", "/demo/test_service.py"),
)
"""What asks the database nothing that the tests of services and queries do not ask it too."""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What the database keeps and what is read from it is tested on both engines; of the faces
    above, and of what is made of such answers, each test on one of them.

    Which one goes by the test's name, so that either engine has half of them.
    """
    config.hook.pytest_deselected(items=[item for item in items if _is_for_the_other(item)])
    items[:] = [item for item in items if not _is_for_the_other(item)]


ROOM = 1_000_000_000
"""Bytes that have to be free in memory for a worker's databases: a few of some megabytes each."""


def _is_for_the_other(item: pytest.Item) -> bool:
    called = getattr(item, "callspec", None)
    engine = called.params.get("database") if called else None
    if engine not in ENGINES or not item.path.as_posix().endswith(FACES):
        return False
    return engine != ENGINES[crc32(item.nodeid.replace(engine, "").encode()) % 2]


def pytest_collection_finish(session: pytest.Session) -> None:
    """What is here now stays until the end: Python need not look again and again whether it may go.

    Without this a tenth of the tests' time is spent on that.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


SERVER = pytest.StashKey[str]()


def pytest_configure_node(node: Any) -> None:
    """Tell a worker of the server, which the first of them is waited with."""
    node.workerinput["postgresql"] = _server(node.config)


def _server(config: pytest.Config) -> str:
    """The URL of the run's PostgreSQL server, which is started when it is first asked for and
    stopped when pytest ends."""
    given = os.environ.get("TIMEBANK_TEST_DATABASE_URL") or getattr(config, "workerinput", {}).get(
        "postgresql"
    )
    if given:
        return given
    if SERVER not in config.stash:
        started = ExitStack()
        config.stash[SERVER] = started.enter_context(server.running())
        config.add_cleanup(started.close)
    return config.stash[SERVER]


@pytest.fixture(scope="session")
def postgresql(pytestconfig: pytest.Config) -> str:
    """The URL of a PostgreSQL server that may be filled and emptied."""
    return _server(pytestconfig)


IDLE = """
SELECT count(*) FROM pg_stat_activity
  WHERE datname = current_database() AND pid <> pg_backend_pid() AND state = 'idle'
"""
# Notes every change of a database's shape (its tables, triggers, functions, rights), whoever makes
# it and in whatever mode.
WATCH = """
CREATE SCHEMA watch;
CREATE TABLE watch.altered (what text);
CREATE TABLE watch.version AS SELECT version_num FROM alembic_version;
CREATE FUNCTION watch.note() RETURNS event_trigger LANGUAGE plpgsql SECURITY DEFINER AS
  $$ BEGIN INSERT INTO watch.altered VALUES (tg_tag); END $$;
CREATE EVENT TRIGGER watch ON ddl_command_end EXECUTE FUNCTION watch.note();
ALTER EVENT TRIGGER watch ENABLE ALWAYS;
"""
ALTERED = """
SELECT EXISTS (SELECT 1 FROM watch.altered) OR EXISTS (
  SELECT 1 FROM pg_db_role_setting
  WHERE setdatabase = (SELECT oid FROM pg_database WHERE datname = current_database())
)
"""
# For this statement the guards sleep, so that even the books can be emptied. What never had
# rows has no file to hold any. Who is in the middle of something is sent away; who is idle holds
# nothing.
EMPTY = """
DO $$
DECLARE
  name text;
BEGIN
  PERFORM pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND state <> 'idle';
  SET LOCAL session_replication_role = replica;
  FOR name IN SELECT relname FROM pg_class
    WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND pg_relation_size(oid) > 0
  LOOP
    EXECUTE format('DELETE FROM %I', name);
  END LOOP;
  INSERT INTO alembic_version SELECT version_num FROM watch.version;
  PERFORM setval(format('%I.%I', schemaname, sequencename), 1, false)
    FROM pg_sequences WHERE last_value IS NOT NULL;
END $$
"""


class Databases:
    """Makes migrated databases, as copies of one per engine, and lends them out again.

    On PostgreSQL making and dropping one takes longer than most tests do. One whose shape is as it
    was made is therefore emptied and lent out again; one that a test has altered is dropped. On
    SQLite a new copy takes the old one's place. Either way the next test finds an engine that has
    compiled most of its statements before, and on PostgreSQL connections that know the tables.
    """

    def __init__(self, folder: pathlib.Path, postgresql: str):
        self.folder = folder
        self.postgresql = postgresql
        self.server = create_engine(postgresql, isolation_level="AUTOCOMMIT")
        self.template: dict[str, str] = {}
        self.returned: dict[str, list[str]] = {"sqlite": [], "postgresql": []}
        self.engines: dict[str, Engine] = {}
        self.cleaners: dict[str, Connection] = {}

    def new(self, dialect: str) -> str:
        """The URL of a migrated, empty database that nobody else uses."""
        if dialect not in self.template:
            self.template[dialect] = self._template(dialect)
        returned = self.returned[dialect]
        if dialect == "sqlite":
            url = returned.pop() if returned else self._url(dialect)
            shutil.copy(_path(self.template[dialect]), _path(url))
            return url
        return returned.pop() if returned else self._copy(self.template[dialect])

    def _template(self, dialect: str) -> str:
        url = self._url(dialect)
        if dialect == "postgresql":
            self._administer(f"CREATE DATABASE {_name(url)}")
        migrate(url)
        if dialect == "postgresql":
            engine = create_engine(url, isolation_level="AUTOCOMMIT", poolclass=NullPool)
            with engine.connect() as connection:
                connection.exec_driver_sql(WATCH)
        return url

    def _copy(self, template: str) -> str:
        url = self._url("postgresql")
        self._administer(f"CREATE DATABASE {_name(url)} TEMPLATE {_name(template)}")
        return url

    def _url(self, dialect: str) -> str:
        """The URL of a database that is yet to be made."""
        name = f"timebank_test_{uuid.uuid4().hex[:12]}"
        if dialect == "sqlite":
            return f"sqlite:///{self.folder / name}.sqlite3"
        return make_url(self.postgresql).set(database=name).render_as_string(hide_password=False)

    def engine(self, url: str) -> Engine:
        """An engine over the database. Its listeners are its own, its pool and what it has compiled
        are not."""
        if url not in self.engines:
            self.engines[url] = create_engine(url, **engine_options(url))
            prepare(self.engines[url])
        return self.engines[url].execution_options()

    def drop(self, url: str) -> None:
        """Take a database back."""
        if url.startswith("sqlite"):
            for leftover in self.folder.glob(f"{_path(url).name}*"):
                leftover.unlink()
            self.returned["sqlite"].append(url)
        elif self._emptied(url):
            self.returned["postgresql"].append(url)
        else:
            self._remove(url)

    def _emptied(self, url: str) -> bool:
        """Empty the database if it still has the shape of the template; say whether it has."""
        if url not in self.cleaners:
            engine = create_engine(url, isolation_level="AUTOCOMMIT", poolclass=NullPool)
            self.cleaners[url] = engine.connect()
        cleaner = self.cleaners[url]
        try:
            if cleaner.execute(text(ALTERED)).scalar_one():
                return False
            cleaner.execute(text(EMPTY))
        except OperationalError:
            # The test has cut every connection, ours too.
            return False
        pool = self.engines[url].pool if url in self.engines else None
        if isinstance(pool, QueuePool) and pool.checkedin() != cleaner.execute(text(IDLE)).scalar():
            # The test has cut some of them, or left some open.
            self.engines[url].dispose()
        return True

    def _remove(self, url: str) -> None:
        if url in self.engines:
            self.engines.pop(url).dispose()
        if url in self.cleaners:
            self.cleaners.pop(url).close()
        self._administer(f"DROP DATABASE {_name(url)} WITH (FORCE)")

    def drop_all(self) -> None:
        """Leave nothing behind on a server that others use."""
        for url in self.returned["postgresql"]:
            self._remove(url)
        if "postgresql" in self.template:
            self._remove(self.template["postgresql"])
        self.server.dispose()

    def _administer(self, statement: str) -> None:
        with self.server.connect() as connection:
            connection.execute(text(statement))


def _name(url: str) -> str:
    """The quoted name of a database on the server."""
    return f'"{make_url(url).database}"'


def _path(url: str) -> pathlib.Path:
    """The file of a SQLite database."""
    return pathlib.Path(str(make_url(url).database))


@pytest.fixture(scope="session")
def databases(tmp_path_factory: pytest.TempPathFactory, postgresql: str) -> Generator[Databases]:
    with ExitStack() as lent:
        memory = _folder_in_memory()
        folder = (
            pathlib.Path(lent.enter_context(TemporaryDirectory(prefix="timebank-", dir=memory)))
            if memory
            else tmp_path_factory.mktemp("databases")
        )
        made = Databases(folder, postgresql)
        lent.callback(made.drop_all)
        yield made


def _folder_in_memory() -> pathlib.Path | None:
    """Where a file is kept in memory, if there is room: SQLite waits for the disk at each commit.

    What is killed there is killed as anywhere: only the machine's own end would lose more.
    """
    memory = pathlib.Path("/dev/shm")  # noqa: S108  (nobody else may look into the folder made there)
    if os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > ROOM:
        return memory
    return None


@pytest.fixture(scope="session", autouse=True)
def _passwords_are_hashed_quickly() -> Generator[None]:
    """What makes guessing slow makes tests slow; programs of their own, which tests start, hash as
    they would anywhere."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            access_service, "HASHER", PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
        )
        yield


@pytest.fixture(params=ENGINES)
def database(request: pytest.FixtureRequest, databases: Databases) -> Generator[str]:
    """The URL of a migrated, empty database of this test's own."""
    url = databases.new(request.param)
    yield url
    databases.drop(url)


@pytest.fixture
def engine(databases: Databases, database: str) -> Generator[Engine]:
    engine = databases.engine(database)
    yield engine
    if engine.dialect.name == "sqlite":
        # Its file is replaced.
        engine.dispose()


@pytest.fixture
def faults(app: Flask, postgresql: str) -> Generator[Faults]:
    """What can be done to the database under the application."""
    with app.app_context():
        engine = db.engine
    with faults_of(engine, postgresql) as made:
        yield made


@pytest.fixture
def session(engine: Engine) -> Generator[Session]:
    """A session in a writing transaction."""
    with Session(engine, autoflush=True) as session:
        session.connection(execution_options=WRITING)
        yield session


def _config(database: str) -> Config:
    return Config(
        database_url=database,
        secret_key="for tests only " * 4,
        secure_cookies=False,
        base_url="http://localhost",
    )


@pytest.fixture(scope="session", autouse=True)
def _templates_are_compiled_once(tmp_path_factory: pytest.TempPathFactory) -> Generator[None]:
    """Whichever application and worker needs one first. There are 240 of them, and each takes as
    long as the page."""
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent
    folder = folder / "templates"
    folder.mkdir(exist_ok=True)
    options = {**Flask.jinja_options, "bytecode_cache": FileSystemBytecodeCache(str(folder))}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Flask, "jinja_options", options)
        yield


@pytest.fixture(scope="session")
def _lent_app() -> Flask:
    return create_app(_config("sqlite://"))


@pytest.fixture
def lend(engine: Engine, database: str) -> Generator[Callable[..., Flask]]:
    """`lend(app)`: the application over this test's database, with nobody signed in and no worker
    running; `lend(app, base_url="https://tb.example")`: with other settings than tests have.

    To make an application takes longer than most tests do. So whoever needs one of a kind makes it
    once and lends it to each test; others will use it after us.
    """
    lent: list[Flask] = []

    def over_ours(app: Flask, **settings: Any) -> Flask:
        app.config["TIMEBANK"] = replace(_config(database), **settings)
        mail.install(app)
        app.testing = True
        app.test_client_class = None
        with app.app_context():
            db.engines[None] = engine  # pyright: ignore[reportIndexIssue]  (a mapping in its description, a dict in truth)
        lent.append(app)
        return app

    yield over_ours
    for app in lent:
        with app.app_context():
            db.session.remove()


@pytest.fixture
def app(_lent_app: Flask, lend: Callable[..., Flask]) -> Flask:
    """The application over this test's database."""
    return lend(_lent_app)


@pytest.fixture
def new_app(database: str) -> Generator[Flask]:
    """An application of this test's own, to add addresses to or to change."""
    app = create_app(_config(database))
    app.testing = True
    yield app
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def sign_in(app: Flask) -> Callable[..., Browser]:
    """`sign_in(member)`: a browser in which that member is signed in, with the second factor shown.

    The member (or its id) must have been committed, as `with app.app_context(), transaction() as
    session:` does. Forms sent by the browser carry the token against forged ones. Without a member,
    `sign_in()` is a stranger's browser.
    """

    def browser(member: Member | int | None = None, *, second_factor: bool = True) -> Browser:
        app.test_client_class = Browser
        made = app.test_client()
        assert isinstance(made, Browser)
        if member is not None:
            with app.app_context(), transaction() as session:
                found = session.get_one(Member, _id_of(member))
                now = clock.now()
                token = sessions.begin(
                    session,
                    access.actor_of(found),
                    SignedInBy.PASSWORD,
                    sessions.lasting(app.config["TIMEBANK"]),
                    agent="",
                    now=now,
                )
                if second_factor:
                    begun = access.signed_in(session, token)
                    assert begun is not None
                    sessions.prove(session, begun.id, second_factor=True, now=now)
            made.sign_in(token)
        return made

    return browser


@pytest.fixture
def bearer(app: Flask) -> Callable[..., dict[str, str]]:
    """`bearer(member, scope="read")`: the headers of a program that calls the API for that member
    (committed, or its id)."""

    def headers(member: Member | int, scope: str = "write") -> dict[str, str]:
        with app.app_context(), transaction() as session:
            found = session.get_one(Member, _id_of(member))
            bank, actor = banks.by_id(session, found.bank_id), access.actor_of(found)
            token = access_service.make_token(
                session,
                bank,
                found.id,
                NewToken("test", Scope(scope)),
                Act(actor, clock.now()),
                staff=True,
            )
        return {"Authorization": f"Bearer {token}"}

    return headers


def _id_of(member: Member | int) -> int:
    """The id of a member whose session may be closed by now."""
    if isinstance(member, int):
        return member
    identity = inspect(member).identity
    assert identity is not None, "The member has not been written yet."
    return identity[0]
