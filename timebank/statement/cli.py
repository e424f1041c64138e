"""The statement as a command: `timebank ledger statement`."""

import json
from datetime import datetime

import click

from timebank import hours
from timebank.act import Actor
from timebank.banks import queries as banks
from timebank.db import reading
from timebank.members import queries as members
from timebank.statement import queries
from timebank.statement.queries import Line, Statement
from timebank.statement.schemas import LineOut

_DAY = click.DateTime(["%Y-%m-%d"])


@click.command()
@click.argument("member")
@click.option("--bank", "slug", required=True, help="The address of the bank, as in /b/SLUG.")
@click.option("--from", "start", type=_DAY, help="The first day; from the beginning when left out.")
@click.option("--to", "end", type=_DAY, help="The last day; up to today when left out.")
@click.option(
    "--json", "as_json", is_flag=True, help="Print it for a program to read; amounts are minutes."
)
def statement(
    member: str, slug: str, start: datetime | None, end: datetime | None, as_json: bool
) -> None:
    """Print the statement of MEMBER: a number, a name, an organisation, a group, or `chest`."""
    session = reading()
    bank = banks.by_slug(session, slug)
    holder = members.named(session, bank, member, field="member", within=members.EVERYBODY)
    reader = queries.reader(session, bank, holder.account_id, by=Actor.system(bank.id, "command"))
    whole = queries.between(
        session, bank, reader, start.date() if start else None, end.date() if end else None
    )
    if as_json:
        account = {"id": holder.account_id, "name": holder.name, "number": holder.number}
        sums = {
            name: getattr(whole, name)
            for name in ("brought_forward", "added", "taken_off", "carried_forward")
        }
        lines = [LineOut().dump(line) for line in whole.lines]
        click.echo(
            json.dumps({"account": account, **sums, "lines": lines}, ensure_ascii=False, indent=2)
        )
    else:
        click.echo(
            f"{holder.name}{f', member {holder.number}' if holder.number else ''}, {bank.name}"
        )
        _print(whole)


def _print(found: Statement) -> None:
    head = ("Date", "What happened", "Added", "Taken off", "Balance")
    rows = [
        head,
        ("", "Brought forward", "", "", str(hours.table(found.brought_forward or 0))),
        *map(_row, found.lines),
    ]
    added, taken_off, carried = (
        str(hours.table(minutes or 0))
        for minutes in (found.added, found.taken_off, found.carried_forward)
    )
    rows.append(("", "Carried forward", added, taken_off, carried))
    widths = [max(map(len, cells)) for cells in zip(*rows, strict=True)]
    for row in rows:
        words = [cell.ljust(width) for cell, width in zip(row[:2], widths[:2], strict=True)]
        figures = [cell.rjust(width) for cell, width in zip(row[2:], widths[2:], strict=True)]
        click.echo("  ".join(words + figures))


def _row(line: Line) -> tuple[str, str, str, str, str]:
    happened = f"{line.happened} ({line.what})" if line.what else str(line.happened)
    added, taken_off = (
        str(hours.table(amount)) if amount else "" for amount in (line.added, line.taken_off)
    )
    return line.occurred_on.isoformat(), happened, added, taken_off, str(hours.table(line.balance))
