"""`timebank export`: what the bank holds, as a file; `timebank report`: what its figures say."""

import json
import pathlib
import sys
from dataclasses import dataclass
from datetime import datetime

import click

from timebank import clock, hours
from timebank.banks import queries as banks
from timebank.db import reading, transaction
from timebank.errors import Invalid
from timebank.measures.figures import Among, Topic
from timebank.measures.windows import Period
from timebank.options import taken_as
from timebank.reports import (
    archive,
    dashboard,
    evidence,
    funder,
    funder_files,
    publish,
    service,
    words,
)
from timebank.reports.figures import Report, comparison_as_json
from timebank.reports.rules import (
    EXPORT_FORMATS,
    FUNDER_FORMATS,
    KINDS,
    REPORT_FORMATS,
    Asked,
    ExportAsked,
    Format,
)
from timebank.reports.service import Export
from timebank.say import Said, say

_DAY = click.DateTime(["%Y-%m-%d"])
_EVIDENCE = "evidence"
_FUNDER = "funder"


@click.command()
@click.argument("kind", type=click.Choice(list(KINDS)))
@click.option("--bank", "slug", required=True, help="The address of the bank, as in /b/SLUG.")
@click.option(
    "--from",
    "start",
    type=_DAY,
    help="The first day: of help, gifts, entries and sessions, or of joining.",
)
@click.option("--to", "end", type=_DAY, help="The last day, included.")
@click.option(
    "--as-of",
    help="As the books stood then: 2026-11-30, or 2026-11-30T18:00 with or without a time zone.",
)
@click.option(
    "--format",
    "file_format",
    type=click.Choice([*map(str, EXPORT_FORMATS)]),
    help="csv, json or xlsx; by the file's name if left out.",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=pathlib.Path),
    help="Where to; else to the screen.",
)
def export(
    kind: str,
    slug: str,
    start: datetime | None,
    end: datetime | None,
    as_of: str | None,
    file_format: str | None,
    output: pathlib.Path | None,
) -> None:
    """Write members, hours, gifts, offers, requests, postings, activities, awards or money to a
    file, with the totals in FILE.meta.json."""
    chosen = _export_format(file_format, output)
    first, last = start.date() if start else None, end.date() if end else None
    with transaction() as session:
        bank = banks.by_slug(session, slug)
        asked = ExportAsked(kind, first, last, as_of or "")
        made = service.prepare(session, bank, asked, now=clock.now())
    if output is None:
        if chosen is Format.XLSX:
            raise click.UsageError("A spreadsheet needs a file: add -o FILE.xlsx.")
        made.write(reading(), chosen, sys.stdout.buffer)
    else:
        _write_export(made, chosen, output)
    minutes = f", {hours.table(made.totals.minutes)}" if made.totals.minutes else ""
    where = f" in {output}, with the totals in {output}.meta.json" if output else ""
    click.echo(f"{made.totals.rows:,} rows of {kind}{minutes}{where}.", err=True)


@dataclass(frozen=True)
class Options:
    """What `timebank report` is given, each under the name of its option."""

    which: str
    slug: str | None
    all_banks: bool
    start: datetime
    end: datetime
    by: str | None
    as_of: str | None
    among: str
    share: bool
    shape: str | None
    as_json: bool
    story: int | None
    output: pathlib.Path | None

    def asked(self) -> Asked:
        """The report that is asked for, of one bank or of all."""
        return Asked(
            Topic(self.which),
            self.start.date(),
            self.end.date(),
            Period(self.by) if self.by else None,
            self.share,
            Among(self.among),
            self.as_of or "",
        )


