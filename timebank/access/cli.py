"""Commands that let people in."""

import click

from timebank import clock
from timebank.access import links, service
from timebank.access.rules import LONGEST_KEY_DAYS, NewToken, Scope
from timebank.access.seals import Seals
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
@click.option(
    "--days",
    default=LONGEST_KEY_DAYS,
    show_default=True,
    type=click.IntRange(1, LONGEST_KEY_DAYS),
    help="How long it is good.",
)
def token(number: str, slug: str, scope: str, name: str, days: int) -> None:
    """Print a key for programs (a bearer token) for the member with that NUMBER. It is shown this
    once.

    Whoever runs this command stands in for a second factor: one of the staff may do with it what
    their role may.
    """
    with transaction() as session:
        bank = banks.by_slug(session, slug)
        member = members_queries.by_number(session, bank, number)
        by = Actor.system(bank.id, "command")
        secret = service.make_token(
            session,
            bank,
            member.id,
            NewToken(name, Scope(scope), days),
            Act(by, clock.now()),
            staff=True,
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
        code = links.make(session, bank, member.id, Act(by, now), minutes=minutes)
    click.echo(f"{config().base_url.rstrip('/')}/sign-in/link/{code}")


@members.command()
@click.option(
    "--forget-lost",
    is_flag=True,
    help="Take off the second factors that no key opens, so that they are set up again.",
)
def seal(forget_lost: bool) -> None:
    """Seal the seeds of second factors with TIMEBANK_SEED_KEY, opening them with that key or with
    TIMEBANK_SEED_KEY_BEFORE: this changes the key."""
    seals = Seals.of(config())
    with transaction() as session:
        forgotten = service.forget_lost_seeds(session, seals) if forget_lost else 0
        sealed, lost = service.seal_seeds(session, seals)
    click.echo(f"{sealed} seeds are sealed with the key of today.")
    if forgotten:
        click.echo(f"{forgotten} were lost and are taken off: their owners set up others.")
    if lost:
        click.echo(
            f"{lost} are opened by neither key. Set TIMEBANK_SEED_KEY_BEFORE to the key they were"
            " sealed with; or, if it is lost, run this again with --forget-lost."
        )
        raise SystemExit(1)
