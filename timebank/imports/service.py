"""Checking files and bringing them in; files handed in through a page. The caller commits, or does
not."""

import io
from collections.abc import Callable, Generator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from typing import BinaryIO

from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from timebank.act import Act, Actor, Word
from timebank.banks.models import Bank
from timebank.errors import Refusal
from timebank.imports import formats, queries
from timebank.imports.errors import BadFile, BadRows, NotReady
from timebank.imports.listings import Listings
from timebank.imports.models import Upload
from timebank.imports.movements import Movements
from timebank.imports.people import Members
from timebank.imports.reader import Sheet
from timebank.imports.result import MOST_LISTED, BadRowsFile, Result, Task
from timebank.imports.rules import (
    UNANSWERED,
    Answers,
    Bounds,
    Confirmation,
    Imported,
    ImportFormat,
    ImportState,
    NewUpload,
    Record,
)
from timebank.jobs import service as jobs_service
from timebank.members import meeting
from timebank.members.errors import KeptApart
from timebank.members.meeting import Pair
from timebank.members.models import Member
from timebank.members.rules import fault_of_despite
from timebank.say import as_written, one_after_another, say

KEPT = timedelta(days=7)
"""How long a file that nobody confirmed, and what came of the others, is kept."""

SMALL = 200_000
"""Bytes, some two thousand rows: smaller files are checked and brought in while the person
waits."""

CHECK = "imports.check"
BRING_IN = "imports.bring_in"
"""The kinds of the jobs that large files go through."""

Told = Callable[[int, int], None]
"""Told how many bytes of how many have been read."""


@dataclass(frozen=True)
class Source:
    """A file and how it is to be read. `update` and `good_rows` say what is to be done with it,
    `upload_id` which one it is of those that were handed in."""

    file: BinaryIO
    kind: Imported
    format: ImportFormat | None = None
    encoding: str | None = None
    posts: BinaryIO | None = None
    update: bool = False
    good_rows: bool = False
    answers: Answers = UNANSWERED
    upload_id: int | None = None

    @property
    def what(self) -> str:
        """What two who are kept apart meet by, who stand in one row of it."""
        return f"import:{self.upload_id or 'file'}"


class Enough(Exception):
    """So much of a file has been brought in at one go; the rest is for the next."""


@dataclass(frozen=True)
class Progress:
    """What of a file is in the books already, while the rest is not: rows that were new, changed,
    what the new ones moved in minutes, and the limits that accounts had before they were widened.

    It is written with the rows themselves, so that whoever goes on after a crash knows.
    """

    rows: int = 0
    new: int = 0
    updated: int = 0
    minutes: int = 0
    limits: Mapping[int, Bounds] = field(default_factory=dict)

    @classmethod
    def of(cls, upload: Upload) -> "Progress":
        """What is in already of this file."""
        kept = dict(upload.progress or {})
        limits = {int(id_): (low, high) for id_, (low, high) in kept.pop("limits", {}).items()}
        return cls(**kept, limits=limits)

    def with_result(self, result: Result, limits: Mapping[int, Bounds]) -> "Progress":
        """The same with what has come of it since."""
        return Progress(
            max(self.rows, result.rows),
            self.new + result.new,
            self.updated + result.updated,
            self.minutes + result.minutes,
            limits,
        )


@dataclass(frozen=True)
class Slices:
    """How a large file is written: each batch in a transaction that `open` opens, until it is
    `enough` for one go."""

    open: Callable[[], AbstractContextManager[Session]]
    enough: Callable[[], bool]


def check(
    session: Session,
    bank: Bank,
    source: Source,
    *,
    now: datetime,
    bad_rows: BadRowsFile | None = None,
    progress: Told | None = None,
) -> Result:
    """What the file would come to: all of an import but the writing. Raises BadFile."""
    return _run(session, bank, source, write=False, now=now, bad_rows=bad_rows, progress=progress)


def bring_in(
    session: Session,
    bank: Bank,
    source: Source,
    act: Act,
    *,
    bad_rows: BadRowsFile | None = None,
    progress: Told | None = None,
) -> Result:
    """Write the file into the bank, in this transaction, as `system:import`.

    Raises BadFile; BadRows, holding the result, when a row is bad and the good ones alone were not
    asked for; KeptApart when a row is between two who are, and the act does not say why it goes in:
    then nothing of it is left in the transaction.
    """
    with session.begin_nested():
        result = _run(
            session, bank, source, write=True, now=act.now, bad_rows=bad_rows, progress=progress
        )
        if result.bad and not source.good_rows:
            raise BadRows(result)
        rows = {(one.member_id, one.other_id): one.words for one in result.apart}
        _let_meet(session, bank, rows, act, what=source.what)
    result.written = True
    return result


