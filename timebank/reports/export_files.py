"""Rows as files: CSV and JSON in pieces, so that any number of rows fits in memory, and
spreadsheets."""

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, date, datetime
from typing import IO, Any

from timebank.errors import Invalid
from timebank.reports.rules import ControlTotals, Kind
from timebank.say import say
from timebank.text import guarded
from timebank.workbook import Book, as_hours

Rows = Iterable[Mapping[str, Any]]

_PIECE = 1 << 16
_MOST_ROWS_OF_A_SPREADSHEET = 1_048_575


def csv_pieces(kind: Kind, rows: Rows, totals: ControlTotals) -> Iterator[bytes]:
    """The file as CSV: UTF-8, a header, ISO dates, no total row. Counts into `totals` on the
    way."""

    def lines() -> Iterator[str]:
        text = io.StringIO()
        writer = csv.writer(text)
        writer.writerow(kind.names)
        for row in rows:
            totals.add(kind, row)
            writer.writerow([_cell(row[name]) for name in kind.names])
            yield text.getvalue()
            text.seek(0)
            text.truncate()
        yield text.getvalue()

    return _pieces(lines(), totals)


def json_pieces(
    kind: Kind, rows: Rows, totals: ControlTotals, about: Callable[[], Mapping[str, Any]]
) -> Iterator[bytes]:
    """The file as JSON: `items`, then `meta` with the totals, which `about()` gives when the rows
    have been counted."""

    def texts() -> Iterator[str]:
        yield '{"items": ['
        separator = "\n"
        for row in rows:
            totals.add(kind, row)
            yield separator + json.dumps(
                {name: _value(row[name]) for name in kind.names}, ensure_ascii=False
            )
            separator = ",\n"
        yield '\n], "meta": '
        yield json.dumps(about(), ensure_ascii=False) + "}\n"

    return _pieces(texts(), totals)


def _pieces(texts: Iterable[str], totals: ControlTotals) -> Iterator[bytes]:
    """The texts as UTF-8, gathered into pieces worth sending."""
    waiting: list[str] = []
    size = 0
    for text in texts:
        waiting.append(text)
        size += len(text)
        if size >= _PIECE:
            yield _counted("".join(waiting), totals)
            waiting, size = [], 0
    yield _counted("".join(waiting), totals)


def _counted(text: str, totals: ControlTotals) -> bytes:
    piece = text.encode()
    totals.digest.update(piece)
    return piece


def _cell(value: Any) -> str | int:
    if isinstance(value, str):
        return guarded(value)
    if isinstance(value, int):
        return value
    return _value(value) or ""


def _value(value: Any) -> Any:
    """The value as JSON can hold it."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return value.isoformat() if isinstance(value, date) else value


def write_xlsx(
    out: IO[bytes],
    kind: Kind,
    rows: Rows,
    totals: ControlTotals,
    about: Callable[[], Mapping[str, Any]],
) -> None:
    """The file as a spreadsheet, a row at a time, with the totals on a second sheet. Minutes have
    the same in hours beside them. No text is ever a formula or a link.

    Raises Invalid when there are more rows than a spreadsheet holds.
    """
    with Book(out, streamed=True) as book:
        names = [name for column in kind.columns for name in column.in_spreadsheets]
        book.sheet(kind.name).listing(names, _lines(kind, rows, totals))
        notes = book.sheet("about")
        notes.column((0, 1), 30)
        for number, (name, value) in enumerate(_flat(about())):
            notes.heading(number, 0, name)
            notes.cell(number, 1, value)


def _lines(kind: Kind, rows: Rows, totals: ControlTotals) -> Iterator[list[Any]]:
    """The rows as cells, counted into `totals`. Raises Invalid when there are too many."""
    for number, row in enumerate(rows, start=1):
        if number > _MOST_ROWS_OF_A_SPREADSHEET:
            raise Invalid(
                say(
                    "There are more rows than a spreadsheet holds. Choose CSV, or a shorter"
                    " range of dates."
                )
            )
        totals.add(kind, row)
        cells: list[Any] = []
        for column in kind.columns:
            value = row[column.name]
            cells.append(_moment_as_text(value))
            if column.hours:
                cells.append(as_hours(value))
        yield cells


def _moment_as_text(value: Any) -> Any:
    return _value(value) if isinstance(value, datetime) else value


def _flat(about: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in about.items():
        if name in ("ledger", "led_by"):
            yield from ((f"{name} {inner}", part) for inner, part in value.items())
        elif isinstance(value, str | int | None) and not name.startswith("@") and name != "sha256":
            yield name, value
