"""A report as one value, from which every page and every file is made; and as JSON.

The JSON is a contract: it is what `timebank report --json` and the API answer, and what is kept in
the database for good. Its keys are written in this module alone.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, TypedDict

from timebank.measures.figures import (
    Among,
    Interval,
    Left,
    Measure,
    Position,
    Topic,
    Totals,
    Unit,
    Value,
)
from timebank.measures.windows import Period
from timebank.reports.sentences import again
from timebank.say import Said


@dataclass(frozen=True)
class Cell:
    """One cell of a table. `people` are the fewest on either side of it; `column` is empty in a
    simple list. None: withheld, or not known."""

    row: str
    column: str
    value: Value
    people: int | None


@dataclass(frozen=True)
class Table:
    """Hours, people or scores broken down. `people` is how many there were in all, where that is
    known and not to be told from the cells."""

    id: str
    title: Said | str
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    unit: Unit
    cells: tuple[Cell, ...]
    people: int | None = None


@dataclass(frozen=True)
class Window:
    """The figures of some days, both ends included, and the tables that break them down."""

    start: date
    end: date
    totals: Totals
    measures: tuple[Measure, ...]
    tables: tuple[Table, ...] = ()

    def __getitem__(self, id_: str) -> Measure:
        """A figure. Raises KeyError."""
        for measure in self.measures:
            if measure.id == id_:
                return measure
        raise KeyError(id_)


@dataclass(frozen=True)
class Books:
    """From which state of the ledger a report was made: so many entries were sealed, under this
    hash (None: no entries yet).

    `unsealed` were written since, where the report is of this moment; `banks` is the position of
    each where it is of several.
    """

    entries: int
    hash: str | None
    unsealed: int | None = None
    banks: Mapping[str, Position] = field(default_factory=dict[str, Position])


@dataclass(frozen=True)
class Report:
    """What was asked, and what was found. `bank` is its slug, or `all`; `name` what it is called.

    `by` None: one window. `shared` None: the staff's own version, else how many people are few.
    `version` is that of the application which made it.
    """

    topic: Topic
    bank: str
    name: str
    start: date
    end: date
    by: Period | None
    among: Among
    as_of: datetime
    books: Books
    totals: Totals
    windows: tuple[Window, ...]
    notes: tuple[Said | str, ...]
    shared: int | None
    version: str

    @property
    def last(self) -> Window:
        """The latest window, which headlines are about."""
        return self.windows[-1]


@dataclass(frozen=True)
class Comparison:
    """Two windows of the same length, before a day and after it, and the `notes` that belong beside
    them."""

    before: Window
    after: Window
    notes: tuple[Said | str, ...]


# ---- To JSON ----

Json = dict[str, Any]


class TotalsJson(TypedDict):
    """Totals, which the metadata of a CSV file holds too."""

    exchanges: int | None
    minutes: int
    active_people: int | None


def as_json(report: Report) -> Json:
    """The report as JSON can hold it. The order of the keys is part of the bytes of a file."""
    return {
        "report": report.topic.value,
        "bank": report.bank,
        "name": report.name,
        "from": report.start.isoformat(),
        "to": report.end.isoformat(),
        "by": report.by and report.by.value,
        "among": report.among.value,
        "as_of": report.as_of.isoformat(),
        "ledger": books_as_json(report.books),
        "totals": totals_as_json(report.totals),
        "windows": [
            _window_as_json(window) | {"breakdowns": [_table_as_json(one) for one in window.tables]}
            for window in report.windows
        ],
        "notes": [str(note) for note in report.notes],
        "shared": report.shared,
        "version": report.version,
    }


def comparison_as_json(comparison: Comparison) -> Json:
    """The same of a comparison, which has no breakdowns."""
    return {
        "before": _window_as_json(comparison.before),
        "after": _window_as_json(comparison.after),
        "notes": [str(note) for note in comparison.notes],
    }


def books_as_json(books: Books) -> Json:
    """The position of the ledger; `unsealed` and `banks` where they are known."""
    position: Json = {"entries": books.entries, "hash": books.hash}
    if books.unsealed is not None:
        position["unsealed"] = books.unsealed
    if books.banks:
        position["banks"] = {bank: vars(position) for bank, position in books.banks.items()}
    return position


def totals_as_json(totals: Totals) -> TotalsJson:
    """What a window or a report comes to."""
    return TotalsJson(
        exchanges=totals.exchanges, minutes=totals.minutes, active_people=totals.active_people
    )


def _window_as_json(window: Window) -> Json:
    return {
        "from": window.start.isoformat(),
        "to": window.end.isoformat(),
        "totals": totals_as_json(window.totals),
        "measures": [_measure_as_json(measure) for measure in window.measures],
    }


def _measure_as_json(measure: Measure) -> Json:
    return {
        "id": measure.id,
        "value": measure.value,
        "n": measure.n,
        "unit": measure.unit.value,
        "interval": measure.interval and list(measure.interval),
        "change": measure.change,
        "change_interval": measure.change_interval and list(measure.change_interval),
        "definition": measure.definition,
        "excluded": dict(measure.excluded),
        "withheld": None if measure.withheld is None else str(measure.withheld),
    }


def _table_as_json(table: Table) -> Json:
    content: Json = {
        "id": table.id,
        "title": str(table.title),
        "rows": list(table.rows),
        "columns": list(table.columns),
        "unit": table.unit.value,
        "cells": [vars(cell) for cell in table.cells],
    }
    return content if table.people is None else content | {"people": table.people}


# ---- From JSON ----


def from_json(content: Mapping[str, Any]) -> Report:
    """The report that was kept as this."""
    return Report(
        topic=Topic(content["report"]),
        bank=content["bank"],
        name=content["name"],
        start=date.fromisoformat(content["from"]),
        end=date.fromisoformat(content["to"]),
        by=Period(content["by"]) if content["by"] else None,
        among=Among(content["among"]),
        as_of=datetime.fromisoformat(content["as_of"]),
        books=Books(
            content["ledger"]["entries"],
            content["ledger"]["hash"],
            content["ledger"].get("unsealed"),
        ),
        totals=Totals(**content["totals"]),
        windows=tuple(_window(window) for window in content["windows"]),
        notes=tuple(map(again, content["notes"])),
        shared=content["shared"],
        version=content["version"],
    )


def _window(content: Mapping[str, Any]) -> Window:
    return Window(
        start=date.fromisoformat(content["from"]),
        end=date.fromisoformat(content["to"]),
        totals=Totals(**content["totals"]),
        measures=tuple(_measure(measure) for measure in content["measures"]),
        tables=tuple(_table(table) for table in content["breakdowns"]),
    )


def _measure(content: Mapping[str, Any]) -> Measure:
    return Measure(
        id=content["id"],
        value=content["value"],
        n=content["n"],
        unit=Unit(content["unit"]),
        interval=_interval(content["interval"]),
        change=content["change"],
        change_interval=_interval(content["change_interval"]),
        definition=content["definition"],
        excluded={reason: Left(**left) for reason, left in content["excluded"].items()},
        withheld=None if content["withheld"] is None else again(content["withheld"]),
    )


def _interval(ends: list[float] | None) -> Interval | None:
    return None if ends is None else (ends[0], ends[1])


def _table(content: Mapping[str, Any]) -> Table:
    return Table(
        id=content["id"],
        title=again(content["title"]),
        rows=tuple(content["rows"]),
        columns=tuple(content["columns"]),
        unit=Unit(content["unit"]),
        cells=tuple(Cell(**cell) for cell in content["cells"]),
        people=content.get("people"),
    )
