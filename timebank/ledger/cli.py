"""The commands `timebank ledger …`."""

import hashlib
import json
import sys
from dataclasses import asdict

import click

from timebank import clock, hours
from timebank.banks import queries as banks
from timebank.db import reading, snapshot, transaction
from timebank.ledger import queries, service
from timebank.ledger.check import Books, Report, steps
from timebank.ledger.check import check as prove

_BANK = click.option("--bank", "slug", help="Only this bank; every bank when left out.")


@click.group()
def ledger() -> None:
    """The books: prove them, seal them, read them."""


@ledger.command()
@_BANK
@click.option(
    "--json", "as_json", is_flag=True, help="Print it for a program to read; amounts are minutes."
)
@click.pass_context
def check(context: click.Context, slug: str | None, as_json: bool) -> None:
    """Prove the books from their rows. Exit code 1, and what is wrong, where they are not right."""
    with snapshot() as session:
        only = banks.by_slug(session, slug) if slug else None
        quiet = not sys.stderr.isatty()
        with click.progressbar(
            length=steps(session), label="Checking", file=sys.stderr, hidden=quiet
        ) as bar:
            report = prove(session, only=only, on=lambda: bar.update(1))
    click.echo(
        json.dumps(_for_programs(report), ensure_ascii=False, indent=2)
        if as_json
        else _in_words(report)
    )
    if not report.ok:
        context.exit(1)


@ledger.command()
@_BANK
def seal(slug: str | None) -> None:
    """Seal the entries that have come since the last seal, so that a change to any of them
    shows."""
    session = reading()
    for bank in [banks.by_slug(session, slug)] if slug else banks.all_banks(session):
        fresh = 0
        # A transaction for each block: others can write in between.
        while sealed := _seal_next(bank.id):
            fresh += sealed
        position = queries.position(session, bank)
        click.echo(
            f"{bank.slug}: {fresh:,} new, {position.entries:,} sealed in all,"
            f" {position.hash or 'nothing to seal yet'}"
        )


def _seal_next(bank_id: int) -> int:
    with transaction() as session:
        return service.seal_next(session, banks.by_id(session, bank_id), now=clock.now())


def _for_programs(report: Report) -> dict[str, object]:
    """Several banks' hashes are summed up by one more, over their hashes in order of the banks'
    addresses."""
    by_address = sorted(report.books, key=lambda books: books.bank)
    hashes = [books.hash for books in by_address if books.hash]
    whole = (
        hashlib.sha256("\n".join(hashes).encode()).hexdigest()
        if len(hashes) > 1
        else next(iter(hashes), None)
    )
    totals = {
        name: sum(getattr(books, name) for books in by_address)
        for name in ("accounts", "entries", "postings", "minutes")
    }
    return {
        "ok": report.ok,
        **totals,
        "sum_of_balances": sum(books.sum_of_balances for books in by_address),
        "faults": [asdict(fault) for fault in report.faults],
        "hash": whole,
        "banks": [asdict(books) for books in by_address],
    }


def _in_words(report: Report) -> str:
    lines = [_books_in_words(books) for books in report.books]
    lines += [
        f"Wrong in {fault.bank or 'the database'} ({fault.kind}): {fault.what}."
        for fault in report.faults
    ]
    lines.append("The books are right." if report.ok else "The books are NOT right.")
    return "\n".join(lines)


def _books_in_words(books: Books) -> str:
    rows = f"{books.accounts:,} accounts, {books.entries:,} entries, {books.postings:,} postings"
    moved, sum_of_balances = hours.table(books.minutes), hours.table(books.sum_of_balances)
    return (
        f"{books.bank}: {rows}, {moved} moved, balances come to {sum_of_balances};"
        f" {books.sealed:,} entries sealed, {books.hash or 'no hash yet'}"
    )
