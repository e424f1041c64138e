"""Commands for whoever runs an installation."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import cast

import click
from flask import Flask, current_app

from timebank import clock, db
from timebank.config import Config
from timebank.db import reading
from timebank.errors import Conflict
from timebank.feature import plugged_in
from timebank.jobs import service as jobs_service
from timebank.ledger import check
from timebank.running import backups, doctor, forgotten, holdings, logs, serving, versions
from timebank.say import say

_WORDS = {"ok": "ok     ", "new": "not yet", "note": "note   ", "wrong": "WRONG  "}


def _application() -> Flask:
    return cast(Flask, current_app._get_current_object())  # pyright: ignore[reportAttributeAccessIssue]


def _insist() -> None:
    """Raises Conflict unless the database guards the ledger: nothing is to be written otherwise.
    (That it is at this version, `timebank.cli` insists on for every command.)"""
    session = reading()
    missing = check.missing_guards(session)
    if missing:
        raise Conflict(
            say(
                "The ledger is not guarded by the database as it should be: %(missing)s. Run:"
                " timebank doctor",
                missing=missing[0],
            )
        )
    session.rollback()


@click.command()
@click.option(
    "--host",
    default="127.0.0.1",
    show_default=True,
    help="Address to listen on; 0.0.0.0 for every one.",
)
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@click.option(
    "--workers",
    default=1,
    show_default=True,
    type=click.IntRange(1, 64),
    help="Processes; more than 1 need gunicorn.",
)
@click.pass_obj
def serve(config: Config, host: str, port: int, workers: int) -> None:
    """Serve the pages and the API, and work off the jobs."""
    _insist()
    logs.install()
    serving.serve(_application(), config, host=host, port=port, workers=workers)


@click.command()
@click.option("--once", is_flag=True, help="Do what is due now, then stop.")
def worker(once: bool) -> None:
    """Work off the jobs: send mail, remind, seal the ledger, tidy up."""
    _insist()
    logs.install()
    if once:
        serving.worker_of(_application()).run_due()
    else:
        serving.work(_application())


@click.command()
@click.pass_obj
def migrate(config: Config) -> None:
    """Bring the database up to this version of Timebank. Take a backup first."""
    versions.insist_on_known(reading())
    reading().rollback()
    db.migrate(config.database_url)
    click.echo(f"The database is at revision {versions.wanted()}.")


@click.command(name="doctor")
@click.option(
    "--settings", is_flag=True, help="Say what can be set, what it is set to and what it means."
)
@click.option(
    "--also",
    multiple=True,
    metavar="URL",
    help="Another machine that serves, asked by itself, such as http://10.0.0.5:8000: whether it"
    " has the same version, secret key and time.",
)
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@click.pass_obj
def examine(config: Config, settings: bool, also: tuple[str, ...], as_json: bool) -> None:
    """Say whether this installation is well; exit 1 when something is wrong."""
    if settings:
        _say_settings(config, as_json)
        return
    findings = []
    for finding in doctor.examine(config, also):
        findings.append(finding)
        if not as_json:
            click.echo(f"{_WORDS[finding.state]}  {finding.what:<12}{finding.words}")
    wrong = any(finding.state == "wrong" for finding in findings)
    if as_json:
        click.echo(
            json.dumps(
                {"ok": not wrong, "findings": [asdict(finding) for finding in findings]},
                ensure_ascii=False,
            )
        )
    if wrong:
        raise SystemExit(1)


def _say_settings(config: Config, as_json: bool) -> None:
    if as_json:
        names = ("variable", "value", "default", "meaning")
        click.echo(
            json.dumps(
                [dict(zip(names, row, strict=True)) for row in doctor.settings(config)],
                ensure_ascii=False,
            )
        )
        return
    for variable, value, default, meaning in doctor.settings(config):
        click.echo(f"{variable}\n    {meaning}")
        click.echo(
            f"    now {value or 'empty'}"
            + ("" if value == default else f"; by default {default or 'empty'}")
        )


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--force", is_flag=True, help="Replace the file if there is one.")
@click.pass_obj
def backup(config: Config, file: Path, force: bool) -> None:
    """Copy everything into FILE, as of one moment, while the time bank stays open."""
    session = reading()
    revision = versions.found(session)
    leavers = forgotten.of(session) if revision == versions.wanted() else set()
    session.rollback()
    backups.backup(config, file, force=force, revision=revision, now=clock.now())
    forgotten.keep(file.parent, leavers)
    if revision == versions.wanted():
        with db.transaction() as writing:
            jobs_service.note_backup(writing, revision, now=clock.now())
    click.echo(
        f"Everything is in {file} ({file.stat().st_size / 2**20:,.1f} MB). It holds personal data:"
        " keep it safe."
    )


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--force", is_flag=True, help="Replace what there is now.")
@click.pass_obj
def restore(config: Config, file: Path, force: bool) -> None:
    """Put the copy in FILE in the place of what there is now, bring it up to date, and prove its
    books."""
    session = reading()
    there = versions.found(session)
    if there and not force:
        raise Conflict(
            say(
                "There is a time bank in this database already. Add --force to replace it by the"
                " copy."
            )
        )
    copy = backups.examined(config, file, versions.known())
    leavers = forgotten.kept(file.parent)
    if there == versions.wanted():
        leavers |= forgotten.of(session)
    session.rollback()
    session.expire_all()
    backups.restore(config, copy)
    db.migrate(config.database_url)
    with db.transaction() as writing:
        again = forgotten.forget_again(writing, plugged_in(), leavers, now=clock.now())
        jobs_service.take_stock_soon(writing, now=clock.now())
    report = check.check(session)
    if report.faults:
        raise Conflict(
            say(
                "Everything in %(file)s is back, but its books are wrong: %(what)s. Take an older"
                " copy.",
                file=str(file),
                what=report.faults[0].what,
            )
        )
    of = f"of {copy.taken_at:%Y-%m-%d %H:%M} UTC" if copy.taken_at else "of an earlier version"
    click.echo(f"Everything in {file}, {of}, is back, and its books are proved.")
    back = holdings.of(session)
    click.echo(
        f"Banks {back.banks}, members {back.members:,}, entries {back.entries:,}, the last of them"
        f" {f'{back.last_entry_at:%Y-%m-%d %H:%M} UTC' if back.last_entry_at else 'none'}."
    )
    if again:
        click.echo(f"Forgotten again, for they had left since: {again}.")


commands = [serve, worker, migrate, examine, backup, restore]
