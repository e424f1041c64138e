"""Reading what a broker's day is made of. Each list is short; its count says how many there are in all."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, and_, exists, func, or_, select
from sqlalchemy.orm import Session

from timebank.access import queries as access
from timebank.banks.models import Bank
from timebank.clock import local_date
from timebank.desk import rules
from timebank.exchanges import queries as exchanges
from timebank.exchanges.models import Exchange
from timebank.exchanges.queries import Shown, Waiting
from timebank.exchanges.rules import NO_LONGER_COUNTS, OPEN
from timebank.ledger import queries as ledger
from timebank.members import queries as members
from timebank.members.models import Member
from timebank.members.queries import Party
from timebank.members.rules import folded
from timebank.notices import queries as notices
from timebank.notices.models import Notice
from timebank.notices.rules import on_paper


@dataclass(frozen=True)
class Call:
    """Somebody whom only a person can tell, what they are to be told, and since when; with their phone number, if any."""

    name: str
    notices: Sequence[Notice]
    since: date
    member_id: int | None
    phone: str | None


@dataclass(frozen=True)
class Letter:
    """Everything that one person is to be told on paper, and the lines of their postal address."""

    name: str
    address: Sequence[str]
    notices: Sequence[Notice]

    @property
    def told(self) -> list[tuple[str, str]]:
        """What is said, as subjects and words."""
        return [(notice.subject, on_paper(notice.body)) for notice in self.notices]


@dataclass(frozen=True)
class Low:
    """Somebody who can hardly ask for help any more: `left` minutes above the floor of their account."""

    party: Party
    phone: str | None
    left: int


@dataclass(frozen=True)
class Quiet:
    """Somebody who has neither given nor received for a while; `last` is None for one who never has."""

    member: Member
    last: date | None


@dataclass(frozen=True)
class Today:
    """A broker's day. The numbers count all there are, the lists hold the first few."""

    waiting: Waiting
    overdue: Sequence[Shown]
    disputed: Sequence[Shown]
    applications: Sequence[Member]
    joining: int
    calls: Sequence[Call]
    to_call: int
    low: Sequence[Low]
    quiet: Sequence[Quiet]
    gone_quiet: int
    to_post: int


def today(session: Session, bank: Bank, *, now: datetime) -> Today:
    """What waits for a broker of the bank."""
    applications = members.applications(session, bank)
    day = local_date(now, bank.timezone)
    return Today(
        waiting=exchanges.waiting(session, bank, now=now),
        overdue=exchanges.overdue(session, bank, now=now, limit=rules.SHOWN),
        disputed=exchanges.disputed(session, bank, limit=rules.SHOWN),
        applications=applications[: rules.SHOWN],
        joining=len(applications),
        calls=calls(session, bank, limit=rules.SHOWN),
        to_call=notices.people_to_tell(session, bank),
        low=low(session, bank, limit=rules.SHOWN),
        quiet=quiet(session, bank, day=day, limit=rules.SHOWN),
        gone_quiet=gone_quiet(session, bank, day=day),
        to_post=notices.people_to_tell(session, bank, "letter"),
    )


def calls(session: Session, bank: Bank, *, limit: int) -> list[Call]:
    """Whom to ring or call on, and what about: up to `limit` people, who has waited longest first."""
    told = notices.to_tell_by_person(session, bank, limit)
    ids = {key: _member_id(key) for key in told}
    rows = session.execute(select(Member.id, Member.phone).where(Member.bank_id == bank.id, Member.id.in_(ids.values())))
    phones = {row.id: row.phone for row in rows}
    return [
        Call(
            name=theirs[-1].name,
            notices=theirs,
            since=local_date(theirs[0].created_at, bank.timezone),
            member_id=ids[key],
            phone=phones.get(ids[key] or 0),
        )
        for key, theirs in told.items()
    ]


def letters(session: Session, bank: Bank, *, limit: int) -> list[Letter]:
    """The letters to post: one for each of up to `limit` people, who has waited longest first.

    They go where the person lives now, or else where they lived when the notice was written.
    """
    told = notices.to_tell_by_person(session, bank, limit, "letter")
    ids = {key: _member_id(key) for key in told}
    rows = session.execute(select(Member.id, Member.address).where(Member.bank_id == bank.id, Member.id.in_(ids.values())))
    addresses = {row.id: row.address for row in rows}
    return [
        Letter(
            name=theirs[-1].name,
            address=[line for line in (addresses.get(ids[key] or 0) or theirs[-1].address or "").splitlines() if line.strip()],
            notices=theirs,
        )
        for key, theirs in told.items()
    ]


@dataclass(frozen=True)
class ToPassOn:
    """A notice that waits to be passed on, or was, and where its addressee is reached, if it is a member."""

    notice: Notice
    member_id: int | None
    phone: str | None
    address: str | None


def to_pass_on(session: Session, bank: Bank, rows: Sequence[Notice]) -> list[ToPassOn]:
    """The notices with where their addressees are reached now."""
    ids = {row.id: _member_id(row.addressee) for row in rows}
    found = session.execute(select(Member).where(Member.bank_id == bank.id, Member.id.in_(ids.values()))).scalars()
    people = {one.id: one for one in found}
    reached = [(row, people.get(ids[row.id] or 0)) for row in rows]
    return [
        ToPassOn(row, who.id if who else None, who.phone if who else None, (who.address if who else None) or row.address)
        for row, who in reached
    ]


