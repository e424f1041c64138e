"""The command `timebank init`: a time bank to begin with, in an empty database or beside others."""

import os
import pathlib
import secrets

import click
from flask import current_app

from timebank import clock
from timebank.access import links
from timebank.act import Act, Actor, Role
from timebank.banks.rules import NewBank
from timebank.config import SETTINGS_FILE, Config
from timebank.db import migrate, transaction
from timebank.members import service as members_service
from timebank.members.rules import NewMember
from timebank.notices import devices
from timebank.running import backups
from timebank.skills import service as skills_service

_FIRST_LINK_MINUTES = 24 * 60


@click.command()
@click.option("--bank", "name", required=True, help="The name of the time bank.")
@click.option("--slug", help="Its address, /b/SLUG; made from the name when left out.")
@click.option(
    "--timezone",
    default="Europe/London",
    show_default=True,
    help="Where it is, as an IANA time zone.",
)
@click.option(
    "--coordinator",
    default="Coordinator",
    show_default=True,
    help="The name of its first coordinator.",
)
@click.option("--email", help="The coordinator's e-mail address.")
@click.option(
    "--number",
    help="The coordinator's member number in your own list; the next free one when left out.",
)
@click.option(
    "--language",
    default="en",
    show_default=True,
    help="The bank's own language; others to choose from are settled on its page of settings.",
)
def init(
    name: str,
    slug: str | None,
    timezone: str,
    language: str,
    coordinator: str,
    email: str | None,
    number: str | None,
) -> None:
    """Make a time bank with a tree of skills and its first coordinator, whom a one-time link signs
    in.

    Run again for another bank in the same installation.
    """
    config: Config = current_app.config["TIMEBANK"]
    backups.make_database(config)
    migrate(config.database_url)
    now = clock.now()
    with transaction() as session:
        bank = members_service.open_bank(session, NewBank(name, slug, timezone, language), now=now)
        by = Actor.system(bank.id, "init")
        who = NewMember(coordinator, email, number=number, role=Role.COORDINATOR)
        first = members_service.enrol(session, bank, who, Act(by, now))
        skills_service.plant_tree(session, bank)
        code = links.make(session, bank, first.id, Act(by, now), minutes=_FIRST_LINK_MINUTES)
        address, given = bank.slug, first.number
    key_file = _keep_key(config)
    site = config.base_url.rstrip("/")
    click.echo(f"{name} is open at {site}/b/{address}/")
    if key_file:
        click.echo(
            f"The secret keys of this installation were written to {key_file}. Back it up, apart"
            " from the database, and show it to nobody."
        )
    click.echo(
        f"Start it with `timebank serve`. {coordinator} (member number {given}) signs in once,"
        " within a day, at"
    )
    click.echo(f"{site}/sign-in/link/{code}")
    if config.base_url == Config.base_url:
        click.echo(
            "(Where people reach it at another address or port, set TIMEBANK_BASE_URL, and put that"
            " into the link.)"
        )


def _keep_key(config: Config) -> pathlib.Path | None:
    """Write the keys of an installation to the settings file, readable by its owner only, unless
    there is one already.

    Without one, everybody would be signed out whenever the server starts again. Returns the file,
    if it was written.
    """
    if Config.from_environment().secret_key:
        return None
    lines = [
        f"TIMEBANK_SECRET_KEY={secrets.token_hex(32)}",
        "# Seals the seeds of second factors, in the database and in every backup of it.",
        f"TIMEBANK_SEED_KEY={secrets.token_hex(32)}",
        "# Signs notices to devices. With another one, everybody has to allow them anew.",
        f"TIMEBANK_PUSH_KEY={devices.new_key()}",
    ]
    if config.base_url.startswith("http://"):
        lines += [
            (
                "# Browsers keep cookies marked “secure” only over https. Take the next line out"
                " once TIMEBANK_BASE_URL is https://…"
            ),
            "TIMEBANK_SECURE_COOKIES=no",
        ]
    path = pathlib.Path(SETTINGS_FILE).absolute()
    with os.fdopen(
        os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "w", encoding="utf-8"
    ) as file:
        file.write("\n".join(lines) + "\n")
    return path
