"""For views: the bank and the person of this request, as the guard found them, and whom a program
means."""

from collections.abc import Collection, Iterator
from dataclasses import fields, is_dataclass, replace
from datetime import date
from typing import Any, TypeVar, cast

from flask import current_app, g
from sqlalchemy.orm import Session

from timebank import clock
from timebank.act import OWN_WORD, Act, Actor, Entered, Word
from timebank.banks.models import Bank
from timebank.clock import local_date
from timebank.config import Config
from timebank.db import reading
from timebank.errors import Invalid
from timebank.feature import plugged_in
from timebank.members import circle as circles
from timebank.members import meeting, queries
from timebank.members.queries import Circle, Party
from timebank.members.rules import HOLDERS, PartyName
from timebank.say import Said, say

Values = TypeVar("Values")


def bank() -> Bank:
    """The bank whose page or resource this is."""
    return cast(Bank, g.bank)


def actor() -> Actor:
    """Whoever is signed in."""
    return cast(Actor, g.actor)


def config() -> Config:
    """The settings of this installation."""
    return cast(Config, current_app.config["TIMEBANK"])


def today() -> date:
    """What day it is where the bank is."""
    return local_date(clock.now(), bank().timezone)


def act(word: Word = OWN_WORD) -> Act:
    """What this request does: by whoever is signed in, now, on their own word unless said."""
    return Act(actor(), clock.now(), word)


def circle(session: Session) -> Circle:
    """Whom whoever is signed in finds by a name or a number."""
    if actor().is_broker:
        return queries.EVERYBODY
    if "circle" not in g:
        g.circle = circles.of(session, bank(), plugged_in(), actor(), on=today())
    return cast(Circle, g.circle)


def everybody() -> Circle:
    """All members, for who keeps a register or plans: they meet people whom they do not know
    yet."""
    if actor().is_broker:
        return queries.EVERYBODY
    return Circle(None, staff=False, unnamed=meeting.hidden_from(bank(), actor()))


def known(session: Session) -> list[circles.Acquaintance]:
    """Those whom whoever is signed in last had to do with; the staff look people up."""
    if actor().is_broker:
        return []
    return circles.known(session, bank(), plugged_in(), actor())


def knows(account_id: int) -> bool:
    """Whether whoever is signed in has had to do with whoever an account belongs to."""
    if "acquainted" not in g:
        g.acquainted = circles.acquainted(reading(), bank(), plugged_in(), actor())
    return account_id in cast(frozenset[int], g.acquainted)


def several(
    text: str, *, kinds: Collection[str] = (*HOLDERS, "chest"), within: Circle | None = None
) -> list[Party]:
    """Those to choose from on a page, where what is written can mean a few, or begins as somebody's
    name does."""
    if not text:
        return []
    session = reading()
    within = within or circle(session)
    candidates = queries.candidates(session, bank(), text, within=within, kinds=kinds)
    meant = len(candidates) == 1 and queries.is_meant(text, candidates[0])
    return candidates if not meant and len(candidates) <= queries.FEW else []


def understood(session: Session, values: Values, *, within: Circle | None = None) -> Values:
    """What a program sent, with an id in the place of every party that it names: of its account,
    or, where none but members (or organisations) can be meant, of the member.

    Whom whoever is signed in does not find is nobody, unless it is said `within` whom to look.

    Raises Invalid with a sentence for every name that means nobody here, by the name of its field:
    what a service calls `giver_id` a program calls `giver`.
    """
    named = dict(_named(values))
    if not named:
        return values
    within = within or circle(session)
    meant = queries.parties_meant(session, bank(), set(named.values()), within=within)
    unknown = {place: _nobody(name) for place, name in named.items() if name not in meant}
    if unknown:
        raise Invalid(next(iter(unknown.values())), fields=unknown)
    return _replaced(values, meant)


def entered(session: Session, sent: Entered[Values]) -> tuple[Values, Act]:
    """What a program sent, with the accounts of those it names; and the act, on the word it gives.
    Raises as `understood`."""
    return understood(session, sent.value), act(understood(session, sent.word))


def _nobody(name: PartyName) -> Said:
    if name.kind == "no":
        return say("No member here has the number %(number)s.", number=name.number or "")
    return say("%(name)s is nobody here.", name=str(name))


def _named(values: Any, place: str = "") -> Iterator[tuple[str, PartyName]]:
    """Every party named in the values, with where it stands: `giver`, `contributions.0.member`."""
    if isinstance(values, PartyName):
        yield place.removesuffix("_id"), values
    elif isinstance(values, dict | list) or is_dataclass(values):
        for key, value in _parts(values):
            yield from _named(value, f"{place}.{key}" if place else str(key))


def _parts(values: Any) -> Iterator[tuple[Any, Any]]:
    """What dictionaries, lists and dataclasses hold, each part with its place."""
    if is_dataclass(values):
        yield from ((field.name, getattr(values, field.name)) for field in fields(values))
    else:
        yield from values.items() if isinstance(values, dict) else enumerate(values)


def _replaced(values: Any, meant: dict[PartyName, Party]) -> Any:
    if isinstance(values, PartyName):
        party = meant[values]
        own = {"member": party.member_id, "organisation": party.organisation_id}
        return own[values.only] if values.only else party.account_id
    if isinstance(values, dict):
        values = cast(dict[str, Any], values)
        return {key: _replaced(value, meant) for key, value in values.items()}
    if is_dataclass(values) and not isinstance(values, type):
        return replace(values, **{name: _replaced(value, meant) for name, value in _parts(values)})
    if isinstance(values, list):
        values = cast(list[Any], values)
        return [_replaced(value, meant) for value in values]
    return values
