"""The commands `timebank ledger …`."""

import click

from timebank import clock
from timebank.banks import queries as banks
from timebank.db import reading, transaction
from timebank.ledger import queries, service


@click.group()
def ledger() -> None:
    """The books: prove them, seal them, read them."""


@ledger.command()
@click.option("--bank", "slug", help="Only this bank; every bank when left out.")
def seal(slug: str | None) -> None:
    """Seal the entries that have come since the last seal, so that a change to any of them shows."""
    session = reading()
    found = [banks.by_slug(session, slug)] if slug else banks.all_banks(session)
    for bank in found:
        before = queries.position(session, bank).entries
        with transaction() as writing:
            sealed = service.seal(writing, bank, now=clock.now())
        fresh = f"{sealed.entries - before:,} new of {sealed.entries:,} entries sealed"
        click.echo(f"{bank.slug}: {fresh}, {sealed.hash or 'nothing to seal'}")
