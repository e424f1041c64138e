"""Checking files and bringing them in; files handed in through a page. The caller commits, or does
not."""

import io
from collections.abc import Callable, Generator, Iterable, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import asdict, dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import partial
from typing import BinaryIO

from sqlalchemy import delete, not_, or_, update
from sqlalchemy.orm import Session

from timebank import voices
from timebank.access import queries as access
from timebank.act import Act, Actor, Word
from timebank.banks import queries as banks
from timebank.banks.models import Bank
from timebank.clock import local_date
from timebank.errors import Invalid, Refusal
from timebank.imports import formats, queries
from timebank.imports.errors import BadRows, NotReady, Unanswered
from timebank.imports.listings import Listings
from timebank.imports.meant import People
from timebank.imports.models import FileShape, ImportBatch, Upload
from timebank.imports.movements import Movements
from timebank.imports.people import Members
from timebank.imports.reading import likeliest
from timebank.imports.result import BadRowsFile, Result, Task
from timebank.imports.rules import (
    EMPTY_READING,
    UNANSWERED,
    Answers,
    Bounds,
    Brought,
    Confirmation,
    Imported,
    ImportFormat,
    ImportState,
    NewUpload,
    Reading,
    Record,
    Wanted,
)
from timebank.imports.shown import Shown, show_first
from timebank.imports.undoing import BEING_TAKEN_BACK, FOR
from timebank.jobs import service as jobs_service
from timebank.members import meeting
from timebank.members import queries as members
from timebank.members.errors import KeptApart
from timebank.members.meeting import Pair
from timebank.members.models import Member
from timebank.members.rules import fault_of_despite
from timebank.say import Said, as_written, one_after_another, say
from timebank.tables.errors import BadFile
from timebank.tables.opening import Table, Workbook, opened

KEPT = timedelta(days=7)
"""How long a file that nobody confirmed, and what came of the others, is kept."""

SMALL = 200_000
"""Bytes, some two thousand rows: smaller files are checked and brought in while the person
waits."""

CHECK = "imports.check"
BRING_IN = "imports.bring_in"
"""The kinds of the jobs that large files go through."""

_OF_ONE_FILE = ("encoding", "sheet", "person")
"""Answers that are of one file, and not of all of its shape."""

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
    reading: Reading = EMPTY_READING
    upload_id: int | None = None
    name: str = "file"

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
        progress = dict(upload.progress or {})
        limits = {int(id_): (low, high) for id_, (low, high) in progress.pop("limits", {}).items()}
        return cls(**progress, limits=limits)

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
        if source.upload_id is None:
            source = replace(source, upload_id=_begin(session, bank, source, act).id)
        result = _run(
            session, bank, source, write=True, now=act.now, bad_rows=bad_rows, progress=progress
        )
        if result.shown.open:
            raise Unanswered(result)
        if result.bad and not source.good_rows:
            raise BadRows(result)
        rows = {(one.member_id, one.other_id): one.words for one in result.apart}
        _let_meet(session, bank, rows, act, what=source.what)
    result.written, result.upload_id = True, source.upload_id
    _keep_what_came(session, bank, result)
    if result.new:
        jobs_service.take_stock_soon(session, now=act.now)
    _remember(session, bank, result.shown, act.now)
    return result


def _begin(session: Session, bank: Bank, source: Source, act: Act) -> Upload:
    """What is kept of a file that is brought in at once: that it was, so that it can be taken
    back."""
    upload = Upload(
        bank_id=bank.id,
        kind=source.kind,
        file_name=source.name[-200:],
        state=ImportState.DONE,
        size=source.file.seek(0, io.SEEK_END),
        handed_in_by=act.by.key,
        handed_in_at=act.now,
        changed_at=act.now,
    )
    session.add(upload)
    session.flush()
    return upload