@click.command()
@click.argument("which", type=click.Choice([*map(str, Topic), _EVIDENCE, _FUNDER]))
@click.option("--bank", "slug", help="The address of the bank, as in /b/SLUG.")
@click.option(
    "--all-banks",
    is_flag=True,
    help="All banks of this installation as one network, in place of --bank.",
)
@click.option("--from", "start", type=_DAY, required=True, help="The first day of help.")
@click.option("--to", "end", type=_DAY, required=True, help="The last day, included.")
@click.option(
    "--by",
    type=click.Choice([*map(str, Period)]),
    help="A window for each, with the change since the first.",
)
@click.option(
    "--as-of",
    help="As the books stood then: 2026-11-30, or 2026-11-30T18:00 with or without a time zone.",
)
@click.option(
    "--among",
    type=click.Choice([*map(str, Among)]),
    default="people",
    show_default=True,
    help="Whose help is looked at.",
)
@click.option(
    "--share",
    is_flag=True,
    help="The version for sharing: few people withheld, numbers rounded, whole quarters.",
)
@click.option(
    "--format",
    "shape",
    type=click.Choice(["text", *map(str, REPORT_FORMATS)]),
    help="By the file's name if left out, else text.",
)
@click.option("--json", "as_json", is_flag=True, help="The same as --format json.")
@click.option("--story", type=int, help="For a funder: the id of a story that was agreed to.")
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=pathlib.Path),
    help="Where to; else to the screen.",
)
@taken_as(Options)
def report(options: Options) -> None:
    """Print the figures of a bank, each with what it is, or write them to a file, CSV with its
    totals in FILE.meta.json. Evidence is what was asked, said, promised and done; funder is two
    pages for whoever pays, always as they may be shared."""
    output = options.output
    shape = options.shape or ("json" if options.as_json else "")
    if options.which == _EVIDENCE:
        _write_evidence(options, shape)
        return
    if options.which == _FUNDER:
        _write_funder(options, shape)
        return
    # None: as text.
    file_format = _report_format(shape, output)
    if options.all_banks == bool(options.slug):
        raise click.UsageError("Say one of the two: --bank SLUG, or --all-banks.")
    asked = options.asked()
    with transaction() as session:
        if options.slug is None:
            made = archive.report_of_all_banks(session, asked, now=clock.now())
        else:
            bank = banks.by_slug(session, options.slug)
            made = archive.report(session, bank, asked, now=clock.now())
    if file_format is None:
        content = words.in_words(made).encode() + b"\n"
    else:
        content = publish.file(made, file_format)
    if output is None:
        click.echo(content, nl=False)
        return
    files = {output: content}
    if file_format is Format.CSV:
        beside = output.with_name(f"{output.name}.meta.json")
        files[beside] = publish.file(made, Format.META, output.name)
    _write_report(made, files, output)


def _write_evidence(options: Options, shape: str) -> None:
    if options.slug is None or options.by or Among(options.among) is not Among.PEOPLE:
        raise click.UsageError("Evidence is of one --bank, and of all these days as one.")
    output = options.output
    file_format = _report_format(shape, output)
    first, last = options.start.date(), options.end.date()
    with transaction() as session:
        bank = banks.by_slug(session, options.slug)
        made = evidence.kept(session, bank, first, last, options.as_of or "", now=clock.now())
    content = (
        f"{evidence.in_words(made)}\n".encode()
        if file_format is None
        else evidence.file(made, file_format)
    )
    if output is None:
        click.echo(content, nl=False)
        return
    _write_one(output, content, made.as_of)


def _write_funder(options: Options, shape: str) -> None:
    if options.slug is None or options.by or Among(options.among) is not Among.PEOPLE:
        raise click.UsageError("What a funder reads is of one --bank, and of all days as one.")
    output = options.output
    file_format = _report_format(shape, output)
    if file_format is Format.CSV:
        raise click.UsageError(f"There are txt, {', '.join(FUNDER_FORMATS)}.")
    with transaction() as session:
        bank = banks.by_slug(session, options.slug)
        first, last = options.start.date(), options.end.date()
        made = funder.summary(
            session,
            bank,
            first,
            last,
            options.as_of or "",
            story=options.story,
            now=clock.now(),
        )
    content = (
        f"{funder_files.in_words(made)}\n".encode()
        if file_format is None
        else funder_files.file(made, file_format)
    )
    if output is None:
        click.echo(content, nl=False)
        return
    _write_one(output, content, made.as_of)