def _let_meet(
    session: Session, bank: Bank, rows: Mapping[Pair, str], act: Act, *, what: str
) -> None:
    """Keep why rows go in that are between two who are kept apart; `rows` says which those are, by
    the two. Raises KeptApart for an act that does not say why."""
    fault = fault_of_despite(act.word.despite) if rows else None
    if fault:
        raise KeptApart(one_after_another([*map(as_written, rows.values()), fault]))
    meeting.record(session, bank, rows, act, what=what)


def _run(
    session: Session,
    bank: Bank,
    source: Source,
    *,
    write: bool,
    now: datetime,
    bad_rows: BadRowsFile | None,
    progress: Told | None = None,
    part: "_Part | None" = None,
) -> Result:
    sheet, layout = _recognise(bank, source)
    result = Result(source.kind, layout.name, sheet.encoding)

    def refuse(record: Record) -> None:
        result.bad += 1
        # Nothing will be kept, so nothing more is written; the rest is only read, to name
        # everything at once.
        way_in.write = way_in.write and source.good_rows
        result.problems += record.problems[: MOST_LISTED - len(result.problems)]
        if bad_rows:
            bad_rows.add(record)

    def slice_() -> AbstractContextManager[object]:
        if part is None:
            return nullcontext()
        return part.slice(result, way_in)

    act = Act(Actor.system(bank.id, "import"), now)
    met = meeting.let_meet(session, bank, source.what) if source.upload_id else ()
    given = (session, bank, Task(result, refuse, write, slice_, met, source.answers), act)
    way_in: Listings | Members | Movements
    if source.kind == Imported.MEMBERS:
        way_in = Members(*given, update=source.update)
    elif source.kind in (Imported.OFFERS, Imported.REQUESTS):
        way_in = Listings(*given, update=source.update)
    else:
        originals = part.earlier.limits if part else {}
        way_in = Movements(*given, originals=originals)
    rows = sheet.rows()
    if layout.has_header:
        next(rows, None)
    for row in rows:
        result.rows += 1
        record = layout.record(row)
        if record is not None:
            way_in.take(record)
        if progress and result.rows % 500 == 0:
            progress(sheet.position, sheet.size)
    way_in.finish()
    if not result.rows:
        raise BadFile(
            say("The file names its columns and has no rows. Nothing is to be done with it.")
        )
    if progress:
        progress(sheet.size, sheet.size)
    result.problems.sort(key=lambda problem: problem.line)
    result.notes += layout.notes()
    return result


@dataclass(frozen=True)
class _Part:
    """One go at a large file: what was in before, and how the rest is written."""

    upload_id: int
    earlier: Progress
    slices: Slices

    @contextmanager
    def slice(self, result: Result, way_in: Listings | Members | Movements) -> Generator[None]:
        """One batch, written with how far the file has come by it. Raises Enough."""
        if result.new + result.updated and self.slices.enough():
            raise Enough
        with self.slices.open() as session:
            upload = session.get(Upload, self.upload_id, with_for_update=True)
            if upload is None or upload.state != "importing":
                # Somebody else had it in hand too, and has finished it.
                raise Enough
            yield
            limits = way_in.originals if isinstance(way_in, Movements) else {}
            upload.progress = asdict(self.earlier.with_result(result, limits))


def _recognise(bank: Bank, source: Source) -> tuple[Sheet, formats.Layout]:
    sheet = Sheet(source.file, source.encoding)
    posts = Sheet(source.posts, source.encoding) if source.posts else None
    layout = formats.recognise(
        sheet, source.kind, source.format, timezone=bank.timezone, posts=posts
    )
    if posts and layout.name != ImportFormat.TIMEOVERFLOW:
        raise BadFile(say("A file of posts goes with TimeOverflow's transfers only."))
    return sheet, layout


# ---- Files handed in through a page ----


def hand_in(session: Session, bank: Bank, new: NewUpload, act: Act) -> Upload:
    """Take a file in and check it: at once if it is small, else by a job. Raises BadFile when it
    cannot be read at all."""
    upload = _keep(session, bank, new, ImportState.CHECKING, act)
    if upload.size <= SMALL:
        bad_rows = BadRowsFile(upload.kind)
        result = check(session, bank, source_of(upload), now=act.now, bad_rows=bad_rows)
        settle_check(session, upload, result, bad_rows.content, now=act.now)
    else:
        jobs_service.queue(session, CHECK, {"upload": upload.id}, run_at=act.now)
    return upload


