"""A table as a file to take away: CSV, or a spreadsheet."""

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import datetime

from flask import Response

from timebank.text import guarded
from timebank.workbook import Book, Content

FORMATS = "any(csv, xlsx)"
"""The formats, as an address has them."""

_KINDS = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def table_file(
    name: str, header: Sequence[str], rows: Iterable[Sequence[Content]], table_format: str
) -> Response:
    """The rows under their header as the file `name`, in one of `FORMATS`. A moment is written as
    text, and no text is ever a formula."""
    write = _spreadsheet if table_format == "xlsx" else _csv
    headers = {"Content-Disposition": f'attachment; filename="{name}.{table_format}"'}
    return Response(write(header, rows), content_type=_KINDS[table_format], headers=headers)


def _csv(header: Sequence[str], rows: Iterable[Sequence[Content]]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(header)
    for row in rows:
        writer.writerow(guarded(cell) if isinstance(cell, str) else _plain(cell) for cell in row)
    # With its mark, so that spreadsheet programs read accents as they are.
    return ("\ufeff" + text.getvalue()).encode()


def _spreadsheet(header: Sequence[str], rows: Iterable[Sequence[Content]]) -> bytes:
    out = io.BytesIO()
    with Book(out, streamed=True) as book:
        book.sheet("Table").listing(header, ([_plain(cell) for cell in row] for row in rows))
    return out.getvalue()


def _plain(cell: Content) -> Content:
    return cell.isoformat() if isinstance(cell, datetime) else cell
