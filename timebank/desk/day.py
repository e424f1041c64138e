"""What a broker's day is made of, besides what the rooms say that waits in them. Each list is short
and says how many there are in all.

The same questions are asked however large the bank is. With a broker's id the day is that of their
caseload alone, without one it is everybody's.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, extract, func, literal, select, union_all
from sqlalchemy.orm import Session

from timebank.activities import queries as activities
from timebank.banks.models import Bank
from timebank.base import Some
from timebank.clock import local_date
from timebank.desk import queries, rules
from timebank.desk.caseload import Caseload
from timebank.exchanges import queries as exchanges
from timebank.exchanges.queries import Shown
from timebank.ledger import queries as ledger
from timebank.matching import queries as matching
from timebank.matching.queries import Seen
from timebank.matching.rules import NO_ANSWER
from timebank.members import queries as members
from timebank.members.models import Member
from timebank.members.queries import TAKING_PART
from timebank.notices import queries as notices
from timebank.notices.models import Notice
from timebank.notices.queries import ToTell
from timebank.notices.rules import NoticeChannel
from timebank.safeguarding import queries as safeguarding
from timebank.safeguarding.queries import Row
from timebank.skills import queries as skills
from timebank.skills.rules import ENDED_LATELY


@dataclass(frozen=True)
class Call:
    """Somebody whom only a person can tell, what they are to be told, and since when; with their
    phone number, if any."""

    name: str
    notices: Sequence[Notice]
    since: date
    member_id: int | None
    phone: str | None


@dataclass(frozen=True)
class Birthday:
    """Somebody whose birthday comes, on which day, and how old they become."""

    member: Member
    on: date
    age: int


@dataclass(frozen=True)
class Low:
    """Somebody who can hardly ask for help any more: `left` minutes above the floor of their
    account."""

    member: Member
    left: int


@dataclass(frozen=True)
class Quiet:
    """Somebody who has neither given nor received for a while; `last` is None for one who never
    has."""

    member: Member
    last: date | None


@dataclass(frozen=True)
class Own:
    """What is the desk's own of a broker's day: whom to ring, `to_post` people to write to on
    paper, and whom to think of."""

    calls: Some[Call]
    ring_again: Some[queries.Again]
    birthdays: Some[Birthday]
    quiet: Some[Quiet]
    low: Some[Low]
    to_post: int


@dataclass(frozen=True)
class Today(Own):
    """A broker's whole day, as programs are given it: with what waits in the rooms. `logged` counts
    what waits to be confirmed, `overdue` what has done so for too long."""

    requests: Some[skills.Shown]
    unanswered: Some[Seen]
    follow_ups: Some[Seen]
    logged: int
    checks: Some[Row]
    overdue: Some[Shown]
    disputed: Some[Shown]
    applications: Some[Member]
    ending: Some[skills.Shown]


def own(
    session: Session,
    bank: Bank,
    *,
    broker_id: int | None = None,
    limit: int = rules.SHOWN,
    now: datetime,
) -> Own:
    """What is the desk's own of the day, of all brokers or of the caseload of one of them."""
    on, load = local_date(now, bank.timezone), Caseload(bank, broker_id)
    to_tell = _told(session, bank, load, limit=limit)
    birthdays, quiet, low = _people(session, bank, load, on=on, limit=limit)
    return Own(
        calls=_calls(bank, to_tell),
        ring_again=queries.ring_again(session, bank, *load.members, on=on, limit=limit),
        birthdays=birthdays,
        quiet=quiet,
        low=low,
        to_post=to_tell.people[NoticeChannel.LETTER],
    )


def today(session: Session, bank: Bank, *, broker_id: int | None = None, now: datetime) -> Today:
    """What waits for the brokers of the bank, or in the caseload of one of them. Who asks to join
    is in nobody's."""
    on, load, limit = local_date(now, bank.timezone), Caseload(bank, broker_id), rules.SHOWN
    to_see_to = exchanges.to_see_to(session, bank, account_ids=load.accounts, now=now, limit=limit)
    to_hear_of = matching.to_hear_of(
        session, bank, *load.introductions, on=on, before=now - NO_ANSWER, limit=limit
    )
    applicants = [] if load.members else members.applications(session, bank)
    own_part = own(session, bank, broker_id=broker_id, now=now)
    return Today(
        calls=own_part.calls,
        ring_again=own_part.ring_again,
        birthdays=own_part.birthdays,
        quiet=own_part.quiet,
        low=own_part.low,
        to_post=own_part.to_post,
        requests=matching.nobody_yet(session, bank, *load.listings, on=on, limit=limit),
        unanswered=to_hear_of.unanswered,
        follow_ups=to_hear_of.follow_ups,
        checks=safeguarding.ending(session, bank, *load.members, on=on, limit=limit),
        logged=to_see_to.logged,
        overdue=to_see_to.overdue,
        disputed=to_see_to.disputed,
        applications=Some(applicants[:limit], len(applicants)),
        ending=skills.about_to_end(
            session, bank, *load.listings, on=on, limit=limit, since=on - ENDED_LATELY, needs=True
        ),
    )


