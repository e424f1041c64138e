"""Reports as tagged PDF, for paper and for screen readers (PDF/UA-1)."""

import json
import pathlib
from typing import Any

from timebank.measures.figures import Measure, Unit
from timebank.reports import formatting, words
from timebank.reports.figures import Report, Table, Window
from timebank.reports.formatting import day

_LAYOUT = pathlib.Path(__file__).with_name("report.typ")


def as_pdf(report: Report) -> bytes:
    """The report as PDF. The same report is the same file."""
    ids = dict.fromkeys(measure.id for window in report.windows for measure in window.measures)
    page = {
        "title": words.title(report),
        "bank": report.name,
        "whose": words.whose(report),
        "sentence": words.sentence(report),
        "windows": [_window(window) for window in report.windows],
        "split": words.split(report),
        "meanings": [[words.name(id_), words.meaning(id_)] for id_ in ids],
        "notes": list(report.notes),
        "proof": words.proof(report),
    }
    return _compiled({"page": json.dumps(page)})


def _compiled(inputs: dict[str, str]) -> bytes:
    import typst  # noqa: PLC0415  (heavy, and most starts print nothing)

    compile_: Any = typst.compile
    return compile_(
        str(_LAYOUT),
        sys_inputs=inputs,
        ignore_system_fonts=True,
        pdf_standards=["ua-1"],
        timestamp=0,
    )


def _window(window: Window) -> dict[str, Any]:
    return {
        "title": f"{day(window.start)} to {day(window.end)}",
        "figures": [_line(measure) for measure in window.measures],
        "tables": [_table(table) for table in window.tables if table.cells],
    }


def _line(measure: Measure) -> list[str]:
    return [
        words.name(measure.id),
        formatting.value(measure),
        formatting.interval(measure),
        formatting.people(measure),
        formatting.change(measure),
    ]


def _table(table: Table) -> dict[str, Any]:
    """A breakdown as a grid of words."""
    unnamed = "People" if table.unit is Unit.PEOPLE else "Hours"
    rows = [
        [words.place(row), *(formatting.cell(table, row, column) for column in table.columns)]
        for row in table.rows
    ]
    head = [words.place(column) or unnamed for column in table.columns]
    return {"title": table.title, "head": head, "rows": rows}
