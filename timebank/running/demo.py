"""The command `timebank demo`: a believable bank to try things out in, in a database of its own."""

import pathlib
import secrets

import click

from timebank import clock
from timebank.app import create_app
from timebank.banks import queries as banks
from timebank.config import Config
from timebank.db import migrate, reading, transaction
from timebank.demo import service as demo_service
from timebank.errors import NotFound
from timebank.running import letters, logs, serving, versions

FILE = "timebank-demo.sqlite3"
"""Never the database of the settings: nobody's real books are mixed with made-up ones."""


@click.command("demo")
@click.option(
    "--members", type=click.IntRange(8), default=60, show_default=True, help="How many people."
)
@click.option(
    "--months",
    type=click.IntRange(1, 120),
    default=18,
    show_default=True,
    help="For how long they have been at it.",
)
@click.option(
    "--seed", type=int, default=1, show_default=True, help="Another number makes another bank."
)
@click.option("--fresh", is_flag=True, help="Make the bank anew where there is one already.")
@click.option("--no-serve", is_flag=True, help="Make the bank and leave it at that.")
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", type=click.IntRange(1, 65535), default=8000, show_default=True)
def demo(
    members: int, months: int, seed: int, fresh: bool, no_serve: bool, host: str, port: int
) -> None:
    """Make a demonstration bank and serve it."""
    file = pathlib.Path(FILE)
    if fresh:
        for leftover in (file, pathlib.Path(f"{FILE}-wal"), pathlib.Path(f"{FILE}-shm")):
            leftover.unlink(missing_ok=True)
    office = letters.open_office()
    config = Config.from_environment(
        database_url=f"sqlite:///{FILE}",
        secret_key=secrets.token_hex(32),
        base_url=f"http://{host}:{port}",
        second_factor="off",
        secure_cookies=False,
        mail_server="127.0.0.1",
        mail_port=office.server_address[1],
        mail_username="",
        mail_use_tls=False,
        text_driver="",
    )
    app = create_app(config)
    letters.show(app, office)
    with app.app_context():
        if versions.found(reading()) != versions.wanted():
            reading().rollback()
            migrate(config.database_url)
        _make_unless_there(members, months, seed)
    click.echo(
        f"\nThe demonstration bank is in {FILE}."
        f" Sign in with the password {demo_service.PASSWORD} as"
    )
    for mailbox, who in demo_service.SIGN_INS.values():
        click.echo(f"  {mailbox:28} {who}")
    click.echo(
        "A real bank asks brokers and coordinators for a second factor when they sign in;"
        " the demonstration asks for the password alone."
    )
    click.echo(
        f"No mail leaves it. To try a one-time link, ask for one, and read the letter on"
        f" http://{host}:{port}/letters."
    )
    if not no_serve:
        click.echo(f"\nOpen http://{host}:{port}  (Ctrl-C stops it)\n", nl=True)
        logs.install()
        serving.serve_alone(app, host=host, port=port)


def _make_unless_there(members: int, months: int, seed: int) -> None:
    try:
        banks.by_slug(reading(), demo_service.SLUG)
    except NotFound:
        # Heavy, and only the first start shows progress.
        from rich.progress import Progress  # noqa: PLC0415

        with Progress() as shown, transaction() as session:
            task = shown.add_task("Making the bank", total=None)
            demo_service.make(
                session,
                members_wanted=members,
                months=months,
                seed=seed,
                now=clock.now(),
                progress=lambda done, of: shown.update(task, completed=done, total=of),
            )
    else:
        click.echo("It is there already; --fresh makes it anew.")
