"""Reading what the weekly letter tells: the first page in short, and what the rooms have that is
new.

It is read for a slice of members at once, so that the cost of a bank grows with its members and the
memory does not.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from timebank.activities import queries as activities
from timebank.activities.queries import Meeting
from timebank.banks.models import Bank
from timebank.exchanges import queries as exchanges
from timebank.home import rules
from timebank.home.rules import Fresh, OnSoon, Week
from timebank.ledger import queries as ledger
from timebank.matching import queries as matching
from timebank.members import queries as members
from timebank.messages import queries as messages
from timebank.notices import queries as notices
from timebank.notices.rules import Addressee, NoticeChannel, digest_way
from timebank.room import Room


@dataclass(frozen=True)
class Reader:
    """Somebody who wants the weekly letter, how and where it goes, and from when on something is
    new to them."""

    member_id: int
    account_id: int
    addressee: Addressee
    channel: NoticeChannel
    last: datetime | None


def readers(
    session: Session, bank: Bank, *, after: int, limit: int
) -> tuple[list[Reader], int | None]:
    """Those of the next `limit` active members after the member `after` who get the weekly letter,
    and the last one's id.

    The id is None when there is nobody left.
    """
    people = members.next_active(session, bank, after=after, limit=limit)
    wishes = notices.preferences(session, bank, [f"member:{one.id}" for one in people])
    wanted: list[Reader] = []
    for member in people:
        wish = wishes.get(f"member:{member.id}")
        addressee = Addressee(
            f"member:{member.id}",
            member.name,
            member.language,
            email=member.email,
            postal=member.address,
        )
        channel = digest_way(wish.channel if wish else None, addressee.reach)
        if channel is not None and member.account_id is not None and (wish is None or wish.digest):
            wanted.append(
                Reader(
                    member_id=member.id,
                    account_id=member.account_id,
                    addressee=addressee,
                    channel=channel,
                    last=wish.digest_at if wish else None,
                )
            )
    return wanted, people[-1].id if people else None


def _on_soon(bank: Bank, found: Meeting) -> OnSoon:
    starts_at = found.row.starts_at.astimezone(ZoneInfo(bank.timezone))
    return OnSoon(found.row.id, found.activity.title, starts_at, found.place or "")


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
        self._unread = messages.awaited(session, bank, speakers)
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
        self._parts = [
            part
            for room in rooms
            if room.digest is not None
            for part in room.digest(session, bank, ids, since, now)
        ]

    def week(self, one: Reader) -> Week | None:
        """What there is to tell one of them; None when nothing of it is new."""
        since = rules.since(one.last, self._now)
        mine = {one.account_id, *self._acting.get(one.member_id, ())}
        waiting = [
            [self._exchanges[account] for account in mine if account in self._exchanges],
            [self._introductions[account] for account in mine if account in self._introductions],
            list(self._messages(mine)),
        ]
        fresh = self._fresh(one, since)
        if not fresh and not any(latest > since for kind in waiting for _, latest in kind):
            return None
        numbers = [sum(number for number, _ in kind) for kind in waiting]
        return Week(
            self._balances[one.account_id].balance,
            *numbers,
            fresh=fresh,
            sessions=[
                replace(on, coming=(one.member_id, on.session_id) in self._coming)
                for on in self._sessions
            ],
        )

    def _fresh(self, reader: Reader, since: datetime) -> list[Fresh]:
        """What the rooms have that is new to them."""
        fresh = [
            Fresh(
                part.heading,
                [news for news in part.news.get(reader.member_id, ()) if news.at > since],
                part.path,
                part.counted,
            )
            for part in self._parts
        ]
        return [part for part in fresh if part.news]

    def _messages(self, mine: Iterable[int]) -> Iterable[tuple[int, datetime]]:
        """What waits to be read by them or by whom they help."""
        for party in (self._parties[account] for account in mine if account in self._parties):
            if party.member_id in self._unread:
                yield self._unread[party.member_id]
