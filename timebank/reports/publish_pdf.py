"""Reports as tagged PDF, for paper and for screen readers (PDF/UA-1)."""

import json
import pathlib

from timebank.reports import words
from timebank.reports.figures import Result
from timebank.reports.publish_tables import title

_LAYOUT = pathlib.Path(__file__).with_name("report.typ")


def as_pdf(result: Result) -> bytes:
    """The report as PDF. The same report is the same file."""
    import typst  # noqa: PLC0415  (heavy, and most starts print nothing)

    page = {
        "title": title(result),
        "bank": result["name"],
        "whose": words.whose(result),
        "sentence": words.sentence(result),
        "windows": [
            {
                "title": f"{words.day(window['from'])} to {words.day(window['to'])}",
                "figures": [_line(one) for one in window["measures"]],
                "tables": [_table(one) for one in window["breakdowns"] if one["cells"]],
            }
            for window in result["windows"]
        ],
        "split": words.split(result),
        "meanings": [
            [words.name(id_), words.meaning(id_)]
            for id_ in dict.fromkeys(one["id"] for one in _figures(result))
        ],
        "notes": result["notes"],
        "proof": words.proof(result),
    }
    return typst.compile(
        str(_LAYOUT),
        sys_inputs={"page": json.dumps(page)},
        ignore_system_fonts=True,
        pdf_standards=["ua-1"],
        timestamp=0,
    )


def _figures(result: Result) -> list[dict]:
    return [one for window in result["windows"] for one in window["measures"]]


def _line(one: dict) -> list[str]:
    return [
        words.name(one["id"]),
        words.value(one),
        words.interval(one),
        words.people(one),
        words.change(one),
    ]


def _table(table: dict) -> dict:
    """A breakdown as a grid of words."""
    head = [
        words.place(one) or ("People" if table["unit"] == "people" else "Hours")
        for one in table["columns"]
    ]
    rows = [
        [words.place(row), *(words.cell(table, row, one) for one in table["columns"])]
        for row in table["rows"]
    ]
    return {"title": table["title"], "head": head, "rows": rows}
