"""A town in which there is so much of everything that a list without a bound shows itself."""

import itertools
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from typing import Any

from flask import Flask
from sqlalchemy import Table, UniqueConstraint

from timebank.base import Base, Coded
from timebank.db import db

ENOUGH = 60
"""Of each row there are so many."""

_ONE = (
    *("bank", "job", "worker_beat", "browser_session", "arriving", "block", "intervention"),
    "fund_proposal",
)
"""What there is one of in a bank, what no page shows, and what was shuffled for a ballot as it
was."""

_AFTER = 10**6
"""Numbers of what is copied begin here, so that none meets another's."""


def crowd(app: Flask) -> None:
    """Every row of the town's database sixty times, in a file of SQLite; its guards are gone, since
    what they guard is no question here.

    A copy stands beside its original wherever the original's parents can have more than one, and
    else belongs to a copy of its parent.
    """
    with app.app_context():
        engine = db.engine
    engine.dispose()
    with closing(sqlite3.connect(str(engine.url.database), isolation_level=None)) as file:
        names = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        for (trigger,) in file.execute(names).fetchall():
            file.execute(f'DROP TRIGGER "{trigger}"')
        file.execute("PRAGMA foreign_keys = OFF")
        file.execute("BEGIN")
        for table in Base.metadata.sorted_tables:
            if table.name not in _ONE:
                _copied(file, table)
        file.execute("COMMIT")


def _copied(file: sqlite3.Connection, table: Table) -> None:
    columns = [column.name for column in table.columns]
    rows = file.execute(f'SELECT {", ".join(_quoted(columns))} FROM "{table.name}"').fetchall()
    if len(rows) >= ENOUGH:
        return
    wanted = ", ".join("?" for _ in columns)
    into = f'INSERT OR IGNORE INTO "{table.name}" ({", ".join(_quoted(columns))}) VALUES ({wanted})'
    for row in rows:
        original = dict(zip(columns, row, strict=True))
        for number in range(1, ENOUGH + 1):
            for copy in _ways(table, original, number):
                if file.execute(into, [copy[name] for name in columns]).rowcount:
                    break


def _ways(table: Table, row: dict[str, Any], number: int) -> Iterator[dict[str, Any]]:
    """The copy beside its original first, then those that belong to copies of ever more of its
    parents."""
    unique = {
        column.name
        for key in [*table.constraints, *table.indexes]
        if isinstance(key, UniqueConstraint) or getattr(key, "unique", False)
        for column in key.columns  # pyright: ignore[reportAttributeAccessIssue]
    } | {column.name for column in table.primary_key.columns}
    parents = {
        element.parent.name: element.column.table.name
        for key in table.foreign_key_constraints
        for element in key.elements
        if element.column.table.name not in _ONE and element.column.name == "id"
    }
    copy = row | {
        name: _another(row[name], number)
        for name in unique - parents.keys() - {"bank_id"}
        if row[name] is not None and not isinstance(table.columns[name].type, Coded)
    }
    apart = [name for name in parents if name in unique and row[name] is not None]
    for count in range(len(apart) + 1):
        for names in itertools.combinations(apart, count):
            yield copy | {name: _another(row[name], number) for name in names}


def _another(value: Any, number: int) -> Any:
    if isinstance(value, int):
        return value + _AFTER * number
    if isinstance(value, bytes):
        return value + number.to_bytes(2, "big")
    if re.fullmatch(r"\d{4}-\d\d-\d\d.*", str(value)):
        return value
    return f"{value}{number}"


def _quoted(names: list[str]) -> list[str]:
    return [f'"{name}"' for name in names]
