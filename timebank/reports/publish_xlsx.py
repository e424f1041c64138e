"""Reports as spreadsheets laid out for accessible statistics.

There is a cover, the notes, and one table a sheet with no merged cells, as the Government Analysis
Function asks (Releasing statistics in spreadsheets). Days are days and hours are hours, so that
whoever keeps accounts can go on from there; the minutes, for programs, stand in the CSV file.

It is for people, so that what it says is in the language of a voice. What is left in English: the
codes of figures and the names of tables, by which programs find them, and the definitions, which
are kept with the report, as the method was written down.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import IO

from timebank.measures.disclosure import SIGN
from timebank.measures.figures import Unit, Value
from timebank.reports import sentences, words
from timebank.reports.figures import Report, Table
from timebank.reports.publish_csv import NAMES, Row, rows
from timebank.say import Gap, Said, Voice, say, spoken
from timebank.workbook import Book, Content, Sheet, as_hours

_OF_FIGURES = tuple(name for name in NAMES if name not in ("row", "column"))
_OF_CELLS = ("from", "to", "row", "column", "value", "n")

_IN_UNIT = ("value", "low", "high", "change", "change_low", "change_high")
"""Columns whose numbers are in the unit of the figure."""

FIGURE = say("Figure", context="heading of a table")
_HEADINGS: Mapping[str, Said] = {
    "from": say("From"),
    "to": say("To", context="a day"),
    "id": say("Code of the figure"),
    "name": FIGURE,
    "row": say("Row", context="of a table"),
    "column": say("Column", context="of a table"),
    "value": say("Value", context="heading of a table"),
    "unit": say("Counted in"),
    "low": say("Lowest likely"),
    "high": say("Highest likely"),
    "n": say("Of how many"),
    "change": say("Change", context="heading of a table"),
    "change_low": say("Change: lowest likely"),
    "change_high": say("Change: highest likely"),
    "why": say("Why there is no figure"),
    "definition": say("Definition"),
}

_UNITS: Mapping[str, Said] = {
    Unit.SHARE: say("share, from 0 to 1", context="what a figure is counted in"),
    Unit.INDEX: say("index", context="what a figure is counted in"),
    Unit.DEVIATIONS: say("standard deviations", context="what a figure is counted in"),
    Unit.MINUTES: say("hours", context="what a figure is counted in"),
    Unit.PEOPLE: say("people", context="what a figure is counted in"),
    Unit.DAYS: say("days", context="what a figure is counted in"),
    Unit.PER_YEAR: say("times a year", context="what a figure is counted in"),
    Unit.EACH: say("for each person", context="what a figure is counted in"),
    Unit.SCORE: say("scores", context="what a figure is counted in"),
}
"""In a spreadsheet minutes are hours."""

FIGURES = say("Figures", context="of a report")
MADE_BY = say("Made by")
COVER = say("Cover", context="the first sheet of a spreadsheet")
NOTES = say("Notes")

Line = Sequence[Content]


def write_xlsx(out: IO[bytes], report: Report, voice: Voice) -> None:
    """The report as a spreadsheet: cover, notes, the figures, and each breakdown on a sheet of its
    own."""
    with Book(out, title=words.title(report).render(voice)) as book:
        _cover(book.sheet(COVER.render(voice)), report, voice)
        _notes(book.sheet(NOTES.render(voice)), report, voice)
        lines = list(rows(report))
        names = ("from", "to", "id", "name", *_OF_FIGURES[3:])
        figures = [_line(row, names, None, voice) for row in lines if row.row is None]
        called = FIGURES.render(voice)
        _sheet(book.sheet(called), "Figures", called, (names, figures), voice)
        for id_, table in _tables(report).items():
            of_table = [row for row in lines if row.id == id_ and row.row is not None]
            # A simple list has no columns to be told apart.
            names = tuple(
                name
                for name in _OF_CELLS
                if name != "column" or any(row.column for row in of_table)
            )
            cells = [_line(row, names, table, voice) for row in of_table]
            heading = say("%(title)s (%(unit)s)", title=table.title, unit=_UNITS[table.unit])
            name = _sheet_name(id_)
            _sheet(book.sheet(name), name, heading.render(voice), (names, cells), voice)


def _line(row: Row, names: Sequence[str], table: Table | None, voice: Voice) -> Line:
    """A figure, or a cell of a breakdown, as cells of a spreadsheet: places in words, minutes as
    hours."""
    cells: dict[str, Content] = {**row.cells}
    cells |= {"from": date.fromisoformat(row.start), "to": date.fromisoformat(row.end)}
    places = (("row", row.row), ("column", row.column))
    cells |= {name: spoken(words.place(place, table), voice) for name, place in places if place}
    if row.unit == Unit.MINUTES:
        cells |= {name: _hours(row.cells[name]) for name in _IN_UNIT}
    cells["unit"] = _UNITS[row.unit].render(voice)
    if table is None:
        cells["name"] = words.name(row.id).render(voice)
        cells["why"] = row.why and spoken(sentences.again(row.why), voice)
    return [cells[name] for name in names]


def _hours(value: Value | str) -> Content:
    return as_hours(round(value)) if isinstance(value, int | float) else value


def _sheet_name(id_: str) -> str:
    return id_.replace(":", "_")


def _tables(report: Report) -> dict[str, Table]:
    """The tables that are in any window, by their ids."""
    return {table.id: table for window in report.windows for table in window.tables if table.cells}


def _cover(sheet: Sheet, report: Report, voice: Voice) -> None:
    sheets = [NOTES, FIGURES, *map(_sheet_name, _tables(report))]
    no_entries = say("no entries yet").render(voice)
    cover(
        sheet,
        words.title(report),
        [
            (say("Time bank"), report.name),
            (say("First day"), report.start),
            (say("Last day"), report.end),
            (say("As recorded by"), report.as_of.isoformat()),
            (say("For whom"), words.whose(report).render(voice)),
            (say("Exchanges"), _count(report.totals.exchanges)),
            (say("Hours"), as_hours(report.totals.minutes)),
            (say("Active people"), _count(report.totals.active_people)),
            (say("Entries sealed in the ledger"), report.books.entries),
            (say("Hash of the ledger"), report.books.hash or no_entries),
            (MADE_BY, f"Timebank {report.version}"),
            (say("Sheets", context="of a spreadsheet"), spoken(sheets, voice)),
        ],
        voice,
    )


def cover(sheet: Sheet, title: Said, lines: Sequence[tuple[Gap, Content]], voice: Voice) -> None:
    """What a spreadsheet is about, on its first sheet: its title, and names with what they are."""
    sheet.column(0, 34, wrap=True)
    sheet.column(1, 80, wrap=True)
    sheet.title(0, title.render(voice))
    for number, (name, content) in enumerate(lines, start=2):
        sheet.heading(number, 0, spoken(name, voice))
        sheet.cell(number, 1, content)


def _count(count: int | None) -> int | str:
    return SIGN if count is None else count


def _notes(sheet: Sheet, report: Report, voice: Voice) -> None:
    sheet.title(0, NOTES.render(voice))
    ids = dict.fromkeys(measure.id for window in report.windows for measure in window.measures)
    note = say("Note").render(voice)
    lines = [
        *((note, spoken(text, voice)) for text in report.notes),
        *((words.name(id_).render(voice), words.meaning(id_).render(voice)) for id_ in ids),
    ]
    columns = (say("About", context="a note"), say("What it says"))
    sheet.table(2, "Notes_table", [column.render(voice) for column in columns], lines)


def _sheet(
    sheet: Sheet,
    name: str,
    heading: str,
    listing: tuple[Sequence[str], Sequence[Line]],
    voice: Voice,
) -> None:
    """A sheet with one table, of the columns and lines of `listing`."""
    columns, lines = listing
    sheet.title(0, heading)
    about = say(
        "One table. %(sign)s: withheld for confidentiality. Empty: cannot be said, or does not"
        " apply.",
        sign=SIGN,
    )
    sheet.cell(1, 0, about.render(voice))
    sheet.table(3, f"{name}_table", [_HEADINGS[column].render(voice) for column in columns], lines)
