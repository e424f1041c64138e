"""Whom a resident finds by a name or a number: those they know, and those who show themselves.

The rooms say who has had to do with whom (`Room.knows`), and who stands in them to be seen by all
(`Room.shows`). Anybody else is to a resident as if there were no such member. The staff find
everybody.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select, union, union_all
from sqlalchemy.orm import Session, aliased

from timebank.act import Actor
from timebank.banks.models import Bank
from timebank.ledger import queries as ledger
from timebank.members import meeting, queries
from timebank.members.models import GroupMember, Helper, Member
from timebank.members.queries import EVERYBODY, Circle, Party
from timebank.members.rules import Status
from timebank.room import Near, Room

FEW_KNOWN = 6
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
    return Circle(union(own, *known, *shown), staff=False)


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
