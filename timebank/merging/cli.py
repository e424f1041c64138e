"""The commands `timebank merging …`."""

import click

from timebank import clock, hours
from timebank.act import Act, Actor
from timebank.banks import queries as banks
from timebank.banks.models import Bank
from timebank.db import transaction
from timebank.errors import NotFound
from timebank.feature import plugged_in
from timebank.members import queries as members
from timebank.merging import service
from timebank.merging.errors import CannotMerge
from timebank.merging.rules import Wanted
from timebank.say import one_after_another, say

_bank = click.option(
    "--bank", "slug", required=True, help="The address of the bank, as in /b/SLUG."
)


@click.group()
def merging() -> None:
    """Members who turned out to be one person."""


def _act(bank: Bank) -> Act:
    return Act(Actor.system(bank.id, "command"), clock.now())


@merging.command()
@click.argument("number")
@click.option("--into", required=True, help="The number of the member who stays.")
@click.option("--why", default="", help="How it is known that they are one person.")
@click.option("--dry-run", is_flag=True, help="Say what it would do, and do nothing.")
@_bank
def merge(number: str, into: str, why: str, dry_run: bool, slug: str) -> None:
    """Make the member with that NUMBER one with another, who stays. It can be undone for a day."""
    with transaction() as session:
        bank = banks.by_slug(session, slug)
        goes, stays = (members.by_number(session, bank, each) for each in (number, into))
        if dry_run:
            seen = service.preview(session, bank, goes.id, stays.id, plugged_in(), _act(bank))
            if seen.merged is None:
                raise CannotMerge(one_after_another(seen.refused))
            merged = seen.merged
        else:
            wanted = Wanted(stays.id, why)
            merged = service.merge(session, bank, goes.id, wanted, plugged_in(), _act(bank))
        click.echo(
            f"{'Would make' if dry_run else 'Made'} number {number} one with {stays.name}, number"
            f" {stays.number}: balance {hours.table(merged.balance)}, entries booked anew"
            f" {merged.rebooked:,}, left as they are {merged.stayed:,}."
        )
        for words in merged.carried:
            click.echo(f"  {words}")


@merging.command()
@click.argument("number")
@_bank
def undo(number: str, slug: str) -> None:
    """Have the member back who had that NUMBER, within a day."""
    with transaction() as session:
        bank = banks.by_slug(session, slug)
        row = next(
            (row for row in members.merges(session, bank) if row.number == number.strip()), None
        )
        if row is None:
            raise NotFound(
                say("Nobody with the number %(number)s was made one with another.", number=number)
            )
        undone = service.undo(session, bank, row.id, plugged_in(), _act(bank))
        click.echo(f"{undone.came_back.name} is number {undone.came_back.number} again.")
        for table, rows in undone.lost.items():
            click.echo(f"  Not put back, since it was changed since: {table} {rows:,}")
