"""Reading what the weekly letter tells: the first page in short, and what is new in the directory.

It is read for a slice of members at once, so that the cost of a bank grows with its members and the
memory does not.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from timebank.activities import queries as activities
from timebank.activities.queries import Meeting
from timebank.banks.models import Bank
from timebank.clock import local_date
from timebank.exchanges import queries as exchanges
from timebank.home import rules
from timebank.home.rules import Line, OnSoon, Other, Week
from timebank.ledger import queries as ledger
from timebank.matching import queries as matching
from timebank.members import queries as members
from timebank.members.models import Member
from timebank.members.rules import folded
from timebank.messages import queries as messages
from timebank.notices import queries as notices
from timebank.notices.rules import Addressee, NoticeChannel, digest_way
from timebank.room import Room
from timebank.skills import queries as skills
from timebank.skills.queries import Shown
from timebank.skills.rules import ListingKind


@dataclass(frozen=True)
class Reader:
    """Somebody who wants the weekly letter, how and where it goes, and from when on something is
    new to them."""

    member_id: int
    account_id: int
    addressee: Addressee
    area: str | None
    channel: NoticeChannel
    last: datetime | None


def readers(
    session: Session, bank: Bank, *, after: int, limit: int
) -> tuple[list[Reader], int | None]:
    """Those of the next `limit` active members after the member `after` who get the weekly letter,
    and the last one's id.

    The id is None when there is nobody left.
    """
    found = members.next_active(session, bank, after=after, limit=limit)
    wishes = notices.preferences(session, bank, [f"member:{one.id}" for one in found])
    wanted: list[Reader] = []
    for one in found:
        wish = wishes.get(f"member:{one.id}")
        addressee = Addressee(
            f"member:{one.id}", one.name, one.language, email=one.email, postal=one.address
        )
        channel = digest_way(wish.channel if wish else None, addressee.reach)
        if channel is not None and one.account_id is not None and (wish is None or wish.digest):
            wanted.append(
                Reader(
                    member_id=one.id,
                    account_id=one.account_id,
                    addressee=addressee,
                    area=folded(one.area) if one.area else None,
                    channel=channel,
                    last=wish.digest_at if wish else None,
                )
            )
    return wanted, found[-1].id if found else None


def _on_soon(bank: Bank, found: Meeting) -> OnSoon:
    starts_at = found.row.starts_at.astimezone(ZoneInfo(bank.timezone))
    return OnSoon(found.row.id, found.activity.title, starts_at, found.place or "")


class _New(NamedTuple):
    """A listing that may be new to somebody: what has to be known of it, read once and compared
    with everybody.

    `area` is the one it is about, folded, empty if none; `place` its skill and category.
    """

    line: Line
    posted_at: datetime
    account_id: int
    member_id: int | None
    area: str
    place: tuple[int, int] | None
    needs_check: str | None


class Slice:
    """Everything that has to be known to write to these people."""

    def __init__(
        self,
        session: Session,
        bank: Bank,
        people: Sequence[Reader],
        rooms: Sequence[Room],
        *,
        now: datetime,
    ):
        self._now = now
        on = local_date(now, bank.timezone)
        ids, own = [one.member_id for one in people], [one.account_id for one in people]
        self._acting = members.acting_for(session, bank, ids)
        accounts = {
            *own,
            *(account_id for theirs in self._acting.values() for account_id in theirs),
        }
        self._parties = members.parties(session, bank, accounts)
        self._balances = ledger.accounts(session, bank, own)
        self._exchanges = exchanges.awaited(session, bank, accounts)
        self._introductions = matching.awaited(session, bank, accounts)
        speakers = {
            party.member_id for party in self._parties.values() if party.member_id is not None
        }
        self._unread = messages.unread_from(session, bank, speakers)
        self._apart = members.kept_apart(session, bank, speakers)
        self._offered = skills.offered(session, bank, own, on=on)
        self._held = members.checks_held(session, bank, ids, on=on)
        on_soon = activities.meetings(
            session, bank, *activities.not_called_off(), since=now, until=now + rules.AHEAD
        )
        self._sessions = [_on_soon(bank, found) for found in on_soon]
        signed_up = activities.signed_up(
            session, bank, ids, [one.session_id for one in self._sessions]
        )
        self._coming = {
            (row.member_id, row.session_id)
            for rows in signed_up.values()
            for row in rows
            if row.status == "coming"
        }
        since = min((rules.since(one.last, now) for one in people), default=now)
        self._requests, self._offers = (
            _news(session, bank, kind, since, on=on)
            for kind in (ListingKind.REQUEST, ListingKind.OFFER)
        )
        self._parts = [
            room.digest(session, bank, ids, since) for room in rooms if room.digest is not None
        ]

    def week(self, one: Reader) -> Week | None:
        """What there is to tell one of them; None when nothing of it is new."""
        since = rules.since(one.last, self._now)
        mine = {one.account_id, *self._acting.get(one.member_id, ())}
        waiting = [
            [self._exchanges[account] for account in mine if account in self._exchanges],
            [self._introductions[account] for account in mine if account in self._introductions],
            list(self._messages(one, mine)),
        ]
        offered = rules.Offered(
            self._offered.get(one.account_id, ()), self._held.get(one.member_id, ())
        )
        requests = [
            (
                offered.suits(new.place, new.needs_check, near=new.area == one.area),
                new.area == one.area,
                new,
            )
            for new in self._requests
            if self._is_news(one, new, mine, since)
        ]
        could_help = sorted(
            (each for each in requests if each[0]), key=lambda each: each[:2], reverse=True
        )
        offers = [new for new in self._offers if self._is_news(one, new, mine, since)]
        others = self._others(one, since)
        if (
            not could_help
            and not offers
            and not others
            and not any(latest > since for kind in waiting for _, latest in kind)
        ):
            return None
        numbers = [sum(number for number, _ in kind) for kind in waiting]
        return Week(
            self._balances[one.account_id].balance,
            *numbers,
            requests=[new.line for _, _, new in could_help],
            offers=[new.line for new in sorted(offers, key=lambda new: new.area != one.area)],
            sessions=[
                replace(on, coming=(one.member_id, on.session_id) in self._coming)
                for on in self._sessions
            ],
            others=others,
        )

    def _others(self, reader: Reader, since: datetime) -> list[Other]:
        """What other rooms have that is new to them."""
        found = [
            Other(
                part.heading,
                [news for news in part.news.get(reader.member_id, ()) if news.at > since],
                part.path,
            )
            for part in self._parts
        ]
        return [other for other in found if other.news]

    def _messages(self, one: Reader, mine: Iterable[int]) -> Iterable[tuple[int, datetime]]:
        """What waits to be read by them or by whom they help, and is from nobody they are kept
        apart from."""
        for party in (self._parties[account] for account in mine if account in self._parties):
            for writer, words in self._unread.get(party.member_id or 0, {}).items():
                if not {(one.member_id, writer), (party.member_id, writer)} & self._apart:
                    yield words

    def _is_news(self, one: Reader, new: _New, mine: Collection[int], since: datetime) -> bool:
        kept_apart = (one.member_id, new.member_id) in self._apart
        return new.posted_at > since and new.account_id not in mine and not kept_apart


def _news(
    session: Session, bank: Bank, kind: ListingKind, since: datetime, *, on: date
) -> list[_New]:
    """What was posted since then and stands, the newest first; requests for which nobody has been
    introduced yet."""
    found = skills.open_listings(
        session, bank, kind=kind, on=on, posted_after=since, limit=rules.NEWS
    )
    held = (
        set(session.execute(matching.taken(bank)).scalars())
        if kind == ListingKind.REQUEST
        else set()
    )
    shown = skills.shown(session, bank, [one for one in found if one.id not in held])
    areas = _areas(session, bank, shown)
    return [
        _New(
            line=Line(one.listing.id, one.listing.title, one.party.name, one.listing.area),
            posted_at=one.listing.posted_at,
            account_id=one.party.account_id,
            member_id=one.party.member_id,
            area=folded(one.listing.area or areas.get(one.party.account_id) or ""),
            place=(one.skill.id, one.skill.category_id) if one.skill else None,
            needs_check=one.needs_check,
        )
        for one in shown
    ]


def _areas(session: Session, bank: Bank, shown: Sequence[Shown]) -> Mapping[int, str | None]:
    """Where the holders of these live, by account."""
    holders = {one.party.account_id for one in shown}
    rows = session.execute(
        select(Member.account_id, Member.area).where(
            Member.bank_id == bank.id, Member.account_id.in_(holders)
        )
    )
    return {row.account_id: row.area for row in rows if row.account_id is not None}
