"""What stands in each list: which ids are wanted, in which order, and their lines.

Each list is a question for ids, which is counted, cut into pages and ticked as a whole; and what a
page of them shows. However large the bank is, a page asks for its own lines alone.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, TypeAlias

from sqlalchemy import (
    ColumnElement,
    Select,
    String,
    and_,
    case,
    cast,
    exists,
    extract,
    func,
    literal,
    or_,
    select,
)
from sqlalchemy.orm import Session, aliased

from timebank.banks.models import Bank
from timebank.errors import Invalid
from timebank.exchanges import queries as exchanges
from timebank.exchanges.queries import Shown as Helping
from timebank.exchanges.rules import Status as ExchangeStatus
from timebank.exchanges.words import HOW_IT_STANDS
from timebank.ledger import queries as ledger
from timebank.lists import rules
from timebank.lists.models import FieldValue, MemberTag, OwnField, Tag
from timebank.lists.rules import NOBODY, REACHED_BY, WAY_WORDS, ListKind, Quiet, Sort, Wanted
from timebank.members import queries as members
from timebank.members.models import Member, Profile
from timebank.members.queries import TAKING_PART
from timebank.members.rules import Status as MemberStatus
from timebank.members.rules import surname_first
from timebank.notices.models import Preference
from timebank.notices.rules import NoticeChannel
from timebank.room import Link
from timebank.safeguarding import queries as safeguarding
from timebank.safeguarding.rules import STATE_WORDS, State
from timebank.say import Said, say
from timebank.skills import queries as skills
from timebank.skills.models import Listing
from timebank.skills.rules import NOTICE, ListingKind
from timebank.text import folded


@dataclass(frozen=True)
class Time:
    """Minutes, as a table writes them."""

    minutes: int


@dataclass(frozen=True)
class Phone:
    """A telephone number, if there is one."""

    number: str | None


Cell: TypeAlias = "Said | str | date | Time | Phone"
"""What stands in a column of a list."""


@dataclass(frozen=True)
class Line:
    """A line of a list: what it leads with and leads to, the cells of its columns, and the member
    whose it is, if it is one's."""

    id: int
    title: str
    link: Link
    small: Said | str
    cells: Sequence[Cell]
    member_id: int | None


@dataclass(frozen=True)
class Source:
    """Where a list comes from: its columns, the title's first; the ids that are wanted on a day, in
    order; and the lines of some of them, as they are on that day."""

    columns: Sequence[Said]
    ids: Callable[[Bank, Wanted, date], Select[Any]]
    lines: Callable[[Session, Bank, Sequence[int], date], Sequence[Line]]


# ---- Members ----


def is_member(bank: Bank, wanted: Wanted, on: date) -> list[ColumnElement[bool]]:
    """Whether a member is wanted; without a `status`, those who take part are."""
    status = [wanted.status] if wanted.status else TAKING_PART
    narrowed: list[ColumnElement[bool]] = [Member.bank_id == bank.id, Member.status.in_(status)]
    if wanted.q.strip():
        narrowed.append(members.is_looked_for(wanted.q))
    if wanted.role:
        narrowed.append(Member.role == wanted.role)
    if wanted.capacity:
        narrowed.append(Member.capacity == wanted.capacity)
    if wanted.broker is not None:
        narrowed.append(_looked_after(bank, wanted.broker))
    if wanted.area:
        narrowed.append(Member.area_key == folded(wanted.area))
    if wanted.tag is not None:
        narrowed.append(_tagged(bank, wanted.tag))
    if wanted.told:
        narrowed.append(_way(bank).in_(REACHED_BY[wanted.told]))
    if wanted.quiet:
        narrowed.append(_is_quiet(bank, wanted.quiet, on))
    if wanted.born_in:
        narrowed.append(extract("month", Member.date_of_birth) == wanted.born_in)
    if wanted.own_field is not None or wanted.own_words.strip():
        narrowed.append(_has_in_own_field(bank, wanted))
    return narrowed


def _has_in_own_field(bank: Bank, wanted: Wanted) -> ColumnElement[bool]:
    """Whether something stands in a field of the bank's own, or these words in it or in any."""
    stands = [FieldValue.bank_id == bank.id, FieldValue.member_id == Member.id]
    if wanted.own_field is not None:
        stands.append(FieldValue.field_id == wanted.own_field)
    words = wanted.own_words.strip().lower()
    if words:
        stands.append(func.lower(FieldValue.words).contains(words, autoescape=True))
    return exists().where(*stands)


def _looked_after(bank: Bank, broker_id: int) -> ColumnElement[bool]:
    if broker_id != NOBODY:
        return Member.id.in_(members.looked_after(bank, broker_id))
    somebody = and_(Profile.bank_id == bank.id, Profile.member_id == Member.id)
    return ~exists().where(somebody, Profile.broker_id.is_not(None))


