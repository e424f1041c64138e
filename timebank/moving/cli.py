"""`timebank bank`: a bank into an archive, and out of one."""

from pathlib import Path

import click

from timebank import clock, db
from timebank.banks import queries as banks
from timebank.db import reading, transaction
from timebank.errors import Conflict
from timebank.feature import plugged_in
from timebank.ledger import service as ledger_service
from timebank.moving import service
from timebank.say import say

_File = click.Path(dir_okay=False, path_type=Path)


@click.group()
def bank() -> None:
    """Which banks there are; and one moved whole, to another installation or out of this one."""


@bank.command("list")
def list_() -> None:
    """Print the banks of this installation, by name, each with the word by which it is named to
    commands (SLUG)."""
    for one in banks.all_banks(reading()):
        click.echo(f"{one.slug}  {one.name}")


@bank.command("export")
@click.argument("slug")
@click.argument("file", type=_File)
@click.option("--force", is_flag=True, help="Replace the file if there is one.")
def export(slug: str, file: Path, force: bool) -> None:
    """Write everything of the bank at /b/SLUG into FILE, as of one moment.

    It can be read without Timebank: JSON lines, CSV, and a manifest that says what there is and
    what was left behind.
    """
    if file.exists() and not force:
        raise Conflict(say("%(file)s is there already. Add --force to replace it.", file=str(file)))
    reading().rollback()
    part = file.with_name(file.name + ".part")
    try:
        with db.snapshot() as session, part.open("wb") as out:
            of = banks.by_slug(session, slug)
            manifest = service.pack(session, of, plugged_in(), out, now=clock.now())
        part.replace(file)
    finally:
        part.unlink(missing_ok=True)
    totals = manifest.totals
    click.echo(
        f"{manifest.bank} is in {file} ({file.stat().st_size / 2**20:,.1f} MB): members"
        f" {totals['members']:,}, entries {totals['entries']:,}. It holds personal data: keep it"
        " safe."
    )
    click.echo("Left behind, and listed in its manifest.json:")
    for what, why in manifest.behind:
        click.echo(f"  {what}: {why}")


@bank.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--slug", help="Another address than the bank had, /b/SLUG.")
def import_(file: Path, slug: str | None) -> None:
    """Bring the bank in FILE in, whole or not at all, and prove its books.

    Nobody has a password here: everybody asks for a link to sign in, or is made one with `timebank
    members link`.
    """
    now = clock.now()
    with transaction() as session:
        arrived = service.bring(session, file, plugged_in(), slug=slug, now=now)
        address = arrived.bank.slug
    with transaction() as session:
        sealed = ledger_service.seal(session, banks.by_slug(session, address), now=now)
    totals = arrived.manifest.totals
    click.echo(
        f"{arrived.manifest.bank} is at /b/{address}: members {totals['members']:,}, entries"
        f" {totals['entries']:,}. Its books are proved and sealed: {sealed.hash or 'empty'}."
    )
