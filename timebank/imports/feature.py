"""What imports plugs into the application: pages, a command, and what the worker does for large
files and old ones."""

import time
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from timebank.act import Act
from timebank.archive import Archive, Behind
from timebank.banks import queries as banks
from timebank.db import transaction
from timebank.errors import Refusal, Unavailable
from timebank.feature import Feature, Job, plugged_in
from timebank.imports import api, cli, lists, service, undoing, views
from timebank.imports.errors import BadRows
from timebank.imports.models import Upload
from timebank.imports.rules import ImportState
from timebank.jobs import service as jobs_service
from timebank.room import Merging, Trace
from timebank.say import Said, one_after_another, say

_STEP = 1 << 20
"""Bytes between two words of progress."""

_ONE_GO = 60.0
"""Seconds of a job that brings a file in. What is left is another job, so that no worker has one in
hand for longer than its lease."""


def prepare_check(session: Session, payload: dict[str, Any], now: datetime) -> dict[str, Any]:
    """Check the file outside any writing transaction, so that nobody waits for it, saying now and
    then how far it is."""
    upload = session.get(Upload, payload["upload"])
    if upload is None or upload.file is None:
        return payload
    shown_up_to = 0

    def progress(read: int, size: int) -> None:
        nonlocal shown_up_to
        if read - shown_up_to >= _STEP:
            shown_up_to = read
            with transaction() as writing:
                service.tell_progress(writing, payload["upload"], read)

    bad_rows = service.bad_rows_of(session, upload)
    bank = banks.by_id(session, upload.bank_id)
    try:
        result = service.check(
            session, bank, service.source_of(upload), now=now, bad_rows=bad_rows, progress=progress
        )
    except Refusal as refusal:
        return {**payload, "refused": refusal.message}
    return {**payload, "result": result, "bad_rows": bad_rows.content}


def check(session: Session, payload: dict[str, Any], now: datetime) -> None:
    """Keep what the check came to, unless the file was thrown away meanwhile."""
    upload = session.get(Upload, payload["upload"])
    if upload is None or upload.state != ImportState.CHECKING:
        return
    if "refused" in payload:
        service.settle_refused(session, upload, payload["refused"], now=now)
    elif "result" in payload:
        service.settle_check(session, upload, payload["result"], payload["bad_rows"], now=now)


def prepare_bring_in(session: Session, payload: dict[str, Any], now: datetime) -> dict[str, Any]:
    """Bring the file in, batch by batch, each in a transaction of its own, for as long as one go
    may last."""
    upload = session.get(Upload, payload["upload"])
    if upload is None or upload.state != ImportState.IMPORTING:
        return payload
    bank = banks.by_id(session, upload.bank_id)
    until = time.monotonic() + _ONE_GO
    slices = service.Slices(transaction, lambda: time.monotonic() > until)
    try:
        result, bad_rows = service.bring_in_part(session, bank, upload, slices, now=now)
    except service.Enough:
        return {**payload, "more": True}
    except BadRows as refusal:
        return {**payload, "bad": refusal}
    except Unavailable:
        raise
    except Refusal as refusal:
        return {**payload, "refused": refusal.message}
    return {**payload, "result": result, "bad_rows": bad_rows.content}


def bring_in(session: Session, payload: dict[str, Any], now: datetime) -> None:
    """Keep what came of it, or queue the next go."""
    upload = session.get(Upload, payload["upload"])
    if upload is None or upload.state != ImportState.IMPORTING:
        return
    if "more" in payload:
        jobs_service.queue(session, service.BRING_IN, {"upload": upload.id}, run_at=now)
    elif "bad" in payload:
        refusal: BadRows = payload["bad"]
        service.settle_check(session, upload, refusal.result, refusal.bad_rows, now=now)
    elif "refused" in payload:
        again = say("Hand the file in again.")
        words = one_after_another([payload["refused"], _how_far(upload), again])
        service.settle_refused(session, upload, words, now=now)
    elif "result" in payload:
        service.settle_done(session, upload, payload["result"], payload["bad_rows"], now=now)


def give_up(session: Session, payload: dict[str, Any], error: str, now: datetime) -> None:
    """Say on the page that the file could not be dealt with."""
    upload = session.get(Upload, payload["upload"])
    if upload is not None:
        wrong = say("Something went wrong on our side, again and again.")
        words = one_after_another([wrong, _how_far(upload)])
        service.settle_refused(session, upload, words, now=now)


def _how_far(upload: Upload) -> Said:
    """What of it is in the books, when no more will be."""
    if upload.progress is None:
        return say("Nothing was written.")
    return say(
        "It is half in: %(rows)s rows are in the books. Handed in again, the file goes on where it"
        " stopped.",
        rows=upload.progress["rows"],
    )


def prepare_take_back(session: Session, payload: dict[str, Any], now: datetime) -> dict[str, Any]:
    """Take the file back part by part, each in a transaction of its own."""
    upload = session.get(Upload, payload["upload"])
    if upload is None or upload.taking_back_at is None:
        return payload
    bank = banks.by_id(session, upload.bank_id)
    act = Act(service.somebody(session, bank, upload.taken_back_by or ""), now)
    undoing.go_on(transaction, bank.id, upload.id, plugged_in(), act)
    return {**payload, "by": act.by}


def take_back(session: Session, payload: dict[str, Any], now: datetime) -> None:
    """Take down that it is back."""
    upload = session.get(Upload, payload["upload"])
    if upload is not None and upload.taking_back_at is not None and "by" in payload:
        bank = banks.by_id(session, upload.bank_id)
        undoing.settle(session, bank, upload.id, Act(payload["by"], now))


def give_up_taking_back(
    session: Session, payload: dict[str, Any], error: str, now: datetime
) -> None:
    """Leave the file as far as it is back, so that it can be tried again."""
    upload = session.get(Upload, payload["upload"])
    if upload is not None:
        upload.taking_back_at = upload.back = None


def tidy(session: Session, payload: dict[str, Any], now: datetime) -> None:
    """Forget files that nobody confirmed, and what came of the others."""
    service.forget_old(session, before=now - service.KEPT)


_BROUGHT_IN = say("Files that were handed in are kept only until they are brought in.")
ARCHIVE = Archive(
    keeps=("file_shape",),
    behind=(Behind("upload", _BROUGHT_IN), Behind("import_batch", _BROUGHT_IN)),
)

feature = Feature(
    "imports",
    first_day=lists.first_day,
    pages=[views.pages],
    resources=[api.imports],
    commands=[cli.import_, cli.take_back],
    jobs=[
        Job(service.CHECK, check, prepare=prepare_check, give_up=give_up),
        Job(service.BRING_IN, bring_in, prepare=prepare_bring_in, give_up=give_up),
        Job(undoing.TAKE_BACK, take_back, prepare=prepare_take_back, give_up=give_up_taking_back),
        Job("imports.tidy", tidy, every=timedelta(days=1)),
    ],
    forget=service.forget,
    # What somebody brought in tells of other people.
    traces=[Trace("upload.handed_in_by"), Trace("upload.taken_back_by")],
    merging=Merging(
        leaves={
            "upload.handed_in_by": "It says who handed the file in.",
            "upload.taken_back_by": "It says who took it back.",
        }
    ),
    archive=ARCHIVE,
)
