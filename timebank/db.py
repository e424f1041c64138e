"""The database: one Flask-SQLAlchemy object, engine set-up for SQLite and PostgreSQL, and
`transaction()`."""

import pathlib
import re
import sqlite3
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NoReturn, cast

from flask import Flask, has_request_context
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Engine, create_engine, event, make_url, text
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DisconnectionError, OperationalError
from sqlalchemy.orm import Session
from sqlalchemy.pool import ConnectionPoolEntry

from timebank import away
from timebank.base import NO_LOG, Base
from timebank.config import MIGRATIONS
from timebank.errors import Unavailable

db = SQLAlchemy(
    metadata=Base.metadata, session_options={"autoflush": True, "expire_on_commit": False}
)

_WRITES = "timebank_writes"
_UNBOUNDED = "timebank_unbounded"
_REST_SECONDS = 5.0

CONNECT_SECONDS = 5
"""How long a connection to the database may take to come about, or to come free."""

SILENT_SECONDS = 20
"""How long a server of PostgreSQL may be silent before its connections are taken for lost."""


@dataclass(frozen=True)
class Bounds:
    """How long a transaction waits for a lock, a statement runs, and a transaction stands still
    before the database ends it, in seconds; 0 is for ever. SQLite knows the first alone."""

    lock: int
    statement: int
    idle: int


REQUEST = Bounds(lock=5, statement=20, idle=60)
"""While somebody waits for the answer."""

WORK = Bounds(lock=30, statement=900, idle=900)
"""Jobs and commands."""

MIGRATION = Bounds(lock=30, statement=0, idle=0)

WRITERS = 8
"""As many requests of a process may write, or on SQLite, where one writes at a time, wait for their
turn: fewer than there are threads (`running.serving.THREADS`), so that there are always some for
those who read, whatever becomes of commits."""

_PLACE_SECONDS = 0.25
_places = threading.BoundedSemaphore(WRITERS)


def install(app: Flask, url: str) -> None:
    """Give the application its database. A relative SQLite path is taken from the working
    directory."""
    app.config["SQLALCHEMY_DATABASE_URI"] = _absolute(url)
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = engine_options(url)
    db.init_app(app)
    with app.app_context():
        prepare(db.engine)


def _absolute(url: str) -> str:
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite" and parsed.database and parsed.database != ":memory:":
        parsed = parsed.set(database=str(pathlib.Path(parsed.database).absolute()))
    return parsed.render_as_string(hide_password=False)


def engine_options(url: str) -> dict[str, Any]:
    """Options for `create_engine`. Connections read only, unless `transaction()` says otherwise."""
    # What people wrote stands in the values of statements, and errors go to logs.
    options: dict[str, Any] = {"hide_parameters": True}
    if make_url(url).get_backend_name() == "sqlite":
        return options
    # A machine that went away without a word is noticed by what it does not answer.
    reached = {"connect_timeout": CONNECT_SECONDS, "tcp_user_timeout": 1000 * SILENT_SECONDS}
    alive = {"keepalives_idle": SILENT_SECONDS, "keepalives_interval": 5, "keepalives_count": 3}
    return {
        **options,
        "pool_size": 10,
        "max_overflow": 20,
        "pool_timeout": CONNECT_SECONDS,
        # Behind a pooler the next transaction may be on another server, which knows no statement
        # prepared by name. They are worth little here: a rollback, by which each reading ends,
        # takes them with it.
        "connect_args": {**reached, **alive, "prepare_threshold": None},
    }


def prepare(engine: Engine) -> None:
    """Give the engine what its options cannot say."""
    if engine.dialect.name == "sqlite":
        _keep_sqlite_to_its_word(engine)
    else:
        _connect_with_patience(engine)
        _begin_on_postgresql(engine)
        _greet_after_a_rest(engine)


def _bounds(connection: Connection) -> Bounds:
    if connection.get_execution_options().get(_UNBOUNDED):
        return MIGRATION
    return REQUEST if has_request_context() else WORK


# Compiling the plan of a question takes PostgreSQL up to seconds, which it thinks worth while for
# questions of many parts that read a few rows: those of a page.
_BOUNDED = (
    "SELECT set_config('lock_timeout', '{0.lock}s', true),"
    " set_config('statement_timeout', '{0.statement}s', true),"
    " set_config('idle_in_transaction_session_timeout', '{0.idle}s', true),"
    " set_config('jit', 'off', true), set_config('join_collapse_limit', '11', true)"
)
_READ_ONLY = ", set_config('transaction_read_only', 'on', true)"


_MARGIN_SECONDS = 2
"""The database ends what takes too long by itself; so much later its silence is not waited for."""


