"""`timebank import`: a file into a bank."""

import json
import pathlib
import sys
from collections.abc import Generator
from contextlib import ExitStack, contextmanager

import click

from timebank import clock, hours
from timebank.banks import queries as banks
from timebank.db import reading, transaction
from timebank.imports import service
from timebank.imports.errors import BadRows
from timebank.imports.result import BadRowsFile, Result
from timebank.imports.rules import Answers, Imported, ImportFormat

_SHOWN = 20

_File = click.Path(exists=True, dir_okay=False, path_type=pathlib.Path)


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
@click.option("--dry-run", is_flag=True, help="Check everything and write nothing.")
@click.option(
    "--good-rows", is_flag=True, help="Bring in the good rows even when others have to be mended."
)
@click.option("--update", is_flag=True, help="Change members who are here to what the file says.")
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
def import_(
    kind: str,
    file: pathlib.Path,
    slug: str,
    file_format: str | None,
    encoding: str | None,
    posts: pathlib.Path | None,
    dry_run: bool,
    good_rows: bool,
    update: bool,
    same: tuple[int, ...],
    other: tuple[int, ...],
    errors: pathlib.Path | None,
    as_json: bool,
) -> None:
    """Bring members, hours, gifts, offers or requests from FILE into a bank: all rows, or none.

    A second run of the same file changes nothing. docs/files.md describes the formats.
    """
    if errors and errors.absolute() in {file.absolute(), posts.absolute() if posts else None}:
        raise click.UsageError("--errors would overwrite the file it is about. Name another.")
    held, wanted = Imported(kind), ImportFormat(file_format) if file_format else None
    bad_rows = BadRowsFile(held)
    with ExitStack() as open_files:
        opened = open_files.enter_context(file.open("rb"))
        opened_posts = open_files.enter_context(posts.open("rb")) if posts else None
        answers = Answers(frozenset(same), frozenset(other)).checked()
        source = service.Source(
            opened, held, wanted, encoding, opened_posts, update, good_rows, answers
        )
        told = open_files.enter_context(_progress(file.name))
        try:
            if dry_run:
                bank = banks.by_slug(reading(), slug)
                result = service.check(
                    reading(), bank, source, now=clock.now(), bad_rows=bad_rows, progress=told
                )
            else:
                with transaction() as session:
                    bank = banks.by_slug(session, slug)
                    result = service.bring_in(
                        session, bank, source, now=clock.now(), bad_rows=bad_rows, progress=told
                    )
        except BadRows as refusal:
            result = refusal.result
    if errors and bad_rows.content:
        errors.write_bytes(bad_rows.content)
    if as_json:
        click.echo(json.dumps(result.to_json(), ensure_ascii=False, indent=2))
    else:
        _report(result, file.name, dry_run=dry_run, errors=errors)
    if result.bad and not good_rows:
        raise click.exceptions.Exit(1)


def _report(result: Result, name: str, *, dry_run: bool, errors: pathlib.Path | None) -> None:
    click.echo(
        f"{name}: {_rows(result.rows)} of {result.kind}, read as {result.format},"
        f" {result.encoding}."
    )
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
        click.echo(words)
    _list(
        [one.words for one in result.widened], "Limits widened to fit; tell the broker:", err=False
    )
    _list(result.differences, "Different here and left alone:", err=False)
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
    elif dry_run and (result.clean or result.new):
        click.echo("Nothing was written: this was a dry run.")
    else:
        click.echo(
            "Nothing was written. With --good-rows the good rows go in without the others.",
            err=True,
        )


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
