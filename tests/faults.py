"""What goes wrong under the application, made on purpose: a database that is away, locked, full,
read-only, or cuts its connections."""

import contextlib
import pathlib
from collections.abc import Generator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.pool import NullPool


@dataclass
class Faults:
    """Each makes the database fail in one way for as long as it is entered."""

    engine: Engine
    outside: Engine
    administrator: Engine

    @property
    def is_sqlite(self) -> bool:
        return self.engine.dialect.name == "sqlite"

    @property
    def name(self) -> str:
        return str(make_url(self.engine.url).database)

    @contextlib.contextmanager
    def away(self) -> Generator[None]:
        self.engine.dispose()
        if self.is_sqlite:
            file = pathlib.Path(self.name)
            aside = file.with_suffix(".aside")
            file.rename(aside)
            file.mkdir()
            yield
            file.rmdir()
            aside.rename(file)
        else:
            self._tell(f'ALTER DATABASE "{self.name}" WITH ALLOW_CONNECTIONS false')
            yield
            self._tell(f'ALTER DATABASE "{self.name}" WITH ALLOW_CONNECTIONS true')
        self.engine.dispose()

    @contextlib.contextmanager
    def locked(self) -> Generator[None]:
        with self.outside.connect() as other:
            if self.is_sqlite:
                other.connection.dbapi_connection.isolation_level = None
                other.exec_driver_sql("BEGIN IMMEDIATE")
            else:
                other.exec_driver_sql("LOCK TABLE request_once IN EXCLUSIVE MODE")
            yield
            other.rollback()

    @contextlib.contextmanager
    def full(self) -> Generator[None]:
        if self.is_sqlite:
            with self.outside.begin() as other:
                other.exec_driver_sql("CREATE TABLE large (content BLOB)")
                other.exec_driver_sql(
                    "CREATE TRIGGER full_disk BEFORE INSERT ON request_once"
                    " BEGIN INSERT INTO large VALUES (zeroblob(10000000)); END"
                )
            with self._just_before("INSERT INTO request_once", "PRAGMA max_page_count=1"):
                yield
            with self.outside.begin() as other:
                other.exec_driver_sql("DROP TRIGGER full_disk")
                other.exec_driver_sql("DROP TABLE large")
            self.engine.dispose()
            return
        with self.outside.begin() as other:
            other.exec_driver_sql(
                "CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
                " RAISE EXCEPTION 'No space left on device' USING ERRCODE = '53100'; END $$"
            )
            other.exec_driver_sql(
                "CREATE TRIGGER full_disk BEFORE INSERT ON request_once"
                " FOR EACH ROW EXECUTE FUNCTION full_disk()"
            )
        yield
        with self.outside.begin() as other:
            other.exec_driver_sql("DROP TRIGGER full_disk ON request_once")

    @contextlib.contextmanager
    def full_for_stock(self) -> Generator[None]:
        """Full by the time the database counts what stands in its tables."""
        if self.is_sqlite:
            with self._just_before("ANALYZE", "PRAGMA max_page_count=1"):
                yield
            self.engine.dispose()
            return
        with self.outside.begin() as other:
            counting = other.exec_driver_sql(
                "SELECT pg_get_functiondef('take_stock'::regproc)"
            ).scalar_one()
            other.exec_driver_sql(
                "CREATE OR REPLACE FUNCTION take_stock() RETURNS void LANGUAGE plpgsql AS $$ BEGIN"
                " RAISE EXCEPTION 'No space left on device' USING ERRCODE = '53100'; END $$"
            )
        yield
        with self.outside.begin() as other:
            other.exec_driver_sql(counting)

    @contextlib.contextmanager
    def read_only(self) -> Generator[None]:
        if self.is_sqlite:
            with self._just_before("INSERT INTO request_once", "PRAGMA query_only=ON"):
                yield
            self.engine.dispose()
            return
        self._tell(f'ALTER DATABASE "{self.name}" SET default_transaction_read_only = on')
        self.engine.dispose()
        yield
        self._tell(f'ALTER DATABASE "{self.name}" RESET default_transaction_read_only')
        self.engine.dispose()

    def cut(self) -> None:
        """End every connection, as a restart of the server does."""
        self._tell(
            f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{self.name}'"
        )

    @contextlib.contextmanager
    def _just_before(self, beginning: str, pragma: str) -> Generator[None]:
        def listen(connection: Connection, cursor: Any, statement: str, *more: object) -> None:
            if statement.startswith(beginning):
                cursor.execute(pragma)

        event.listen(self.engine, "before_cursor_execute", listen)
        yield
        event.remove(self.engine, "before_cursor_execute", listen)

    def _tell(self, statement: str) -> None:
        with self.administrator.connect() as connection:
            connection.execute(text(statement))


@contextlib.contextmanager
def faults_of(engine: Engine, server: str) -> Generator[Faults]:
    """Faults for the database of this engine, on the server of PostgreSQL at that URL."""
    outside = create_engine(engine.url, poolclass=NullPool)
    administrator = create_engine(server, isolation_level="AUTOCOMMIT", poolclass=NullPool)
    yield Faults(engine, outside, administrator)
    outside.dispose()
    administrator.dispose()
