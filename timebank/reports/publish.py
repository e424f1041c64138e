"""A report as the file that was asked for."""

import io
import json
from typing import Any

from timebank.reports.figures import Result
from timebank.reports.publish_pdf import as_pdf
from timebank.reports.publish_tables import about, as_csv, write_xlsx
from timebank.reports.rules import Asked

CONTENT_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "json": "application/json",
    "meta": "application/json",
    "pdf": "application/pdf",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def asked(name: Any, wanted: dict[str, Any]) -> Asked:
    """Which report, from what a form or an address said."""
    return Asked(
        name,
        wanted["from_"],
        wanted["to"],
        wanted.get("by"),
        wanted.get("share", False),
        wanted.get("among", "people"),
    )


def file_name(result: Result, file_format: str) -> str:
    """What to call the file."""
    parts = [
        result["bank"],
        result["report"],
        result["from"],
        result["to"],
        *(["shared"] if result["shared"] else []),
    ]
    return f"{'-'.join(parts)}.{'csv.meta.json' if file_format == 'meta' else file_format}"


def file(result: Result, file_format: str, url: str | None = None) -> bytes:
    """The report as `csv`, `json`, `xlsx`, `pdf`, or `meta`, which says of the CSV file `url` what
    it holds."""
    if file_format == "csv":
        return as_csv(result)
    if file_format == "pdf":
        return as_pdf(result)
    if file_format == "xlsx":
        out = io.BytesIO()
        write_xlsx(out, result)
        return out.getvalue()
    content = about(result, url or file_name(result, "csv")) if file_format == "meta" else result
    return (json.dumps(content, ensure_ascii=False, indent=2) + "\n").encode()
