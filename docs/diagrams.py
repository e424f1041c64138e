"""Draws `exchange-life.md` and `tables.md` from the code: `./dev diagrams`.

The pictures are Mermaid inside Markdown, which code hosts show without a program of their own. A
test holds the two files to what is made here.
"""

import pathlib
from collections.abc import Iterable, Sequence

from sqlalchemy import Column, ForeignKeyConstraint, PrimaryKeyConstraint, Table, UniqueConstraint

from timebank.app import FEATURES
from timebank.base import Base
from timebank.exchanges.rules import TRANSITIONS

HERE = pathlib.Path(__file__).resolve().parent

MADE = "<!-- Made from the code by `./dev diagrams`. Change the code and make it again. -->"

LIFE = f"""\
{MADE}
# The life of an exchange

Every step is a row of the state machine `TRANSITIONS` in `timebank/exchanges/rules.py`, and
`timebank/exchanges/rules.py:speaker` decides on whose behalf somebody may take it. An arrow is
labelled with the step; the table says whose step it is. A broker may take any step on the word of
the side whose step it is.

```mermaid
stateDiagram-v2
%(arrows)s
```

| step | from | to | whose step it is |
|---|---|---|---|
%(rows)s

*Awaited* is the side whose word is awaited: whoever did not propose or log. After a dispute it is
the side that logged. The one way back that has no row is *undo*: whoever confirmed may, for some
minutes, reverse it with one button (`timebank/exchanges/rules.py:check_undo`).
"""

TABLES = f"""\
{MADE}
# The tables

One picture for each room with tables of its own, in the order in which the application puts the
rooms together. A table of another room is an empty box. Every table but the installation-wide ones
carries `bank_id` and refers to `bank`; those lines are left out. A key of `bank_id` and another
column keeps a row from referring to one of another bank; it is drawn as the other column alone.

## Which room refers to which

```mermaid
flowchart TD
%(between)s
```

%(rooms)s"""


def life() -> str:
    """The page about the life of an exchange."""
    states = dict.fromkeys(state for _, state in TRANSITIONS)
    reached = dict.fromkeys(f"{move.after}" for move in TRANSITIONS.values())
    ends = [state for state in reached if state not in states]

    def place(state: str) -> str:
        return f"{state}" if state in reached else "[*]"

    arrows = [
        f"    {place(state)} --> {transition.after}: {step}"
        for (step, state), transition in TRANSITIONS.items()
    ]
    rows = [
        f"| {step} | {state} | {transition.after} | {transition.whose} |"
        for (step, state), transition in TRANSITIONS.items()
    ]
    arrows += [f"    {state} --> [*]" for state in ends]
    return LIFE % {"arrows": "\n".join(arrows), "rows": "\n".join(rows)}


def tables() -> str:
    """The page about the tables."""
    room_of = {name: model.__module__.split(".")[1] for name, model in _models().items()}
    features = [feature.name for feature in FEATURES]
    rooms = [*sorted({*room_of.values()} - {*features}), *features]
    between = dict.fromkeys(
        f"    {room} --> {room_of[key.referred_table.name]}"
        for room in rooms
        for table in Base.metadata.tables.values()
        if room_of[table.name] == room
        for key in _keys(table)
        if room_of[key.referred_table.name] != room
    )
    sections = [
        _section(room, own)
        for room in rooms
        if (own := [one for one in Base.metadata.tables.values() if room_of[one.name] == room])
    ]
    return TABLES % {"between": "\n".join(between), "rooms": "\n".join(sections)}


def _models() -> dict[str, type]:
    """Each table's name, with the class of its rows."""
    return {mapper.class_.__tablename__: mapper.class_ for mapper in Base.registry.mappers}


def _section(room: str, own: Sequence[Table]) -> str:
    """One room: the picture of its tables, and what a row of each is."""
    lines = [line for table in own for line in _box(table)]
    lines += [_line(key) for table in own for key in _keys(table)]
    picture = "\n".join(["```mermaid", "erDiagram", *lines, "```"])
    models = _models()
    rows = [f"| `{table.name}` | {_meaning(models[table.name])} |" for table in own]
    return "\n".join(
        [f"## {room}\n", picture, "\n| table | what a row is |", "|---|---|", *rows, ""]
    )


def _meaning(model: type) -> str:
    """The first paragraph of a class's docstring, in one line."""
    return " ".join((model.__doc__ or "").split("\n\n")[0].split())


def _box(table: Table) -> Iterable[str]:
    """The table with its columns: type, name, and what keys it is part of."""
    foreign = {column.name for key in _keys(table) for column in _telling(key)}
    alone = {
        constraint.columns[0].name
        for constraint in table.constraints
        if isinstance(constraint, UniqueConstraint) and len(constraint.columns) == 1
    }
    yield f"    {table.name} {{"
    for column in table.columns:
        marks = [
            mark
            for mark, holds in (
                ("PK", column.primary_key),
                ("FK", column.name in foreign),
                ("UK", column.name in alone),
            )
            if holds
        ]
        yield f"        {_kind(column)} {column.name} {', '.join(marks)}".rstrip()
    yield "    }"


def _kind(column: Column) -> str:
    """What a column holds, as Python has it; where a type leaves that open, the type's own name."""
    kind = column.type.python_type
    return kind.__name__ if kind is not object else type(column.type).__name__.lower()


def _keys(table: Table) -> list[ForeignKeyConstraint]:
    """The table's foreign keys in order, without those to the bank."""
    found = [key for key in table.foreign_key_constraints if key.referred_table.name != "bank"]
    return sorted(
        found, key=lambda key: [table.columns.keys().index(one) for one in key.column_keys]
    )


def _telling(key: ForeignKeyConstraint) -> list[Column]:
    """The columns of a key but for `bank_id`."""
    return [column for column in key.columns if column.name != "bank_id"]


def _line(key: ForeignKeyConstraint) -> str:
    """One row there, or none where the key may be left empty; here many, or one where the key is
    unique."""
    columns = _telling(key)
    one = "|o" if any(column.nullable for column in columns) else "||"
    names = {column.name for column in columns}
    many = "o|" if names in _unique(key.table) else "o{"
    label = " ".join(column.name for column in columns)
    return f'    {key.referred_table.name} {one}--{many} {key.table.name} : "{label}"'


def _unique(table: Table) -> list[set[str]]:
    """The sets of columns, but for `bank_id`, of which no two rows have the same."""
    return [
        {column.name for column in constraint.columns} - {"bank_id"}
        for constraint in table.constraints
        if isinstance(constraint, PrimaryKeyConstraint | UniqueConstraint)
    ]


PAGES = {"exchange-life.md": life, "tables.md": tables}


def main() -> None:
    """Write both pages beside this file."""
    for name, made in PAGES.items():
        (HERE / name).write_text(made(), encoding="utf-8")


if __name__ == "__main__":
    main()
