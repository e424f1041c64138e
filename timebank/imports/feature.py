"""What imports plugs into the application: pages, a command, and what the worker does for large
files and old ones."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from timebank.banks import queries as banks
from timebank.db import transaction
from timebank.errors import Refusal
from timebank.feature import Feature, Job
from timebank.imports import api, cli, service, views
from timebank.imports.models import Upload
from timebank.imports.result import BadRowsFile
from timebank.imports.rules import ImportState
from timebank.room import Trace

_STEP = 1 << 20
"""Bytes between two words of progress."""


def prepare_check(session: Session, payload: dict[str, Any], now: datetime) -> dict[str, Any]:
    """Check the file outside any writing transaction, so that nobody waits for it, saying now and
    then how far it is."""
    upload = session.get(Upload, payload["upload"])
    if upload is None or upload.file is None:
        return payload
    told = 0

    def progress(read: int, size: int) -> None:
        nonlocal told
        if read - told >= _STEP:
            told = read
            with transaction() as writing:
                service.tell_progress(writing, payload["upload"], read)

    bad_rows = BadRowsFile(upload.kind)
    bank = banks.by_id(session, upload.bank_id)
    try:
        result = service.check(
            session, bank, service.source_of(upload), now=now, bad_rows=bad_rows, progress=progress
        )
    except Refusal as refusal:
        return {**payload, "refused": refusal.message}
    return {**payload, "result": result, "bad_rows": bad_rows}


def check(session: Session, payload: dict[str, Any], now: datetime) -> None:
    """Keep what the check came to, unless the file was thrown away meanwhile."""
    upload = session.get(Upload, payload["upload"])
    if upload is None or upload.state != ImportState.CHECKING:
        return
    if "refused" in payload:
        service.settle_refused(session, upload, payload["refused"], now=now)
    elif "result" in payload:
        service.settle_check(session, upload, payload["result"], payload["bad_rows"], now=now)


def bring_in(session: Session, payload: dict[str, Any], now: datetime) -> None:
    """Bring the file in, in the transaction that marks the job done."""
    upload = session.get(Upload, payload["upload"])
    if upload is not None and upload.state == ImportState.IMPORTING:
        service.bring_in_upload(session, banks.by_id(session, upload.bank_id), upload, now=now)


def give_up(session: Session, payload: dict[str, Any], error: str, now: datetime) -> None:
    """Say on the page that the file could not be dealt with."""
    upload = session.get(Upload, payload["upload"])
    if upload is not None:
        words = "Something went wrong on our side, again and again. Nothing was written."
        service.settle_refused(session, upload, words, now=now)


def tidy(session: Session, payload: dict[str, Any], now: datetime) -> None:
    """Forget files that nobody confirmed, and what came of the others."""
    service.forget_old(session, before=now - service.KEPT)


feature = Feature(
    "imports",
    pages=[views.pages],
    resources=[api.imports],
    commands=[cli.import_],
    jobs=[
        Job(service.CHECK, check, prepare=prepare_check, give_up=give_up),
        Job(service.BRING_IN, bring_in, give_up=give_up),
        Job("imports.tidy", tidy, every=timedelta(days=1)),
    ],
    forget=service.forget,
    # What somebody brought in tells of other people.
    traces=[Trace("upload.handed_in_by")],
)
