"""Reports as CSV with CSVW metadata: one row is one figure or one cell of a breakdown."""

import csv
import hashlib
import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from timebank.measures.disclosure import SIGN
from timebank.measures.figures import Measure, Unit, Value
from timebank.reports.figures import Report, Table, Window, books_as_json, totals_as_json
from timebank.reports.rules import Column
from timebank.text import guarded

COLUMNS = (
    Column("from", "date", "The first day of the window."),
    Column("to", "date", "Its last day."),
    Column("id", meaning="Which figure it is."),
    Column("row", meaning="Of a breakdown: what the row is about."),
    Column("column", meaning="Of a breakdown: what the column is about."),
    Column(
        "value",
        "number",
        "In its unit; [c] where it is withheld for confidentiality, empty where it cannot be said.",
    ),
    Column(
        "unit",
        meaning=(
            "share (0 to 1), index, deviations, minutes, people, days, per_year (times), each (a"
            " person)."
        ),
    ),
    Column("low", "number", "The lower end of the 95 % interval."),
    Column("high", "number", "Its upper end."),
    Column(
        "n",
        "number",
        "Of how many people it is (of sessions for codelivery); of a breakdown, the fewest on"
        " either side.",
    ),
    Column("change", "number", "The change since the first window."),
    Column("change_low", "number", "The lower end of its 95 % interval."),
    Column("change_high", "number", "Its upper end."),
    Column("why", meaning="Why there is no figure."),
    Column("definition"),
)
NAMES = tuple(column.name for column in COLUMNS)


@dataclass(frozen=True)
class Row:
    """One line of the file, its columns in order; `start` and `end` are its `from` and `to`.

    `row` and `column` are None for a figure. None: not known; SIGN: withheld.
    """

    start: str
    end: str
    id: str
    row: str | None
    column: str | None
    value: Value | str
    unit: str
    low: float | None
    high: float | None
    n: int | str | None
    change: Value
    change_low: float | None
    change_high: float | None
    why: str | None
    definition: str

    @property
    def cells(self) -> dict[str, Value | str]:
        """By the names of the columns."""
        return dict(zip(NAMES, vars(self).values(), strict=True))


def rows(report: Report) -> Iterator[Row]:
    """Every figure, then every cell, of every window."""
    for window in report.windows:
        for measure in window.measures:
            yield _of_figure(report, window, measure)
        for table in window.tables:
            yield from _of_table(report, window, table)


def _of_figure(report: Report, window: Window, measure: Measure) -> Row:
    low, high = measure.interval or (None, None)
    change_low, change_high = measure.change_interval or (None, None)
    # What cannot be said of anybody stays empty: it is not withheld.
    of_nobody = measure.n == 0
    return Row(
        start=window.start.isoformat(),
        end=window.end.isoformat(),
        id=measure.id,
        row=None,
        column=None,
        value=measure.value if of_nobody else _signed(report, measure.value),
        unit=measure.unit.value,
        low=low,
        high=high,
        n=measure.n if measure.n is not None or not report.shared else SIGN,
        change=measure.change,
        change_low=change_low,
        change_high=change_high,
        why=None if measure.withheld is None else str(measure.withheld),
        definition=measure.definition,
    )


def _of_table(report: Report, window: Window, table: Table) -> Iterator[Row]:
    for cell in table.cells:
        value = _signed(report, cell.value)
        if value is None and table.unit is not Unit.MINUTES:
            # What members said is for sharing in either version.
            value = SIGN
        yield Row(
            start=window.start.isoformat(),
            end=window.end.isoformat(),
            id=table.id,
            row=cell.row,
            column=cell.column,
            value=value,
            unit=table.unit.value,
            low=None,
            high=None,
            n=cell.people if cell.people is not None or not report.shared else SIGN,
            change=None,
            change_low=None,
            change_high=None,
            why=None,
            definition=str(table.title),
        )


def _signed(report: Report, value: Value) -> Value | str:
    """[c] for what is withheld from a report for sharing."""
    return SIGN if report.shared and value is None else value


def as_csv(report: Report) -> bytes:
    """The figures as CSV: UTF-8, a header, ISO dates, figures to six places."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(NAMES)
    for row in rows(report):
        writer.writerow(["" if cell is None else _plain(cell) for cell in row.cells.values()])
    return text.getvalue().encode()


def _plain(cell: float | str) -> float | str:
    return guarded(cell) if isinstance(cell, str) and cell != SIGN else cell


def about(report: Report, url: str) -> dict[str, Any]:
    """The metadata of the CSV file in CSVW, with the control totals, and the position of the ledger
    and its hash."""
    file = as_csv(report)
    columns = [
        {
            "name": column.name,
            "titles": column.name,
            "datatype": column.datatype,
            "dc:description": column.meaning,
        }
        | ({"null": ["", SIGN]} if column.datatype == "number" else {})
        for column in COLUMNS
    ]
    values = [row.value for row in rows(report)]
    return {
        "@context": "http://www.w3.org/ns/csvw",
        "url": url,
        "tableSchema": {"columns": columns, "primaryKey": ["from", "to", "id", "row", "column"]},
        "dialect": {"encoding": "utf-8", "delimiter": ",", "header": True},
        "report": report.topic.value,
        "bank": report.bank,
        "from": report.start.isoformat(),
        "to": report.end.isoformat(),
        "by": report.by and report.by.value,
        "as_of": report.as_of.isoformat(),
        "totals": totals_as_json(report.totals),
        "notes": [str(note) for note in report.notes],
        "shared": report.shared,
        "version": report.version,
        "rows": len(values),
        "figures": sum(value not in (None, SIGN) for value in values),
        "sha256": hashlib.sha256(file).hexdigest(),
        "ledger": books_as_json(report.books),
    }