def _connect_with_patience(engine: Engine) -> None:
    """Have connections to PostgreSQL wait for an answer for so long only as the transaction may
    take.

    A server that waits for a standby which is not there answers no COMMIT, and none of its own
    bounds ends that. A connection given up on is lost: nobody knows what became of it.
    """
    # Heavy, and banks kept in SQLite never need it.
    import psycopg  # noqa: PLC0415

    class Patient(psycopg.Connection[Any]):
        patience: float | None = None

        def wait(self, gen: Any, interval: float = 0.1, timeout: float | None = None) -> Any:
            try:
                return super().wait(gen, interval, timeout or self.patience)
            except psycopg.OperationalError:
                if self.pgconn.transaction_status == psycopg.pq.TransactionStatus.ACTIVE:
                    self.pgconn.finish()
                raise

    @event.listens_for(engine, "do_connect")
    def on_connect(dialect: object, record: object, words: Any, names: dict[str, Any]) -> Any:
        return Patient.connect(*words, **names)


def _begin_on_postgresql(engine: Engine) -> None:
    """Say at the start of each transaction how long it may wait, and that it reads only unless
    told.

    For the transaction alone: behind a pooler the connection is somebody else's afterwards.
    """

    @event.listens_for(engine, "begin")
    def on_begin(connection: Connection) -> None:
        driver: Any = connection.connection.dbapi_connection
        if driver.autocommit:
            return
        reads = not connection.get_execution_options().get(_WRITES)
        bounds = _bounds(connection)
        driver.patience = bounds.statement + _MARGIN_SECONDS if bounds.statement else None
        words = _BOUNDED.format(bounds)
        connection.exec_driver_sql(words + (_READ_ONLY if reads else ""))


def _greet_after_a_rest(engine: Engine) -> None:
    """Ask a connection whether it is still there before it is used again, if it has not been used
    for a while.

    The pool's own `pool_pre_ping` asks every time, which costs a posting a third more round trips.
    """

    @event.listens_for(engine, "checkin")
    def on_checkin(connection: object, record: ConnectionPoolEntry) -> None:
        record.info["rests_since"] = time.monotonic()

    @event.listens_for(engine, "checkout")
    def on_checkout(connection: Any, record: ConnectionPoolEntry, proxy: object) -> None:
        since = record.info.get("rests_since")
        if since is None or time.monotonic() - since < _REST_SECONDS:
            return
        try:
            engine.dialect.do_ping(connection)
        except engine.dialect.loaded_dbapi.Error as error:
            raise DisconnectionError from error


