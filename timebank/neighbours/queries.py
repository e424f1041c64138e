"""Reading what members show of themselves."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from sqlalchemy.orm import Session

from timebank.act import Actor
from timebank.banks.models import Bank
from timebank.exchanges import queries as exchanges
from timebank.exchanges import thanks
from timebank.exchanges.queries import Shown
from timebank.exchanges.thanks import Thanked
from timebank.members import circle
from timebank.members import queries as members
from timebank.members.queries import Party
from timebank.members.rules import languages_of
from timebank.skills import queries as skills
from timebank.skills.queries import Shown as Listed
from timebank.skills.rules import ListingKind

THANKS = 6
"""So many thanks stand on somebody's page; all of them stand on the wall."""


@dataclass(frozen=True)
class Listing:
    """Somebody in the list of neighbours, and what they offer."""

    party: Party
    offers: Sequence[str]

    @property
    def id(self) -> int:
        return self.party.member_id or 0


@dataclass(frozen=True)
class Neighbour:
    """What somebody shows of themselves. Of what they show to nobody there is nothing.

    `helped` is how many neighbours they have helped, None where they do not say; `last` the help
    between them and the reader that was given last; `writable` says that they let neighbours write
    to them.
    """

    party: Party
    since: int | None
    offers: Sequence[Listed]
    requests: Sequence[Listed]
    about: str = ""
    street: str = ""
    languages: Sequence[str] = ()
    helped: int | None = None
    thanks: Sequence[Thanked] = ()
    last: Shown | None = None
    writable: bool = False


def neighbours(
    session: Session,
    bank: Bank,
    *,
    by: Actor,
    on: date,
    area: str = "",
    category_id: int | None = None,
    after: int | None = None,
    limit: int,
) -> list[Listing]:
    """Up to `limit + 1` of those who have a page, by name, after the member `after`: in this part
    of town, and who offer something of this category. `by` is who reads it."""
    among = None
    if category_id is not None:
        skills.category(session, bank, category_id)
        among = skills.offering(bank, by, on, category_id=category_id)
    people = circle.with_page(session, bank, by, area=area, among=among, after=after, limit=limit)
    listed = skills.standing_of(session, bank, [party.account_id for party in people], by=by, on=on)
    offers: dict[int, list[str]] = {}
    for listing in listed:
        if listing.listing.kind == ListingKind.OFFER:
            offers.setdefault(listing.party.account_id, []).append(listing.listing.title)
    whole = circle.with_whole_name(session, bank, [party.account_id for party in people])
    return [
        Listing(_called(party, whole=party.account_id in whole or by.is_broker), titles)
        for party in people
        for titles in [offers.get(party.account_id, ())]
    ]


def neighbour(session: Session, bank: Bank, member_id: int, *, by: Actor, on: date) -> Neighbour:
    """One of them, as the reader `by` may see them on that day. Raises NotFound, in the same words,
    for everybody who is not to be seen."""
    member, showing = circle.page_of(session, bank, member_id, by)
    account_id = member.account_id or 0
    listed = skills.standing_of(session, bank, [account_id], by=by, on=on)
    own = by.account_id is not None and by.account_id != account_id
    last = (
        exchanges.latest_between(session, bank, by.account_id or 0, account_id, by=by)
        if own
        else None
    )
    return Neighbour(
        party=_called(
            members.party(session, bank, account_id),
            whole=showing.surname or last is not None or by.is_broker,
        ),
        since=member.joined_on.year if member.joined_on else None,
        offers=[one for one in listed if one.listing.kind == ListingKind.OFFER],
        requests=[one for one in listed if one.listing.kind == ListingKind.REQUEST],
        about=(member.about or "") if showing.about else "",
        street=showing.street,
        languages=languages_of(members.profile(session, bank, member.id).languages)
        if showing.languages
        else (),
        helped=exchanges.neighbours_helped(session, bank, account_id) if showing.helped else None,
        thanks=thanks.wall(session, bank, by=by, to=account_id, limit=THANKS)[:THANKS]
        if showing.thanks
        else (),
        last=last,
        writable=showing.write,
    )


def _called(party: Party, *, whole: bool) -> Party:
    """Somebody by the name that neighbours call them, or by the `whole` of it."""
    return party if whole else replace(party, name=party.name.split()[0])
