"""Reports as CSV with CSVW metadata, and as spreadsheets laid out for accessible statistics.

One row of the CSV is one figure or one cell of a breakdown. The spreadsheet has a cover, the notes,
and one table a sheet with no merged cells, as the Government Analysis Function asks (Releasing
statistics in spreadsheets).
"""

import csv
import hashlib
import io
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import IO, Any

from timebank.measures.disclosure import SIGN
from timebank.reports import words
from timebank.reports.figures import Result
from timebank.reports.rules import Column, guarded

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


def rows(result: Result) -> Iterator[dict[str, Any]]:
    """Every figure, then every cell, of every window. None: not known; SIGN: withheld."""
    empty: dict[str, Any] = dict.fromkeys(NAMES)
    for window in result["windows"]:
        days = {"from": window["from"], "to": window["to"]}
        for one in window["measures"]:
            low, high = one["interval"] or (None, None)
            change_low, change_high = one["change_interval"] or (None, None)
            yield {
                **empty,
                **days,
                "id": one["id"],
                "value": _sign(result, one["value"], one["n"]),
                "unit": one["unit"],
                "low": low,
                "high": high,
                "n": _sign(result, one["n"], one["n"]),
                "change": one["change"],
                "change_low": change_low,
                "change_high": change_high,
                "why": one["withheld"],
                "definition": one["definition"],
            }
        for table in window["breakdowns"]:
            for cell in table["cells"]:
                value, people = (_sign(result, cell[name], 1) for name in ("value", "people"))
                value = SIGN if value is None and table["unit"] != "minutes" else value
                place = {
                    "row": cell["row"],
                    "column": cell["column"],
                    "value": value,
                    "unit": table["unit"],
                    "n": people,
                }
                yield {**empty, **days, "id": table["id"], **place, "definition": table["title"]}


def _sign(result: Result, value: Any, n: Any) -> Any:
    """[c] for what is withheld from a report for sharing; what cannot be said of anybody stays
    empty."""
    return SIGN if result["shared"] and value is None and n != 0 else value