def _tagged(bank: Bank, tag_id: int) -> ColumnElement[bool]:
    return exists().where(
        MemberTag.bank_id == bank.id, MemberTag.member_id == Member.id, MemberTag.tag_id == tag_id
    )


def _way(bank: Bank) -> ColumnElement[Any]:
    """The channel by which a member is told, as `notices.rules.way` would choose it when they have
    said nothing."""
    key = literal("member:").concat(cast(Member.id, String))
    wish = (
        select(Preference.channel)
        .where(Preference.bank_id == bank.id, Preference.addressee == key)
        .scalar_subquery()
    )
    usual = case((Member.email.is_not(None), NoticeChannel.EMAIL), else_=NoticeChannel.CALL)
    return func.coalesce(cast(wish, String), cast(usual, String))


def _is_quiet(bank: Bank, quiet: Quiet, on: date) -> ColumnElement[bool]:
    if quiet == Quiet.NEVER:
        gave, received = exchanges.last_helped(bank, Member.account_id)
        return and_(gave.is_(None), received.is_(None))
    since = on - timedelta(days=int(quiet))
    return ~exchanges.helped_since(bank, Member.account_id, since)


def _last(bank: Bank) -> ColumnElement[Any]:
    """When a member last helped or was helped; the beginning of time for one who never has."""
    never = literal(date(1, 1, 1))
    gave, received = (
        func.coalesce(one, never) for one in exchanges.last_helped(bank, Member.account_id)
    )
    return case((gave >= received, gave), else_=received)


def _member_ids(bank: Bank, wanted: Wanted, on: date) -> Select[Any]:
    by_surname = (Member.surname_key, Member.id)
    balance = (
        select(ledger.ACCOUNTS.c.balance)
        .where(ledger.ACCOUNTS.c.id == Member.account_id)
        .scalar_subquery()
    )
    # Numbers are words of the bank's own: shorter ones first, so that 9 comes before 10.
    orders: Mapping[Sort, Sequence[Any]] = {
        Sort.NUMBER: (func.length(Member.number), Member.number, Member.id),
        Sort.LAST: (_last(bank), *by_surname),
        Sort.BALANCE: (balance, *by_surname),
        Sort.JOINED: (Member.joined_on.desc(), *by_surname),
    }
    order = orders.get(wanted.order, by_surname)
    return select(Member.id).where(*is_member(bank, wanted, on)).order_by(*order)


def _member_lines(session: Session, bank: Bank, ids: Sequence[int], on: date) -> list[Line]:
    broker = aliased(Member)
    gave, received = exchanges.last_helped(bank, Member.account_id)
    rows = session.execute(
        select(Member, ledger.ACCOUNTS.c.balance, gave, received, broker.name, _way(bank))
        .outerjoin(ledger.ACCOUNTS, ledger.ACCOUNTS.c.id == Member.account_id)
        .outerjoin(Profile, and_(Profile.bank_id == bank.id, Profile.member_id == Member.id))
        .outerjoin(broker, and_(broker.bank_id == bank.id, broker.id == Profile.broker_id))
        .where(Member.bank_id == bank.id, Member.id.in_(ids))
    )
    tags = tags_of(session, bank, ids)
    return [
        Line(
            member.id,
            surname_first(member.name),
            Link("members.show", {"member_id": member.id}),
            "",
            [
                member.number or "",
                member.area or "",
                Time(balance) if balance is not None else "",
                max(filter(None, helped), default=None) or say("never"),
                looked_after_by or say("nobody yet"),
                WAY_WORDS[way],
                Phone(member.phone),
                ", ".join(tags.get(member.id, ())),
            ],
            member.id,
        )
        for member, balance, *helped, looked_after_by, way in rows
    ]


def tags_of(session: Session, bank: Bank, member_ids: Sequence[int]) -> dict[int, list[str]]:
    """The tags that these members have, by name."""
    rows = session.execute(
        select(MemberTag.member_id, Tag.name)
        .join(Tag, and_(Tag.bank_id == MemberTag.bank_id, Tag.id == MemberTag.tag_id))
        .where(MemberTag.bank_id == bank.id, MemberTag.member_id.in_(member_ids))
        .order_by(Tag.name_key)
    )
    tags: dict[int, list[str]] = {}
    for member_id, name in rows:
        tags.setdefault(member_id, []).append(name)
    return tags


# ---- Offers, requests, and what ends ----


