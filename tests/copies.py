"""Copies of what stands in a database, for another of the same shape."""

import sqlite3
from contextlib import closing
from typing import Any

import psycopg
from psycopg import sql
from sqlalchemy import Engine

_TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
_SEQUENCES = """
SELECT sequencename, last_value FROM pg_sequences
WHERE schemaname = 'public' AND last_value IS NOT NULL
"""


class Rows:
    """All rows of a database, and where its sequences are."""

    def __init__(self, engine: Engine):
        if engine.dialect.name == "sqlite":
            self.file = sqlite3.connect(":memory:", check_same_thread=False)
            with closing(sqlite3.connect(str(engine.url.database))) as file:
                file.backup(self.file)
            return
        with _connected(engine) as connection, connection.cursor() as cursor:
            tables = [name for (name,) in cursor.execute(_TABLES).fetchall()]
            self.tables = {name: _written(cursor, name) for name in tables}
            self.sequences = cursor.execute(_SEQUENCES).fetchall()

    def copy_to(self, engine: Engine) -> None:
        """Have the rows stand in this database instead of what stands there. Its guards sleep
        meanwhile: what we copy has passed them."""
        engine.dispose()
        if engine.dialect.name == "sqlite":
            with closing(sqlite3.connect(str(engine.url.database))) as file:
                self.file.backup(file)
            return
        with _connected(engine) as connection, connection.cursor() as cursor:
            cursor.execute("SET session_replication_role = replica")
            for table, rows in self.tables.items():
                name = sql.Identifier(table)
                cursor.execute(sql.SQL("DELETE FROM {}").format(name))
                if rows:
                    into = sql.SQL("COPY {} FROM STDIN (FORMAT binary)").format(name)
                    with cursor.copy(into) as copy:
                        copy.write(rows)
            for sequence, value in self.sequences:
                cursor.execute("SELECT setval(%s, %s)", (f'public."{sequence}"', value))


def _written(cursor: Any, table: str) -> bytes:
    """The table's rows as PostgreSQL writes them, or nothing when there are none."""
    name = sql.Identifier(table)
    if not cursor.execute(sql.SQL("SELECT EXISTS (SELECT 1 FROM {})").format(name)).fetchone()[0]:
        return b""
    with cursor.copy(sql.SQL("COPY {} TO STDOUT (FORMAT binary)").format(name)) as copy:
        return b"".join(copy)


def _connected(engine: Engine) -> Any:
    url = engine.url.set(drivername="postgresql")
    return psycopg.connect(url.render_as_string(hide_password=False))
