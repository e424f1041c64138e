"""`timebank survey`: what was answered, for the staff and for publishing."""

import json
from collections.abc import Callable, Sequence
from typing import Any

import click

from timebank import clock, voices
from timebank.act import Act, Actor
from timebank.banks import queries as banks
from timebank.banks.models import Bank
from timebank.db import reading
from timebank.measures.disclosure import SIGN
from timebank.say import Figure, Gap, Said, say
from timebank.surveys import rules, service
from timebank.surveys.categories import CATEGORIES
from timebank.surveys.equality import Counts
from timebank.surveys.instruments import Better
from timebank.surveys.results import Outcome, Scored
from timebank.surveys.rules import Estimate
from timebank.surveys.schemas import EqualityOut, WaveOutcomeOut

_BANK = click.option(
    "--bank", "slug", required=True, help="The address of the bank, as in /b/SLUG."
)
_JSON = click.option("--json", "as_json", is_flag=True, help="Print it for a program to read.")


_Line = tuple[str, Said]
"""How far a sentence stands in, and the sentence."""

_INDENT = "  "


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
    if as_json:
        _print_json(WaveOutcomeOut().dump(outcome))
    else:
        _print(_words_of(outcome), bank)


@survey.command()
@_BANK
@_JSON
def equality(slug: str, as_json: bool) -> None:
    """Print how many members gave which equality answer, as it may be published."""
    bank = banks.by_slug(reading(), slug)
    counts = service.equality(reading(), bank)
    if as_json:
        _print_json(EqualityOut().dump(counts))
    else:
        _print(_tables(counts), bank)


def _print_json(dumped: Any) -> None:
    click.echo(json.dumps(dumped, ensure_ascii=False, indent=2))


def _print(lines: Sequence[_Line], bank: Bank) -> None:
    voice = voices.voice(bank.language)
    for indent, sentence in lines:
        click.echo(indent + sentence.render(voice))


def _words_of(outcome: Outcome) -> list[_Line]:
    head = [
        say(
            "%(title)s, %(first)s to %(last)s",
            title=outcome.title,
            first=outcome.opens_on,
            last=outcome.closes_on,
        ),
        say("Asked: %(n)s", n=_people(outcome.asked)),
        say("Answered: %(n)s", n=_people(outcome.answered)),
    ]
    if outcome.after is not None:
        head.append(_linked(outcome, outcome.after))
    measured = [line for scored in outcome.measures for line in _scored(scored)]
    return [*(("", sentence) for sentence in head), *measured, ("", outcome.caution)]


def _linked(outcome: Outcome, before: str) -> Said:
    if outcome.both is None:
        return say(
            "Answered both this and “%(before)s”, and let it be linked: %(too_few)s",
            before=before,
            too_few=rules.TOO_FEW,
        )
    return say(
        "Answered both this and “%(before)s”, and let it be linked: %(both)s of %(asked)s asked in"
        " both",
        before=before,
        both=outcome.both,
        asked=_people(outcome.asked_both),
    )


def _scored(scored: Scored) -> list[_Line]:
    mean = _estimate(scored.mean)
    whole = (
        say("%(measure)s: %(mean)s (lower is better)", measure=scored.words, mean=mean)
        if scored.better is Better.LOWER
        else say("%(measure)s: %(mean)s (higher is better)", measure=scored.words, mean=mean)
    )
    if scored.change is None:
        return [("", whole)]
    changes = (
        say("change: %(change)s", change=_change(scored.change.everybody)),
        say("of those active: %(change)s", change=_change(scored.change.active)),
        say("of others: %(change)s", change=_change(scored.change.others)),
    )
    return [("", whole), *((_INDENT, change) for change in changes)]


def _estimate(estimate: Estimate | None) -> Said:
    if estimate is None:
        return rules.TOO_FEW
    return _with_interval(estimate, lambda size: Figure(size, 1))


def _change(estimate: Estimate | None) -> Said:
    return rules.TOO_FEW if estimate is None else _with_interval(estimate, _signed)


def _with_interval(estimate: Estimate, written: Callable[[float], Gap]) -> Said:
    return say(
        "%(mean)s (95 %% interval %(low)s to %(high)s, n %(n)s)",
        mean=written(estimate.mean),
        low=written(estimate.low),
        high=written(estimate.high),
        n=estimate.n,
    )


def _signed(size: float) -> Gap:
    return Figure(size, 1) if size < 0 else say("+%(size)s", size=Figure(size, 1))


def _tables(counts: Counts) -> list[_Line]:
    lines: list[_Line] = []
    for table in counts.tables:
        category = next(category for category in CATEGORIES if category.key == table.key)
        members = _people(table.members)
        head = say("%(question)s, of all members: %(n)s", question=category.title, n=members)
        answers = [
            say("%(answer)s: %(n)s", answer=category.said(answer), n=_people(people))
            for answer, people in table.counts
        ]
        lines += [("", head), *((_INDENT, answer) for answer in answers)]
    return lines or [("", say("Equality answers have not been counted yet."))]


def _people(number: int | None) -> Gap:
    return SIGN if number is None else number