def _member_id(key: str) -> int | None:
    kind, _, number = key.partition(":")
    return int(number) if kind == "member" else None


def low(session: Session, bank: Bank, *, limit: int) -> list[Low]:
    """Members near the floor of their account, the nearest first."""
    found = ledger.near_floor(session, bank, kind="member", within=rules.LOW, limit=limit)
    parties = members.parties(session, bank, [state.id for state in found])
    rows = session.execute(
        select(Member.account_id, Member.phone).where(Member.bank_id == bank.id, Member.account_id.in_(parties))
    )
    phones = {row.account_id: row.phone for row in rows}
    return [
        Low(parties[state.id], phones.get(state.id), state.balance - state.floor) for state in found if state.floor is not None
    ]


def quiet(session: Session, bank: Bank, *, day: date, limit: int) -> list[Quiet]:
    """Active members who have neither given nor received for long, as of that day. Who joined last comes first.

    The first weeks decide whether somebody ever takes part.
    """
    statement = select(Member).where(*_quiet(bank, day)).order_by(Member.joined_on.desc(), Member.id.desc()).limit(limit)
    found = session.execute(statement).scalars().all()
    last = _last_help(session, bank, [one.account_id for one in found if one.account_id is not None])
    return [Quiet(one, last.get(one.account_id or 0)) for one in found]


def gone_quiet(session: Session, bank: Bank, *, day: date) -> int:
    """How many such members there are."""
    return session.execute(select(func.count()).select_from(Member).where(*_quiet(bank, day))).scalar_one()


def _quiet(bank: Bank, day: date) -> tuple[ColumnElement[bool], ...]:
    under_way = or_(Exchange.occurred_on >= rules.quiet_since(day), Exchange.status.in_(OPEN))
    lately = (Exchange.bank_id == bank.id, under_way, Exchange.status.not_in(NO_LONGER_COUNTS))
    # A side at a time, so that each is found by its own index.
    gave = exists().where(Exchange.giver_id == Member.account_id, *lately)
    received = exists().where(Exchange.receiver_id == Member.account_id, *lately)
    there = (Member.bank_id == bank.id, Member.status == "active", Member.role == "member")
    return *there, Member.joined_on <= rules.settled_in(day), ~gave, ~received


def _last_help(session: Session, bank: Bank, account_ids: Collection[int]) -> dict[int, date]:
    """When each of the accounts last gave or received help, for those that ever did."""
    found: dict[int, date] = {}
    for side in (Exchange.giver_id, Exchange.receiver_id):
        rows = session.execute(
            select(side, func.max(Exchange.occurred_on))
            .where(Exchange.bank_id == bank.id, side.in_(account_ids), Exchange.status == "confirmed")
            .group_by(side)
        )
        for account_id, last in rows:
            if last is not None:
                found[account_id] = max(last, found.get(account_id, last))
    return found


def staff_without_second_factor(session: Session, bank: Bank) -> list[Member]:
    """Brokers and coordinators who have set up no second factor."""
    staff = [one for role in ("broker", "coordinator") for one in members.members(session, bank, role=role, limit=200)]
    return [one for one in staff if not access.has_second_factor(session, bank, one.id)]


# ---- Slips ----


def meant(session: Session, bank: Bank, text: str) -> list[Party]:
    """Everybody whom `text` on a slip can mean: a number, letters of a name, an organisation, `chest`. At most six.

    A name written out in full means those of that name alone, whoever else's name has it inside; with a number after it, the
    one of that name who has the number.
    """
    name, _, number = text.strip().rpartition(" ")
    if name and any(sign.isdigit() for sign in number):
        named = [party for party in members.find_parties(session, bank, number) if folded(party.name) == folded(name)]
        if named:
            return named
    found = members.find_parties(session, bank, text, limit=6)
    in_full = [party for party in found if folded(party.name) == folded(text)]
    return (in_full or found)[:6]


def stack(session: Session, bank: Bank, exchange_ids: Collection[int]) -> list[Shown]:
    """The slips of a stack as they stand in the books, in the order in which they were entered."""
    of_these = (Exchange.bank_id == bank.id, Exchange.id.in_(exchange_ids), Exchange.slip.is_not(None))
    found = session.execute(select(Exchange).where(*of_these).order_by(Exchange.id)).scalars().all()
    return exchanges.shown(session, bank, found)


def same_help(session: Session, bank: Bank, giver_id: int, receiver_id: int, occurred_on: date) -> Shown | None:
    """Help between the same two on the same day that is in the books, or about to be: perhaps the same, told twice."""
    between = and_(Exchange.giver_id == giver_id, Exchange.receiver_id == receiver_id, Exchange.occurred_on == occurred_on)
    statement = select(Exchange).where(Exchange.bank_id == bank.id, between, Exchange.status.not_in(NO_LONGER_COUNTS))
    found = session.execute(statement.order_by(Exchange.id).limit(1)).scalars().all()
    return next(iter(exchanges.shown(session, bank, found)), None)
