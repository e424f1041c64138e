"""Whom a resident finds by a name or a number: those they know, and those who show themselves.

The rooms say who has had to do with whom (`Room.knows`), and who stands in them to be seen by all
(`Room.shows`). Anybody else is to a resident as if there were no such member. The staff find
everybody.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    func,
    or_,
    select,
    tuple_,
    union,
    union_all,
)
from sqlalchemy.orm import Session, aliased

from timebank.act import Actor
from timebank.banks.models import Bank
from timebank.base import one_or_refuse
from timebank.ledger import queries as ledger
from timebank.members import meeting, queries
from timebank.members.models import GroupMember, Helper, Member, Page
from timebank.members.queries import EVERYBODY, Circle, Party
from timebank.members.rules import Showing, Status, key_of
from timebank.room import Near, Room
from timebank.say import say

FEW_KNOWN = 3
"""So many of those somebody knows are offered on a form."""


def of(session: Session, bank: Bank, rooms: Iterable[Room], by: Actor, *, on: date) -> Circle:
    """Whom this reader finds. `on` is the day where the bank is."""
    if by.is_broker:
        return EVERYBODY
    rooms = tuple(rooms)
    near = _near(session, bank, by)
    own = select(ledger.ACCOUNTS.c.id).where(ledger.ACCOUNTS.c.id.in_(near.accounts))
    known = (
        select(room.knows(bank, near).subquery().c.account_id)
        for room in rooms
        if room.knows is not None
    )
    shown = (room.shows(bank, by, on) for room in rooms if room.shows is not None)
    unnamed = meeting.hidden_from(bank, by)
    return Circle(union(own, *known, *shown), staff=False, unnamed=unnamed)


@dataclass(frozen=True)
class Acquaintance:
    """Somebody whom a reader knows, and when they last had to do with them."""

    party: Party
    at: datetime


def known(
    session: Session, bank: Bank, rooms: Iterable[Room], by: Actor, *, limit: int = FEW_KNOWN
) -> list[Acquaintance]:
    """Those whom a reader, or somebody they act for, last had to do with and who take part, the
    latest first. Who is kept apart from them is left out."""
    near = _near(session, bank, by)
    parts = [room.knows(bank, near) for room in rooms if room.knows is not None]
    if not parts:
        return []
    met = union_all(*parts).subquery()
    last = func.max(met.c.at)
    wanted: list[ColumnElement[bool]] = [met.c.account_id.not_in(near.accounts)]
    hidden = meeting.hidden_from(bank, by)
    if hidden is not None:
        wanted.append(met.c.account_id.not_in(hidden))
    resting = select(Member.account_id).where(
        Member.bank_id == bank.id, Member.status != Status.ACTIVE, Member.account_id.is_not(None)
    )
    closed = select(ledger.ACCOUNTS.c.id).where(
        ledger.ACCOUNTS.c.bank_id == bank.id,
        or_(ledger.ACCOUNTS.c.closed_at.is_not(None), ledger.ACCOUNTS.c.kind == "chest"),
    )
    wanted += [met.c.account_id.not_in(resting), met.c.account_id.not_in(closed)]
    rows = session.execute(
        select(met.c.account_id, last)
        .where(*wanted)
        .group_by(met.c.account_id)
        .order_by(last.desc(), met.c.account_id)
        .limit(limit)
    ).all()
    parties = queries.parties(session, bank, [account_id for account_id, _ in rows])
    return [Acquaintance(parties[account_id], at) for account_id, at in rows]


def acquainted(session: Session, bank: Bank, rooms: Iterable[Room], by: Actor) -> frozenset[int]:
    """The accounts of all whom a reader, or somebody they act for, has had to do with."""
    near = _near(session, bank, by)
    parts = [room.knows(bank, near).subquery() for room in rooms if room.knows is not None]
    if not parts:
        return frozenset()
    met = union(*(select(part.c.account_id) for part in parts))
    return frozenset(session.execute(met).scalars())


def _near(session: Session, bank: Bank, by: Actor) -> Near:
    accounts = queries.may_act_for(session, bank, by)
    members = {
        party.member_id
        for party in queries.parties(session, bank, accounts).values()
        if party.member_id is not None
    }
    return Near(frozenset(members), frozenset(accounts))


def knows(bank: Bank, near: Near) -> Select[Any]:
    """Those in the same groups, the helpers and the helped."""
    other, mine = aliased(GroupMember), aliased(GroupMember)
    together = (
        select(Member.account_id.label("account_id"), other.joined_at.label("at"))
        .join(other, and_(other.bank_id == Member.bank_id, other.member_id == Member.id))
        .join(mine, and_(mine.bank_id == other.bank_id, mine.group_id == other.group_id))
        .where(Member.bank_id == bank.id, mine.member_id.in_(near.members))
        .where(mine.left_at.is_(None), other.left_at.is_(None))
    )
    either_way = (
        select(Member.account_id, Helper.granted_at)
        .join(Helper, and_(Helper.bank_id == Member.bank_id, there == Member.id))
        .where(Member.bank_id == bank.id, here.in_(near.members), Helper.revoked_at.is_(None))
        for there, here in (
            (Helper.member_id, Helper.helper_id),
            (Helper.helper_id, Helper.member_id),
        )
    )
    return select(union_all(together, *either_way).subquery())


def shows(bank: Bank, by: Actor, on: date) -> Select[Any]:
    """A query for the accounts of those who have a page of their own, as far as the reader `by` is
    shown anything of them."""
    return select(Member.account_id).where(*_has_page(bank, by))


def with_page(
    session: Session,
    bank: Bank,
    by: Actor,
    *,
    area: str = "",
    among: Select[Any] | None = None,
    after: int | None = None,
    limit: int,
) -> list[Party]:
    """Up to `limit + 1` of those who have a page of their own, by name, after the member `after`:
    in this part of town, and `among` these accounts. `by` is who reads it, and is left out."""
    wanted = [*_has_page(bank, by), Member.id != (by.member_id or 0)]
    if area:
        wanted.append(Member.area_key == key_of("area", area))
    if among is not None:
        wanted.append(Member.account_id.in_(among))
    if after is not None:
        last = queries.member(session, bank, after)
        wanted.append(tuple_(Member.name_key, Member.id) > (last.name_key, last.id))
    statement = select(Member.account_id).where(*wanted).order_by(Member.name_key, Member.id)
    ids = [one for one in session.execute(statement.limit(limit + 1)).scalars() if one is not None]
    parties = queries.parties(session, bank, ids)
    return [parties[account_id] for account_id in ids]


def with_whole_name(session: Session, bank: Bank, account_ids: Iterable[int]) -> frozenset[int]:
    """Those of the accounts whose holders show their whole name on their page."""
    statement = (
        select(Member.account_id)
        .join(Page, and_(Page.bank_id == Member.bank_id, Page.member_id == Member.id))
        .where(Member.bank_id == bank.id, Member.account_id.in_(tuple(account_ids)), Page.surname)
    )
    return frozenset(one for one in session.execute(statement).scalars() if one is not None)


def areas_with_page(session: Session, bank: Bank, by: Actor) -> list[tuple[str, int]]:
    """The parts of town of those whom `with_page` lists, and how many live in each."""
    name = func.min(Member.area)
    statement = (
        select(name, func.count())
        .where(*_has_page(bank, by), Member.id != (by.member_id or 0), Member.area.is_not(None))
        .group_by(Member.area_key)
        .order_by(name)
    )
    return [(area, number) for area, number in session.execute(statement) if area is not None]


def page_of(session: Session, bank: Bank, member_id: int, by: Actor) -> tuple[Member, Showing]:
    """A member who has a page of their own, and what stands on it. Raises NotFound, in the same
    words, for who has none, takes no part, has left or is kept apart from the reader `by`."""
    statement = select(Member).where(*_has_page(bank, by), Member.id == member_id)
    member = one_or_refuse(session, statement, say("There is no such neighbour here."))
    return member, queries.showing(session, bank, member_id)


def _has_page(bank: Bank, by: Actor) -> list[ColumnElement[bool]]:
    """Whether a member takes part and has a page that `by` may open."""
    hidden = meeting.hidden_from(bank, by)
    pages = select(Page.member_id).where(Page.bank_id == bank.id)
    return [
        Member.bank_id == bank.id,
        Member.status == Status.ACTIVE,
        Member.id.in_(pages),
        *([] if hidden is None else [Member.account_id.not_in(hidden)]),
    ]
