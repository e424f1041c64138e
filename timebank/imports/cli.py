"""`timebank import`: a file into a bank."""

import json
import pathlib
import sys
import time
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

import click
from flask import Flask, current_app

from timebank import clock, hours
from timebank.act import Act, Actor, Word
from timebank.banks import queries as banks
from timebank.db import reading, transaction
from timebank.feature import plugged_in
from timebank.imports import queries, service, undoing
from timebank.imports.cells import Order
from timebank.imports.columns import Unit
from timebank.imports.errors import BadRows, NotReady
from timebank.imports.result import BadRowsFile, Result, as_workbook
from timebank.imports.rules import (
    Answers,
    Files,
    How,
    Imported,
    ImportFormat,
    ImportState,
    NewUpload,
    Reading,
)
from timebank.imports.schemas import read_from
from timebank.imports.shown import Shown
from timebank.jobs.worker import Worker
from timebank.options import taken_as
from timebank.say import as_written

_SHOWN = 20
_LOOK_AGAIN = 1.0
"""Seconds until it is asked again how far another worker has come."""

_File = click.Path(exists=True, dir_okay=False, path_type=pathlib.Path)


@dataclass(frozen=True)
class Options:
    """What `timebank import` is given, each under the name of its option."""

    kind: str
    file: pathlib.Path
    slug: str
    file_format: str | None
    encoding: str | None
    posts: pathlib.Path | None
    mapping: pathlib.Path | None
    dates: str | None
    amounts: str | None
    answered: tuple[str, ...]
    dry_run: bool
    good_rows: bool
    update: bool
    despite: str
    same: tuple[int, ...]
    other: tuple[int, ...]
    errors: pathlib.Path | None
    as_json: bool

    def how(self) -> How:
        """What the file holds and how it is to be read. Raises UsageError, and Invalid."""
        return How(
            Imported(self.kind),
            ImportFormat(self.file_format) if self.file_format else None,
            self.encoding,
            self.update,
            Answers(frozenset(self.same), frozenset(self.other)).checked(),
            self._reading(),
        )

    def _reading(self) -> Reading:
        """How the file is to be read. An option goes before what the mapping says."""
        mapped = read_from(self.mapping.read_text("utf-8-sig", "replace") if self.mapping else "")
        answers = dict(mapped.answers)
        for pair in self.answered:
            key, sign, answer = pair.partition("=")
            if not sign:
                raise click.UsageError(
                    "Write --answer QUESTION=ANSWER, such as --answer sides=paid."
                )
            answers[key] = answer
        chosen = {"day": self.dates, "unit": self.amounts}
        return Reading(mapped.columns, answers | {key: one for key, one in chosen.items() if one})


@click.command("import")
@click.argument("kind", type=click.Choice(list(map(str, Imported))))
@click.argument("file", type=_File)
@click.option("--bank", "slug", required=True, help="The address of the bank, as in /b/SLUG.")
@click.option(
    "--from",
    "file_format",
    type=click.Choice(list(map(str, ImportFormat))),
    help="Where the file is from; guessed when left out.",
)
@click.option(
    "--encoding",
    help="How the file is written, if not in UTF-8 or UTF-16: windows-1252, iso-8859-15, …",
)
@click.option(
    "--posts", type=_File, help="TimeOverflow's posts, which give its transfers their descriptions."
)
@click.option(
    "--map",
    "mapping",
    type=_File,
    help="JSON with `columns` (what each heading is) and `answers` (to what is asked).",
)
@click.option(
    "--dates",
    type=click.Choice(list(map(str, Order))),
    help="What comes first in a date written as numbers.",
)
@click.option(
    "--amounts",
    type=click.Choice(list(map(str, Unit))),
    help="What a bare number of time counts.",
)
@click.option(
    "--answer",
    "answered",
    multiple=True,
    metavar="QUESTION=ANSWER",
    help="The answer to something that was asked of the file.",
)
@click.option("--dry-run", is_flag=True, help="Check everything and write nothing.")
@click.option(
    "--good-rows", is_flag=True, help="Bring in the good rows even when others have to be mended."
)
@click.option("--update", is_flag=True, help="Change members who are here to what the file says.")
@click.option(
    "--despite",
    default="",
    help="Why hours or gifts go in between two who are kept apart; coordinators can read it.",
)
@click.option(
    "--same", type=int, multiple=True, metavar="LINE", help="A row that is here already: left out."
)
@click.option(
    "--other",
    type=int,
    multiple=True,
    metavar="LINE",
    help="A row that is somebody else than those asked about, or other help: brought in.",
)
@click.option(
    "--errors",
    type=click.Path(dir_okay=False, path_type=pathlib.Path),
    help="Write the bad rows to this file.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the result for a program.")