def _keep_what_came(session: Session, bank: Bank, result: Result) -> None:
    """Keep what came of a file that was brought in at once, if anything did."""
    upload = queries.upload(session, bank, result.upload_id or 0)
    if upload.file is None and upload.state == ImportState.DONE:
        if not result.new + result.updated:
            session.delete(upload)
            result.upload_id = None
            return
        voice = voices.voice(bank.language)
        upload.format = ImportFormat(result.format)
        upload.result = result.to_json(lambda words: words.render(voice))
        session.flush()


def _wrote(
    session: Session, bank: Bank, upload_id: int | None, kind: Brought, ids: Iterable[int]
) -> None:
    """Keep what a file has brought in, as ranges of ids."""
    first = last = None
    for each in [*sorted(ids), None]:
        if first is not None and (each is None or last is None or each != last + 1):
            session.add(
                ImportBatch(
                    bank_id=bank.id, upload_id=upload_id, kind=kind, first_id=first, last_id=last
                )
            )
            first = None
        if first is None:
            first = each
        last = each
    session.flush()


def _remember(session: Session, bank: Bank, shown: Shown, now: datetime) -> None:
    """Keep how a file was read for the next of its shape, if somebody had to say how."""
    reading = shown.told
    if not shown.shape or (reading.columns is None and not reading.answers):
        return
    columns = None if reading.columns is None else dict(reading.columns)
    answers = {
        key: answer
        for key, answer in reading.answers.items()
        if key.partition(":")[0] not in _OF_ONE_FILE
    }
    session.merge(
        FileShape(bank_id=bank.id, shape=shown.shape, columns=columns, answers=answers, used_at=now)
    )


def _let_meet(
    session: Session, bank: Bank, rows: Mapping[Pair, Said], act: Act, *, what: str
) -> None:
    """Keep why rows go in that are between two who are kept apart; `rows` says which those are, by
    the two. Raises KeptApart for an act that does not say why."""
    fault = fault_of_despite(act.word.despite) if rows else None
    if fault:
        raise KeptApart(one_after_another([*rows.values(), fault]))
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
    sheet, layout = _recognise(session, bank, source, today=local_date(now, bank.timezone))
    result = Result(source.kind, layout.name, sheet.encoding)
    people = queries.people(session, bank) if source.kind != Imported.MEMBERS else People([])
    for question in people.questions(layout.people):
        layout.questions.ask(question)
    result.shown = _shown(layout)
    if layout.questions.open:
        return _unanswered(result, sheet, layout)

    def refuse(record: Record) -> None:
        # Nothing will be kept, so nothing more is written; the rest is only read, to name
        # everything at once.
        way_in.write = way_in.write and source.good_rows
        result.refused(record)
        if bad_rows:
            bad_rows.add(record)

    def slice_() -> AbstractContextManager[object]:
        if part is None:
            return nullcontext()
        return part.slice(result, way_in)

    act = Act(Actor.system(bank.id, "import"), now)
    met = meeting.let_meet(session, bank, source.what) if source.upload_id else ()
    wrote = partial(_wrote, session, bank, source.upload_id)
    task = Task(result, refuse, write, slice_, people, met, source.answers, wrote)
    way_in = _way_in(
        session, bank, source, task, act, originals=part.earlier.limits if part else {}
    )
    for row in sheet.rows():
        record = layout.record(row)
        if record is None:
            continue
        result.rows += 1
        show_first(result.shown, record, source.kind, people)
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


def _way_in(
    session: Session,
    bank: Bank,
    source: Source,
    task: Task,
    act: Act,
    *,
    originals: Mapping[int, Bounds],
) -> Listings | Members | Movements:
    """What takes the rows of a file of this kind."""
    if source.kind == Imported.MEMBERS:
        return Members(session, bank, task, act, update=source.update)
    if source.kind in (Imported.OFFERS, Imported.REQUESTS):
        return Listings(session, bank, task, act, update=source.update)
    return Movements(session, bank, task, act, originals=originals)


