"""Reading the books for files: rows by the thousand, streamed, and who is behind each account."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Select,
    and_,
    cast,
    func,
    null,
    or_,
    select,
    union_all,
)
from sqlalchemy.orm import Session, aliased, selectinload

from timebank.activities.models import Activity, ActivitySession, SessionPosting
from timebank.banks.models import Bank
from timebank.clock import local_date
from timebank.desk.models import CallNote
from timebank.exchanges.models import Exchange
from timebank.ledger.models import Account, Entry, Posting
from timebank.members.models import Group, Member, MemberEvent, Organisation
from timebank.members.queries import TAKING_PART
from timebank.reports.models import AddressConsent, Place
from timebank.reports.rules import Wanted
from timebank.skills.models import Category, Listing, Skill

GIFT_KINDS = ("gift", "grant", "settlement")
"""Entries between two parties that are no help: given, or settled with the chest when somebody
left."""


def began_by(session: Session, bank: Bank, on: date) -> bool:
    """Whether the books have anything of that day or before it."""
    before = select(Entry.id).where(Entry.bank_id == bank.id, Entry.occurred_on <= on)
    return bool(session.execute(select(before.exists())).scalar())


_AT_A_TIME = 2000


@dataclass(frozen=True)
class Balance:
    """An account as it stands, in minutes, and whose it is."""

    id: int
    kind: str
    balance: int
    floor: int | None
    ceiling: int | None
    closed: bool


_AT_ONCE = 1_000
"""So many accounts are asked for in one statement, at most."""


def balances(session: Session, bank: Bank) -> dict[int, Balance]:
    """Every account of the bank."""
    return {row[0]: Balance(*row) for row in session.execute(_balances(bank))}


def held_balances(session: Session, bank: Bank, account_ids: Collection[int]) -> dict[int, Balance]:
    """These accounts, which nobody else can move until this transaction ends. Whoever holds several
    does so in the order of their ids, so that no two wait for one another."""
    ids, held = sorted(account_ids), dict[int, Balance]()
    for start in range(0, len(ids), _AT_ONCE):
        accounts = _balances(bank).where(Account.id.in_(ids[start : start + _AT_ONCE]))
        for row in session.execute(accounts.with_for_update(key_share=True)):
            held[row[0]] = Balance(*row)
    return held


def _balances(bank: Bank) -> Select[*tuple[Any, ...]]:
    columns = (
        Account.id,
        Account.kind,
        Account.balance,
        Account.floor,
        Account.ceiling,
        Account.closed_at.is_not(None),
    )
    return select(*columns).where(Account.bank_id == bank.id).order_by(Account.id)


class Names:
    """What files call the holders of accounts: a member by number, organisations and groups by
    name, the chest `chest`.

    Who has left has another number than they had: files from before know it no more.
    """

    def __init__(self, session: Session, bank: Bank):
        self._texts: dict[int, str] = {}
        self._members: dict[int, str] = {}
        for row in session.execute(
            select(Account.id, Account.kind, Account.label).where(Account.bank_id == bank.id)
        ):
            self._texts[row.id] = row.kind if row.kind in {"chest", "opening"} else row.label
        for table in (Organisation, Group):
            for row in session.execute(
                select(table.account_id, table.name).where(table.bank_id == bank.id)
            ):
                self._texts[row.account_id] = row.name
        columns = (Member.id, Member.account_id, Member.number)
        for row in session.execute(
            select(*columns).where(Member.bank_id == bank.id, Member.account_id.is_not(None))
        ):
            self._texts[row.account_id] = self._members[row.id] = row.number or ""

    def of_account(self, account_id: int) -> str:
        """What a file calls whoever has the account."""
        return self._texts[account_id]

    def of_key(self, key: str | None) -> str:
        """What a file calls whoever did something: a member's number, or `system:…`."""
        kind, _, number = (key or "").partition(":")
        return self._members.get(int(number), "") if kind == "member" else key or ""


def _within(wanted: Wanted, day: Any) -> list[Any]:
    bounds = [day >= wanted.start] if wanted.start else []
    return bounds + ([day <= wanted.end] if wanted.end else [])


def _stream(session: Session, statement: Any) -> Iterator[Any]:
    rows: Any = session.execute(statement, execution_options={"yield_per": _AT_A_TIME})
    return iter(rows)


_PROVENANCE = (Entry.recorded_at, Entry.recorded_by, Entry.on_word_of, Entry.channel)


