"""Rows from one member to another, and back: what `timebank.room.Carry` says, done to the
tables."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Table, func, not_, select, update
from sqlalchemy.orm import Session

from timebank.banks.models import Bank
from timebank.base import Base
from timebank.room import Carry, Change, Two

Values = Mapping[str, int | str | None]


def carry(session: Session, bank: Bank, carries: Iterable[Carry], two: Two) -> list[Change]:
    """Have whoever stays stand in these columns for whoever goes; which rows were changed."""
    session.flush()
    changes = [each for one in carries for each in _carry(session, bank, one, two)]
    session.expire_all()
    return changes


def _carry(session: Session, bank: Bank, what: Carry, two: Two) -> Sequence[Change]:
    name, column_name = what.column.split(".")
    table = Base.metadata.tables[name]
    column = table.columns[column_name]
    before, after = (_named(table, column_name, member) for member in (two.goes, two.stays))
    wanted = [table.c.bank_id == bank.id, column == before]
    if what.other is not None:
        wanted.append(table.c[what.other].is_distinct_from(after))
    if what.once is not None:
        wanted.append(not_(_there_already(table, column_name, what, after)))
    key = [each for each in table.primary_key.columns if each.name != "bank_id"]
    rows = session.execute(select(*key).where(*wanted).order_by(*key)).mappings().all()
    changes: list[Change] = []
    for row in rows:
        own = dict(row)
        session.execute(
            update(table)
            .where(table.c.bank_id == bank.id, *_is(table, own))
            .values({column_name: after})
        )
        # Where the column is part of the key, the row is found by the new one.
        found_by = {**own, **({column_name: after} if column_name in own else {})}
        changes.append(Change(name, found_by, {column_name: before}, {column_name: after}))
    return changes


def _named(table: Table, column_name: str, member: Any) -> int | str:
    """How a column names a member: by id, by their account's, or by a key."""
    for key in table.foreign_key_constraints:
        if column_name in key.column_keys and column_name != "bank_id":
            return member.account_id if key.referred_table.name == "account" else member.id
    return f"member:{member.id}"


def _there_already(
    table: Table, column_name: str, what: Carry, after: int | str
) -> ColumnElement[bool]:
    """Whether whoever stays has such a row."""
    held = table.alias()
    same = [
        held.c.bank_id == table.c.bank_id,
        held.c[column_name] == after,
        *(held.c[name] == table.c[name] for name in what.once or ()),
    ]
    if what.live is not None:
        same += [held.c[what.live].is_(None), table.c[what.live].is_(None)]
    return select(held.c.bank_id).where(*same).exists()


def _is(table: Table, values: Values) -> list[ColumnElement[bool]]:
    return [
        table.c[name].is_not_distinct_from(_typed(table, name, value))
        for name, value in values.items()
    ]


def _typed(table: Table, name: str, value: int | str | None) -> Any:
    """A value of a row as its column takes it: days are kept as text."""
    if value is not None and table.c[name].type.python_type is date:
        return date.fromisoformat(str(value))
    return value


def put_back(session: Session, bank: Bank, changes: Sequence[Change]) -> dict[str, int]:
    """Put these rows back as they were, the last change first; how many, by table, were not to be
    found any more as the merge left them."""
    session.flush()
    gone: dict[str, int] = {}
    for change in reversed(changes):
        table = Base.metadata.tables[change.table]
        row = (table.c.bank_id == bank.id, *_is(table, change.key))
        values = {name: _typed(table, name, value) for name, value in change.before.items()}
        changed = session.execute(
            select(func.count()).select_from(table).where(*row, *_is(table, change.after))
        ).scalar_one()
        if changed:
            session.execute(update(table).where(*row).values(values))
        elif not session.execute(
            select(func.count()).select_from(table).where(*row, *_is(table, change.before))
        ).scalar_one():
            gone[change.table] = gone.get(change.table, 0) + 1
    session.expire_all()
    return gone


def as_text(values: Values) -> str:
    """Columns of a row, to be kept."""
    return json.dumps(dict(values), ensure_ascii=False)


def from_text(text: str) -> dict[str, Any]:
    """Columns of a row, as they were kept."""
    return json.loads(text)