def _shown(layout: formats.Layout) -> Shown:
    """How the layout reads the file, before any row of it is read."""
    questions = layout.questions
    answers = {one.key: questions.answer(one.key) or "" for one in questions.all}
    return Shown(
        layout.columns, questions.all, questions.open, answers, shape=layout.shape, told=layout.told
    )


def _unanswered(result: Result, table: Table, layout: formats.Layout) -> Result:
    """What is known of a file of which something has to be asked first: how many rows it has, and
    the first as far as they are understood."""
    for row in table.rows():
        record = layout.record(row)
        if record is not None:
            result.rows += 1
            show_first(result.shown, record, result.kind, open_=layout.questions.open)
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


def _recognise(
    session: Session, bank: Bank, source: Source, *, today: date
) -> tuple[Table, formats.Layout]:
    answers = source.reading.answers
    table = opened(source.file, source.encoding or answers.get("encoding"), answers.get("sheet"))
    if "sheet" not in answers and isinstance(table, Workbook):
        table = likeliest(table, source.kind)
    posts = opened(source.posts, source.encoding) if source.posts else None

    wanted = Wanted(
        source.kind, source.format, source.reading, partial(queries.shape, session, bank)
    )
    layout = formats.recognise(table, wanted, today=today, timezone=bank.timezone, posts=posts)
    if posts and layout.name != ImportFormat.TIMEOVERFLOW:
        raise BadFile(say("A file of posts goes with TimeOverflow's transfers only."))
    return table, layout


# ---- Files handed in through a page ----


def hand_in(session: Session, bank: Bank, new: NewUpload, act: Act) -> Upload:
    """Take a file in and check it: at once if it is small, else by a job. Raises BadFile when it
    cannot be read at all."""
    upload = _keep(session, bank, new, ImportState.CHECKING, act)
    if upload.size <= SMALL:
        bad_rows = bad_rows_of(session, upload)
        result = check(session, bank, source_of(upload), now=act.now, bad_rows=bad_rows)
        settle_check(session, upload, result, bad_rows.content, now=act.now)
    else:
        jobs_service.queue(session, CHECK, {"upload": upload.id}, run_at=act.now)
    return upload


def queue(
    session: Session, bank: Bank, new: NewUpload, act: Act, *, good_rows: bool = False
) -> Upload:
    """Take a file in, to be brought in by a job without another word; with `good_rows`, its good
    rows without the others. What the act says of two who are kept apart is said of all its rows.

    Raises BadFile when it cannot be read at all; Invalid for a reason that is too long.
    """
    despite = act.word.despite.strip()
    fault = fault_of_despite(despite) if despite else None
    if fault:
        raise Invalid.on("despite", fault)
    upload = _keep(session, bank, new, ImportState.IMPORTING, act)
    upload.good_rows, upload.despite = good_rows, despite or None
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
        columns=how.reading.columns if how.reading.columns is None else dict(how.reading.columns),
        answers=dict(how.reading.answers),
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
    today = local_date(act.now, bank.timezone)
    table, layout = _recognise(session, bank, source_of(upload), today=today)
    if state == ImportState.IMPORTING and layout.questions.open:
        result = Result(how.kind, layout.name, table.encoding, shown=_shown(layout))
        raise Unanswered(_unanswered(result, table, layout))
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
        how.reading,
        name=files.file_name,
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
        Reading(upload.columns, upload.answers or {}),
        upload.id,
    )


def bad_rows_of(session: Session, upload: Upload) -> BadRowsFile:
    """A file of what is to be mended in another, in the bank's language."""
    voice = voices.voice(banks.by_id(session, upload.bank_id).language)
    return BadRowsFile(upload.kind, lambda words: words.render(voice))


def settle_check(
    session: Session, upload: Upload, result: Result, bad_rows: bytes | None, *, now: datetime
) -> None:
    """Keep what the check came to, in the bank's language."""
    bank = banks.by_id(session, upload.bank_id)
    voice = voices.voice(bank.language)
    upload.state, upload.result, upload.bad_rows = (
        ImportState.CHECKED,
        result.to_json(lambda words: words.render(voice)),
        bad_rows,
    )
    upload.read, upload.changed_at = upload.size, now
    session.flush()