@taken_as(Options)
def import_(options: Options) -> None:
    """Bring members, hours, gifts, offers or requests from FILE into a bank: all rows, or none.

    A large file is checked whole, and then goes in batch by batch, while others work. Stopped in
    between it is half in; a worker goes on, or this command with the same file. A second run of a
    file that is in changes nothing. docs/files.md describes the formats.
    """
    file, posts, errors = options.file, options.posts, options.errors
    if errors and errors.absolute() in {file.absolute(), posts.absolute() if posts else None}:
        raise click.UsageError("--errors would overwrite the file it is about. Name another.")
    if not options.dry_run and file.stat().st_size > service.SMALL:
        result, bad_rows = _in_slices(options)
    else:
        result, bad_rows = _at_once(options)
    _tell(result, bad_rows, options)


@click.command("take-back")
@click.argument("number", type=int)
@click.option("--bank", "slug", required=True, help="The address of the bank, as in /b/SLUG.")
@click.option("--dry-run", is_flag=True, help="Say what would go and what would stay.")
def take_back(number: int, slug: str, dry_run: bool) -> None:
    """Take back the file that was brought in under that NUMBER: its people, hours and offers, as
    far as nothing was built on them since."""
    begin = undoing.prospect if dry_run else undoing.begin
    with transaction() as session:
        bank = banks.by_slug(session, slug)
        bank_id, act = bank.id, Act(Actor.system(bank.id, "import"), clock.now())
        prospect = begin(session, bank, number, plugged_in(), act)
    if not dry_run:
        prospect = undoing.go_on(transaction, bank_id, number, plugged_in(), act)
        with transaction() as session:
            undoing.settle(session, banks.by_id(session, bank_id), number, act)
    words = "Would go" if dry_run else "Taken back"
    click.echo(f"{words}: {', '.join(map(str, prospect.goes)) or 'nothing'}.")
    _list([str(one) for one in prospect.stays], f"{prospect.staying:,} stay:", err=False)


def _at_once(options: Options) -> tuple[Result, bytes | None]:
    """Check a file, or bring it in, in one go: what came of it, and the rows that have to be
    mended."""
    how, bad_rows = options.how(), BadRowsFile(Imported(options.kind))
    with ExitStack() as open_files:
        source = service.Source(
            open_files.enter_context(options.file.open("rb")),
            how.kind,
            how.format,
            how.encoding,
            open_files.enter_context(options.posts.open("rb")) if options.posts else None,
            how.update,
            options.good_rows,
            how.answers,
            how.reading,
            name=options.file.name,
        )
        progress = open_files.enter_context(_progress(options.file.name))
        try:
            if options.dry_run:
                bank, now = banks.by_slug(reading(), options.slug), clock.now()
                result = service.check(
                    reading(), bank, source, now=now, bad_rows=bad_rows, progress=progress
                )
            else:
                with transaction() as session:
                    bank = banks.by_slug(session, options.slug)
                    by = Actor.system(bank.id, "import")
                    act = Act(by, clock.now(), Word(despite=options.despite))
                    result = service.bring_in(
                        session, bank, source, act, bad_rows=bad_rows, progress=progress
                    )
        except BadRows as refusal:
            result = refusal.result
    return result, bad_rows.content


