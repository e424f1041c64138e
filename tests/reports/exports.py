"""Exports for tests, as text and as rows."""

import csv
import io
import json
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from timebank import clock
from timebank.banks.models import Bank
from timebank.reports import service
from timebank.reports.rules import ExportAsked, Format
from timebank.reports.service import Export


def prepare(
    session: Session,
    bank: Bank,
    kind: str = "hours",
    *,
    start: date | None = None,
    end: date | None = None,
    as_of: datetime | None = None,
) -> Export:
    session.flush()
    asked = ExportAsked(kind, start, end, as_of.isoformat() if as_of else "")
    return service.prepare(session, bank, asked, now=clock.now())


def text(
    session: Session,
    bank: Bank,
    kind: str = "hours",
    file_format: Format = Format.CSV,
    **wanted: Any,
) -> str:
    return b"".join(prepare(session, bank, kind, **wanted).pieces(session, file_format)).decode()


def rows(session: Session, bank: Bank, kind: str = "hours", **wanted: Any) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text(session, bank, kind, **wanted), newline="")))


def items(session: Session, bank: Bank, kind: str = "hours", **wanted: Any) -> dict[str, Any]:
    return json.loads(text(session, bank, kind, Format.JSON, **wanted))
