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
        chosen = [banks.by_slug(session, slug)] if slug else banks.all_banks(session)
        quiet = not sys.stderr.isatty()
        with click.progressbar(
            length=steps(session), label="Checking", file=sys.stderr, hidden=quiet
        ) as bar:
            report = prove(session, chosen, one=slug is not None, on=lambda: bar.update(1))
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
    books = sorted(report.books, key=lambda one: one.bank)
    hashes = [one.hash for one in books if one.hash]
    whole = (
        hashlib.sha256("\n".join(hashes).encode()).hexdigest()
        if len(hashes) > 1
        else next(iter(hashes), None)
    )
    totals = {
        name: sum(getattr(one, name) for one in books)
        for name in ("accounts", "entries", "postings", "minutes")
    }
    return {
        "ok": report.ok,
        **totals,
        "sum_of_balances": sum(one.sum_of_balances for one in books),
        "faults": [asdict(fault) for fault in report.faults],
        "hash": whole,
        "banks": [asdict(one) for one in books],
    }


def _in_words(report: Report) -> str:
    said = [_books(one) for one in report.books]
    said += [
        f"Wrong in {fault.bank or 'the database'} ({fault.kind}): {fault.what}."
        for fault in report.faults
    ]
    said.append("The books are right." if report.ok else "The books are NOT right.")
    return "\n".join(said)


def _books(one: Books) -> str:
    rows = f"{one.accounts:,} accounts, {one.entries:,} entries, {one.postings:,} postings"
    moved = f"{hours.table(one.minutes)} moved, balances come to {hours.table(one.sum_of_balances)}"
    return (
        f"{one.bank}: {rows}, {moved}; {one.sealed:,} entries sealed, {one.hash or 'no hash yet'}"
    )
