"""`timebank fund`: counting again, and proving what stands in the book."""

import json
from pathlib import Path
from typing import Any

import click

from timebank.banks import queries as banks
from timebank.db import reading
from timebank.errors import Conflict, Invalid
from timebank.feature import INSIST
from timebank.fund import counting, pabulib, proof, queries, voting
from timebank.fund.counting import CountMethod, RaiseBy
from timebank.fund.pabulib import Poll
from timebank.say import say

_JSON = click.option("--json", "as_json", is_flag=True, help="Print it for a program to read.")


@click.group()
def fund() -> None:
    """Rounds of the fund: counted again, and proven."""


@fund.command()
@click.argument("round_id", metavar="[ROUND]", type=click.IntRange(1, 2**31 - 1), required=False)
@click.option("--bank", "slug", help="The address of ROUND's bank, as in /b/SLUG.")
@click.option(
    "--pb",
    "file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Count a file in Pabulib's format, with approval ballots.",
)
@click.option(
    "--raise-by",
    type=click.Choice([str(one) for one in RaiseBy]),
    default=str(RaiseBy.PERCENT),
    show_default=True,
    help="What shares are raised by while something is left: a hundredth of the budget, or one unit"
    " of money a voter.",
)
@click.option(
    "--method",
    type=click.Choice([str(one) for one in CountMethod]),
    default=str(CountMethod.SHARES),
    show_default=True,
    help="How a file is counted: by equal shares, or by most votes.",
)
@click.option(
    "--check",
    is_flag=True,
    help="Hold it against what was announced, or what the file says was selected; 1 if it differs.",
)
@_JSON
def count(
    round_id: int | None,
    slug: str | None,
    file: Path | None,
    raise_by: str,
    method: str,
    *,
    check: bool,
    as_json: bool,
) -> None:
    """Count ROUND of a bank again, or a file, and say what is funded and why.

    A round is counted by the method it was opened with, and held by --check against what was
    announced.
    """
    if file is None and round_id is not None and slug is not None:
        _count_round(round_id, slug, check=check, as_json=as_json)
    elif file is not None and round_id is None and slug is None:
        _count_file(file, RaiseBy(raise_by), CountMethod(method), check=check, as_json=as_json)
    else:
        raise click.UsageError("Give a ROUND and its --bank, or a file by --pb.")


def _count_file(
    file: Path, raise_by: RaiseBy, method: CountMethod, *, check: bool, as_json: bool
) -> None:
    poll = pabulib.read(_text(file))
    content = counting.counted(poll.election, method, raise_by)
    click.echo(
        json.dumps(_of_file(content, poll), ensure_ascii=False, indent=2, sort_keys=True)
        if as_json
        else _words(content, poll)
    )
    for note in poll.notes:
        click.echo(str(note), err=True)
    if check:
        _check(content, poll)


def _count_round(round_id: int, slug: str, *, check: bool, as_json: bool) -> None:
    click.get_current_context().meta[INSIST]()
    bank = banks.by_slug(reading(), slug)
    round_ = queries.round_of(reading(), bank, round_id)
    poll = voting.poll(reading(), bank, round_)
    content = counting.counted(poll.election, round_.method)
    click.echo(counting.canonical(content).decode() if as_json else _words(content, poll))
    if check:
        announced = queries.announced(reading(), bank, round_id)
        if announced is None:
            raise Conflict(say("Nothing was announced yet."))
        if announced.content.encode() != counting.canonical(content):
            raise Conflict(say("What was announced is another result."))
        click.echo("What was announced is the same, byte for byte.", err=True)


@fund.command()
@click.option("--bank", "slug", required=True, help="The address of the bank, as in /b/SLUG.")
def check(slug: str) -> None:
    """Prove ballots, counts, awards and the book of money again from the rows; 1 for a fault."""
    click.get_current_context().meta[INSIST]()
    bank = banks.by_slug(reading(), slug)
    faults = proof.faults(reading(), bank)
    for words in faults:
        click.echo(words)
    if faults:
        raise click.exceptions.Exit(1)
    click.echo("All well.")


def _text(file: Path) -> str:
    try:
        return file.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Invalid.on("pb", say("This file is not in UTF-8, so it cannot be read.")) from error


def _of_file(content: dict[str, Any], poll: Poll) -> dict[str, Any]:
    """The content with amounts as the file counts them, and the digest of the result as it is kept,
    which is the same wherever it is counted."""
    unit = poll.election.unit

    def amounts(found: dict[str, Any]) -> dict[str, Any]:
        return {name: _amount(name, value, unit, amounts) for name, value in found.items()}

    return amounts(content) | {"ticks": content["ticks"], "sha256": counting.sign(content)}


_AMOUNTS = ("budget", "pot", "step", "spent", "cost")
_FRACTIONS = ("each", "left", "missing")


def _amount(name: str, value: Any, unit: int, amounts: Any) -> Any:
    if name in _AMOUNTS and value is not None:
        return pabulib.plain(value, unit)
    if name in _FRACTIONS and value is not None and unit > 1:
        return counting.fraction(counting.Fraction(value) / unit)
    if isinstance(value, dict):
        return amounts(value)
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return [amounts(one) for one in value]
    return value


def _words(content: dict[str, Any], poll: Poll) -> str:
    unit = poll.election.unit
    lines = [
        f"{content['voters']} of {content['ballots']} ballots have a tick; raised"
        f" {content['raises']} times.",
        f"Funded: {pabulib.plain(content['spent'], unit)} of"
        f" {pabulib.plain(content['budget'], unit)}",
    ]
    for proposal in content["rounds"]:
        lines.append(f"  {_named(proposal, poll)}: {proposal['ticks']} ticks, by {proposal['by']}")
    lines.append("Not funded:")
    lines += [
        f"  {_named(one, poll)}: {one['ticks']} ticks, {one['reason']}"
        for one in content["not_funded"]
    ]
    lines.append(f"The sign of what was counted is {content['inputs']},")
    lines.append(f"that of the result {counting.sign(content)}.")
    return "\n".join(lines)


def _named(one: dict[str, Any], poll: Poll) -> str:
    name = poll.names[one["id"]]
    cost = pabulib.plain(one["cost"], poll.election.unit)
    return f"{one['id']} {name} ({cost})" if name else f"{one['id']} ({cost})"


def _check(content: dict[str, Any], poll: Poll) -> None:
    if not poll.selected:
        raise Conflict(say("The file does not say what was selected, so there is nothing to hold."))
    differ = sorted(set(content["funded"]) ^ set(poll.selected))
    if differ:
        raise Conflict(say("The file has another result. It differs in: %(ids)s", ids=differ))
    click.echo("The file has the same result.", err=True)