def hours(session: Session, bank: Bank, wanted: Wanted) -> Iterator[Any]:
    """Hours confirmed, and again where they were taken back, in the order of the journal.

    Both are dated by when the help was given, so that a range holds both or neither.
    """
    columns = (
        Exchange.id.label("number"),
        Exchange.reference,
        Exchange.occurred_on.label("day"),
        Exchange.giver_id,
        Exchange.receiver_id,
        Exchange.minutes,
        Exchange.skill,
        Exchange.activity,
        Exchange.title,
    )
    return _stream(session, _both_ways(bank, wanted, Exchange, columns, Exchange.occurred_on))


def _both_ways(bank: Bank, wanted: Wanted, table: Any, columns: tuple[Any, ...], day: Any) -> Any:
    """Every row of the table with its entry, then those taken back with the entry that did so. As
    of the instant wanted."""
    back = aliased(Entry)
    known = [
        table.bank_id == bank.id,
        Entry.bank_id == bank.id,
        Entry.recorded_at <= wanted.as_of,
        *_within(wanted, day),
    ]
    taken_back = and_(back.id == table.reversal_id, back.recorded_at <= wanted.as_of)
    forth = (
        select(
            Entry.id.label("entry"),
            *_PROVENANCE,
            _no_number("reverses"),
            back.id.label("reversed_by"),
            *columns,
        )
        .join(table, table.entry_id == Entry.id)
        .outerjoin(back, taken_back)
        .where(*known)
    )
    undone = (
        select(
            Entry.id.label("entry"),
            *_PROVENANCE,
            table.entry_id.label("reverses"),
            _no_number("reversed_by"),
            *columns,
        )
        .join(table, table.reversal_id == Entry.id)
        .where(*known)
    )
    return union_all(forth, undone).order_by("entry")


def gifts(session: Session, bank: Bank, wanted: Wanted) -> Iterator[Any]:
    """Gifts, and what was settled with the chest when somebody left; again where they were taken
    back. In journal order."""
    return _stream(session, _gifts(bank, wanted))


def _gifts(bank: Bank, wanted: Wanted) -> Any:
    given, back = aliased(Entry), aliased(Entry)
    columns = (
        given.cause,
        given.id.label("number"),
        given.occurred_on.label("day"),
        Posting.payer_id,
        Posting.payee_id,
        Posting.minutes,
    )
    posted = and_(Posting.entry_id == given.id, Posting.leg == 1)
    known = [
        Entry.bank_id == bank.id,
        Entry.recorded_at <= wanted.as_of,
        given.kind.in_(GIFT_KINDS),
        *_within(wanted, given.occurred_on),
    ]
    taken_back = and_(back.reverses_id == Entry.id, back.recorded_at <= wanted.as_of)
    forth = (
        select(
            Entry.id.label("entry"),
            *_PROVENANCE,
            _no_number("reverses"),
            back.id.label("reversed_by"),
            *columns,
        )
        .join(given, given.id == Entry.id)
        .join(Posting, posted)
        .outerjoin(back, taken_back)
        .where(*known)
    )
    undone = (
        select(
            Entry.id.label("entry"),
            *_PROVENANCE,
            given.id.label("reverses"),
            _no_number("reversed_by"),
            *columns,
        )
        .join(given, given.id == Entry.reverses_id)
        .join(Posting, posted)
        .where(*known)
    )
    return union_all(forth, undone).order_by("entry")


def _no_number(name: str) -> Any:
    """An empty column of numbers."""
    return cast(null(), BigInteger).label(name)


def members(session: Session, bank: Bank, wanted: Wanted) -> Iterator[Any]:
    """Everyone with an account by then, by number as they were taken in, with what they brought
    from earlier books."""
    opening = _openings(bank).where(Entry.recorded_at <= wanted.as_of).subquery()
    columns = (
        Member.number,
        Member.name,
        Member.email,
        Member.phone,
        Member.capacity,
        Member.role,
        Member.status,
    )
    details = (Member.joined_on, Member.area, Member.date_of_birth, opening.c.minutes)
    statement = (
        select(*columns, *details)
        .outerjoin(opening, opening.c.account_id == Member.account_id)
        .where(
            Member.bank_id == bank.id,
            Member.account_id.is_not(None),
            Member.created_at <= wanted.as_of,
        )
        .where(*_within(wanted, Member.joined_on))
        .order_by(Member.id)
    )
    return _stream(session, statement)