def settle_refused(session: Session, upload: Upload, words: Said, *, now: datetime) -> None:
    """Keep why the file cannot be brought in, in the bank's language; the file itself is erased."""
    voice = voices.voice(banks.by_id(session, upload.bank_id).language)
    message = words.render(voice)
    upload.state, upload.result, upload.changed_at = ImportState.REFUSED, {"message": message}, now
    upload.file = upload.posts = upload.bad_rows = upload.progress = upload.despite = None
    session.flush()


def confirm(
    session: Session, bank: Bank, upload_id: int, confirmation: Confirmation, act: Act
) -> Upload:
    """Bring in a file that has been checked: at once if it is small, else by a job.

    Raises NotFound; NotReady when it is not waiting for that, or has rows to mend and the good ones
    alone are not asked for; KeptApart when rows are between two who are, and it is not said why
    they go in.
    """
    # Whoever comes second waits here and then finds it done.
    upload = _checked(session, bank, upload_id)
    if upload.result is None or any(one["open"] for one in upload.result["reading"]["questions"]):
        raise NotReady(say("Answer first what is asked about the file."))
    if upload.result["bad"] and not confirmation.good_rows:
        raise NotReady(
            say(
                "Some rows have to be mended first. Bring in the good rows alone, or mend the file"
                " and send it again."
            )
        )
    rows = {
        (one["member"], one["other"]): as_written(one["words"])
        for one in upload.result.get("apart", ())
    }
    by_word = replace(act, word=Word(despite=confirmation.despite))
    _let_meet(session, bank, rows, by_word, what=source_of(upload).what)
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
    upload = _checked(session, bank, upload_id)
    upload.same_lines = sorted(({*(upload.same_lines or ())} | answers.same) - answers.other)
    upload.other_lines = sorted(({*(upload.other_lines or ())} | answers.other) - answers.same)
    return _check_again(session, bank, upload, act)


def read_as(session: Session, bank: Bank, upload_id: int, reading: Reading, act: Act) -> Upload:
    """Say what the columns of a file are and answer what was asked of it, and have it checked
    again: at once if it is small, else by a job.

    Raises NotFound; NotReady when it is not waiting for that; Invalid for columns or answers that
    there are not.
    """
    upload = _checked(session, bank, upload_id)
    if reading.columns is not None:
        upload.columns = dict(reading.columns)
    upload.answers = {**(upload.answers or {}), **reading.answers}
    _recognise(session, bank, source_of(upload), today=local_date(act.now, bank.timezone))
    return _check_again(session, bank, upload, act)


def _checked(session: Session, bank: Bank, upload_id: int) -> Upload:
    """A file that was checked and waits for somebody's word, held. Raises NotFound, NotReady."""
    upload = queries.upload(session, bank, upload_id)
    session.refresh(upload, with_for_update=True)
    if upload.state != ImportState.CHECKED or upload.file is None:
        raise NotReady(
            say("This file is being read just now, or was brought in already. Look at it again.")
        )
    return upload


def _check_again(session: Session, bank: Bank, upload: Upload, act: Act) -> Upload:
    upload.changed_at = act.now
    if upload.size <= SMALL:
        bad_rows = bad_rows_of(session, upload)
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
    bad_rows, now = bad_rows_of(session, upload), act.now
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
        nothing = say("Nothing was written. Hand the file in again.")
        words = one_after_another([refusal.message, nothing])
        settle_refused(session, upload, words, now=now)
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
    bad_rows = bad_rows_of(session, upload)
    earlier = Progress.of(upload)
    source, upload_id = source_of(upload), upload.id
    if not upload.progress:
        checked = bad_rows_of(session, upload)
        result = check(session, bank, source_of(upload), now=now, bad_rows=checked)
        if result.shown.open:
            raise Unanswered(result)
        if (result.apart and not upload.despite) or (result.bad and not source.good_rows):
            raise BadRows(result, checked.content)
        if result.apart:
            _let_them_meet(upload, bank, result, slices, now=now)
    part = _Part(upload_id, earlier, slices)
    source = replace(source, good_rows=True)
    result = _run(session, bank, source, write=True, now=now, bad_rows=bad_rows, part=part)
    result.unchanged -= earlier.new + earlier.updated
    result.new += earlier.new
    result.updated += earlier.updated
    result.minutes += earlier.minutes
    result.written = True
    return result, bad_rows


