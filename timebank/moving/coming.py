"""The rows of an archive into the tables: numbered anew in their order, with the keys between them.
The caller commits."""

from array import array
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Table, func, insert, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from timebank.banks.models import Bank
from timebank.base import batches
from timebank.errors import Conflict
from timebank.moving.errors import NoArchive
from timebank.moving.plan import Kept, Plan
from timebank.moving.rules import key_parts
from timebank.moving.unpacking import Archived
from timebank.say import say

_AT_ONCE = 500
_NOBODY = 0
"""The number of what was gone before the bank moved. There never is one of it."""


class _Numbers:
    """Which numbers here rows have that had others at home: two columns of whole numbers, both in
    order."""

    def __init__(self) -> None:
        self.was = array("q")
        self.now = array("q")

    def add(self, was: Sequence[int], now: Sequence[int]) -> None:
        self.was.extend(was)
        self.now.extend(now)

    def new(self, was: int) -> int | None:
        place = bisect_left(self.was, was)
        there = place < len(self.was) and self.was[place] == was
        return self.now[place] if there else None


class Newcomer:
    """A bank on its way in: see `timebank.archive.Coming`."""

    def __init__(self, session: Session, bank: Bank, archived: Archived):
        self.session = session
        self.bank = bank
        self.archived = archived
        self.plan: Plan = archived.plan
        self.numbers: dict[str, _Numbers] = {name: _Numbers() for name in self.plan.tables}
        self.numbers["bank"].add([_id_of_bank(archived)], [bank.id])

    def rows(self, table: str) -> Iterator[dict[str, Any]]:
        """The rows of a table as they were at home, in the order of their ids."""
        return self.archived.rows(table)

    def new(self, table: str, was: int | None) -> int | None:
        """The id here of what had that id at home. Raises NoArchive where there is no such row."""
        if was is None:
            return None
        now = self.numbers[table].new(was)
        if now is None:
            raise NoArchive(
                say(
                    "This archive refers to number %(n)s of “%(table)s”, which is not in it. Export"
                    " the bank again.",
                    n=was,
                    table=table,
                )
            )
        return now

    def number(self, table: str, was: Sequence[int], now: Sequence[int]) -> None:
        """What had these ids at home, in their order, has those here."""
        self.numbers[table].add(was, now)

    def named(self, words: str | None, *, cause: bool = False) -> str | None:
        """A key that names something, as it is here."""
        parts = key_parts(words) if words else None
        if words is None or parts is None:
            return words
        before, word, was, rest = parts
        table = (self.plan.causes if cause else {}).get(word) or self.plan.keys.get(word)
        if table is None:
            return words
        numbers = self.numbers.get(table)
        now = numbers.new(was) if numbers else None
        return f"{before}{word}:{_NOBODY if now is None else now}{rest}"

    def number_all(self) -> None:
        """Give every row that has a number of its own one here, before any of them is written: what
        comes first may name what comes later."""
        for name, own in self.plan.tables.items():
            if own.numbered and name not in ("bank", "entry"):
                was = array("q", (row["id"] for row in self.rows(name)))
                self.number(name, was, _fresh(self.session, own.table, len(was)))

    def write(self, kept: Kept) -> None:
        """Write the rows of a table. Raises NoArchive, Conflict."""
        rows = (self._here(kept, row) for row in _after_their_own(kept, self.rows(kept.name)))
        for batch in batches(rows, _AT_ONCE):
            self._insert(kept.table, batch)

    def _here(self, kept: Kept, row: Mapping[str, Any]) -> dict[str, Any]:
        """A row as it stands here."""
        here = dict(row)
        if kept.numbered:
            here["id"] = self.new(kept.name, row["id"])
        for name, table in kept.ids.items():
            here[name] = self.new(table, row[name])
        for name in kept.named:
            here[name] = self.named(row[name])
        for name, table in kept.lists.items():
            here[name] = self._listed(table, row[name])
        for name in kept.pictures:
            here[name] = self.archived.picture(row[name]) if row[name] else None
        here |= {name: make() for name, make in kept.made.items()}
        return here | {"bank_id": self.bank.id}

    def _listed(self, table: str, value: str | int | None) -> str | int | None:
        """Ids with commas; or one alone, of which 0 is none."""
        if value is None or value in ("", 0):
            return value
        if isinstance(value, int):
            return self.new(table, value)
        try:
            return ",".join(str(self.new(table, int(one))) for one in value.split(","))
        except ValueError as error:
            raise NoArchive(_wrong(table)) from error

    def _insert(self, table: Table, rows: list[dict[str, Any]]) -> None:
        try:
            self.session.execute(insert(table), rows)
        except DBAPIError as error:
            if error.connection_invalidated:
                raise
            raise Conflict(_wrong(table.name)) from error


def _wrong(table: str) -> Any:
    return say(
        "What this archive holds of “%(table)s” is against the rules of a time bank. Nothing was"
        " brought in. Tell whoever wrote the archive.",
        table=table,
    )


def _id_of_bank(archived: Archived) -> int:
    try:
        return int(next(iter(archived.rows("bank")))["id"])
    except (StopIteration, KeyError) as error:
        raise NoArchive(_wrong("bank")) from error


def _fresh(session: Session, table: Table, count: int) -> Sequence[int]:
    """So many numbers that no row of the table has, in order."""
    if not count:
        return ()
    if session.get_bind().dialect.name == "postgresql":
        drawn = text(
            "SELECT nextval(pg_get_serial_sequence(:table, 'id')) FROM generate_series(1, :count)"
        )
        rows = session.execute(drawn, {"table": f'"{table.name}"', "count": count})
        return array("q", sorted(rows.scalars()))
    last = session.execute(select(func.coalesce(func.max(table.c.id), 0))).scalar_one()
    return range(last + 1, last + 1 + count)


def _after_their_own(kept: Kept, rows: Iterator[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """The rows so that each comes after that of the same table which it refers to."""
    if not kept.own:
        yield from rows
        return
    there: set[tuple[Any, ...]] = set()
    waiting: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
    for row in rows:
        ready = [row]
        while ready:
            first = ready.pop()
            missing = next((want for want in _wants(kept, first) if want not in there), None)
            if missing is not None:
                waiting.setdefault(missing, []).append(first)
                continue
            yield first
            for own in _names(kept, first):
                there.add(own)
                ready += waiting.pop(own, [])
    if waiting:
        raise NoArchive(_wrong(kept.name))


def _wants(kept: Kept, row: Mapping[str, Any]) -> Iterator[tuple[Any, ...]]:
    for place, (columns, _) in enumerate(kept.own):
        values = [row[name] for name in columns]
        if None not in values:
            yield (place, *values)


def _names(kept: Kept, row: Mapping[str, Any]) -> Iterator[tuple[Any, ...]]:
    for place, (_, columns) in enumerate(kept.own):
        yield (place, *(row[name] for name in columns))
