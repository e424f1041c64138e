"""Whether a request has changed anything: triggers on the tables take down what is written, and a
request that was refused must have left nothing behind."""

from collections.abc import Callable, Iterable
from typing import Any

from flask import Flask
from sqlalchemy import Connection, create_engine

from timebank.base import Base

MAY_BE_WRITTEN = {
    "browser_session": "when a session was last used",
    "failed_sign_in": "what one has guessed and asked for, which is rationed",
    "token": "when a key was last used",
}
"""What is written down of those who are refused, too."""

WRITES = ("POST", "PUT", "PATCH", "DELETE")
ELSEWHERE = ("/sign-in", "/second-factor")
"""Where somebody is sent instead of being let through."""

_STEPS = ("INSERT", "UPDATE", "DELETE")


class Watch:
    """A door before the application, which raises AssertionError where a refused request changed
    something."""

    def __init__(self, app: Flask, database: str):
        self._app = app
        self._through = app.wsgi_app
        app.wsgi_app = self
        self._engine = create_engine(database, isolation_level="AUTOCOMMIT")
        self._connection = self._engine.connect()
        _install(self._connection)

    def close(self) -> None:
        self._app.wsgi_app = self._through
        self._connection.close()
        self._engine.dispose()

    def changed(self, since: int) -> list[str]:
        """What was written after so many changes: `member UPDATE`."""
        return list(
            self._connection.exec_driver_sql(
                f"SELECT what FROM watched WHERE id > {since} ORDER BY id"
            ).scalars()
        )

    def __call__(
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[Any]:
        if environ["REQUEST_METHOD"] not in WRITES:
            return self._through(environ, start_response)
        before = self._last()

        def begin(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
            to = dict(headers).get("Location", "")
            if int(status[:3]) >= 400 or to.startswith(ELSEWHERE):
                changed = self.changed(before)
                asked = f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}"
                assert not changed, f"{asked} answers {status} and leaves {changed}"
            return start_response(status, headers, *more)

        return self._through(environ, begin)

    def _last(self) -> int:
        return self._connection.exec_driver_sql(
            "SELECT coalesce(max(id), 0) FROM watched"
        ).scalar_one()


def _install(connection: Connection) -> None:
    tables = sorted(Base.metadata.tables.keys() - MAY_BE_WRITTEN.keys())
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("CREATE TABLE watched (id INTEGER PRIMARY KEY, what TEXT)")
        for table in tables:
            for step in _STEPS:
                connection.exec_driver_sql(
                    f'CREATE TRIGGER "watch_{table}_{step}" AFTER {step} ON "{table}"'
                    f" BEGIN INSERT INTO watched (what) VALUES ('{table} {step}'); END"
                )
        return
    connection.exec_driver_sql("CREATE TABLE watched (id SERIAL PRIMARY KEY, what TEXT)")
    connection.exec_driver_sql(
        "CREATE FUNCTION watched() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        " INSERT INTO watched (what) VALUES (TG_TABLE_NAME || ' ' || TG_OP); RETURN NULL; END $$"
    )
    for table in tables:
        connection.exec_driver_sql(
            f'CREATE TRIGGER watch AFTER {" OR ".join(_STEPS)} ON "{table}"'
            " FOR EACH ROW EXECUTE FUNCTION watched()"
        )
