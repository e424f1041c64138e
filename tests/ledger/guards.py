"""Taking one guard at a time away from the books, to see that it is the one that stood in the
way."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Connection

Guard = Callable[[Connection], None]
"""Takes a guard away, on a connection that may be in a transaction."""


def script(connection: Connection, statement: str) -> None:
    """Run a statement as it stands: no colon, question mark or per cent sign in it is a
    parameter."""
    literal = statement.replace("%", "%%") if connection.dialect.name == "postgresql" else statement
    connection.exec_driver_sql(literal)


@dataclass(frozen=True)
class Trigger:
    """A whole trigger."""

    name: str
    table: str

    def __call__(self, connection: Connection) -> None:
        on = f" ON {self.table}" if connection.dialect.name == "postgresql" else ""
        script(connection, f"DROP TRIGGER {self.name}{on}")


@dataclass(frozen=True)
class Rule:
    """One rule within a PostgreSQL function or an SQLite trigger, which keeps all the others."""

    where: str
    rule: str

    def __call__(self, connection: Connection) -> None:
        if connection.dialect.name == "postgresql":
            rewrite(
                connection,
                self.where,
                lambda body: body.replace(f"ledger_refuse('{self.rule}'", f"concat('{self.rule}'"),
            )
        else:
            rewrite(
                connection,
                self.where,
                lambda body: re.sub(rf"\n  SELECT RAISE\(ABORT, '{self.rule}:[^;]*;", "", body),
            )


@dataclass(frozen=True)
class Words:
    """A condition within a function or trigger, put in other words."""

    where: str
    old: str
    new: str

    def __call__(self, connection: Connection) -> None:
        rewrite(connection, self.where, lambda body: body.replace(self.old, self.new))


class Override(Words):
    """Where the database puts its own value in place of a forged one: no refusal, but in the way
    all the same."""


@dataclass(frozen=True)
class Constraint:
    """A constraint of a table."""

    name: str
    table: str

    def __call__(self, connection: Connection) -> None:
        if connection.dialect.name == "postgresql":
            script(connection, f"ALTER TABLE {self.table} DROP CONSTRAINT {self.name}")
        else:
            _rebuild_without(connection, self.table, self.name)


@dataclass(frozen=True)
class Index:
    """A unique index."""

    name: str

    def __call__(self, connection: Connection) -> None:
        script(connection, f"DROP INDEX {self.name}")


def rewrite(connection: Connection, where: str, change: Callable[[str], str]) -> None:
    """Replace a function or trigger by an altered one. The alteration must alter something."""
    if connection.dialect.name == "postgresql":
        old = connection.exec_driver_sql(
            f"SELECT pg_get_functiondef('{where}'::regproc)"
        ).scalar_one()
    else:
        old = _source(connection, where)
        script(connection, f"DROP TRIGGER {where}")
    new = change(old)
    assert new != old, f"{where} has nothing of the kind"
    script(connection, new)


def _source(connection: Connection, name: str) -> str:
    return connection.exec_driver_sql(
        "SELECT sql FROM sqlite_master WHERE name = ?", (name,)
    ).scalar_one()


def _rebuild_without(connection: Connection, table: str, constraint: str) -> None:
    """SQLite cannot drop a constraint: copy the table to one without it, and put its indexes and
    triggers back.

    Foreign keys must be off, which is only possible outside a transaction.
    """
    old = _source(connection, table)
    new = re.sub(
        rf",\s*CONSTRAINT {constraint} (?:CHECK|UNIQUE|PRIMARY KEY|FOREIGN KEY)[^\n]*?(?=,?\s*\n)",
        "",
        old,
    )
    assert new != old, f"{table} has no constraint {constraint}"
    others = connection.exec_driver_sql(
        "SELECT sql FROM sqlite_master WHERE tbl_name = ? AND type IN ('index', 'trigger') AND sql"
        " IS NOT NULL",
        (table,),
    ).all()
    script(connection, "PRAGMA legacy_alter_table=ON")
    script(connection, re.sub(rf'CREATE TABLE "?{table}"?', "CREATE TABLE rebuilt", new))
    script(connection, f"INSERT INTO rebuilt SELECT * FROM {table}")
    script(connection, f"DROP TABLE {table}")
    script(connection, f"ALTER TABLE rebuilt RENAME TO {table}")
    for (statement,) in others:
        script(connection, statement)
