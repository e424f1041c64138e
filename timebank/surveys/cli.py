"""`timebank survey`: what was answered, for the staff and for publishing."""

import json
from typing import Any

import click

from timebank import clock
from timebank.act import Act, Actor
from timebank.banks import queries as banks
from timebank.db import reading
from timebank.measures.disclosure import SIGN
from timebank.surveys import rules, service
from timebank.surveys.equality import Counts
from timebank.surveys.results import Outcome, Scored
from timebank.surveys.rules import Estimate
from timebank.surveys.schemas import EqualityOut, WaveOutcomeOut

_BANK = click.option(
    "--bank", "slug", required=True, help="The address of the bank, as in /b/SLUG."
)
_JSON = click.option("--json", "as_json", is_flag=True, help="Print it for a program to read.")


@click.group()
def survey() -> None:
    """Results of questions asked in waves, and counts of equality answers."""


@survey.command()
@click.argument("wave", type=click.IntRange(1, 2**31 - 1))
@_BANK
@_JSON
def results(wave: int, slug: str, as_json: bool) -> None:
    """Print what WAVE says, by its number, once it is closed: for the bank's own staff."""
    bank = banks.by_slug(reading(), slug)
    by = Actor.system(bank.id, "command")
    outcome = service.outcome(reading(), bank, wave, Act(by, clock.now()))
    _print(WaveOutcomeOut().dump(outcome) if as_json else None, lambda: _words_of(outcome))


@survey.command()
@_BANK
@_JSON
def equality(slug: str, as_json: bool) -> None:
    """Print how many members gave which equality answer, as it may be published."""
    counts = service.equality(reading(), banks.by_slug(reading(), slug))
    _print(EqualityOut().dump(counts) if as_json else None, lambda: _tables(counts))


def _print(dumped: Any, words: Any) -> None:
    click.echo(words() if dumped is None else json.dumps(dumped, ensure_ascii=False, indent=2))


def _words_of(found: Outcome) -> str:
    head = [
        f"{found.title}, {found.opens_on} to {found.closes_on}",
        f"asked {found.asked}, answered {found.answered}",
    ]
    if found.after is not None:
        both = (
            str(rules.TOO_FEW)
            if found.both is None
            else f"{found.both} of {found.asked_both} asked in both"
        )
        head.append(f"answered both this and “{found.after}”, and let it be linked: {both}")
    lines = [line for one in found.measures for line in _lines(one)]
    return "\n".join([*head, *lines, str(found.caution)])


def _lines(one: Scored) -> list[str]:
    printed = [f"{one.words}: {_estimate(one.mean)} ({one.better} is better)"]
    if one.change is not None:
        parts = (
            ("change", one.change.everybody),
            ("of those active", one.change.active),
            ("of others", one.change.others),
        )
        printed += [f"  {words}: {_estimate(part, '+')}" for words, part in parts]
    return printed


def _estimate(one: Estimate | None, sign: str = "") -> str:
    if one is None:
        return str(rules.TOO_FEW)
    return (
        f"{one.mean:{sign}.1f} (95 % interval {one.low:{sign}.1f} to {one.high:{sign}.1f}, n"
        f" {one.n})"
    )


def _tables(found: Counts) -> str:
    lines = []
    for table in found.tables:
        lines.append(f"{table.title}, of {_count(table.members)} members")
        lines += [f"  {answer}: {_count(people)}" for answer, people in table.counts]
    return "\n".join(lines) or "Equality answers have not been counted yet."


def _count(people: int | None) -> str:
    return SIGN if people is None else str(people)
