"""Reports as spreadsheets laid out for accessible statistics.

There is a cover, the notes, and one table a sheet with no merged cells, as the Government Analysis
Function asks (Releasing statistics in spreadsheets).
"""

from collections.abc import Sequence
from typing import IO

from timebank.measures.disclosure import SIGN
from timebank.measures.figures import Value
from timebank.reports import words
from timebank.reports.figures import Report
from timebank.reports.publish_csv import NAMES, rows
from timebank.workbook import Book, Sheet

_OF_FIGURES = tuple(name for name in NAMES if name not in ("row", "column"))
_OF_CELLS = ("from", "to", "row", "column", "value", "n")

_LONGEST_SHEET_NAME = 31
"""Letters, in a spreadsheet."""

Line = Sequence[Value | str]


def write_xlsx(out: IO[bytes], report: Report) -> None:
    """The report as a spreadsheet: cover, notes, the figures, and each breakdown on a sheet of its
    own."""
    with Book(out, title=words.title(report)) as book:
        _cover(book.sheet("Cover"), report)
        _notes(book.sheet("Notes"), report)
        lines = list(rows(report))
        figures = [[row.cells[name] for name in _OF_FIGURES] for row in lines if row.row is None]
        _sheet(book.sheet("Figures"), "Figures", "Figures", _OF_FIGURES, figures)
        for id_, heading in _tables(report).items():
            cells = [
                [row.cells[name] for name in _OF_CELLS]
                for row in lines
                if row.id == id_ and row.row is not None
            ]
            name = _sheet_name(id_)
            _sheet(book.sheet(name[:_LONGEST_SHEET_NAME]), name, heading, _OF_CELLS, cells)


def _sheet_name(id_: str) -> str:
    return id_.replace(":", "_")


def _tables(report: Report) -> dict[str, str]:
    """What the tables that are in any window are called, by their ids."""
    return {
        table.id: f"{table.title}. In {table.unit}"
        for window in report.windows
        for table in window.tables
        if table.cells
    }


def _cover(sheet: Sheet, report: Report) -> None:
    sheet.column(0, 34, wrap=True)
    sheet.column(1, 80, wrap=True)
    sheet.title(0, words.title(report))
    lines: list[tuple[str, Value | str]] = [
        ("Time bank", report.name),
        ("First day", report.start.isoformat()),
        ("Last day", report.end.isoformat()),
        ("As recorded by", report.as_of.isoformat()),
        ("For whom", words.whose(report)),
        ("Exchanges", _count(report.totals.exchanges)),
        ("Minutes", report.totals.minutes),
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
    sheet.column(0, 30)
    sheet.column(1, 110, wrap=True)
    meanings = {
        measure.id: measure.definition for window in report.windows for measure in window.measures
    }
    lines = [*(("Note", note) for note in report.notes), *meanings.items()]
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
    sheet.column((0, len(columns) - 1), 14)
    sheet.table(3, f"{name}_table", columns, lines)