def calls(session: Session, bank: Bank, load: Caseload, *, limit: int) -> Some[Call]:
    """Whom to ring or call on, and what about: who has waited longest first, and how many there
    are."""
    return _calls(bank, _told(session, bank, load, limit=limit))


def _told(session: Session, bank: Bank, load: Caseload, *, limit: int) -> ToTell:
    phone = members.detail_of("phone", Notice.bank_id, Notice.addressee)
    return notices.to_tell_by_person(
        session, bank, limit, NoticeChannel.CALL, phone, addressees=load.addressees
    )


def _calls(bank: Bank, told: ToTell) -> Some[Call]:
    calls_to_make = [
        Call(
            name=theirs[-1].name,
            notices=theirs,
            since=local_date(theirs[0].created_at, bank.timezone),
            member_id=next(iter(queries.member_ids([key])), None),
            phone=told.reached[key],
        )
        for key, theirs in told.by_person.items()
    ]
    return Some(calls_to_make, told.people[NoticeChannel.CALL])


def _birthday(member: Member, days: dict[int, date]) -> Birthday:
    born = member.date_of_birth or date.min
    on = days[born.month * 100 + born.day]
    return Birthday(member, on, on.year - born.year)


def _people(
    session: Session, bank: Bank, load: Caseload, *, on: date, limit: int
) -> tuple[Some[Birthday], Some[Quiet], Some[Low]]:
    """Whose birthday is on that day or within a week of it, the next first, those who take a break
    too; active members who have neither helped, been helped nor been at a session for long, who
    joined last first; and those near their floor, with the least left first. All in one question.

    The first weeks decide whether somebody ever takes part.
    """
    days = rules.birthdays_from(on)
    each = union_all(
        _born_on(bank, load, days, on), _quiet_members(bank, load, on), _low_members(bank, load)
    ).subquery()
    first = select(each).where(each.c.place <= limit).subquery()
    last_helped: list[Any] = exchanges.last_helped(bank, Member.account_id)
    statement: Select[*tuple[Any, ...]] = (
        select(first.c.kind, first.c.total, Member, _LEFT, *last_helped)
        .join(Member, Member.id == first.c.id)
        .outerjoin(_ACCOUNT, _ACCOUNT.c.id == Member.account_id)
        .order_by(first.c.place)
    )
    kinds: dict[str, list[Any]] = {"birthday": [], "quiet": [], "low": []}
    totals = dict.fromkeys(kinds, 0)
    for kind, total, member, left, *last in session.execute(statement):
        totals[kind] = total
        kinds[kind].append(
            _birthday(member, days)
            if kind == "birthday"
            else Quiet(member, max(filter(None, last), default=None))
            if kind == "quiet"
            else Low(member, left)
        )
    birthdays, quiet, low = (Some(kinds[kind], totals[kind]) for kind in kinds)
    return birthdays, quiet, low


_ACCOUNT = ledger.ACCOUNTS
_LEFT: ColumnElement[Any] = _ACCOUNT.c.balance - _ACCOUNT.c.floor


def _low_members(bank: Bank, load: Caseload) -> Select[*tuple[Any, ...]]:
    own = and_(_ACCOUNT.c.bank_id == bank.id, _ACCOUNT.c.id == Member.account_id)
    near = _in_order("low", _LEFT, Member.id).join(_ACCOUNT, own)
    there = (Member.bank_id == bank.id, Member.status.in_(TAKING_PART))
    return near.where(*there, _LEFT < rules.LOW, *load.members)


def _born_on(
    bank: Bank, load: Caseload, days: dict[int, date], on: date
) -> Select[*tuple[Any, ...]]:
    born = extract("month", Member.date_of_birth) * 100 + extract("day", Member.date_of_birth)
    nearest = case({key: (day - on).days for key, day in days.items()}, value=born)
    return _in_order("birthday", nearest, Member.name_key, Member.id).where(
        Member.bank_id == bank.id,
        Member.status.in_(TAKING_PART),
        *load.members,
        born.in_(list(days)),
    )


def _quiet_members(bank: Bank, load: Caseload, on: date) -> Select[*tuple[Any, ...]]:
    latest = (Member.joined_on.desc(), Member.id.desc())
    return _in_order("quiet", *latest).where(*_quiet(bank, on), *load.members)


def _in_order(kind: str, *order: Any) -> Select[*tuple[Any, ...]]:
    """Members of a kind with their place among them, and how many there are."""
    return select(
        literal(kind).label("kind"),
        Member.id.label("id"),
        func.row_number().over(order_by=order).label("place"),
        func.count().over().label("total"),
    )


def _quiet(bank: Bank, day: date) -> tuple[ColumnElement[bool], ...]:
    since = rules.quiet_since(day)
    helped = exchanges.helped_since(bank, Member.account_id, since)
    came = activities.came_since(bank, Member.id, since)
    there = (Member.bank_id == bank.id, Member.status == "active", Member.role == "member")
    return *there, Member.joined_on <= rules.settled_in(day), ~helped, ~came
