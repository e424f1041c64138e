"""What every table stands on: the declarative base, the naming of constraints, the type for
instants; and short lists."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from itertools import islice
from typing import Any, Generic, TypeVar, cast

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    DateTime,
    Dialect,
    ForeignKeyConstraint,
    Integer,
    MetaData,
    Select,
    String,
    Table,
    case,
    func,
    inspect,
    literal,
    or_,
    select,
    union_all,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.types import TypeDecorator

from timebank.errors import NotFound
from timebank.say import Said

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


BigId = BigInteger().with_variant(Integer(), "sqlite")
"""Ids that outgrow 32 bits. SQLite counts up an INTEGER alone, which has 64 there."""


class Instant(TypeDecorator[datetime]):
    """An instant in UTC: `timestamptz` on PostgreSQL, UTC text on SQLite. Aware datetimes only,
    both ways."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("An instant needs a time zone.")
        return value.astimezone(UTC)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


Code = TypeVar("Code", bound=StrEnum)


class Coded(TypeDecorator[Code]):
    """One of a closed set: its code in the table, a member of its StrEnum in Python."""

    impl = String
    cache_ok = True

    def __init__(self, codes: type[Code], length: int):
        super().__init__(length)
        self.codes = codes
        self._by_code = {str(code): code for code in codes}

    def process_bind_param(self, value: Code | str | None, dialect: Dialect) -> str | None:
        return None if value is None else str(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Code | None:
        if value is None:
            return None
        # Looked up, for most rows have some; what is none of the codes is refused in words.
        return self._by_code.get(value) or self.codes(value)


def is_one_of(column: str, codes: Iterable[str]) -> str:
    """The text of a CHECK that a column holds one of these codes."""
    return f"{column} IN {tuple(str(code) for code in codes)}"


class Base(DeclarativeBase):
    """Base of every model; its metadata is what Flask-SQLAlchemy and Alembic work from."""

    metadata = MetaData(naming_convention=NAMES)


NO_ROWID = {"sqlite_with_rowid": False}
"""For tables without a number of SQLite's own, which would tell the order in which rows came in."""


def key_to(table: str, column: str) -> ForeignKeyConstraint:
    """A foreign key to the id of another table's row of the same bank."""
    return ForeignKeyConstraint(["bank_id", column], [f"{table}.bank_id", f"{table}.id"])


def table_of(model: type[Base]) -> Table:
    """The model's table, for statements that go past the unit of work: rows that are written and
    not held."""
    return cast(Table, model.__table__)


def columns_of(row: Base, *, leave_out: Iterable[str] = ()) -> dict[str, Any]:
    """What a row holds, by the names of its columns, but for those left out."""
    return {
        column.key: getattr(row, column.key)
        for column in inspect(type(row)).column_attrs
        if column.key not in leave_out
    }


def insert_of(session: Session) -> Any:
    """The `insert` of the session's database: only those of PostgreSQL and SQLite themselves know
    ON CONFLICT."""
    return postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert


Row = TypeVar("Row")


def one_or_refuse(session: Session, statement: Select[Row], words: Said) -> Row:
    """The one row that is asked for. Raises NotFound with these words where there is none."""
    row = session.execute(statement).scalar_one_or_none()
    if row is None:
        raise NotFound(words)
    return row


Rows = TypeVar("Rows", bound=Select[Any])


def held(statement: Rows) -> Rows:
    """The same rows as they stand now, which nobody else changes until this transaction ends. On
    SQLite there is only ever one writer."""
    return statement.with_for_update().execution_options(populate_existing=True)


One = TypeVar("One")


def batches(rows: Iterable[One], size: int) -> Iterator[list[One]]:
    """The rows, so many at a time."""
    rest = iter(rows)
    while batch := list(islice(rest, size)):
        yield batch


@dataclass(frozen=True)
class Some(Generic[One]):
    """The first few of a list, and how many there are in all."""

    shown: Sequence[One]
    total: int


def some(session: Session, statement: Select[*tuple[Any, ...]], limit: int) -> Some[Any]:
    """The first `limit` rows of a statement and the number of all, in one question. A row of one
    column is that column."""
    rows = session.execute(statement.add_columns(func.count().over()).limit(limit)).all()
    return Some([row[0] if len(row) == 2 else row[:-1] for row in rows], rows[0][-1] if rows else 0)


def some_of_all(
    session: Session, kinds: Mapping[str, Select[*tuple[Any, ...]]], limit: int
) -> dict[str, Some[Any]]:
    """The first `limit` rows of each of several statements and the number of all, in one question.

    All of them read the same columns, of which `on` and then `id` are their order.
    """
    each = union_all(
        *(wanted.add_columns(literal(kind).label("kind")) for kind, wanted in kinds.items())
    ).subquery()
    ranked = select(
        *each.c,
        func.row_number()
        .over(partition_by=each.c.kind, order_by=[each.c.on, each.c.id])
        .label("place"),
        func.count().over(partition_by=each.c.kind).label("total"),
    ).subquery()
    rows = session.execute(
        select(ranked).where(ranked.c.place <= limit).order_by(ranked.c.place)
    ).all()
    return {
        kind: Some(
            [row for row in rows if row.kind == kind],
            next((row.total for row in rows if row.kind == kind), 0),
        )
        for kind in kinds
    }


def some_of_each(
    session: Session,
    statement: Select[*tuple[Any, ...]],
    kinds: Mapping[str, ColumnElement[bool]],
    *wanted: ColumnElement[bool],
    key: Any,
    order: Sequence[Any],
    limit: int,
) -> dict[str, Some[Any]]:
    """The first `limit` rows of each kind and the number of all of that kind, in one question.

    `statement` reads whole rows, by the column `key`; `order` are columns. What is of no kind or
    not `wanted` is left out; what could be of several is of the first. They are told apart and
    counted before the statement joins anything, so that it does so for those alone that are shown.
    """
    kind = case(*((condition, name) for name, condition in kinds.items()))
    places = [column.label(f"order_{place}") for place, column in enumerate(order)]
    each = (
        select(key.label("key"), kind.label("kind"), *places)
        .where(*wanted, or_(*kinds.values()))
        .subquery()
    )
    in_order: list[ColumnElement[Any]] = [each.c[place.name] for place in places]
    ranked = select(
        each.c.key,
        each.c.kind,
        func.row_number().over(partition_by=each.c.kind, order_by=in_order).label("place"),
        func.count().over(partition_by=each.c.kind).label("total"),
    ).subquery()
    # How many these are at most is said twice: by the number alone the database knows that they are
    # few, and finds what belongs to each by index instead of joining everything there is.
    first = select(ranked).where(ranked.c.place <= limit).limit(limit * len(kinds)).subquery()
    rows = session.execute(
        statement.add_columns(first.c.kind, first.c.total)
        .join(first, first.c.key == key)
        .order_by(first.c.place)
    )
    rows_of: dict[str, list[Any]] = {name: [] for name in kinds}
    totals = dict.fromkeys(kinds, 0)
    for *row, name, total in rows:
        rows_of[name].append(row)
        totals[name] = total
    return {name: Some(rows_of[name], totals[name]) for name in kinds}


NO_LOG = "timebank_no_log"


def leave_no_log(session: Session) -> None:
    """What this transaction writes leaves the write-ahead log as soon as it is committed: on SQLite
    the log says which rows were written together, and in which order."""
    session.info[NO_LOG] = True
