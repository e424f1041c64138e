"""Reports as tagged PDF, for paper and for screen readers (PDF/UA-1)."""

import json
import pathlib
import tempfile
from collections.abc import Mapping
from typing import Any

from timebank.measures.figures import Measure, Unit
from timebank.reports import formatting, words
from timebank.reports.figures import Report, Table, Window
from timebank.say import ENGLISH, Voice, say, spoken

_LAYOUT = pathlib.Path(__file__).with_name("report.typ")


_HEADINGS = {
    "figure": say("Figure", context="heading of a table"),
    "value": say("Value", context="heading of a table"),
    "between": say("Between (95 %%)", context="heading of a table"),
    "people": say("People", context="heading of a table"),
    "change": say("Change", context="heading of a table"),
    "meanings": say("What the figures tell"),
    "notes": say("Notes"),
    "direct": say("Came back from the same person"),
    "others": say("Came back through others"),
    "not_yet": say("Not come back yet"),
    # Translators: the number of a page and of all pages; keep the two figures.
    "numbering": say("1 of 1"),
}


_COLUMNS = ("figure", "value", "between", "people", "change")
"""What stands in a table of figures; the last only where something is compared."""


def as_pdf(report: Report, voice: Voice = ENGLISH) -> bytes:
    """The report as PDF, its headings in the language of a voice. The same report is the same
    file."""
    language, _, region = ("en-GB" if voice is ENGLISH else voice.language).partition("-")
    page = {
        "language": language,
        "region": region if len(region) == 2 else None,
        "headings": {name: words.render(voice) for name, words in _HEADINGS.items()},
        "title": words.title(report).render(voice),
        "bank": report.name,
        "whose": words.whose(report).render(voice),
        "sentence": spoken(words.sentence(report), voice),
        "opening": spoken(words.opening(report), voice),
        "windows": [_window(window, voice) for window in report.windows],
        "split": words.split(report),
        "meanings": [
            [name.render(voice), told.render(voice)] for name, told in words.meanings(report)
        ],
        "notes": [spoken(note, voice) for note in report.notes],
        "proof": words.proof(report).render(voice),
    }
    return compiled(_LAYOUT, {"page": json.dumps(page)})


def compiled(
    layout: pathlib.Path, inputs: Mapping[str, str], files: Mapping[str, bytes] | None = None
) -> bytes:
    """What a layout makes of these inputs, and of the `files` that it names, as tagged PDF: the
    same inputs are the same file."""
    import typst  # noqa: PLC0415  (heavy, and most starts print nothing)

    compile_: Any = typst.compile
    how = {
        "sys_inputs": dict(inputs),
        "ignore_system_fonts": True,
        "pdf_standards": ["ua-1"],
        "timestamp": 0,
    }
    if not files:
        return compile_(str(layout), **how)
    with tempfile.TemporaryDirectory() as folder:
        beside = pathlib.Path(folder)
        for name, content in {layout.name: layout.read_bytes(), **files}.items():
            (beside / name).write_bytes(content)
        return compile_(str(beside / layout.name), **how)


def _window(window: Window, voice: Voice) -> dict[str, Any]:
    changes = any(measure.change is not None for measure in window.measures)
    columns = _COLUMNS if changes else _COLUMNS[:-1]
    return {
        "title": say("%(first)s to %(last)s", first=window.start, last=window.end).render(voice),
        "columns": columns,
        "figures": [_line(measure, voice)[: len(columns)] for measure in window.measures],
        "tables": [_table(table, voice) for table in window.tables if table.cells],
    }


def _line(measure: Measure, voice: Voice) -> list[str]:
    cells = (
        words.name(measure.id),
        formatting.value(measure),
        formatting.interval(measure),
        formatting.people(measure),
        formatting.change(measure),
    )
    return [spoken(cell, voice) for cell in cells]


def _table(table: Table, voice: Voice) -> dict[str, Any]:
    """A breakdown as a grid of words."""
    unnamed = say("People") if table.unit is Unit.PEOPLE else say("Hours")
    rows = [
        [
            words.place(row, table),
            *(formatting.cell(table, row, column) for column in table.columns),
        ]
        for row in table.rows
    ]
    head = [words.place(column) or unnamed for column in table.columns]
    return {
        "title": spoken(table.title, voice),
        "head": [spoken(name, voice) for name in head],
        "rows": [[spoken(cell, voice) for cell in row] for row in rows],
    }