def _write_one(output: pathlib.Path, content: bytes, as_of: datetime) -> None:
    try:
        output.write_bytes(content)
    except OSError as error:
        raise Invalid(_not_written(output, error)) from error
    click.echo(f"To have the same again: --as-of {as_of.isoformat()}", err=True)


def _report_format(asked: str, output: pathlib.Path | None) -> Format | None:
    """What was asked for, or else what the file's name says; None: text. Raises UsageError where
    the two do not go together."""
    suffix = output.suffix.lower().removeprefix(".") if output else ""
    chosen = asked or suffix.replace("txt", "text") or "text"
    known = ("text", *REPORT_FORMATS)
    if chosen not in known or (suffix in REPORT_FORMATS and suffix != chosen):
        raise click.UsageError(
            f"{output} does not go with that format. There are txt, {', '.join(REPORT_FORMATS)}."
        )
    if output is None and chosen in (Format.XLSX, Format.PDF):
        raise click.UsageError(f"That needs a file: add -o FILE.{chosen}.")
    return None if chosen == "text" else Format(chosen)


def _write_report(made: Report, files: dict[pathlib.Path, bytes], output: pathlib.Path) -> None:
    try:
        for path, content in files.items():
            part = path.with_name(f"{path.name}.part")
            part.write_bytes(content)
            part.replace(path)
    except OSError as error:
        raise Invalid(_not_written(output, error)) from error
    click.echo(
        f"{words.title(made)} in {output}. To have the same again:"
        f" --as-of {made.as_of.isoformat()}",
        err=True,
    )


@click.command("before-and-after")
@click.argument("day", type=_DAY)
@click.option("--bank", "slug", required=True, help="The address of the bank, as in /b/SLUG.")
@click.option(
    "--months",
    type=click.IntRange(1, 120),
    default=6,
    show_default=True,
    help="How long before and after.",
)
@click.option("--json", "as_json", is_flag=True, help="For a program to read.")
def before_and_after(day: datetime, slug: str, months: int, as_json: bool) -> None:
    """Set every figure before DAY beside the same from DAY on: an activity began, a broker was
    hired. For the staff alone."""
    compared = dashboard.before_and_after(
        reading(), banks.by_slug(reading(), slug), day.date(), months, now=clock.now()
    )
    click.echo(
        json.dumps(comparison_as_json(compared), ensure_ascii=False, indent=2)
        if as_json
        else words.compared_in_words(compared)
    )


def _export_format(asked: str | None, output: pathlib.Path | None) -> Format:
    """What was asked for, or else what the file's name says, or CSV."""
    suffix = output.suffix.lower().removeprefix(".") if output else ""
    return Format(asked or (suffix if suffix in EXPORT_FORMATS else "csv"))


def _write_export(made: Export, file_format: Format, output: pathlib.Path) -> None:
    """Write the file and its totals under other names first, so that no half-written file is ever
    taken for a whole one."""
    beside = output.with_name(f"{output.name}.meta.json")
    part, part_beside = (path.with_name(f"{path.name}.part") for path in (output, beside))
    try:
        with part.open("wb") as out:
            made.write(reading(), file_format, out)
        about = made.about(file_format, url=output.name)
        part_beside.write_text(
            json.dumps(about, ensure_ascii=False, indent=2) + "\n", encoding="utf-8"
        )
        part_beside.replace(beside)
        part.replace(output)
    except OSError as error:
        raise Invalid(_not_written(output, error)) from error
    finally:
        part.unlink(missing_ok=True)
        part_beside.unlink(missing_ok=True)


def _not_written(output: pathlib.Path, error: OSError) -> Said:
    return say(
        "%(file)s cannot be written: %(why)s.", file=str(output), why=error.strerror or str(error)
    )
