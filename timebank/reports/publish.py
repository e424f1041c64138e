"""A report as the file that was asked for."""

import io
import json

from timebank.reports.figures import Report, as_json
from timebank.reports.publish_csv import about, as_csv
from timebank.reports.publish_pdf import as_pdf
from timebank.reports.publish_xlsx import write_xlsx
from timebank.reports.rules import Format
from timebank.say import ENGLISH, Voice


def file_name(report: Report, file_format: Format) -> str:
    """What to call the file."""
    days = (report.start.isoformat(), report.end.isoformat())
    version = ("shared",) if report.shared else ()
    ending = "csv.meta.json" if file_format is Format.META else file_format
    return f"{'-'.join((report.bank, report.topic, *days, *version))}.{ending}"


def file(report: Report, file_format: Format, url: str = "", voice: Voice = ENGLISH) -> bytes:
    """The report in that format; `meta` says of the CSV file `url` what it holds. What people
    read, paper and spreadsheets, is in the language of the voice."""
    match file_format:
        case Format.CSV:
            return as_csv(report)
        case Format.PDF:
            return as_pdf(report, voice)
        case Format.XLSX:
            out = io.BytesIO()
            write_xlsx(out, report, voice)
            return out.getvalue()
        case Format.JSON:
            content = as_json(report)
        case Format.META:
            content = about(report, url or file_name(report, Format.CSV))
    return (json.dumps(content, ensure_ascii=False, indent=2) + "\n").encode()