def _in_slices(options: Options) -> tuple[Result, bytes | None]:
    """Hand a large file in, and bring it in here, as a worker does: should this be stopped, another
    goes on. What came of it, and the rows that have to be mended."""
    file, slug = options.file, options.slug
    files = Files(
        file.name, file.read_bytes(), options.posts.read_bytes() if options.posts else None
    )
    new = NewUpload(options.how(), files)
    with transaction() as session:
        bank = banks.by_slug(session, slug)
        word = Word(despite=options.despite)
        act = Act(Actor.system(bank.id, "import"), clock.now(), word)
        upload_id = service.take_up(session, bank, new, act, good_rows=options.good_rows).id
    app: Flask = current_app._get_current_object()  # pyright: ignore[reportAttributeAccessIssue]
    jobs = [job for room in plugged_in() for job in room.jobs if job.kind == service.BRING_IN]
    worker = Worker(app, jobs)
    with _progress(file.name) as progress:
        while True:
            worker.run_due()
            reading().rollback()
            upload = queries.upload(reading(), banks.by_slug(reading(), slug), upload_id)
            if upload.state != ImportState.IMPORTING:
                break
            # Another worker has it in hand, or its lease has yet to run out.
            in_already = (upload.progress or {}).get("rows", 0)
            lines = max(files.file.count(b"\n"), 1)
            progress(upload.size * min(in_already, lines) // lines, upload.size)
            time.sleep(_LOOK_AGAIN)
    result_kept = upload.result or {}
    if upload.state == ImportState.REFUSED:
        raise NotReady(as_written(result_kept["message"]))
    result, bad_rows = Result.of(result_kept), upload.bad_rows
    result.upload_id = upload_id if upload.state == ImportState.DONE else None
    if upload.state == ImportState.CHECKED:
        # Nothing of it is in: it is not left waiting on a page for somebody's word.
        with transaction() as session:
            service.discard(session, banks.by_slug(session, slug), upload_id)
    return result, bad_rows


def _tell(result: Result, bad_rows: bytes | None, options: Options) -> None:
    errors = options.errors
    if errors and bad_rows:
        spreadsheet = errors.suffix.lower() == ".xlsx"
        errors.write_bytes(as_workbook(bad_rows, "to mend") if spreadsheet else bad_rows)
    if options.as_json:
        click.echo(json.dumps(result.to_json(), ensure_ascii=False, indent=2))
    else:
        _report(result, options.file.name, dry_run=options.dry_run, errors=errors)
    unmended = result.bad and not options.good_rows
    if result.shown.open or unmended or (result.apart and not options.despite):
        raise click.exceptions.Exit(1)


def _report(result: Result, name: str, *, dry_run: bool, errors: pathlib.Path | None) -> None:
    click.echo(
        f"{name}: {_rows(result.rows)} of {result.kind}, read as {result.format},"
        f" {result.encoding}."
    )
    _report_reading(result.shown)
    if result.shown.open:
        click.echo("Nothing was written, for something has to be asked first.", err=True)
        return
    counts = {
        "new": result.new,
        "here already, the same": result.unchanged,
        "updated": result.updated,
    }
    counts |= {"different here and left alone": result.different, "to be mended": result.bad}
    click.echo(f"{'; '.join(f'{count:,} {words}' for words, count in counts.items() if count)}.")
    if result.minutes and result.kind != Imported.MEMBERS:
        click.echo(f"The new rows come to {hours.table(result.minutes)}.")
    for words in result.notes:
        click.echo(str(words))
    _list(
        [str(one.words) for one in result.widened],
        "Limits widened to fit; tell the broker:",
        err=False,
    )
    _list([str(one.words) for one in result.apart], "Between two who are kept apart:", err=False)
    if result.apart and not result.written:
        click.echo("They go in with --despite WHY; coordinators can read it.", err=True)
    _list(list(map(str, result.differences)), "Different here and left alone:", err=False)
    _list([problem.words for problem in result.problems], "To be mended:", err=True)
    if result.asked:
        click.echo(
            "Rows that may be here already: say --same LINE or --other LINE of each.", err=True
        )
    if result.bad and errors:
        click.echo(f"The rows to be mended are in {errors}; mend them there and import that file.")
    elif result.bad:
        click.echo(
            "With --errors FILE those rows are written to a file, to be mended and imported by"
            " themselves."
        )
    if result.written:
        click.echo("Done: it is in the books.")
        if result.upload_id is not None:
            click.echo(f"It can be taken back: timebank take-back {result.upload_id} --bank …")
    elif dry_run and (result.clean or result.new):
        click.echo("Nothing was written: this was a dry run.")
    else:
        click.echo(
            "Nothing was written. With --good-rows the good rows go in without the others.",
            err=True,
        )


def _report_reading(shown: Shown) -> None:
    """What the columns are read as, and what has to be asked."""
    read = [
        f"{one.label} → {one.field}" for one in shown.columns if one.field not in (None, one.label)
    ]
    if read:
        click.echo(f"Read as: {', '.join(read)}.")
    for question in shown.open:
        click.echo(f"{question.words} {question.hint or ''}".rstrip(), err=True)
        for option in question.options:
            small = str(option.small or "")
            words = str(option.words) + (f" ({small})" if small else "")
            click.echo(f"  --answer {question.key}={option.value}  {words}", err=True)
        if not question.options:
            click.echo("  --map FILE  names the columns", err=True)


def _list(lines: list[str], title: str, *, err: bool) -> None:
    if not lines:
        return
    click.echo(title, err=err)
    for line in lines[:_SHOWN]:
        click.echo(f"  {line}", err=err)
    if len(lines) > _SHOWN:
        click.echo(f"  … and {len(lines) - _SHOWN:,} more", err=err)


def _rows(count: int) -> str:
    return "1 row" if count == 1 else f"{count:,} rows"


@contextmanager
def _progress(name: str) -> Generator[service.Told]:
    """A bar on a terminal; a plain line at every tenth elsewhere, if the work is long enough to
    have any."""
    if not sys.stderr.isatty():
        tenth = 0

        def say(read: int, size: int) -> None:
            nonlocal tenth
            if 10 * read // size > tenth and size > service.SMALL:
                tenth = 10 * read // size
                click.echo(f"{name}: {10 * tenth} %", err=True)

        yield say
        return
    from rich.console import Console  # noqa: PLC0415  (heavy, and most starts show no progress)
    from rich.progress import (  # noqa: PLC0415
        BarColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        "{task.percentage:>3.0f}%",
        TimeElapsedColumn(),
    )
    with Progress(
        *columns, TimeRemainingColumn(), console=Console(stderr=True), transient=True
    ) as bar:
        task = bar.add_task(name, total=None)
        yield lambda read, size: bar.update(task, completed=read, total=size)
