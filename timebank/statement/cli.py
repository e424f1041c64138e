"""The statement as a command: `timebank ledger statement`."""

import json
from collections.abc import Sequence
from datetime import datetime

import click

from timebank import hours, voices
from timebank.act import Actor
from timebank.banks import queries as banks
from timebank.banks.models import Bank
from timebank.db import reading
from timebank.members import queries as members
from timebank.members.queries import Party
from timebank.members.rules import PartyName
from timebank.say import Gap, Said, Voice, say, spoken
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
    meant = PartyName(member) if member == "chest" else member
    holder = members.named(session, bank, meant, field="member", within=members.EVERYBODY)
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
        return
    voice = voices.voice(bank.language)
    click.echo(_whose(holder, bank).render(voice))
    _print(whole, voice)


def _whose(holder: Party, bank: Bank) -> Said:
    if not holder.number:
        return say("%(holder)s, %(bank)s", holder=holder.name, bank=bank.name)
    return say(
        "%(holder)s, member %(number)s, %(bank)s",
        holder=holder.name,
        number=holder.number,
        bank=bank.name,
    )


def _print(shown: Statement, voice: Voice) -> None:
    head = (
        say("Date"),
        say("What happened"),
        say("Added"),
        say("Taken off"),
        say("Balance"),
    )
    brought, carried = (
        hours.table(shown.brought_forward or 0),
        hours.table(shown.carried_forward or 0),
    )
    sums = (hours.table(minutes or 0) for minutes in (shown.added, shown.taken_off))
    listed: list[Sequence[Gap]] = [
        head,
        ("", say("Brought forward"), "", "", brought),
        *map(_row, shown.lines),
        ("", say("Carried forward"), *sums, carried),
    ]
    rows = [[spoken(cell, voice) for cell in cells] for cells in listed]
    widths = [max(map(len, cells)) for cells in zip(*rows, strict=True)]
    for row in rows:
        words = [cell.ljust(width) for cell, width in zip(row[:2], widths[:2], strict=True)]
        figures = [cell.rjust(width) for cell, width in zip(row[2:], widths[2:], strict=True)]
        click.echo("  ".join(words + figures))


def _row(line: Line) -> Sequence[Gap]:
    happened = (
        say("%(happened)s (%(what)s)", happened=line.happened, what=line.what)
        if line.what
        else line.happened
    )
    added, taken_off = (
        hours.table(amount) if amount else "" for amount in (line.added, line.taken_off)
    )
    return line.occurred_on.isoformat(), happened, added, taken_off, hours.table(line.balance)
