"""What is new in the directory to each of some members, for their weekly letters: requests that
they could help with, and offers."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from timebank.banks.models import Bank
from timebank.clock import local_date
from timebank.matching import queries
from timebank.matching.rules import Offered
from timebank.members import meeting
from timebank.members import queries as members
from timebank.room import News, Part
from timebank.safeguarding import queries as safeguarding
from timebank.safeguarding.rules import good_on
from timebank.say import Said, count, say
from timebank.skills import queries as skills
from timebank.skills.queries import Shown
from timebank.skills.rules import ListingKind
from timebank.text import folded

_LOOKED_AT = 300
"""So many new requests, and so many new offers, are looked at; a bank that has more in a week has
its directory."""


def digest(
    session: Session, bank: Bank, member_ids: Sequence[int], since: datetime, now: datetime
) -> Sequence[Part]:
    """Requests that suit each of them, the best first, and offers, those from where they live
    first; nothing of their own, of whom they act for, or of whom they are kept apart from."""
    on = local_date(now, bank.timezone)
    requests, offers = (
        _listings(session, bank, kind, since, on=on)
        for kind in (ListingKind.REQUEST, ListingKind.OFFER)
    )
    readers = _readers(session, bank, member_ids, on=on)
    return [
        Part(
            say("Could you help?"),
            {reader.member_id: reader.could_help_with(requests) for reader in readers},
            "/directory?kind=requests",
            _new_requests,
        ),
        Part(
            say("New on offer"),
            {reader.member_id: reader.may_like(offers) for reader in readers},
            "/directory?kind=offers",
            _new_offers,
        ),
    ]


def _new_requests(number: int) -> Said:
    return count("%(n)s new request", "%(n)s new requests", number)


def _new_offers(number: int) -> Said:
    return count("%(n)s new offer", "%(n)s new offers", number)


@dataclass(frozen=True)
class _Listing:
    """A listing that may be new to somebody: what has to be known of it, read once and compared
    with everybody.

    `area` is the one it is about, folded, empty if none; `place` its skill and category.
    """

    news: News
    account_id: int
    area: str
    place: tuple[int, int] | None
    needs: Collection[int]


@dataclass(frozen=True)
class _Reader:
    """One who is written to: their area (folded), the accounts they act for with their own, and
    those of whom they are shown nothing."""

    member_id: int
    area: str | None
    accounts: Collection[int]
    hidden: Collection[int]
    offered: Offered

    def could_help_with(self, requests: Sequence[_Listing]) -> list[News]:
        suits = [
            (self.offered.suits(one.place, one.needs, near=one.area == self.area), one)
            for one in self._of_others(requests)
        ]
        best = sorted(
            (pair for pair in suits if pair[0]),
            key=lambda pair: (pair[0], pair[1].area == self.area),
            reverse=True,
        )
        return [request.news for _, request in best]

    def may_like(self, offers: Sequence[_Listing]) -> list[News]:
        near_first = sorted(self._of_others(offers), key=lambda one: one.area != self.area)
        return [offer.news for offer in near_first]

    def _of_others(self, listings: Sequence[_Listing]) -> list[_Listing]:
        return [
            one
            for one in listings
            if one.account_id not in self.accounts and one.account_id not in self.hidden
        ]


def _readers(session: Session, bank: Bank, member_ids: Sequence[int], *, on: date) -> list[_Reader]:
    people = members.by_ids(session, bank, member_ids)
    acting = members.acting_for(session, bank, member_ids)
    hidden = meeting.hidden(session, bank, member_ids)
    # Those who are written to have accounts.
    own = {person.id: person.account_id or 0 for person in people.values()}
    offered = skills.offered(session, bank, own.values(), on=on)
    held = safeguarding.standing(session, bank, member_ids)
    return [
        _Reader(
            member_id,
            folded(person.area) if person.area else None,
            {own[member_id], *acting.get(member_id, ())},
            hidden.get(member_id, ()),
            Offered(offered.get(own[member_id], ()), good_on(held.get(member_id, {}), on)),
        )
        for member_id, person in people.items()
    ]


def _listings(
    session: Session, bank: Bank, kind: ListingKind, since: datetime, *, on: date
) -> list[_Listing]:
    """What was posted since then and stands, the newest first; requests for which nobody has been
    introduced yet."""
    listings = skills.open_listings(
        session, bank, kind=kind, on=on, posted_after=since, to_members=True, limit=_LOOKED_AT
    )
    held = (
        set(session.execute(queries.taken(bank)).scalars())
        if kind == ListingKind.REQUEST
        else set()
    )
    shown = skills.shown(session, bank, [listing for listing in listings if listing.id not in held])
    areas = _areas(session, bank, shown)
    return [
        _Listing(
            news=_news(one),
            account_id=one.party.account_id,
            area=folded(one.listing.area or areas.get(one.party.member_id or 0) or ""),
            place=(one.skill.id, one.skill.category_id) if one.skill else None,
            needs=[kind.id for kind in one.needs],
        )
        for one in shown
    ]


def _news(shown: Shown) -> News:
    listing = shown.listing
    whose = ", ".join(filter(None, (shown.party.name, listing.area)))
    return News(f"{listing.title} ({whose})", f"/directory/{listing.id}", listing.posted_at)


def _areas(session: Session, bank: Bank, shown: Sequence[Shown]) -> Mapping[int, str | None]:
    """Where the holders of these live, by member."""
    holders = {one.party.member_id for one in shown if one.party.member_id is not None}
    return {person.id: person.area for person in members.by_ids(session, bank, holders).values()}
