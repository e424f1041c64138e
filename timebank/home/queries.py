"""What a visitor sees of the bank; and what a member sees first, besides what the rooms bring:
their hours, and whom they act for.

Amounts are minutes.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.orm import Session

from timebank.act import Actor
from timebank.activities import feed
from timebank.activities.feed import Shown
from timebank.banks import queries as banks
from timebank.banks.models import Bank, BankPicture
from timebank.clock import local_date
from timebank.errors import NotFound
from timebank.exchanges import queries as exchanges
from timebank.home import rules
from timebank.members import queries as members
from timebank.members.models import Member
from timebank.members.queries import Held, StreetWords
from timebank.say import say
from timebank.skills import queries as skills

_EXAMPLES = 4
_NEXT = 3
_SAYINGS = 3


@dataclass(frozen=True)
class Example:
    """An offer as an example on the front page: what, where and when, and nobody's name."""

    title: str
    area: str
    times: int
    category: str | None
    key: int


@dataclass(frozen=True)
class Street:
    """What a visitor sees of the bank: what it does together next, offers whose holders let them be
    shown, what neighbours say of it, and how many take part, what they gave one another in a year
    and how much is on offer, in round numbers; None where that would be a number of few. `picture`
    is the bank's own, if it has one."""

    picture: BankPicture | None
    coming: Sequence[Shown]
    examples: Sequence[Example]
    said: Sequence[StreetWords]
    neighbours: int | None
    hours: int | None
    offers: int | None


def street(session: Session, bank: Bank, *, now: datetime) -> Street:
    """The bank as anybody may see it."""
    today = local_date(now, bank.timezone)
    helped = exchanges.helped_since_day(session, bank, today - rules.A_YEAR)
    on_offer, people = skills.on_offer(session, bank, today), members.how_many(session, bank)
    listings = skills.on_street(session, bank, today, limit=_EXAMPLES)
    sayings = members.street_words(session, bank, today, limit=_SAYINGS)
    texts = [*(one.listing.title for one in listings), *(one.words for one in sayings)]
    # Once for all of them: it goes through the names of all members.
    plain = members.without_surnames(session, bank, texts)
    return Street(
        picture=banks.picture(session, bank),
        coming=feed.shown(session, bank, now=now, limit=_NEXT),
        examples=[
            Example(
                title,
                one.listing.area or "",
                one.listing.times,
                one.category.name if one.category else None,
                one.listing.id,
            )
            for title, one in zip(plain, listings, strict=False)
        ],
        said=[
            replace(one, words=words)
            for words, one in zip(plain[len(listings) :], sayings, strict=True)
        ],
        neighbours=rules.in_round_numbers(people, people, few=bank.few),
        hours=rules.in_round_numbers(helped.minutes // 60, helped.people, few=bank.few),
        offers=rules.in_round_numbers(on_offer.offers, on_offer.holders, few=bank.few),
    )


@dataclass(frozen=True)
class Mine:
    """What somebody has to spend, and the others whose hours they look after.

    Whoever keeps it keeps the row of the `member`, so that the rooms have it at hand when they are
    asked what they bring, and need not read it each.
    """

    member: Member
    balance: int
    looked_after: Sequence[Held]


def mine(session: Session, bank: Bank, actor: Actor) -> Mine:
    """Raises NotFound for an actor without an account."""
    if actor.account_id is None or actor.member_id is None:
        raise NotFound(say("You have no account here."))
    held = members.held(session, bank, actor)
    own = next(one for one in held if one.party.account_id == actor.account_id)
    return Mine(
        member=own.member or members.member(session, bank, actor.member_id),
        balance=own.balance,
        looked_after=sorted(
            (one for one in held if one.party.account_id != actor.account_id),
            key=lambda one: one.party.name,
        ),
    )
