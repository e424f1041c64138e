"""The database: one Flask-SQLAlchemy object, engine set-up for SQLite and PostgreSQL, and
`transaction()`."""

import pathlib
import time
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any, cast

from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Engine, create_engine, event, make_url
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.orm import Session
from sqlalchemy.pool import ConnectionPoolEntry

from timebank.base import Base
from timebank.config import MIGRATIONS

db = SQLAlchemy(
    metadata=Base.metadata, session_options={"autoflush": True, "expire_on_commit": False}
)

_WRITES = "timebank_writes"
_REST_SECONDS = 5.0


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
    if make_url(url).get_backend_name() == "sqlite":
        return {"connect_args": {"timeout": 30}}
    return {"pool_size": 10, "max_overflow": 20}


def prepare(engine: Engine) -> None:
    """Give the engine what its options cannot say."""
    if engine.dialect.name == "sqlite":
        _keep_sqlite_to_its_word(engine)
    else:
        _read_only_unless_told(engine)
        _greet_after_a_rest(engine)


def _read_only_unless_told(engine: Engine) -> None:
    @event.listens_for(engine, "begin")
    def on_begin(connection: Connection) -> None:
        driver: Any = connection.connection.dbapi_connection
        reads = not connection.get_execution_options().get(_WRITES)
        if driver.read_only is not reads and not driver.autocommit:
            driver.read_only = reads


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
            "busy_timeout=30000",
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def on_begin(connection: Connection) -> None:
        writes = bool(connection.get_execution_options().get(_WRITES))
        connection.exec_driver_sql(f"PRAGMA query_only={'OFF' if writes else 'ON'}")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


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
    """
    session = reading()
    if session.info.get(_WRITES):
        yield session
        return
    session.rollback()
    session.expire_all()
    session.info[_WRITES] = True
    try:
        session.connection(execution_options=WRITING)
        yield session
        session.commit()
    except BaseException:
        session.rollback()
        raise
    finally:
        del session.info[_WRITES]


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
    with engine.connect().execution_options(**WRITING) as connection:
        alembic.attributes["connection"] = connection
        change = (
            command.downgrade if revision == "base" or revision.startswith("-") else command.upgrade
        )
        change(alembic, revision)
        connection.commit()
    engine.dispose()
