"""Commands that let people in."""

import click

from timebank import clock
from timebank.access import service
from timebank.access.rules import NewToken, Scope
from timebank.act import Act, Actor
from timebank.banks import queries as banks
from timebank.db import transaction
from timebank.members import queries as members_queries
from timebank.members.current import config


@click.group()
def members() -> None:
    """What a member signs in with."""


@members.command()
@click.argument("number")
@click.option("--bank", "slug", required=True, help="The address of the bank, as in /b/SLUG.")
@click.option(
    "--scope",
    type=click.Choice([*map(str, Scope)]),
    default="read",
    show_default=True,
    help="What the token may do.",
)
@click.option(
    "--name",
    default="command line",
    show_default=True,
    help="What it is for, as the member sees it listed.",
)
def token(number: str, slug: str, scope: str, name: str) -> None:
    """Print a bearer token for the member with that NUMBER. It is shown this once."""
    with transaction() as session:
        bank = banks.by_slug(session, slug)
        member = members_queries.by_number(session, bank, number)
        by = Actor.system(bank.id, "command")
        secret = service.make_token(
            session, bank, member.id, NewToken(name, Scope(scope)), Act(by, clock.now())
        )
    click.echo(secret)


@members.command()
@click.argument("number")
@click.option("--bank", "slug", required=True, help="The address of the bank, as in /b/SLUG.")
@click.option(
    "--minutes",
    default=60,
    show_default=True,
    type=click.IntRange(1, 7 * 24 * 60),
    help="How long it is good.",
)
@click.option(
    "--reset-second-factor",
    is_flag=True,
    help="Have them set up a new second factor: phone and codes are lost.",
)
def link(number: str, slug: str, minutes: int, reset_second_factor: bool) -> None:
    """Print a one-time link that signs in the member with that NUMBER, for a coordinator who is
    locked out."""
    now = clock.now()
    with transaction() as session:
        bank = banks.by_slug(session, slug)
        member = members_queries.by_number(session, bank, number)
        by = Actor.system(bank.id, "command")
        if reset_second_factor:
            service.reset_second_factor(session, bank, member.id, Act(by, now))
        code = service.make_link(session, bank, member.id, Act(by, now), minutes=minutes)
    click.echo(f"{config().base_url.rstrip('/')}/sign-in/link/{code}")
