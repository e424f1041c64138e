"""Reports as spreadsheets laid out for accessible statistics.

There is a cover, the notes, and one table a sheet with no merged cells, as the Government Analysis
Function asks (Releasing statistics in spreadsheets). Days are days and hours are hours, so that
whoever keeps accounts can go on from there; the minutes, for programs, stand in the CSV file.
"""

from collections.abc import Sequence
from datetime import date
from typing import IO

from timebank.measures.disclosure import SIGN
from timebank.measures.figures import Unit, Value
from timebank.reports import words
from timebank.reports.figures import Report
from timebank.reports.publish_csv import NAMES, Row, rows
from timebank.workbook import Book, Content, Sheet, as_hours

_OF_FIGURES = tuple(name for name in NAMES if name not in ("row", "column"))
_OF_CELLS = ("from", "to", "row", "column", "value", "n")

_IN_UNIT = ("value", "low", "high", "change", "change_low", "change_high")
"""Columns whose numbers are in the unit of the figure."""

_LONGEST_SHEET_NAME = 31
"""Letters, in a spreadsheet."""

Line = Sequence[Content]


def write_xlsx(out: IO[bytes], report: Report) -> None:
    """The report as a spreadsheet: cover, notes, the figures, and each breakdown on a sheet of its
    own."""
    with Book(out, title=str(words.title(report))) as book:
        _cover(book.sheet("Cover"), report)
        _notes(book.sheet("Notes"), report)
        lines = list(rows(report))
        figures = [_line(row, _OF_FIGURES) for row in lines if row.row is None]
        _sheet(book.sheet("Figures"), "Figures", "Figures", _OF_FIGURES, figures)
        for id_, heading in _tables(report).items():
            of_table = [row for row in lines if row.id == id_ and row.row is not None]
            # A simple list has no columns to be told apart.
            names = [
                name
                for name in _OF_CELLS
                if name != "column" or any(row.column for row in of_table)
            ]
            cells = [_line(row, names) for row in of_table]
            name = _sheet_name(id_)
            _sheet(book.sheet(name[:_LONGEST_SHEET_NAME]), name, heading, names, cells)


def _line(row: Row, names: Sequence[str]) -> Line:
    """A figure or a cell of a breakdown as cells of a spreadsheet: places in words, minutes as
    hours."""
    cells: dict[str, Content] = {**row.cells}
    cells |= {"from": date.fromisoformat(row.start), "to": date.fromisoformat(row.end)}
    places = (("row", row.row), ("column", row.column))
    cells |= {name: str(words.place(place)) for name, place in places if place}
    if row.unit == Unit.MINUTES:
        cells |= {name: _hours(row.cells[name]) for name in _IN_UNIT} | {"unit": "hours"}
    return [cells[name] for name in names]


def _hours(value: Value | str) -> Content:
    return as_hours(round(value)) if isinstance(value, int | float) else value


def _sheet_name(id_: str) -> str:
    return id_.replace(":", "_")


def _tables(report: Report) -> dict[str, str]:
    """What the tables that are in any window are called, by their ids."""
    return {
        table.id: f"{table.title}. In {'hours' if table.unit is Unit.MINUTES else table.unit}"
        for window in report.windows
        for table in window.tables
        if table.cells
    }


def _cover(sheet: Sheet, report: Report) -> None:
    sheet.column(0, 34, wrap=True)
    sheet.column(1, 80, wrap=True)
    sheet.title(0, str(words.title(report)))
    lines: list[tuple[str, Content]] = [
        ("Time bank", report.name),
        ("First day", report.start),
        ("Last day", report.end),
        ("As recorded by", report.as_of.isoformat()),
        ("For whom", str(words.whose(report))),
        ("Exchanges", _count(report.totals.exchanges)),
        ("Hours", as_hours(report.totals.minutes)),
        ("Active people", _count(report.totals.active_people)),
        ("Entries sealed in the ledger", report.books.entries),
        ("Hash of the ledger", report.books.hash or "no entries yet"),
        ("Made by", f"Timebank {report.version}"),
        ("Sheets", ", ".join(["Notes", "Figures", *map(_sheet_name, _tables(report))])),
    ]
    for number, (name, cell) in enumerate(lines, start=2):
        sheet.heading(number, 0, name)
        sheet.cell(number, 1, cell)


def _count(count: int | None) -> int | str:
    return SIGN if count is None else count


def _notes(sheet: Sheet, report: Report) -> None:
    sheet.title(0, "Notes")
    meanings = {
        measure.id: measure.definition for window in report.windows for measure in window.measures
    }
    lines = [*(("Note", str(note)) for note in report.notes), *meanings.items()]
    sheet.table(2, "Notes_table", ("About", "What it says"), lines)


def _sheet(
    sheet: Sheet, name: str, heading: str, columns: Sequence[str], lines: Sequence[Line]
) -> None:
    sheet.title(0, heading)
    sheet.cell(
        1,
        0,
        "One table. [c]: withheld for confidentiality. Empty: cannot be said, or does not apply.",
    )
    sheet.table(3, f"{name}_table", columns, lines)
