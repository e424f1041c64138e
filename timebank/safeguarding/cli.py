"""The commands `timebank safeguarding …`."""

import json

import click

from timebank import clock
from timebank.banks import queries as banks
from timebank.clock import local_date
from timebank.db import reading
from timebank.feature import plugged_in
from timebank.safeguarding import queries
from timebank.safeguarding.rules import State, Wanted


@click.group()
def safeguarding() -> None:
    """The checks that people hold, and those they need. (Concerns are read on pages alone, where
    each reading is written down.)"""


@safeguarding.command()
@click.option("--bank", "slug", required=True, help="The address of the bank, as in /b/SLUG.")
@click.option("--kind", help="Only checks of this kind, by its code.")
@click.option("--state", type=click.Choice([*map(str, State)]), help="Only those that stand so.")
@click.option("--json", "as_json", is_flag=True, help="Print it for a program to read.")
def checks(slug: str, kind: str | None, state: str | None, as_json: bool) -> None:
    """List the checks of everybody who takes part, and those that are missing for what they
    offer."""
    session = reading()
    bank = banks.by_slug(session, slug)
    wanted = Wanted(kind, State(state) if state else None)
    on = local_date(clock.now(), bank.timezone)
    lines = [
        {
            "number": row.member.number,
            "name": row.member.name,
            "kind": row.kind.code,
            "state": str(row.state),
            "expires_on": (
                row.check.expires_on.isoformat() if row.check and row.check.expires_on else None
            ),
        }
        for row in queries.register(session, bank, plugged_in(), wanted, on=on)
    ]
    if as_json:
        click.echo(json.dumps({"items": lines}, ensure_ascii=False, indent=2))
        return
    for line in lines:
        click.echo("\t".join(value or "-" for value in line.values()))
