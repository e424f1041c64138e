"""What of the rooms' tables moves, in which order, and how each column is read and written: put
together from what the rooms say and from the keys of their tables."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from sqlalchemy import Select, Table, select
from sqlalchemy.sql.ddl import sort_tables

from timebank.archive import Archive, Behind
from timebank.banks.models import Bank
from timebank.base import Base
from timebank.moving.rules import Column
from timebank.room import Room

_NAMED = ("by", "on_word_of")
_AFTER = {
    "fund_ballot": ("fund_proposal",),
    "fund_count": ("fund_proposal", "fund_ballot", "fund_elector"),
}
"""Tables whose rows are worked out from those of others that no key of theirs refers to."""


@dataclass(frozen=True)
class Kept:
    """A table that moves: its columns as they go along, which table each of its ids is of, which
    columns hold a key in words, and which ids with commas."""

    table: Table
    columns: Mapping[str, Column]
    ids: Mapping[str, str]
    named: Sequence[str]
    lists: Mapping[str, str]
    made: Mapping[str, Callable[[], object]]
    reads: Callable[[Bank], Select[Any]]
    own: Sequence[tuple[Sequence[str], Sequence[str]]]
    """Keys of the table onto itself: the columns, and those they refer to."""

    @property
    def name(self) -> str:
        return self.table.name

    @property
    def numbered(self) -> bool:
        """Whether its rows have a number of their own."""
        return "id" in self.columns and "id" not in self.ids

    @property
    def key(self) -> list[str]:
        """The columns of its primary key, but for the bank's."""
        return [column.name for column in self.table.primary_key if column.name in self.columns]

    @property
    def pictures(self) -> list[str]:
        """Columns whose values are files of their own."""
        return [name for name, column in self.columns.items() if column.datatype == "anyURI"]


@dataclass(frozen=True)
class Plan:
    """Everything that moves, in the order in which it comes in, and what the rooms say of it."""

    tables: Mapping[str, Kept]
    behind: Sequence[Behind]
    keys: Mapping[str, str]
    causes: Mapping[str, str]
    archives: Sequence[Archive] = field(repr=False)

    def writer_of(self, table: str) -> Archive | None:
        """The room that writes the rows of a table itself."""
        return next((one for one in self.archives if table in one.writes), None)


def tables() -> Mapping[str, Table]:
    """Every table there is."""
    return Base.metadata.tables


def plan_of(rooms: Iterable[Room]) -> Plan:
    """What these rooms say, put together."""
    archives = [room.archive for room in rooms]
    behind = [one for archive in archives for one in archive.behind]
    left = {one.what: one for one in behind}
    names = [name for archive in archives for name in archive.keeps]
    return Plan(
        {name: _kept(name, archives, left) for name in _in_order(names)},
        behind,
        {word: table for archive in archives for word, table in archive.keys.items()},
        {word: table for archive in archives for word, table in archive.causes.items()},
        archives,
    )


def _in_order(names: Sequence[str]) -> Iterator[str]:
    """The tables so that each comes after those it refers to."""
    later = [
        (tables()[before], tables()[table]) for table, others in _AFTER.items() for before in others
    ]
    ordered = sort_tables(list(tables().values()), extra_dependencies=later)
    return (table.name for table in ordered if table.name in names)


def _kept(name: str, archives: Sequence[Archive], left: Mapping[str, Behind]) -> Kept:
    table = tables()[name]
    own_columns = [
        column
        for column in table.columns
        if column.name != "bank_id" and f"{name}.{column.name}" not in left
    ]
    reading = next((archive.reads[name] for archive in archives if name in archive.reads), None)
    if reading is None:
        columns = {one.name: Column(one.name, one.type, bool(one.nullable)) for one in own_columns}
    else:
        columns = {
            one.name: Column(one.name, one.type) for one in reading(Bank(id=0)).selected_columns
        }
    named = {one for archive in archives for one in archive.named}
    return Kept(
        table,
        columns,
        {one: of for one in columns if (of := _id_of(table, one)) is not None},
        [
            one
            for one in columns
            if one in _NAMED or one.endswith("_by") or f"{name}.{one}" in named
        ],
        {
            one: of
            for archive in archives
            for place, of in archive.lists.items()
            for table_name, _, one in [place.partition(".")]
            if table_name == name
        },
        {
            what.partition(".")[2]: one.instead
            for what, one in left.items()
            if one.instead is not None and what.partition(".")[0] == name
        },
        reading or (lambda bank: _as_it_stands(table, own_columns, bank)),
        [
            (
                [one.parent.name for one in key.elements if one.parent.name != "bank_id"],
                [one.column.name for one in key.elements if one.column.name != "bank_id"],
            )
            for key in table.foreign_key_constraints
            if key.referred_table is table
        ],
    )


def _as_it_stands(table: Table, columns: Sequence[Any], bank: Bank) -> Any:
    own = table.columns.id if table.name == "bank" else table.columns.bank_id
    return select(*columns).where(own == bank.id).order_by(*table.primary_key)


@cache
def _id_of(table: Table, column: str) -> str | None:
    """Of which table the ids of a column are; None for one without ids of others.

    Keys that are looked at when a transaction ends are of what comes in together, such as an entry
    and its last posting.
    """
    if column not in table.columns or column == "bank_id":
        return None
    there = [
        element.column
        for key in table.foreign_key_constraints
        if not key.deferrable
        for element in key.elements
        if element.parent.name == column
    ]
    if any(one.name == "id" for one in there):
        return next(one.table.name for one in there if one.name == "id")
    deeper = (_id_of(one.table, one.name) for one in there if one.table is not table)
    return next((of for of in deeper if of is not None), None)