def _listing_ids(bank: Bank, wanted: Wanted, on: date) -> Select[Any]:
    narrowed = [*skills.stands(bank, on)]
    of_kind = {ListKind.OFFERS: ListingKind.OFFER, ListKind.REQUESTS: ListingKind.REQUEST}
    if wanted.kind in of_kind:
        narrowed.append(Listing.kind == of_kind[wanted.kind])
    within = NOTICE.days if wanted.kind == ListKind.ENDINGS else wanted.ends_within
    if within is not None:
        narrowed.append(Listing.ends_on <= on + timedelta(days=within))
    if wanted.category is not None:
        narrowed.append(skills.of_category(bank, wanted.category))
    if wanted.area:
        narrowed += skills.only(bank, area=wanted.area)
    if wanted.broker is not None:
        narrowed.append(_listing_of(bank, wanted.broker))
    if wanted.q.strip():
        named = select(Member.account_id).where(
            Member.bank_id == bank.id, members.is_looked_for(wanted.q)
        )
        written = func.lower(Listing.title).contains(wanted.q.strip().lower(), autoescape=True)
        narrowed.append(or_(written, Listing.account_id.in_(named)))
    surname = (
        select(Member.surname_key)
        .where(Member.bank_id == bank.id, Member.account_id == Listing.account_id)
        .scalar_subquery()
    )
    orders: Mapping[Sort, Sequence[Any]] = {
        Sort.SURNAME: (func.coalesce(surname, ""), Listing.id),
        Sort.NEWEST: (Listing.id.desc(),),
        Sort.OLDEST: (Listing.id,),
    }
    order = orders.get(wanted.order, (Listing.ends_on, Listing.id))
    return select(Listing.id).where(*narrowed).order_by(*order)


def _listing_of(bank: Bank, broker_id: int) -> ColumnElement[bool]:
    if broker_id != NOBODY:
        return skills.in_hands_of(bank, broker_id)
    taken = select(Member.account_id).join(
        Profile, and_(Profile.bank_id == Member.bank_id, Profile.member_id == Member.id)
    )
    held = taken.where(Member.bank_id == bank.id, Profile.broker_id.is_not(None))
    return and_(Listing.broker_id.is_(None), Listing.account_id.not_in(held))


def _listing_lines(session: Session, bank: Bank, ids: Sequence[int], on: date) -> list[Line]:
    rows = session.execute(
        skills.SHOWN.where(Listing.bank_id == bank.id, Listing.id.in_(ids))
    ).all()
    shown = [skills.Shown(*row) for row in rows]
    names = {one.id: one.name for one in members.staff(session, bank)}
    return [
        Line(
            one.listing.id,
            one.listing.title,
            Link("directory.show", {"listing_id": one.listing.id}),
            "",
            [
                _KINDS[one.listing.kind],
                one.party.name,
                one.listing.area or one.party.area or "",
                one.category.name if one.category else "",
                one.listing.ends_on,
                names.get(one.listing.broker_id or 0, "") or say("as whoever it is of"),
            ],
            one.party.member_id,
        )
        for one in shown
    ]


_KINDS = {ListingKind.OFFER: say("Offer"), ListingKind.REQUEST: say("Request")}


# ---- Exchanges ----


def _exchange_ids(bank: Bank, wanted: Wanted, on: date) -> Select[Any]:
    named = None
    if wanted.q.strip():
        named = select(Member.account_id).where(
            Member.bank_id == bank.id, members.is_looked_for(wanted.q)
        )
    return exchanges.ids(
        bank, status=wanted.status, account_ids=named, newest=wanted.order == Sort.NEWEST
    )


def _exchange_lines(session: Session, bank: Bank, ids: Sequence[int], on: date) -> list[Line]:
    return [_exchange_line(one) for one in exchanges.by_ids(session, bank, ids)]


def _exchange_line(one: Helping) -> Line:
    row, awaited = one.exchange, one.awaited
    return Line(
        row.id,
        row.title or "–",
        Link("exchanges.show", {"exchange_id": row.id}),
        "",
        [
            one.giver.name,
            one.receiver.name,
            row.occurred_on or row.planned_on or "",
            Time(row.minutes) if row.minutes is not None else "",
            HOW_IT_STANDS[row.status],
            awaited.name if awaited else "",
        ],
        (awaited or one.receiver).member_id,
    )


# ---- Checks ----


def _check_ids(bank: Bank, wanted: Wanted, on: date) -> Select[Any]:
    state = State(wanted.state) if wanted.state else None
    looked_for = members.is_looked_for(wanted.q) if wanted.q.strip() else None
    return safeguarding.ids(
        bank,
        state=state,
        kind=wanted.check,
        whose=looked_for,
        on=on,
        by_surname=wanted.order == Sort.SURNAME,
    )