def queue(
    session: Session, bank: Bank, new: NewUpload, act: Act, *, good_rows: bool = False
) -> Upload:
    """Take a file in, to be brought in by a job without another word; with `good_rows`, its good
    rows without the others. Raises BadFile when it cannot be read at all."""
    upload = _keep(session, bank, new, ImportState.IMPORTING, act)
    upload.good_rows = good_rows
    jobs_service.queue(session, BRING_IN, {"upload": upload.id}, run_at=act.now)
    return upload


def take_up(
    session: Session, bank: Bank, new: NewUpload, act: Act, *, good_rows: bool = False
) -> Upload:
    """As `queue`; the same file that is half in already is gone on with instead."""
    return queries.under_way(session, bank, new) or queue(
        session, bank, new, act, good_rows=good_rows
    )


def _keep(session: Session, bank: Bank, new: NewUpload, state: ImportState, act: Act) -> Upload:
    how, files = new.how, new.files
    upload = Upload(
        bank_id=bank.id,
        kind=how.kind,
        format=how.format,
        encoding=how.encoding,
        update=how.update,
        same_lines=sorted(how.answers.same),
        other_lines=sorted(how.answers.other),
        good_rows=False,
        file_name=files.file_name[-200:],
        state=state,
        size=len(files.file),
        handed_in_by=act.by.key,
        handed_in_at=act.now,
        changed_at=act.now,
        file=files.file,
        posts=files.posts,
    )
    _recognise(bank, source_of(upload))
    session.add(upload)
    session.flush()
    return upload


def source(new: NewUpload, *, good_rows: bool) -> Source:
    """A file that is handed in, to be read at once."""
    how, files = new.how, new.files
    return Source(
        io.BytesIO(files.file),
        how.kind,
        how.format,
        how.encoding,
        io.BytesIO(files.posts) if files.posts else None,
        how.update,
        good_rows,
        how.answers,
    )


def source_of(upload: Upload) -> Source:
    """The file that was handed in. Raises NotReady when it has been erased."""
    if upload.file is None:
        raise NotReady(say("This file was brought in already, or thrown away."))
    return Source(
        io.BytesIO(upload.file),
        upload.kind,
        upload.format,
        upload.encoding,
        io.BytesIO(upload.posts) if upload.posts else None,
        upload.update,
        upload.good_rows,
        Answers(frozenset(upload.same_lines or ()), frozenset(upload.other_lines or ())),
        upload.id,
    )


def settle_check(
    session: Session, upload: Upload, result: Result, bad_rows: bytes | None, *, now: datetime
) -> None:
    """Keep what the check came to."""
    upload.state, upload.result, upload.bad_rows = (
        ImportState.CHECKED,
        result.to_json(),
        bad_rows,
    )
    upload.read, upload.changed_at = upload.size, now
    session.flush()


def settle_refused(session: Session, upload: Upload, words: str, *, now: datetime) -> None:
    """Keep why the file cannot be brought in; the file itself is erased."""
    upload.state, upload.result, upload.changed_at = ImportState.REFUSED, {"message": words}, now
    upload.file = upload.posts = upload.bad_rows = upload.progress = None
    session.flush()


def confirm(
    session: Session, bank: Bank, upload_id: int, confirmation: Confirmation, act: Act
) -> Upload:
    """Bring in a file that has been checked: at once if it is small, else by a job.

    Raises NotFound; NotReady when it is not waiting for that, or has rows to mend and the good ones
    alone are not asked for; KeptApart when rows are between two who are, and it is not said why
    they go in.
    """
    upload = queries.upload(session, bank, upload_id)
    # Whoever comes second waits here and then finds it done.
    session.refresh(upload, with_for_update=True)
    if upload.state != ImportState.CHECKED or upload.result is None:
        raise NotReady(
            say("This file is being read just now, or was brought in already. Look at it again.")
        )
    if upload.result["bad"] and not confirmation.good_rows:
        raise NotReady(
            say(
                "Some rows have to be mended first. Bring in the good rows alone, or mend the file"
                " and send it again."
            )
        )
    rows = {(one["member"], one["other"]): one["words"] for one in upload.result.get("apart", ())}
    told = replace(act, word=Word(despite=confirmation.despite))
    _let_meet(session, bank, rows, told, what=source_of(upload).what)
    upload.state, upload.good_rows = ImportState.IMPORTING, confirmation.good_rows
    upload.changed_at = act.now
    session.flush()
    if upload.size <= SMALL:
        bring_in_upload(session, bank, upload, act)
    else:
        jobs_service.queue(session, BRING_IN, {"upload": upload.id}, run_at=act.now)
    return upload