def _openings(bank: Bank) -> Select[Any, Any]:
    """Opening balances by account, in minutes: added to whoever had some, taken off whoever
    owed."""
    into = (
        select(
            Posting.payee_id.label("account_id"), Posting.minutes.label("minutes"), Posting.entry_id
        )
        .join(Account, Account.id == Posting.payer_id)
        .where(Account.kind == "opening", Account.bank_id == bank.id)
    )
    out_of = (
        select(
            Posting.payer_id.label("account_id"),
            (-Posting.minutes).label("minutes"),
            Posting.entry_id,
        )
        .join(Account, Account.id == Posting.payee_id)
        .where(Account.kind == "opening", Account.bank_id == bank.id)
    )
    lines = union_all(into, out_of).subquery()
    total = func.sum(lines.c.minutes).label("minutes")
    return (
        select(lines.c.account_id, total)
        .join(Entry, Entry.id == lines.c.entry_id)
        .group_by(lines.c.account_id)
    )


def opening_balances(session: Session, bank: Bank) -> dict[int, int]:
    """Opening balances by account, in minutes."""
    return {row.account_id: int(row.minutes) for row in session.execute(_openings(bank))}


def postings(session: Session, bank: Bank, wanted: Wanted) -> Iterator[Any]:
    """The journal, posting by posting."""
    back = aliased(Entry)
    columns = (
        Entry.id.label("entry"),
        Posting.leg,
        Entry.kind,
        Entry.cause,
        Entry.occurred_on,
        Posting.payer_id,
        Posting.payee_id,
        Posting.minutes,
        Posting.payer_balance,
        Posting.payee_balance,
        *_PROVENANCE,
        Entry.reverses_id.label("reverses"),
        back.id.label("reversed_by"),
    )
    statement = (
        select(*columns)
        .join(Posting, Posting.entry_id == Entry.id)
        .outerjoin(back, and_(back.reverses_id == Entry.id, back.recorded_at <= wanted.as_of))
        .where(Entry.bank_id == bank.id, Entry.recorded_at <= wanted.as_of)
        .where(*_within(wanted, Entry.occurred_on))
        .order_by(Entry.id, Posting.leg)
    )
    return _stream(session, statement)


def offers(session: Session, bank: Bank, wanted: Wanted) -> Iterator[Any]:
    """What was offered as of the instant wanted, by when it was written down."""
    return _stream(session, _listings(bank, wanted, "offer"))


def requests(session: Session, bank: Bank, wanted: Wanted) -> Iterator[Any]:
    """What was asked for as of the instant wanted, by when it was written down."""
    return _stream(session, _listings(bank, wanted, "request"))


def _listings(bank: Bank, wanted: Wanted, kind: str) -> Any:
    """Listings that stood open then. The range is about the day on which they were written down,
    where the bank is."""
    zone = ZoneInfo(bank.timezone)
    on = wanted.as_of.astimezone(zone).date()
    stood = (
        Listing.posted_at <= wanted.as_of,
        or_(Listing.closed_at.is_(None), Listing.closed_at > wanted.as_of),
    )
    bounds: list[ColumnElement[bool]] = []
    if wanted.start:
        bounds.append(Listing.posted_at >= datetime.combine(wanted.start, time(), zone))
    if wanted.end:
        bounds.append(
            Listing.posted_at < datetime.combine(wanted.end + timedelta(days=1), time(), zone)
        )
    return (
        select(Listing, Skill.name.label("skill"))
        .outerjoin(Skill, and_(Skill.bank_id == Listing.bank_id, Skill.id == Listing.skill_id))
        .where(
            Listing.bank_id == bank.id, Listing.kind == kind, Listing.ends_on >= on, *stood, *bounds
        )
        .options(selectinload(Listing.needs))
        .order_by(Listing.id)
    )


@dataclass(frozen=True)
class EntryFacts:
    """A two-party entry and whether it was taken back."""

    id: int
    cause: str
    occurred_on: date
    payer_id: int
    payee_id: int
    minutes: int
    taken_back: bool


def entries(
    session: Session, bank: Bank, *, causes: Collection[str] = (), ids: Collection[int] = ()
) -> list[EntryFacts]:
    """The two-party entries with these causes or numbers, as far as there are any."""
    # A list of none beside another would have every entry of the bank looked at.
    wanted = [
        column.in_(values) for column, values in ((Entry.cause, causes), (Entry.id, ids)) if values
    ]
    if not wanted:
        return []
    back = aliased(Entry)
    statement = (
        select(
            Entry.id,
            Entry.cause,
            Entry.occurred_on,
            Posting.payer_id,
            Posting.payee_id,
            Posting.minutes,
            back.id.is_not(None),
        )
        .join(Posting, and_(Posting.entry_id == Entry.id, Posting.leg == 1))
        .outerjoin(back, back.reverses_id == Entry.id)
        .where(Entry.bank_id == bank.id, or_(*wanted))
    )
    return [EntryFacts(*row) for row in session.execute(statement)]