def _check_lines(session: Session, bank: Bank, ids: Sequence[int], on: date) -> list[Line]:
    return [
        Line(
            row.check.id if row.check else 0,
            surname_first(row.member.name),
            Link("safeguarding.member", {"member_id": row.member.id}),
            row.member.number or "",
            [
                row.kind.name,
                STATE_WORDS[row.state],
                row.check.expires_on if row.check and row.check.expires_on else "",
                Phone(row.member.phone),
            ],
            row.member.id,
        )
        for row in safeguarding.by_ids(session, bank, ids, on=on)
    ]


STATUSES: Mapping[ListKind, Sequence[str]] = {
    ListKind.MEMBERS: tuple(MemberStatus),
    ListKind.EXCHANGES: tuple(ExchangeStatus),
}
"""How lines of a list can stand, where it can be asked for that."""

_LISTING_COLUMNS = (
    say("What"),
    say("Offer or request"),
    say("Whose"),
    say("Part of town"),
    say("Category"),
    say("Last day"),
    say("Broker"),
)
_LISTINGS = Source(_LISTING_COLUMNS, _listing_ids, _listing_lines)

SOURCES: Mapping[ListKind, Source] = {
    ListKind.MEMBERS: Source(
        (
            say("Name"),
            say("Number"),
            say("Part of town"),
            say("Balance"),
            say("Last exchange"),
            say("Broker"),
            say("Reach by"),
            say("Telephone"),
            say("Tags"),
        ),
        _member_ids,
        _member_lines,
    ),
    ListKind.OFFERS: _LISTINGS,
    ListKind.REQUESTS: _LISTINGS,
    ListKind.ENDINGS: _LISTINGS,
    ListKind.EXCHANGES: Source(
        (
            say("What"),
            say("Gave"),
            say("Received"),
            say("Day"),
            say("Hours"),
            say("Where it stands"),
            say("Waits for"),
        ),
        _exchange_ids,
        _exchange_lines,
    ),
    ListKind.CHECKS: Source(
        (say("Who"), say("Check"), say("State"), say("Good until"), say("Telephone")),
        _check_ids,
        _check_lines,
    ),
}


@dataclass(frozen=True)
class Page:
    """A part of a list: its lines, how many there are in all, and how many come before it."""

    lines: Sequence[Line]
    total: int
    start: int


_PART = 500
"""So many ids go into one question."""


def page(
    session: Session, bank: Bank, wanted: Wanted, *, on: date, start: int = 0, limit: int = 50
) -> Page:
    """The lines from the place `start` on, counted from 0, at most `limit`. Raises Invalid for what
    is wanted and is not there, such as a tag that was dropped."""
    check(session, bank, wanted)
    statement = SOURCES[wanted.kind].ids(bank, wanted, on)
    counted = select(func.count()).select_from(statement.order_by(None).subquery())
    ids = session.execute(statement.offset(start).limit(limit)).scalars().all()
    total = session.execute(counted).scalar_one()
    return Page(lines(session, bank, wanted.kind, ids, on=on), total, start)


def all_ids(session: Session, bank: Bank, wanted: Wanted, *, on: date) -> list[int]:
    """Every id of a list, in order. Raises as `page`."""
    check(session, bank, wanted)
    return list(session.execute(SOURCES[wanted.kind].ids(bank, wanted, on)).scalars())


def lines(
    session: Session, bank: Bank, kind: ListKind, ids: Sequence[int], *, on: date
) -> list[Line]:
    """The lines of these ids, in their order; those that are gone are left out."""
    by_id: dict[int, Line] = {}
    for start in range(0, len(ids), _PART):
        part = SOURCES[kind].lines(session, bank, ids[start : start + _PART], on)
        by_id |= {line.id: line for line in part}
    return [by_id[one] for one in ids if one in by_id]


def check(session: Session, bank: Bank, wanted: Wanted) -> None:
    """Raises Invalid for what a list cannot be narrowed by."""
    rules.check_asked(wanted, statuses=STATUSES.get(wanted.kind, ()))
    if (
        wanted.tag is not None
        and not session.execute(
            select(Tag.id).where(Tag.bank_id == bank.id, Tag.id == wanted.tag)
        ).first()
    ):
        raise Invalid.on("tag", say("There is no such tag any more. Choose another, or any."))
    if (
        wanted.own_field is not None
        and not session.execute(
            select(OwnField.id).where(OwnField.bank_id == bank.id, OwnField.id == wanted.own_field)
        ).first()
    ):
        raise Invalid.on(
            "own_field", say("There is no such field any more. Choose another, or any.")
        )
    if wanted.broker and wanted.broker not in {one.id for one in members.staff(session, bank)}:
        raise Invalid.on("broker", say("There is no such broker here. Choose another, or any."))
    if wanted.category is not None:
        skills.category(session, bank, wanted.category)
    if wanted.check is not None:
        safeguarding.kind_called(session, bank, wanted.check)
