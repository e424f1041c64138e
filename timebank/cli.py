"""The command `timebank`: exit 0 done, 1 refused or a check failed, 2 wrong usage."""

import secrets
import sys

import click

from timebank.app import FEATURES, create_app
from timebank.config import VERSION, Config
from timebank.errors import Refusal


class Timebank(click.Group):
    """Says a refusal in its own words, without a traceback."""

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except Refusal as refusal:
            click.echo(refusal.message, err=True)
            for name, words in refusal.fields.items():
                click.echo(f"  {name}: {words}", err=True)
            ctx.exit(1)


class InApplication(click.Context):
    """A context whose commands run inside the application."""


@click.group(cls=Timebank)
@click.version_option(VERSION, prog_name="timebank")
@click.pass_context
def timebank(context: click.Context) -> None:
    """The platform for time banks: an hour is an hour."""
    config = Config.from_environment()
    if not config.secret_key:
        # A command that serves nobody signs nothing; `serve` insists on a key of its own.
        config = Config.from_environment(secret_key=secrets.token_hex(32))
    context.with_resource(create_app(config).app_context())


for feature in FEATURES:
    for command in feature.commands:
        timebank.add_command(command)


def main() -> None:
    """Run the command line."""
    timebank.main(prog_name="timebank", standalone_mode=True)
    sys.exit(0)