Spent = tuple[str, int, int]
"""What hours went on, their minutes, and how many people there were on the side where there were
fewer."""

_WAYS = ("one_to_one", "in_activities", "with_organisations_and_groups", "with_the_chest", "gifts")


def spent(
    session: Session, bank: Bank, start: date, end: date, as_of: datetime
) -> tuple[list[Spent], list[Spent]]:
    """Hours by how they were given, and those between two people by kind of help, the most first;
    without what was taken back.

    The kind is the category in which the tree of skills has the skill today.
    """
    giver, receiver, back = aliased(Account), aliased(Account), aliased(Entry)
    by = (Entry.kind, giver.kind, receiver.kind, Category.name)
    people = (func.count(Posting.payee_id.distinct()), func.count(Posting.payer_id.distinct()))
    sums = (
        select(*by, func.sum(Posting.minutes), *people)
        .join(Posting, Posting.entry_id == Entry.id)
        .join(giver, giver.id == Posting.payee_id)
        .join(receiver, receiver.id == Posting.payer_id)
        .outerjoin(back, and_(back.reverses_id == Entry.id, back.recorded_at <= as_of))
        .outerjoin(Exchange, and_(Exchange.entry_id == Entry.id, Exchange.bank_id == bank.id))
        .outerjoin(Skill, and_(Skill.bank_id == bank.id, Skill.name == Exchange.skill))
        .outerjoin(Category, and_(Category.bank_id == bank.id, Category.id == Skill.category_id))
        .where(
            Entry.bank_id == bank.id,
            Entry.kind.in_(("exchange", "session", "gift", "grant")),
            Entry.recorded_at <= as_of,
        )
        .where(Entry.occurred_on.between(start, end), back.id.is_(None))
        .group_by(*by)
    )
    ways: dict[str, tuple[int, int]] = {}
    categories: dict[str, tuple[int, int]] = {}
    for kind, given_by, given_to, category, minutes, givers, receivers in session.execute(sums):
        sides = ((given_by, givers), (given_to, receivers))
        way, few = (
            _way(kind, {given_by, given_to}),
            min((count for of, count in sides if of == "member"), default=0),
        )
        # People of two rows may be the same: at least as many as in the larger of them.
        so_far = ways.get(way, (0, 0))
        ways[way] = (so_far[0] + int(minutes), max(so_far[1], few))
        if way == "one_to_one":
            categories[category or "no skill named"] = (int(minutes), few)
    most = sorted(categories.items(), key=lambda item: (-item[1][0], item[0]))
    return [(way, *ways[way]) for way in _WAYS if way in ways], [
        (name, *rest) for name, rest in most
    ]


def _way(kind: str, sides: set[str]) -> str:
    if kind == "gift":
        return "gifts"
    if "chest" in sides:
        return "with_the_chest"
    if sides != {"member"}:
        return "with_organisations_and_groups"
    return "in_activities" if kind == "session" else "one_to_one"


def accounts_up_to(session: Session, bank: Bank, most: int) -> int:
    """How many accounts the bank has; counted up to so many."""
    accounts = select(Account.id).where(Account.bank_id == bank.id).limit(most).subquery()
    return session.execute(select(func.count()).select_from(accounts)).scalar_one()


def last_written(session: Session, bank: Bank) -> datetime | None:
    """When the bank's books were last written into."""
    latest = select(Entry.recorded_at).where(Entry.bank_id == bank.id)
    return session.execute(latest.order_by(Entry.id.desc()).limit(1)).scalar()


def state(session: Session, bank: Bank) -> Iterator[Any]:
    """Whatever the figures depend on, row by row: while these are the same, so are they.

    Every entry moves the number of postings of its accounts; a session may be posted without one.
    """
    of = (
        select(Account.id, Account.kind, Account.seq)
        .where(Account.bank_id == bank.id)
        .order_by(Account.id),
        select(
            Member.id,
            Member.account_id,
            Member.area,
            Member.capacity,
            Member.role,
            Member.date_of_birth,
            Member.created_at,
            Member.joined_on,
            Member.left_on,
        )
        .where(Member.bank_id == bank.id)
        .order_by(Member.id),
        select(SessionPosting.session_id, SessionPosting.at, SessionPosting.undone_at)
        .where(SessionPosting.bank_id == bank.id)
        .order_by(SessionPosting.id),
        select(Activity.id, Activity.stage)
        .where(Activity.bank_id == bank.id)
        .order_by(Activity.id),
        select(ActivitySession.id, ActivitySession.stage)
        .where(ActivitySession.bank_id == bank.id)
        .order_by(ActivitySession.id),
        select(Skill.name, Category.name)
        .join(Category, and_(Category.id == Skill.category_id, Category.bank_id == bank.id))
        .where(Skill.bank_id == bank.id)
        .order_by(Skill.id),
    )
    for statement in of:
        yield from session.execute(statement)


