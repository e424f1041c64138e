"""What a broker's day is made of. Each list is short and says how many there are in all.

The same questions are asked however large the bank is. With a broker's id the day is that of their
caseload alone, without one it is everybody's.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, and_, case, exists, extract, func, or_, select
from sqlalchemy.orm import Session

from timebank.access import queries as access
from timebank.act import Role
from timebank.activities import queries as activities
from timebank.activities.models import ActivitySession, Contribution
from timebank.activities.queries import Meeting, midnight
from timebank.banks.models import Bank
from timebank.base import Some, some
from timebank.clock import local_date
from timebank.desk import queries, rules
from timebank.desk.caseload import Caseload
from timebank.desk.models import CallNote
from timebank.desk.queries import Noted
from timebank.exchanges import queries as exchanges
from timebank.exchanges.models import Exchange
from timebank.exchanges.queries import Shown
from timebank.exchanges.rules import NO_LONGER_COUNTS, OPEN
from timebank.ledger import queries as ledger
from timebank.ledger.rules import AccountKind
from timebank.matching import queries as matching
from timebank.matching.models import Introduction
from timebank.matching.queries import Seen
from timebank.members import queries as members
from timebank.members.models import Member
from timebank.members.queries import TAKING_PART, Party, RunningOut
from timebank.notices import queries as notices
from timebank.notices.models import Notice
from timebank.notices.rules import NoticeChannel
from timebank.skills import queries as skills
from timebank.skills import rules as skills_rules
from timebank.skills.models import Listing


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
class Again:
    """Somebody whom a broker wanted to ring again. What the note says is read on the page about
    them, which is recorded."""

    member: Member
    noted: Noted


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

    party: Party
    left: int


@dataclass(frozen=True)
class Quiet:
    """Somebody who has neither given nor received for a while; `last` is None for one who never
    has."""

    member: Member
    last: date | None


@dataclass(frozen=True)
class Today:
    """A broker's day. `logged` counts what waits to be confirmed, `overdue` what has done so for
    too long, `to_post` the people to be written to on paper; `sessions` have begun, and their hours
    are not in the books.

    `phones` are the telephone numbers of those who stand in the lists by their accounts.
    """

    calls: Some[Call]
    ring_again: Some[Again]
    requests: Some[skills.Shown]
    unanswered: Some[Seen]
    follow_ups: Some[Seen]
    logged: int
    overdue: Some[Shown]
    disputed: Some[Shown]
    sessions: Some[Meeting]
    applications: Some[Member]
    ending: Some[skills.Shown]
    birthdays: Some[Birthday]
    quiet: Some[Quiet]
    low: Some[Low]
    checks: Some[RunningOut]
    to_post: int
    phones: dict[int, str | None]


def today(session: Session, bank: Bank, *, broker_id: int | None = None, now: datetime) -> Today:
    """What waits for the brokers of the bank, or in the caseload of one of them.

    Sessions, and who asks to join, are in nobody's.
    """
    on, load, limit = local_date(now, bank.timezone), Caseload(bank, broker_id), rules.SHOWN
    waiting = exchanges.waiting(session, bank, account_ids=load.accounts, now=now)
    due = matching.to_follow_up(session, bank, *load.introductions, on=on, limit=limit)
    not_due = or_(Introduction.follow_up_on.is_(None), Introduction.follow_up_on > on)
    silent = matching.unanswered(
        session, bank, *load.introductions, not_due, before=now - rules.NO_ANSWER, limit=limit
    )
    overdue = exchanges.overdue(session, bank, account_ids=load.accounts, now=now, limit=limit)
    disputed = exchanges.disputed(session, bank, account_ids=load.accounts, limit=limit)
    requests = matching.nobody_yet(session, bank, *load.listings, on=on, limit=limit)
    ends = ending(session, bank, load, on=on, limit=limit)
    lowest = low(session, bank, load, limit=limit)
    named = [
        *(one.party for one in (*requests.shown, *ends.shown, *lowest.shown)),
        *(party for one in (*due.shown, *silent.shown) for party in (one.giver, one.receiver)),
    ]
    return Today(
        calls=calls(session, bank, load, limit=limit),
        ring_again=ring_again(session, bank, load, on=on, limit=limit),
        requests=requests,
        unanswered=silent,
        follow_ups=due,
        logged=waiting.logged,
        overdue=Some(overdue, waiting.overdue),
        disputed=Some(disputed, waiting.disputed),
        sessions=Some([], 0) if load.members else sessions(session, bank, now=now, limit=limit),
        applications=Some([], 0) if load.members else applications(session, bank, limit=limit),
        ending=ends,
        birthdays=birthdays(session, bank, load, on=on, limit=limit),
        quiet=quiet(session, bank, load, on=on, limit=limit),
        low=lowest,
        checks=checks(session, bank, load, on=on, limit=limit),
        to_post=notices.people_to_tell(
            session, bank, NoticeChannel.LETTER, addressees=load.addressees
        ),
        phones=matching.phones(session, bank, named),
    )


def calls(session: Session, bank: Bank, load: Caseload, *, limit: int) -> Some[Call]:
    """Whom to ring or call on, and what about: who has waited longest first."""
    told = notices.to_tell_by_person(session, bank, limit, addressees=load.addressees)
    people = queries.addressees(session, bank, told)
    found: list[Call] = []
    for key, theirs in told.items():
        who, since = people.get(key), local_date(theirs[0].created_at, bank.timezone)
        found.append(
            Call(
                theirs[-1].name, theirs, since, who.id if who else None, who.phone if who else None
            )
        )
    return Some(found, notices.people_to_tell(session, bank, addressees=load.addressees))


def ring_again(
    session: Session, bank: Bank, load: Caseload, *, on: date, limit: int
) -> Some[Again]:
    """Whom somebody wanted to ring by that day and did not yet, who has waited longest first."""
    due = (CallNote.bank_id == bank.id, CallNote.next_on <= on, CallNote.done_at.is_(None))
    statement = (
        select(CallNote, Member)
        .join(Member, and_(Member.bank_id == CallNote.bank_id, Member.id == CallNote.member_id))
        .where(*due, *load.members)
        .order_by(CallNote.next_on, CallNote.id)
    )
    found = some(session, statement, limit)
    noted = queries.noted(session, bank, [note for note, _ in found.shown])
    return Some(
        [Again(member, one) for (_, member), one in zip(found.shown, noted, strict=True)],
        found.total,
    )


def sessions(session: Session, bank: Bank, *, now: datetime, limit: int) -> Some[Meeting]:
    """Sessions whose hours nobody has posted, the oldest first."""
    return Some(
        activities.to_post(session, bank, now=now, limit=limit),
        activities.to_post_in_all(session, bank, now=now),
    )


def applications(session: Session, bank: Bank, *, limit: int) -> Some[Member]:
    """Those who would like to join, the longest waiting first."""
    waiting = members.applications(session, bank)
    return Some(waiting[:limit], len(waiting))


def ending(
    session: Session, bank: Bank, load: Caseload, *, on: date, limit: int
) -> Some[skills.Shown]:
    """Offers and requests that end within a week, the earliest first."""
    last = on + skills_rules.NOTICE
    ends = select(Listing).where(*skills.stands(bank, on), Listing.ends_on <= last, *load.listings)
    found = some(session, ends.order_by(Listing.ends_on, Listing.id), limit)
    return Some(skills.shown(session, bank, found.shown), found.total)


def birthdays(
    session: Session, bank: Bank, load: Caseload, *, on: date, limit: int
) -> Some[Birthday]:
    """Whose birthday is on that day or within a week of it, the next first. Who takes a break has
    theirs too."""
    days = rules.birthdays_from(on)
    born = extract("month", Member.date_of_birth) * 100 + extract("day", Member.date_of_birth)
    there = (Member.bank_id == bank.id, Member.status.in_(TAKING_PART), *load.members)
    place = case({key: (day - on).days for key, day in days.items()}, value=born)
    statement = (
        select(Member)
        .where(*there, born.in_(list(days)))
        .order_by(place, Member.name_key, Member.id)
    )
    found = some(session, statement, limit)
    return Some([_birthday(one, days) for one in found.shown], found.total)


def _birthday(member: Member, days: dict[int, date]) -> Birthday:
    born = member.date_of_birth or date.min
    on = days[born.month * 100 + born.day]
    return Birthday(member, on, on.year - born.year)


def low(session: Session, bank: Bank, load: Caseload, *, limit: int) -> Some[Low]:
    """Members near the floor of their account, the nearest first."""
    found = ledger.near_floor(
        session,
        bank,
        kind=AccountKind.MEMBER,
        within=rules.LOW,
        account_ids=load.accounts,
        limit=limit,
    )
    parties = members.parties(session, bank, [state.id for state in found.shown])
    return Some(
        [Low(parties[state.id], state.balance - (state.floor or 0)) for state in found.shown],
        found.total,
    )


def checks(
    session: Session, bank: Bank, load: Caseload, *, on: date, limit: int
) -> Some[RunningOut]:
    """Checks that run out within a month, the earliest first."""
    found = members.checks_running_out(
        session, bank, *load.members, on=on, within_days=rules.CHECKS_DAYS
    )
    return Some(found[:limit], len(found))


def quiet(session: Session, bank: Bank, load: Caseload, *, on: date, limit: int) -> Some[Quiet]:
    """Active members who have neither helped, been helped nor been at a session for long. Who
    joined last comes first.

    The first weeks decide whether somebody ever takes part.
    """
    statement = (
        select(Member)
        .where(*_quiet(bank, on), *load.members)
        .order_by(Member.joined_on.desc(), Member.id.desc())
    )
    found = some(session, statement, limit)
    last = _last_help(
        session, bank, [one.account_id for one in found.shown if one.account_id is not None]
    )
    return Some([Quiet(one, last.get(one.account_id or 0)) for one in found.shown], found.total)


def _quiet(bank: Bank, day: date) -> tuple[ColumnElement[bool], ...]:
    under_way = or_(Exchange.occurred_on >= rules.quiet_since(day), Exchange.status.in_(OPEN))
    lately = (Exchange.bank_id == bank.id, under_way, Exchange.status.not_in(NO_LONGER_COUNTS))
    # A side at a time, so that each is found by its own index.
    gave = exists().where(Exchange.giver_id == Member.account_id, *lately)
    received = exists().where(Exchange.receiver_id == Member.account_id, *lately)
    session = and_(
        ActivitySession.bank_id == bank.id, ActivitySession.id == Contribution.session_id
    )
    since = ActivitySession.starts_at >= midnight(bank, rules.quiet_since(day))
    came = exists().where(
        Contribution.bank_id == bank.id, Contribution.member_id == Member.id, session, since
    )
    there = (Member.bank_id == bank.id, Member.status == "active", Member.role == "member")
    return *there, Member.joined_on <= rules.settled_in(day), ~gave, ~received, ~came


def _last_help(session: Session, bank: Bank, account_ids: Collection[int]) -> dict[int, date]:
    """When each of the accounts last gave or received help, for those that ever did."""
    found: dict[int, date] = {}
    for side in (Exchange.giver_id, Exchange.receiver_id):
        rows = session.execute(
            select(side, func.max(Exchange.occurred_on))
            .where(
                Exchange.bank_id == bank.id, side.in_(account_ids), Exchange.status == "confirmed"
            )
            .group_by(side)
        )
        for account_id, last in rows:
            if last is not None:
                found[account_id] = max(last, found.get(account_id, last))
    return found


def staff_without_second_factor(session: Session, bank: Bank) -> list[Member]:
    """Brokers and coordinators who have set up no second factor."""
    staff = [
        one
        for role in (Role.BROKER, Role.COORDINATOR)
        for one in members.members(session, bank, role=role, limit=200)
    ]
    safe = access.with_second_factor(session, bank, [one.id for one in staff])
    return [one for one in staff if one.id not in safe]
