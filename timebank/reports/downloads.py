"""Exports as answers to a request: streamed, so that a large one takes no memory."""

import tempfile
from collections.abc import Iterator
from typing import Any, cast

from flask import Response, jsonify, send_file, stream_with_context
from sqlalchemy.orm import Session

from timebank import clock
from timebank.db import db, reading, transaction
from timebank.members.current import bank
from timebank.reports import publish, service
from timebank.reports.figures import Result
from timebank.reports.rules import Format, as_of_instant
from timebank.reports.service import Export

_SPREADSHEET_IN_MEMORY = 1 << 20


def prepared(kind: str, wanted: dict[str, Any]) -> Export:
    """The export asked for (`from_`, `to`, `as_of`), with its books sealed. Raises Invalid;
    StillWriting."""
    instant = as_of_instant(wanted["as_of"], bank().timezone) if wanted["as_of"] else None
    with transaction() as session:
        return service.prepare(
            session,
            bank(),
            kind,
            start=wanted["from_"],
            end=wanted["to"],
            as_of=instant,
            now=clock.now(),
        )


def answer(export: Export, file_format: str) -> Response:
    """The file, or with `meta` the totals of the CSV file."""
    if file_format == "meta":
        for _ in export.pieces(reading(), "csv"):
            pass
        return jsonify(export.about("csv"))
    chosen = cast(Format, file_format)
    if chosen == "xlsx":
        # The answer closes it.
        file = tempfile.SpooledTemporaryFile(max_size=_SPREADSHEET_IN_MEMORY)  # noqa: SIM115
        export.write(reading(), chosen, cast(Any, file))
        file.seek(0)
        return send_file(
            file,
            service.content_type(chosen),
            as_attachment=True,
            download_name=export.name(chosen),
        )
    response = Response(
        stream_with_context(_streamed(export, chosen)), content_type=service.content_type(chosen)
    )
    response.headers["Content-Disposition"] = f'attachment; filename="{export.name(chosen)}"'
    return response


def report_file(result: Result, file_format: str) -> Response:
    """A report as a file."""
    response = Response(
        publish.file(result, file_format), content_type=publish.CONTENT_TYPES[file_format]
    )
    response.headers["Content-Disposition"] = (
        f'attachment; filename="{publish.file_name(result, file_format)}"'
    )
    return response


def _streamed(export: Export, chosen: Format) -> Iterator[bytes]:
    """The pieces, read in a session of their own: whatever ends the request's transaction does not
    end this one."""
    with Session(db.engine) as session:
        yield from export.pieces(session, chosen)
