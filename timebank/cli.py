"""The command `timebank`: exit 0 done, 1 refused or a check failed, 2 wrong usage."""

import os
import secrets

import click
from sqlalchemy.exc import DBAPIError, OperationalError, ProgrammingError

from timebank import voices
from timebank.app import FEATURES, create_app
from timebank.config import VERSION, Config
from timebank.db import db, reading
from timebank.errors import Conflict, Refusal
from timebank.feature import INSIST
from timebank.running import backups, versions
from timebank.running import cli as running
from timebank.running.demo import demo
from timebank.running.opening import init
from timebank.say import ENGLISH, say

_MAKE_OR_EXAMINE = ("init", "migrate", "restore", "doctor")
"""The commands that do without a database, or make it."""

_ANY_REVISION = (*_MAKE_OR_EXAMINE, "backup")
"""The commands that take a database as it is. Any other would read and write what it does not
understand."""

_HELP = f"{__name__}.help"
"""Under this the context says that only the use of a command is asked for."""

_BY_THEMSELVES = ("fund",)
"""Groups of which a command may do without a database: it counts a file. The others insist."""


class Timebank(click.Group):
    """Says a refusal in its own words, without a traceback; and how a command is used wherever it
    is asked, without a database."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        rest = super().parse_args(ctx, args)
        ctx.meta[_HELP] = "--help" in args
        return rest

    def invoke(self, ctx: click.Context) -> object:
        try:
            try:
                return super().invoke(ctx)
            except (OperationalError, ProgrammingError) as error:
                _insist_on_database(error)
                raise error
        except Refusal as refusal:
            voice = voices.voice(_language(ctx.params.get("language")))
            click.echo(refusal.message.render(voice), err=True)
            for name, words in refusal.fields.items():
                click.echo(f"  {name}: {words.render(voice)}", err=True)
            ctx.exit(1)


def _language(wanted: str | None) -> str:
    """The language asked for, else that of the terminal (`es_ES.UTF-8`), if it is spoken here."""
    for tag in (wanted or "", os.environ.get("LANG", "")):
        plain = tag.partition(".")[0].replace("_", "-")
        for language in (plain, plain.partition("-")[0]):
            if language in (*voices.offered(), voices.PSEUDO):
                return language
    return ENGLISH.language


def _insist_on_database(error: DBAPIError) -> None:
    """Raises Conflict, with what to do, when it is the database that stands in the way and not a
    mistake of ours."""
    if getattr(error.orig, "sqlstate", None) == "42501":
        words = say(
            "The role in TIMEBANK_DATABASE_URL may not do this. Run `timebank init`, `migrate` and"
            " `restore` as the owner of the database, and then deploy/postgresql-roles.sql."
        )
        raise Conflict(words) from error
    try:
        reading().rollback()
        versions.insist(reading())
    except OperationalError as error:
        raise Conflict(
            say("The database cannot be reached: %(orig)s", orig=str(error.orig))
        ) from error


@click.group(cls=Timebank)
@click.version_option(VERSION, prog_name="timebank")
@click.option("--language", help="The language of what goes wrong: en, es, … (LANG's unless said).")
@click.pass_context
def timebank(context: click.Context, language: str | None) -> None:
    """The platform for time banks: an hour is an hour."""
    if context.meta[_HELP]:
        return
    if context.invoked_subcommand == demo.name:
        return  # It makes an application of its own, over a database of its own.
    context.obj = config = Config.from_environment()
    if context.invoked_subcommand not in (*_MAKE_OR_EXAMINE, *_BY_THEMSELVES):
        _insist_on_file(config)
    if not config.secret_key:
        # A command that serves nobody signs nothing; `serve` insists on a key of its own.
        config = Config.from_environment(secret_key=secrets.token_hex(32))
    context.with_resource(create_app(config).app_context())
    context.call_on_close(_close)
    if context.invoked_subcommand in _BY_THEMSELVES:
        context.meta[INSIST] = lambda: (_insist_on_file(config), _insist_on_revision())
    elif context.invoked_subcommand not in _ANY_REVISION:
        _insist_on_revision()


def _insist_on_file(config: Config) -> None:
    """Raises Conflict, with what to do, where the database would be a file that is not there."""
    file = backups.missing(config)
    if file is not None:
        raise Conflict(
            say(
                "There is no database at %(file)s. Make one with `timebank init --bank NAME`, or"
                " name the one you mean, such as TIMEBANK_DATABASE_URL=sqlite:///FILE.",
                file=str(file),
            )
        )


def _insist_on_revision() -> None:
    versions.insist(reading())
    reading().rollback()


def _close() -> None:
    db.session.remove()
    db.engine.dispose()


for command in [
    *running.commands,
    init,
    demo,
    *(command for feature in FEATURES for command in feature.commands),
]:
    timebank.add_command(command)


def main() -> None:
    """Run the command line."""
    timebank.main(prog_name="timebank")
