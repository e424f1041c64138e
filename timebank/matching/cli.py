"""`timebank search`."""

import json

import click

from timebank import clock, voices
from timebank.banks import queries as banks
from timebank.clock import local_date
from timebank.db import reading, transaction
from timebank.matching.rules import Searched
from timebank.matching.schemas import FoundOut
from timebank.say import Said, say
from timebank.skills.queries import Shown


@click.command()
@click.argument("query")
@click.option("--bank", "slug", required=True, help="The address of the bank, as in /b/SLUG.")
@click.option(
    "--kind",
    type=click.Choice(list(map(str, Searched))),
    help="Look among these alone; both when left out.",
)
@click.option(
    "--limit", type=click.IntRange(1, 50), default=3, show_default=True, help="How many to show."
)
@click.option("--json", "as_json", is_flag=True, help="Print it for a program to read.")
def search(query: str, slug: str, kind: str | None, limit: int, as_json: bool) -> None:
    """Find open offers and requests that answer to QUERY: a word or two, or a sentence, as you
    would say it."""
    # Heavy, and other commands do not search.
    from timebank.matching import search as searching  # noqa: PLC0415

    now = clock.now()
    if searching.without_vectors(reading(), banks.by_slug(reading(), slug), limit=1):
        # What has just been imported is to be found at once, whether or not a worker has come round
        # to it.
        with transaction() as session:
            searching.embed(session, banks.by_slug(session, slug), now=now)
    bank = banks.by_slug(reading(), slug)
    on = local_date(now, bank.timezone)
    ranked = searching.find(
        reading(), bank, query, kind=Searched(kind).kind if kind else None, limit=limit, on=on
    )
    answer = FoundOut().dump(ranked)
    if as_json:
        click.echo(json.dumps(answer, ensure_ascii=False, indent=2))
        return
    voice = voices.voice(bank.language)
    if not ranked.hits:
        click.echo(say("Nothing stands in this directory yet.").render(voice))
    for place, hit in enumerate(ranked.hits, start=1):
        click.echo(f"{place}. {_called(hit.shown).render(voice)}")
        click.echo(f"   {' · '.join(reason.render(voice) for reason in hit.reasons)}")


def _called(shown: Shown) -> Said:
    """An offer or a request, and whose it is. Its kind and id are what other commands take."""
    listing, party = shown.listing, shown.party
    code = f"{listing.kind} {listing.id}"
    if not party.number:
        return say(
            "%(title)s (%(code)s, %(name)s)", title=listing.title, code=code, name=party.name
        )
    return say(
        "%(title)s (%(code)s, %(name)s, member %(number)s)",
        title=listing.title,
        code=code,
        name=party.name,
        number=party.number,
    )
