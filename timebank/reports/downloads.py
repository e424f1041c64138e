"""Exports and reports as answers to a request: exports streamed, so that a large one takes no
memory."""

from collections.abc import Iterator

from flask import Response, jsonify, stream_with_context
from sqlalchemy.orm import Session

from timebank import clock
from timebank.db import db, reading, transaction
from timebank.dialogue.evidence_figures import Evidence
from timebank.http import voice, written
from timebank.members.current import bank
from timebank.reports import archive, evidence, funder_files, publish, service
from timebank.reports import funder as funders
from timebank.reports.figures import Report
from timebank.reports.funder import Summary
from timebank.reports.rules import CONTENT_TYPES, Asked, ExportAsked, Format
from timebank.reports.schemas import FunderAsked
from timebank.reports.service import Export


def prepared(asked: ExportAsked) -> Export:
    """The export asked for, with its books sealed. Raises Invalid; StillWriting."""
    with transaction() as session:
        return service.prepare(session, bank(), asked, now=clock.now())


def report(asked: Asked) -> Report:
    """The report asked for, kept. Raises Invalid; StillWriting."""
    with transaction() as session:
        return archive.report(session, bank(), asked, now=clock.now())


def export_file(export: Export, file_format: Format) -> Response:
    """The file, or with `meta` the totals of the CSV file."""
    if file_format is Format.META:
        for _ in export.pieces(reading(), Format.CSV):
            pass
        return jsonify(export.about(Format.CSV))
    if file_format is Format.XLSX:
        return written(
            lambda file: export.write(reading(), file_format, file),
            CONTENT_TYPES[file_format],
            export.name(file_format),
        )
    pieces = stream_with_context(_streamed(export, file_format))
    return _attached(
        Response(pieces, content_type=CONTENT_TYPES[file_format]), export.name(file_format)
    )


def report_file(report: Report, file_format: Format) -> Response:
    """A report as a file; what is printed, in the language of whoever asked for it."""
    content = publish.file(report, file_format, voice=voice())
    return _attached(
        Response(content, content_type=CONTENT_TYPES[file_format]),
        publish.file_name(report, file_format),
    )


def evidence_file(made: Evidence, file_format: Format) -> Response:
    """Evidence as a file; what is printed, in the language of whoever asked for it."""
    content = evidence.file(made, file_format, voice())
    return _attached(
        Response(content, content_type=CONTENT_TYPES[file_format]),
        evidence.file_name(made, file_format),
    )


def funder(asked: FunderAsked) -> Summary:
    """What a funder reads. Raises Invalid; StillWriting."""
    with transaction() as session:
        return funders.summary(
            session,
            bank(),
            asked.start,
            asked.end,
            asked.as_of,
            story=asked.story,
            now=clock.now(),
        )


def funder_file(made: Summary, file_format: Format) -> Response:
    """The same as a file; what is printed, in the language of whoever asked for it."""
    return _attached(
        Response(
            funder_files.file(made, file_format, voice()), content_type=CONTENT_TYPES[file_format]
        ),
        funder_files.file_name(made, file_format),
    )


def _attached(response: Response, name: str) -> Response:
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _streamed(export: Export, file_format: Format) -> Iterator[bytes]:
    """The pieces, read in a session of their own: whatever ends the request's transaction does not
    end this one."""
    with Session(db.engine) as session:
        yield from export.pieces(session, file_format)