def answer(session: Session, bank: Bank, upload_id: int, answers: Answers, act: Act) -> Upload:
    """Say of rows that may be here already whether they are, and have the file checked again: at
    once if it is small, else by a job.

    Raises NotFound; NotReady when it is not waiting for that; Invalid.
    """
    answers = answers.checked()
    upload = queries.upload(session, bank, upload_id)
    session.refresh(upload, with_for_update=True)
    if upload.state != ImportState.CHECKED or upload.file is None:
        raise NotReady(
            say("This file is being read just now, or was brought in already. Look at it again.")
        )
    upload.same_lines = sorted(({*(upload.same_lines or ())} | answers.same) - answers.other)
    upload.other_lines = sorted(({*(upload.other_lines or ())} | answers.other) - answers.same)
    upload.changed_at = act.now
    if upload.size <= SMALL:
        bad_rows = BadRowsFile(upload.kind)
        result = check(session, bank, source_of(upload), now=act.now, bad_rows=bad_rows)
        settle_check(session, upload, result, bad_rows.content, now=act.now)
    else:
        upload.state = ImportState.CHECKING
        session.flush()
        jobs_service.queue(session, CHECK, {"upload": upload.id}, run_at=act.now)
    return upload


def bring_in_upload(session: Session, bank: Bank, upload: Upload, act: Act) -> None:
    """Bring in a file that was confirmed and erase it. If the bank has changed so that it cannot go
    in, it is as if checked."""
    bad_rows, now = BadRowsFile(upload.kind), act.now
    try:
        result = bring_in(session, bank, source_of(upload), act, bad_rows=bad_rows)
    except BadRows as refusal:
        settle_check(session, upload, refusal.result, bad_rows.content, now=now)
        return
    except KeptApart:
        result = check(session, bank, source_of(upload), now=now)
        settle_check(session, upload, result, bad_rows.content, now=now)
        return
    except Refusal as refusal:
        settle_refused(
            session,
            upload,
            f"{refusal.message} Nothing was written. Hand the file in again.",
            now=now,
        )
        return
    settle_done(session, upload, result, bad_rows.content, now=now)


def bring_in_part(
    session: Session, bank: Bank, upload: Upload, slices: Slices, *, now: datetime
) -> tuple[Result, BadRowsFile]:
    """Bring a large file in, batch by batch, each in a transaction of its own; what came of it as a
    whole.

    Nothing is written before every row has been found good, or the good ones alone were asked for,
    nor while there are rows between two who are kept apart of which nobody has said why they go in.
    What is in already is known again, so that it may be begun anew after a crash. Where the bank
    changed meanwhile, so that a row does not fit any more, the others go in. Raises BadFile;
    BadRows with nothing written; Enough when the rest is for another go.
    """
    bad_rows = BadRowsFile(upload.kind)
    earlier = Progress.of(upload)
    source, upload_id = source_of(upload), upload.id
    if not upload.progress:
        checked = BadRowsFile(upload.kind)
        result = check(session, bank, source_of(upload), now=now, bad_rows=checked)
        if result.apart or (result.bad and not source.good_rows):
            raise BadRows(result, checked.content)
    part = _Part(upload_id, earlier, slices)
    source = replace(source, good_rows=True)
    result = _run(session, bank, source, write=True, now=now, bad_rows=bad_rows, part=part)
    result.unchanged -= earlier.new + earlier.updated
    result.new += earlier.new
    result.updated += earlier.updated
    result.minutes += earlier.minutes
    result.written = True
    return result, bad_rows


def settle_done(
    session: Session, upload: Upload, result: Result, bad_rows: bytes | None, *, now: datetime
) -> None:
    """Keep what came of a file that is in, and erase it."""
    settle_check(session, upload, result, bad_rows, now=now)
    upload.state = ImportState.DONE
    upload.file = upload.posts = upload.progress = None
    session.flush()


def discard(session: Session, bank: Bank, upload_id: int) -> None:
    """Throw a file away, with everything that is known of it. Raises NotFound; NotReady while it is
    being brought in."""
    upload = queries.upload(session, bank, upload_id)
    if upload.state == ImportState.IMPORTING:
        raise NotReady(say("This file is being brought in just now."))
    session.delete(upload)
    session.flush()


def forget_old(session: Session, *, before: datetime) -> None:
    """Throw away what was last touched before that."""
    session.execute(
        delete(Upload).where(Upload.changed_at < before, Upload.state != ImportState.IMPORTING)
    )


def forget(session: Session, bank: Bank, member: Member, act: Act) -> None:
    """Throw away the bank's files that wait, and what is known of those done with: somebody in them
    may have left.

    One that is being brought in is erased when that is done.
    """
    session.execute(
        delete(Upload).where(Upload.bank_id == bank.id, Upload.state != ImportState.IMPORTING)
    )


def tell_progress(session: Session, upload_id: int, read: int) -> None:
    """Keep how far the check has come, in bytes."""
    session.execute(update(Upload).where(Upload.id == upload_id).values(read=read))
