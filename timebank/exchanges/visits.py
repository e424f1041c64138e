"""What is to be known before an agreed visit: whether who is to help holds the checks that it
needs, and what to do at the door.

An exchange names its skill in words; what a skill of that name needs in the bank's tree counts. Of
one that names no skill of the bank nothing can be told, and the staff read just that. No exchange
is stopped by it, for two neighbours agree on what they like: the staff are told.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from timebank.act import Actor
from timebank.banks.models import Bank
from timebank.errors import NotFound
from timebank.exchanges import queries
from timebank.exchanges.models import Exchange
from timebank.exchanges.queries import Accounts, Shown
from timebank.exchanges.rules import Status
from timebank.safeguarding import queries as safeguarding
from timebank.safeguarding.rules import Doorstep, Kind, is_held
from timebank.say import say
from timebank.skills import queries as skills
from timebank.text import folded

TO_COME = (Status.PROPOSED, Status.AGREED)


@dataclass(frozen=True)
class Lacking:
    """A visit to come, and the checks that it needs and who is to help does not hold."""

    shown: Shown
    kinds: Sequence[Kind]


@dataclass(frozen=True)
class Visit:
    """What a page says of a visit: whether it needs checks at all, which are lacking or may be
    needed where nothing names the skill (both for the staff alone), and what to do at the other's
    door, where they let one know."""

    needs_checks: bool = False
    lacking: Sequence[Kind] = ()
    may_need: Sequence[Kind] = ()
    doorstep: Doorstep | None = None


@dataclass(frozen=True)
class Unchecked:
    """Visits to come: those whose helper lacks a check that they need, the earliest proposed first,
    and of how many nothing can be told, because they name no skill of the bank."""

    lacking: Sequence[Lacking] = ()
    untold: int = 0


def unchecked(
    session: Session, bank: Bank, *, account_ids: Accounts | None = None, on: date
) -> Unchecked:
    """The visits with one of these accounts, or any, and how they stand on that day."""
    needs = skills.needs_of_skills(session, bank)
    if not needs:
        return Unchecked()
    kinds = sorted(frozenset[Kind]().union(*needs.values()))
    holds = [safeguarding.holds(Exchange.giver_id, kind.id, on=on) for kind in kinds]
    lacking: list[Lacking] = []
    untold = 0
    for shown, held in queries.standing(session, bank, TO_COME, *holds, account_ids=account_ids):
        needed = needs.get(folded(shown.exchange.skill or ""))
        untold += needed is None
        lacks = [kind for kind, there in zip(kinds, held, strict=True) if not there]
        if needed and any(kind in needed for kind in lacks):
            lacking.append(Lacking(shown, [kind for kind in lacks if kind in needed]))
    return Unchecked(lacking, untold)


def visit(session: Session, bank: Bank, shown: Shown, *, by: Actor, on: date) -> Visit:
    """What its page says of an exchange to whoever reads it."""
    exchange = shown.exchange
    if exchange.status not in TO_COME:
        return Visit()
    doorstep = at_the_door(session, bank, shown, by=by)
    needs = skills.needs_of_skills(session, bank)
    named = needs.get(folded(exchange.skill or ""))
    if not by.is_broker:
        return Visit(bool(named), doorstep=doorstep)
    giver = shown.giver.member_id or 0
    held = safeguarding.standing(session, bank, [giver]).get(giver, {}) if needs else {}
    wanted = frozenset[Kind]().union(*needs.values()) if named is None else named
    lacks = sorted(kind for kind in wanted if not is_held(held, kind.id, on=on))
    if named is None:
        return Visit(may_need=lacks, doorstep=doorstep)
    return Visit(bool(named), lacks, doorstep=doorstep)


def at_the_door(session: Session, bank: Bank, shown: Shown, *, by: Actor) -> Doorstep | None:
    """What to do at the other's door, for a side of an agreed visit, where the other lets them
    know."""
    own = by.account_id
    if own is None or shown.exchange.status != Status.AGREED or shown.side(own) is None:
        return None
    across = shown.other(own).member_id
    return safeguarding.doorstep_on_visit(session, bank, across) if across else None


def doorstep(session: Session, bank: Bank, exchange_id: int, *, by: Actor) -> Doorstep:
    """The same, by the exchange. Raises NotFound where there is nothing to see."""
    at_door = at_the_door(session, bank, queries.show(session, bank, exchange_id, by=by), by=by)
    if at_door is None:
        raise NotFound(say("There is nothing written down for you here."))
    return at_door
