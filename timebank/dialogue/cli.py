"""`timebank dialogue`: what was asked and what it came to, sheets from a file, and proving it."""

import json
import pathlib
from typing import Any

import click

from timebank import clock
from timebank.act import Act, Actor
from timebank.banks import queries as banks
from timebank.clock import local_date
from timebank.db import reading, transaction
from timebank.dialogue import audit_queries as queries
from timebank.dialogue import audits as service
from timebank.dialogue import proof, results, stack
from timebank.dialogue.audit_schemas import AuditOut, ResultsOut
from timebank.dialogue.results import Named, Results
from timebank.measures.disclosure import SIGN

_BANK = click.option(
    "--bank", "slug", required=True, help="The address of the bank, as in /b/SLUG."
)
_JSON = click.option("--json", "as_json", is_flag=True, help="Print it for a program to read.")
_AUDIT = click.argument("audit_id", metavar="AUDIT", type=click.IntRange(1, 2**31 - 1))


@click.group()
def dialogue() -> None:
    """What neighbours were asked, and what it came to; `timebank report evidence` is the whole."""


@dialogue.command()
@_BANK
@_JSON
def audits(slug: str, as_json: bool) -> None:
    """List the rounds of asking by their numbers, the latest first."""
    bank = banks.by_slug(reading(), slug)
    rounds = queries.audits(reading(), bank)
    people = {one.id: queries.people(reading(), bank, one.id) for one in rounds}
    if as_json:
        _print([AuditOut().dump({"audit": one, "people": people[one.id]}) for one in rounds])
        return
    today = local_date(clock.now(), bank.timezone)
    for audit in rounds:
        state = (
            "closed"
            if audit.closed_at
            else "open"
            if queries.takes_sheets(audit, today)
            else "shut"
        )
        click.echo(
            f"{audit.id}\t{audit.opens_on} to {audit.closes_on}\t{state}\t{people[audit.id]}"
            f"\t{audit.title}"
        )


@dialogue.command()
@_AUDIT
@_BANK
@_JSON
def show(audit_id: int, slug: str, as_json: bool) -> None:
    """Say who has been asked in AUDIT so far, and what is to be done before it can be closed."""
    bank = banks.by_slug(reading(), slug)
    audit = queries.audit(reading(), bank, audit_id)
    reach = queries.reach(reading(), bank, audit)
    todo = [] if audit.closed_at else service.still_to_do(reading(), bank, audit)
    asked = {
        str(kind): {words: people for words, people, _ in groups}
        for kind, groups in reach.by.items()
    }
    if as_json:
        _print(
            {
                "id": audit.id,
                "title": audit.title,
                "people": reach.people,
                "target": reach.target,
                "ways": {str(way): people for way, people in reach.ways.items()},
                "asked": asked,
                "nobody": reach.nobody,
                "to_do": list(map(str, todo)),
            }
        )
        return
    hoped = f" of {reach.target} hoped for" if reach.target else ""
    click.echo(f"{audit.title}: {reach.people} people{hoped}")
    for kind, groups in asked.items():
        click.echo(f"{kind}: " + ", ".join(f"{words} {people}" for words, people in groups.items()))
    for words in reach.nobody:
        click.echo(f"nobody yet: {words}")
    for words in todo:
        click.echo(f"to do: {words}")


@dialogue.command()
@_AUDIT
@_BANK
@_JSON
def rank(audit_id: int, slug: str, as_json: bool) -> None:
    """Print what AUDIT says once it is closed, as anybody may know it: themes by the people who
    named them, with 95 % intervals and the places each could have."""
    bank = banks.by_slug(reading(), slug)
    outcome = results.results(reading(), bank, queries.audit(reading(), bank, audit_id))
    if as_json:
        _print(ResultsOut().dump(outcome))
    else:
        click.echo(_words_of(outcome))


@dialogue.command("import")
@_AUDIT
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=pathlib.Path))
@_BANK
@click.option("--dry-run", is_flag=True, help="Say what would be taken, and take nothing.")
@click.option("--another", is_flag=True, help="Take sheets that say what is in already, too.")
def import_sheets(
    audit_id: int, file: pathlib.Path, slug: str, dry_run: bool, another: bool
) -> None:
    """Take the sheets of FILE, a spreadsheet or CSV table with one line a sheet, into AUDIT: all of
    them, or none if one has to be put right."""
    with transaction() as session, file.open("rb") as table:
        bank = banks.by_slug(session, slug)
        queries.audit(session, bank, audit_id)
        sheets = stack.read(table, queries.questions(session, bank, audit_id))
        act = Act(Actor.system(bank.id, "command"), clock.now())
        taken = service.take_sheets(session, bank, audit_id, sheets, act, another=another)
        if dry_run:
            session.rollback()
    click.echo(f"{taken:,} sheets {'can be taken' if dry_run else 'are in'}.")


@dialogue.command()
@_BANK
def check(slug: str) -> None:
    """Prove promises, conversations, sheets and steps again from the rows; 1 for a fault."""
    bank = banks.by_slug(reading(), slug)
    faults = proof.faults(reading(), bank)
    for words in faults:
        click.echo(words)
    if faults:
        raise click.exceptions.Exit(1)
    click.echo("All well.")


def _print(found: Any) -> None:
    click.echo(json.dumps(found, ensure_ascii=False, indent=2))


def _words_of(found: Results) -> str:
    if found.people is None:
        return f"{found.title}: too few people to say."
    lines = [f"{found.title}: {found.people} people were asked: {found.question}"]
    lines += [_line(one) for one in (*found.named, *found.rare)]
    return "\n".join(lines)


def _line(one: Named) -> str:
    standing = one.standing
    if standing is None:
        return f"{SIGN}\t{SIGN}\t{one.words}"
    share = f"{100 * standing.share:.0f} % ({100 * standing.low:.0f}–{100 * standing.high:.0f})"
    return (
        f"{results.rank_words(standing)}\t{standing.people} of {standing.n}, {share}\t{one.words}"
    )