def _let_them_meet(
    upload: Upload, bank: Bank, result: Result, slices: Slices, *, now: datetime
) -> None:
    """Keep why rows of a large file go in that are between two who are kept apart, before any of
    them does."""
    rows = {(one.member_id, one.other_id): one.words for one in result.apart}
    word, what = Word(despite=upload.despite or ""), source_of(upload).what
    by = upload.handed_in_by
    with slices.open() as session:
        act = Act(somebody(session, bank, by), now, word)
        _let_meet(session, bank, rows, act, what=what)


def somebody(session: Session, bank: Bank, key: str) -> Actor:
    """Whoever records name by that key: a coordinator who handed a file in, or a command."""
    kind, _, number = key.partition(":")
    if kind == "member":
        return access.actor_of(members.member(session, bank, int(number)))
    return Actor.system(bank.id, "import")


def settle_done(
    session: Session, upload: Upload, result: Result, bad_rows: bytes | None, *, now: datetime
) -> None:
    """Keep what came of a file that is in, and erase it."""
    settle_check(session, upload, result, bad_rows, now=now)
    upload.state = ImportState.DONE
    upload.file = upload.posts = upload.progress = upload.despite = None
    session.flush()
    if result.new:
        jobs_service.take_stock_soon(session, now=now)


def discard(session: Session, bank: Bank, upload_id: int) -> None:
    """Throw a file away, with everything that is known of it. Raises NotFound; NotReady while it is
    being brought in."""
    upload = queries.upload(session, bank, upload_id)
    if upload.state == ImportState.IMPORTING:
        raise NotReady(say("This file is being brought in just now."))
    if upload.taking_back_at is not None:
        raise NotReady(BEING_TAKEN_BACK)
    session.delete(upload)
    session.flush()


def forget_old(session: Session, *, before: datetime) -> None:
    """Throw away what was last touched before that. Of a file that is in the books it is known for
    longer what it brought in, so that it can be taken back."""
    old = (Upload.changed_at < before, Upload.state != ImportState.IMPORTING)
    standing = Upload.changed_at >= before + KEPT - FOR
    session.execute(
        delete(Upload).where(*old, or_(Upload.state != ImportState.DONE, not_(standing)))
    )
    session.execute(update(Upload).where(*old).values(result=None, bad_rows=None, back=None))


def forget(session: Session, bank: Bank, member: Member, act: Act) -> None:
    """Throw away the bank's files that wait, and what is said of those done with: somebody in them
    may have left. (By which numbers they can be taken back stays.)

    One that is being brought in is erased when that is done.
    """
    of_bank = (Upload.bank_id == bank.id, Upload.state != ImportState.IMPORTING)
    session.execute(delete(Upload).where(*of_bank, Upload.state != ImportState.DONE))
    session.execute(update(Upload).where(*of_bank).values(result=None, bad_rows=None))
    # What has come so far of one that is being taken back is needed until it is.
    settled = (*of_bank, Upload.taking_back_at.is_(None))
    session.execute(update(Upload).where(*settled).values(back=None))


def tell_progress(session: Session, upload_id: int, read: int) -> None:
    """Keep how far the check has come, in bytes."""
    session.execute(update(Upload).where(Upload.id == upload_id).values(read=read))