@dataclass(frozen=True)
class Named:
    """Somebody as the staff's lists show them: who, where, and when a call with them was last
    noted."""

    account_id: int
    member_id: int
    number: str
    name: str
    area: str | None
    phone: str | None
    rung_at: datetime | None


def named(session: Session, bank: Bank, account_ids: Collection[int]) -> dict[int, Named]:
    """The members who have these accounts."""
    rung = (
        select(CallNote.member_id, func.max(CallNote.at).label("at"))
        .where(CallNote.bank_id == bank.id)
        .group_by(CallNote.member_id)
        .subquery()
    )
    columns = (
        Member.account_id,
        Member.id,
        Member.number,
        Member.name,
        Member.area,
        Member.phone,
        rung.c.at,
    )
    members: dict[int, Named] = {}
    ids = sorted(account_ids)
    for start in range(0, len(ids), _AT_A_TIME):
        these = (Member.bank_id == bank.id, Member.account_id.in_(ids[start : start + _AT_A_TIME]))
        for row in session.execute(
            select(*columns).outerjoin(rung, rung.c.member_id == Member.id).where(*these)
        ):
            members[row.account_id] = Named(*row)
    return members


def places(session: Session, bank: Bank) -> dict[int, tuple[float, float]]:
    """Where everybody stands in the drawing of the network, by account."""
    rows = session.execute(
        select(Place.account_id, Place.x, Place.y).where(Place.bank_id == bank.id)
    )
    return {row.account_id: (row.x, row.y) for row in rows}


def offered_by_area(
    session: Session, bank: Bank, as_of: datetime
) -> dict[str, tuple[set[int], set[int]]]:
    """By the area where members live today (empty: not known), the accounts that offered something
    as of an instant, and the skills that they offered."""
    on = local_date(as_of, bank.timezone)
    rows = session.execute(
        select(Member.area, Listing.account_id, Listing.skill_id)
        .join(
            Member,
            and_(Member.bank_id == Listing.bank_id, Member.account_id == Listing.account_id),
        )
        .where(
            Listing.bank_id == bank.id,
            Listing.kind == "offer",
            Listing.posted_at <= as_of,
            or_(Listing.closed_at.is_(None), Listing.closed_at > as_of),
            Listing.ends_on >= on,
        )
    )
    by_area: dict[str, tuple[set[int], set[int]]] = {}
    for area, account, skill in rows:
        people, skills = by_area.setdefault(area or "", (set(), set()))
        people.add(account)
        skills.update([skill] if skill is not None else [])
    return by_area


# ---- Addresses that may go on a list outside ----


@dataclass(frozen=True)
class Addressed:
    """Somebody whose address may go on the list."""

    account_id: int
    name: str
    email: str


def addressed(session: Session, bank: Bank) -> list[Addressed]:
    """Those who agreed, take part and have an e-mail address, by name."""
    agreed = and_(AddressConsent.bank_id == Member.bank_id, AddressConsent.member_id == Member.id)
    statement = (
        select(Member.account_id, Member.name, Member.email)
        .join(AddressConsent, agreed)
        .where(
            Member.bank_id == bank.id,
            Member.status.in_(TAKING_PART),
            Member.email.is_not(None),
            Member.account_id.is_not(None),
        )
        .order_by(Member.name_key, Member.id)
    )
    return [Addressed(*row) for row in session.execute(statement)]


def takings(session: Session, bank: Bank, kind: str) -> Sequence[tuple[datetime, str, int]]:
    """When the list was taken out, by whom (a key), and of how many people, the latest first."""
    statement = (
        select(MemberEvent.at, MemberEvent.by, func.count())
        .where(MemberEvent.bank_id == bank.id, MemberEvent.kind == kind)
        .group_by(MemberEvent.at, MemberEvent.by)
        .order_by(MemberEvent.at.desc())
    )
    return [(at, by, people) for at, by, people in session.execute(statement)]