def _keep_sqlite_to_its_word(engine: Engine) -> None:
    """Real transactions, foreign keys, durable commits.

    The sqlite3 module's own transaction handling starts one only at the first write, so that two
    processes can read the same value and the second silently overwrite the first. Here every
    transaction is begun in so many words, and a writing one takes the write lock before it reads.
    """

    @event.listens_for(engine, "connect")
    def on_connect(connection: Any, record: object) -> None:
        connection.isolation_level = None
        for pragma in (
            "journal_mode=WAL",
            "foreign_keys=ON",
            "synchronous=FULL",
            # What is erased is overwritten, so that it is in no byte of the file any more.
            "secure_delete=ON",
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def on_begin(connection: Connection) -> None:
        connection.info["writes"] = writes = bool(connection.get_execution_options().get(_WRITES))
        wait = 1000 * _bounds(connection).lock
        if connection.info.get("waits") != wait:
            connection.exec_driver_sql(f"PRAGMA busy_timeout={wait}")
            connection.info["waits"] = wait
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
        connection.info["changes"] = changes_of(connection)

    # SQLite could be told `query_only`, and would prepare every statement of the connection anew
    # each time that it is: a request that reads and then writes paid a fifth of its time for it.

    @event.listens_for(engine, "before_cursor_execute")
    def on_execute(connection: Connection, cursor: object, statement: str, *more: object) -> None:
        if not connection.info["writes"] and not _READS.match(statement):
            refuse(statement)

    @event.listens_for(engine, "commit")
    def on_commit(connection: Connection) -> None:
        # What writes can begin like what reads: WITH … DELETE.
        if not connection.info["writes"] and connection.info["changes"] != changes_of(connection):
            driver_of(connection).rollback()
            refuse("COMMIT")

    def changes_of(connection: Connection) -> int:
        return driver_of(connection).total_changes

    def driver_of(connection: Connection) -> sqlite3.Connection:
        return cast(sqlite3.Connection, connection.connection.dbapi_connection)

    def refuse(statement: str) -> NoReturn:
        raise OperationalError(statement, None, sqlite3.OperationalError(_READ_ONLY_WORDS))


_READS = re.compile(
    r"[\s(]*(SELECT|WITH|VALUES|PRAGMA|EXPLAIN|BEGIN|SAVEPOINT|RELEASE|ROLLBACK)\b", re.IGNORECASE
)
_READ_ONLY_WORDS = "attempt to write a readonly database"


def wipe() -> bool:
    """SQLite: empty the write-ahead log, where what was erased since still stands. (In the file
    itself it is overwritten as it is erased.) False while somebody reads what stands there.

    On PostgreSQL this is the autovacuum's, and there is nothing to do.
    """
    if db.engine.dialect.name != "sqlite":
        return True
    connection = db.engine.raw_connection()
    try:
        cursor = connection.cursor()
        # Nobody is waited for: whoever reads may do so for long. `on_begin` sets it anew.
        cursor.execute("PRAGMA busy_timeout=0")
        connection.info["waits"] = 0
        try:
            row = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        except sqlite3.OperationalError:  # Somebody else is at it.
            return False
        return row is not None and not row[0]
    finally:
        connection.close()


def take_stock(session: Session) -> None:
    """Have the database count what stands in its tables now. By that it chooses its way to what it
    is asked for: where a file has just filled them it knows nothing of them, and looks through all.
    """
    if session.get_bind().dialect.name == "sqlite":
        # It looks at so many rows of each index, and not at all of them.
        session.execute(text("PRAGMA analysis_limit=1000"))
        session.execute(text("ANALYZE"))
    else:
        # The tables are their owner's to count: the function acts for them.
        session.execute(text("SELECT take_stock()"))


WRITING: dict[str, Any] = {_WRITES: True}
"""Execution options of a connection that is going to write."""


def reading() -> Session:
    """The session of this request or command, for reading. It refuses to write."""
    return cast(Session, db.session())


@contextmanager
def transaction() -> Generator[Session]:
    """A writing transaction: committed at the end of the block, rolled back when anything is
    raised.

    Inside another one it joins it: the outermost block commits. Whatever this session had read
    before is read again, so that nothing is decided on a stale row. Only faces, commands and jobs
    open one; services take its session and flush.

    Raises Unavailable when the database is away, busy, full or read-only. When it went away in the
    middle of the commit, nobody knows what became of it: whoever sends the same again, with its
    key, has it done once.
    """
    session = reading()
    if session.info.get(_WRITES):
        yield session
        return
    session.rollback()
    session.expire_all()
    with _place():
        session.info[_WRITES] = True
        try:
            session.connection(execution_options=WRITING)
            yield session
            session.commit()
        except BaseException as error:
            session.rollback()
            refusal = away.of(error, writing=True)
            if refusal is not None:
                _look_for_the_writer(session, refusal)
                raise refusal from error
            raise
        finally:
            del session.info[_WRITES]
            no_log = session.info.pop(NO_LOG, False)
    if no_log:
        wipe()


def _look_for_the_writer(session: Session, refusal: Unavailable) -> None:
    """A server that writes no longer has handed over to another: every connection is made anew,
    and finds that one."""
    engine = session.get_bind()
    if (
        refusal.message is away.READ_ONLY
        and isinstance(engine, Engine)
        and engine.dialect.name == "postgresql"
    ):
        engine.dispose()


@contextmanager
def _place() -> Generator[None]:
    """A place among the requests that write, where only so many may. Raises Unavailable when there
    is none."""
    if not has_request_context():
        yield
        return
    if not _places.acquire(timeout=_PLACE_SECONDS):
        raise Unavailable(away.BUSY, seconds=REQUEST.lock)
    try:
        yield
    finally:
        _places.release()


@contextmanager
def snapshot() -> Generator[Session]:
    """A session of its own, for reading, that sees the database as it stands at its first look,
    however long it reads."""
    with Session(db.engine) as session:
        if db.engine.dialect.name == "postgresql":
            session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
        yield session


def migrate(url: str, revision: str = "head") -> None:
    """Bring the database at `url` up (or down) to a revision, in one transaction."""
    from alembic import command  # noqa: PLC0415  (heavy, and most starts find nothing to bring up)
    from alembic.config import Config as AlembicConfig  # noqa: PLC0415

    engine = create_engine(url, **engine_options(url))
    prepare(engine)
    alembic = AlembicConfig()
    alembic.set_main_option("script_location", str(MIGRATIONS))
    options = {**WRITING, _UNBOUNDED: True}
    try:
        with engine.connect().execution_options(**options) as connection:
            alembic.attributes["connection"] = connection
            down = revision == "base" or revision.startswith("-")
            change = command.downgrade if down else command.upgrade
            change(alembic, revision)
            connection.commit()
    finally:
        engine.dispose()
