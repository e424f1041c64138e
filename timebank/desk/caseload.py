"""Who of the staff looks after whom, and how a day is narrowed to what one of them looks after."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, String, and_, cast, func, literal, select
from sqlalchemy.orm import Session

from timebank.act import Role
from timebank.banks.models import Bank
from timebank.base import Some
from timebank.matching import queries as matching
from timebank.members import queries as members
from timebank.members.models import Member, Profile
from timebank.members.queries import TAKING_PART
from timebank.skills import queries as skills
from timebank.skills.models import Listing
from timebank.skills.rules import ListingKind


class Caseload:
    """What a broker looks after, as conditions that narrow a query; for nobody in particular
    (None), they narrow nothing."""

    def __init__(self, bank: Bank, broker_id: int | None):
        people = members.looked_after(bank, broker_id)
        keys = people.with_only_columns(literal("member:").concat(cast(Profile.member_id, String)))
        everybodys = broker_id is None
        self.accounts: Select[Any] | None = (
            None if everybodys else members.accounts_looked_after(bank, broker_id)
        )
        self.addressees: Select[Any] | None = None if everybodys else keys
        self.members: tuple[ColumnElement[bool], ...] = (
            () if everybodys else (Member.id.in_(people),)
        )
        self.listings: tuple[ColumnElement[bool], ...] = (
            () if everybodys else (skills.in_hands_of(bank, broker_id),)
        )
        self.introductions: tuple[ColumnElement[bool], ...] = (
            () if everybodys else (matching.in_hands_of(bank, broker_id),)
        )


@dataclass(frozen=True)
class Load:
    """How many members a broker looks after, and how many open requests, of these how many nobody
    is introduced for."""

    broker: Member | None
    members: int
    requests: int
    nobody_yet: int


@dataclass(frozen=True)
class Caseloads:
    """Everybody of the staff with what they look after, what nobody does (the last of them), and
    the first of those members."""

    loads: Sequence[Load]
    unclaimed: Some[Member]


def caseloads(session: Session, bank: Bank, *, on: date, limit: int) -> Caseloads:
    """Who looks after how much, as of that day. Those of the staff are counted among the members
    too."""
    staff = members.staff(session, bank)
    profile = and_(Profile.bank_id == bank.id, Profile.member_id == Member.id)
    there = (Member.bank_id == bank.id, Member.status.in_(TAKING_PART))
    residents = func.count().filter(Member.role == Role.MEMBER)
    people = session.execute(
        select(Profile.broker_id, func.count(), residents)
        .select_from(Member)
        .outerjoin(Profile, profile)
        .where(*there)
        .group_by(Profile.broker_id)
    )
    broker = func.coalesce(Listing.broker_id, Profile.broker_id)
    taken = matching.taken(bank)
    wanted = session.execute(
        select(broker, func.count(), func.count().filter(Listing.id.not_in(taken)))
        .select_from(Listing)
        .outerjoin(Member, and_(Member.bank_id == bank.id, Member.account_id == Listing.account_id))
        .outerjoin(Profile, profile)
        .where(*skills.stands(bank, on), Listing.kind == ListingKind.REQUEST)
        .group_by(broker)
    )
    known = {one.id for one in staff}
    looked_after: dict[int | None, int] = dict.fromkeys([*known, None], 0)
    requests: dict[int | None, tuple[int, int]] = dict.fromkeys(looked_after, (0, 0))
    in_nobodys = 0
    for broker_id, number, of_residents in people:
        looked_after[broker_id if broker_id in known else None] += number
        in_nobodys += of_residents if broker_id is None else 0
    for broker_id, number, nobody in wanted:
        whose = broker_id if broker_id in known else None
        requests[whose] = (requests[whose][0] + number, requests[whose][1] + nobody)
    alone = (
        select(Member)
        .outerjoin(Profile, profile)
        .where(*there, Member.role == Role.MEMBER, Profile.broker_id.is_(None))
        .order_by(Member.name_key, Member.id)
        .limit(limit)
    )
    return Caseloads(
        loads=[Load(one, looked_after[one.id], *requests[one.id]) for one in staff]
        + [Load(None, looked_after[None], *requests[None])],
        # They are counted above: to count them again would read everybody to show a few.
        unclaimed=Some(session.execute(alone).scalars().all(), in_nobodys),
    )