def as_csv(result: Result) -> bytes:
    """The figures as CSV: UTF-8, a header, ISO dates, figures to six places."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(NAMES)
    for row in rows(result):
        writer.writerow(["" if row[name] is None else _plain(row[name]) for name in NAMES])
    return text.getvalue().encode()


def _plain(value: Any) -> Any:
    return guarded(value) if isinstance(value, str) and value != SIGN else value


def about(result: Result, url: str) -> dict[str, Any]:
    """The metadata of the CSV file in CSVW, with the control totals, and the position of the ledger
    and its hash."""
    file = as_csv(result)
    columns = [
        {
            "name": one.name,
            "titles": one.name,
            "datatype": one.datatype,
            "dc:description": one.meaning,
        }
        | ({"null": ["", SIGN]} if one.datatype == "number" else {})
        for one in COLUMNS
    ]
    found = list(rows(result))
    return {
        "@context": "http://www.w3.org/ns/csvw",
        "url": url,
        "tableSchema": {"columns": columns, "primaryKey": ["from", "to", "id", "row", "column"]},
        "dialect": {"encoding": "utf-8", "delimiter": ",", "header": True},
        **{
            name: result[name]
            for name in (
                "report",
                "bank",
                "from",
                "to",
                "by",
                "as_of",
                "totals",
                "notes",
                "shared",
                "version",
            )
        },
        "rows": len(found),
        "figures": sum(row["value"] not in (None, SIGN) for row in found),
        "sha256": hashlib.sha256(file).hexdigest(),
        "ledger": result["ledger"],
    }


def write_xlsx(out: IO[bytes], result: Result) -> None:
    """The report as a spreadsheet: cover, notes, the figures, and each breakdown on a sheet of its
    own."""
    import xlsxwriter  # noqa: PLC0415  (heavy, and most starts write no spreadsheet)

    options = {
        "in_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    with xlsxwriter.Workbook(out, options) as book:
        # The same report is the same file, so it carries no date of its own making.
        book.set_properties({"created": datetime(2000, 1, 1), "title": title(result)})  # noqa: DTZ001 (xlsxwriter takes naive UTC)
        formats = {
            "bold": book.add_format({"bold": True}),
            "wrap": book.add_format({"text_wrap": True, "valign": "top"}),
        }
        formats["title"] = book.add_format({"bold": True, "font_size": 16})
        _cover(book.add_worksheet("Cover"), result, formats)
        _notes(book.add_worksheet("Notes"), result, formats)
        figures = [
            [row[name] for name in NAMES if name not in ("row", "column")]
            for row in rows(result)
            if row["row"] is None
        ]
        columns = [name for name in NAMES if name not in ("row", "column")]
        _sheet(book.add_worksheet("Figures"), "Figures", "Figures", columns, figures, formats)
        cells = ["from", "to", "row", "column", "value", "n"]
        for id_, heading in _tables(result).items():
            found = [
                [row[name] for name in cells]
                for row in rows(result)
                if row["id"] == id_ and row["row"] is not None
            ]
            name = id_.replace(":", "_")
            _sheet(book.add_worksheet(name[:31]), name, heading, cells, found, formats)


def title(result: Mapping[str, Any]) -> str:
    """What the report is called."""
    kind = {
        "reciprocity": "Reciprocity",
        "participation": "Participation",
        "activities": "Activities",
    }[result["report"]]
    return f"{kind}: {result['name']}, {words.day(result['from'])} to {words.day(result['to'])}"


def _tables(result: Result) -> dict[str, str]:
    found = [
        table for window in result["windows"] for table in window["breakdowns"] if table["cells"]
    ]
    return {table["id"]: f"{table['title']}. In {table['unit']}" for table in found}


def _cover(sheet: Any, result: Result, formats: Mapping[str, Any]) -> None:
    sheet.set_column(0, 0, 34, formats["wrap"])
    sheet.set_column(1, 1, 80, formats["wrap"])
    sheet.write_string(0, 0, title(result), formats["title"])
    lines = [
        ("Time bank", result["name"]),
        ("First day", result["from"]),
        ("Last day", result["to"]),
        ("As recorded by", result["as_of"]),
        ("For whom", words.whose(result)),
        *(
            (name.replace("_", " ").capitalize(), SIGN if value is None else value)
            for name, value in result["totals"].items()
        ),
        ("Entries sealed in the ledger", result["ledger"]["entries"]),
        ("Hash of the ledger", result["ledger"]["hash"] or "no entries yet"),
        ("Made by", f"Timebank {result['version']}"),
        (
            "Sheets",
            ", ".join(["Notes", "Figures", *(name.replace(":", "_") for name in _tables(result))]),
        ),
    ]
    for number, (name, value) in enumerate(lines, start=2):
        sheet.write_string(number, 0, name, formats["bold"])
        _cell(sheet, number, 1, value)


def _notes(sheet: Any, result: Result, formats: Mapping[str, Any]) -> None:
    sheet.write_string(0, 0, "Notes", formats["title"])
    sheet.set_column(0, 0, 30)
    sheet.set_column(1, 1, 110, formats["wrap"])
    meanings = {
        one["id"]: one["definition"] for window in result["windows"] for one in window["measures"]
    }
    lines = [*(("Note", words) for words in result["notes"]), *meanings.items()]
    _table(sheet, 2, "Notes_table", ["About", "What it says"], [list(line) for line in lines])


def _sheet(
    sheet: Any,
    name: str,
    heading: str,
    columns: Sequence[str],
    lines: Sequence[Sequence[Any]],
    formats: Mapping[str, Any],
) -> None:
    sheet.write_string(0, 0, heading, formats["title"])
    sheet.write_string(
        1,
        0,
        "One table. [c]: withheld for confidentiality. Empty: cannot be said, or does not apply.",
    )
    sheet.set_column(0, len(columns) - 1, 14)
    _table(sheet, 3, f"{name}_table", columns, lines)


def _table(
    sheet: Any, top: int, name: str, columns: Sequence[str], lines: Sequence[Sequence[Any]]
) -> None:
    headers = [{"header": one} for one in columns]
    area = (top, 0, top + max(len(lines), 1), len(columns) - 1)
    sheet.add_table(*area, {"name": name, "columns": headers, "autofilter": False, "style": None})
    for number, line in enumerate(lines, start=top + 1):
        for place, value in enumerate(line):
            _cell(sheet, number, place, value)


def _cell(sheet: Any, row: int, column: int, value: Any) -> None:
    if isinstance(value, int | float):
        sheet.write_number(row, column, value)
    elif value is not None:
        sheet.write_string(row, column, str(value))
