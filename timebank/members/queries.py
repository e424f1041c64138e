"""Reading people, organisations, groups and helpers, and whom an account belongs to."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from difflib import SequenceMatcher
from typing import Any, Literal

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Integer,
    Select,
    SQLColumnExpression,
    and_,
    bindparam,
    case,
    cast,
    exists,
    extract,
    false,
    func,
    or_,
    select,
    true,
    tuple_,
    union_all,
)
from sqlalchemy.orm import Bundle, Session, aliased

from timebank.act import Actor, Role
from timebank.banks.models import Bank
from timebank.banks.queries import one_at_a_time
from timebank.base import one_or_refuse
from timebank.errors import NotFound
from timebank.ledger import queries as ledger
from timebank.ledger.rules import AccountKind
from timebank.members.errors import NotInThatState, WhoIsMeant
from timebank.members.models import (
    Contact,
    Group,
    GroupMember,
    Helper,
    KeptApart,
    Member,
    MemberEvent,
    Merge,
    Organisation,
    Page,
    Picture,
    Profile,
)
from timebank.members.rules import (
    FORMER,
    HOLDERS,
    Acquaintances,
    Capacity,
    FullDetails,
    LookedAfter,
    PartyName,
    Showing,
    Sight,
    Status,
    Traits,
    Wishes,
    birthday_looked_for,
    key_of,
    phone_looked_for,
)
from timebank.notices import queries as notices
from timebank.notices.rules import renamed
from timebank.say import Either, Said, say
from timebank.text import folded

TAKING_PART = (Status.ACTIVE, Status.PAUSED)
"""Those who are members now."""

ITSELF = say("Timebank itself")
SYSTEM_WORDS = {
    "join": say("the page for joining"),
    "import": say("an import"),
    "demo": say("the demonstration"),
}
"""How records name the application itself, by what it was doing; `ITSELF` for anything else."""


def member(session: Session, bank: Bank, member_id: int) -> Member:
    """Raises NotFound when the bank has no such member."""
    member = session.get(Member, member_id)
    if member is None or member.bank_id != bank.id:
        raise NotFound(say("There is no such member here."))
    return member


def hold(session: Session, bank: Bank, member_id: int) -> Member:
    """A member as they stand now, for those who change a part of what is kept about them: until
    this transaction ends nobody else does. Raises NotFound."""
    one_at_a_time(session, bank)
    held = member(session, bank, member_id)
    session.refresh(held)
    return held


def details(member: Member) -> FullDetails:
    """What is written down about a member."""
    return FullDetails(
        name=member.name,
        email=member.email,
        phone=member.phone,
        address=member.address,
        area=member.area,
        date_of_birth=member.date_of_birth,
        about=member.about,
        number=member.number,
        capacity=member.capacity,
        joined_on=member.joined_on,
    )


def has_residents(session: Session, bank: Bank) -> bool:
    """Whether anybody takes part besides the staff."""
    residents = select(Member.id).where(
        Member.bank_id == bank.id, Member.role == Role.MEMBER, Member.status.in_(TAKING_PART)
    )
    return bool(session.execute(select(residents.exists())).scalar())


def by_number(session: Session, bank: Bank, number: str) -> Member:
    """The member with that number of the bank's own. Raises NotFound."""
    statement = select(Member).where(Member.bank_id == bank.id, has_number(bank, number.strip()))
    return one_or_refuse(
        session, statement, say("No member here has the number %(number)s.", number=number)
    )


def has_number(bank: Bank, *numbers: str) -> ColumnElement[bool]:
    """Whether a member has one of these numbers, or had it as another member who turned out to be
    the same person."""
    merged = select(Merge.stays_id).where(
        Merge.bank_id == bank.id, Merge.number.in_(numbers), Merge.undone_at.is_(None)
    )
    return or_(Member.number.in_(numbers), Member.id.in_(merged))


def former_numbers(session: Session, bank: Bank, numbers: Collection[str]) -> dict[str, int]:
    """Those of the numbers that a member had who turned out to be another, with that one's id."""
    statement = select(Merge.number, Merge.stays_id).where(
        Merge.bank_id == bank.id, Merge.number.in_(numbers), Merge.undone_at.is_(None)
    )
    return {row.number: row.stays_id for row in session.execute(statement)}


def numbers_taken(session: Session, bank: Bank, numbers: Collection[str]) -> list[str]:
    """Those of the numbers that lead to somebody."""
    own = select(Member.number).where(Member.bank_id == bank.id, Member.number.in_(numbers))
    there = [number for number in session.execute(own).scalars() if number is not None]
    return [*there, *former_numbers(session, bank, numbers)]


def merges_into(session: Session, bank: Bank, member_id: int) -> Sequence[Merge]:
    """Those who turned out to be this member, the latest first."""
    statement = select(Merge).where(
        Merge.bank_id == bank.id, Merge.stays_id == member_id, Merge.undone_at.is_(None)
    )
    return session.execute(statement.order_by(Merge.id.desc())).scalars().all()


def merge_of(session: Session, bank: Bank, member_id: int) -> Merge | None:
    """That this member turned out to be another, if so."""
    statement = select(Merge).where(
        Merge.bank_id == bank.id, Merge.goes_id == member_id, Merge.undone_at.is_(None)
    )
    return session.execute(statement).scalar_one_or_none()


def merges(session: Session, bank: Bank, *, unforgotten: bool = False) -> Sequence[Merge]:
    """Every time two became one and stayed so, the latest first; `unforgotten`: those that can be
    undone still, by what is kept of them."""
    statement = select(Merge).where(Merge.bank_id == bank.id, Merge.undone_at.is_(None))
    if unforgotten:
        statement = statement.where(Merge.forgotten_at.is_(None))
    return session.execute(statement.order_by(Merge.id.desc())).scalars().all()


def all_ids_of(session: Session, bank: Bank, member_id: int) -> list[int]:
    """The ids under which things may be written down about a member: their own, and those of
    members who turned out to be them."""
    return [member_id, *(merge.goes_id for merge in merges_into(session, bank, member_id))]


def by_ids(session: Session, bank: Bank, member_ids: Collection[int]) -> dict[int, Member]:
    """Those of the members whom the bank has, by id."""
    statement = select(Member).where(Member.bank_id == bank.id, Member.id.in_(member_ids))
    return {member.id: member for member in session.execute(statement).scalars()}


def accounts_of(session: Session, bank: Bank, member_ids: Collection[int | None]) -> frozenset[int]:
    """The accounts of those of the members who have one."""
    statement = select(Member.account_id).where(
        Member.bank_id == bank.id, Member.id.in_(member_ids), Member.account_id.is_not(None)
    )
    return frozenset(account for account in session.execute(statement).scalars() if account)


def by_numbers(session: Session, bank: Bank, numbers: Collection[str]) -> dict[str, Member]:
    """Those of the bank's active members who have one of these numbers, by number."""
    statement = select(Member).where(
        Member.bank_id == bank.id, has_number(bank, *numbers), Member.status == Status.ACTIVE
    )
    people = {member.id: member for member in session.execute(statement).scalars()}
    former = former_numbers(session, bank, numbers)
    return {str(member.number): member for member in people.values()} | {
        number: people[member_id] for number, member_id in former.items() if member_id in people
    }


def anything_since(
    bank: Bank,
    member_id: SQLColumnExpression[int],
    since: SQLColumnExpression[datetime],
    kinds: Collection[str],
) -> ColumnElement[bool]:
    """Whether anything of these kinds was done to a member after that, columns of a query."""
    return exists().where(
        MemberEvent.bank_id == bank.id,
        MemberEvent.member_id == member_id,
        MemberEvent.kind.in_(kinds),
        MemberEvent.at > since,
    )


def active(session: Session, bank: Bank) -> Sequence[Member]:
    """Everybody who takes part and is not paused, by name."""
    statement = select(Member).where(Member.bank_id == bank.id, Member.status == Status.ACTIVE)
    return session.execute(statement.order_by(Member.name_key, Member.id)).scalars().all()


def next_active(session: Session, bank: Bank, *, after: int, limit: int) -> Sequence[Member]:
    """The next `limit` active members after the member `after`, in the order of their ids: for jobs
    that go through all of them a few at a time."""
    statement = select(Member).where(
        Member.bank_id == bank.id, Member.status == Status.ACTIVE, Member.id > after
    )
    return session.execute(statement.order_by(Member.id).limit(limit)).scalars().all()


def members(
    session: Session,
    bank: Bank,
    *,
    text: str = "",
    status: Status | None = None,
    role: Role | None = None,
    capacity: Capacity | None = None,
    after: int | None = None,
    limit: int = 50,
) -> Sequence[Member]:
    """Up to `limit + 1` members by name, after the member `after`; the one too many says that there
    are more.

    `text` is what the staff know of them, as in `look_up`. Without a `status`, those who take part
    are listed.
    """
    statement = select(Member).where(Member.bank_id == bank.id)
    statement = statement.where(
        Member.status == status if status else Member.status.in_(TAKING_PART)
    )
    if role:
        statement = statement.where(Member.role == role)
    if capacity:
        statement = statement.where(Member.capacity == capacity)
    if text.strip():
        statement = statement.where(is_looked_for(text))
    if after is not None:
        last = member(session, bank, after)
        statement = statement.where(tuple_(Member.name_key, Member.id) > (last.name_key, last.id))
    return (
        session.execute(statement.order_by(Member.name_key, Member.id).limit(limit + 1))
        .scalars()
        .all()
    )


def _name_begins(text: str) -> ColumnElement[bool]:
    """Every word of it begins a word of the name: "ann" means Ann Lee, and no Joanne."""
    words = folded(text).split()
    return and_(true(), *(_begins_in(Member.name_key, word) for word in words))


def is_looked_for(text: str) -> ColumnElement[bool]:
    """Whether what the staff write means a member, by the number or by what is known of them."""
    merged = select(Merge.stays_id).where(
        Merge.bank_id == Member.bank_id, Merge.number == text.strip(), Merge.undone_at.is_(None)
    )
    return or_(Member.number == text.strip(), Member.id.in_(merged), _answers_to(text))


def _answers_to(text: str) -> ColumnElement[bool]:
    """Whether what the staff write means a member: words of the name, the area or the address, an
    e-mail address, the end of a telephone number, a date of birth."""
    words = folded(text).split()
    if not words or "\0" in text:
        return false()
    columns = (Member.name_key, Member.area_key, Member.address_key)
    ways = [and_(*(or_(*(_begins_in(column, word) for column in columns)) for word in words))]
    if "@" in text:
        ways.append(Member.email_key.contains(key_of("email", text), autoescape=True))
    tail = phone_looked_for(text)
    if tail is not None:
        ways.append(Member.phone_key.endswith(tail, autoescape=True))
    born = birthday_looked_for(text)
    if born is not None:
        ways.append(Member.date_of_birth == born)
    return or_(*ways)


def _begins_in(column: Any, word: str) -> ColumnElement[bool]:
    """Whether a word begins one of the words of a key."""
    return or_(
        column.startswith(word, autoescape=True), column.contains(f" {word}", autoescape=True)
    )


def _begins(text: str, name: str) -> bool:
    """As `_name_begins`, for a name at hand."""
    parts = folded(name).split()
    return all(any(part.startswith(word) for part in parts) for word in folded(text).split())


def applications(session: Session, bank: Bank) -> Sequence[Member]:
    """Those who have asked to join and wait for an answer, the longest waiting first."""
    waiting = (
        select(Member)
        .where(Member.bank_id == bank.id, Member.status == Status.APPLIED)
        .order_by(Member.id)
    )
    return session.execute(waiting).scalars().all()


def to_answer(session: Session, bank: Bank, broker_id: int | None) -> Sequence[tuple[Member, str]]:
    """Those who wait for the staff, the longest here first: who has asked to join, and whose words
    for the front page no broker has read, with these words; of a broker's own caseload, if they are
    named."""
    asked = select(Member.id).where(Member.bank_id == bank.id, Member.status == Status.APPLIED)
    unread = select(Page.member_id).where(
        Page.bank_id == bank.id, Page.street != "", ~Page.street_read
    )
    waiting = (
        union_all(asked, unread)
        if broker_id is None
        else unread.where(Page.member_id.in_(looked_after(bank, broker_id)))
    )
    statement = (
        select(Member, func.coalesce(Page.street, ""))
        .outerjoin(Page, and_(Page.bank_id == Member.bank_id, Page.member_id == Member.id))
        .where(
            Member.bank_id == bank.id,
            Member.id.in_(waiting),
            Member.status.in_((Status.APPLIED, Status.ACTIVE)),
        )
        .order_by(Member.id)
    )
    return [(member, words) for member, words in session.execute(statement)]


def applicant(session: Session, bank: Bank, member_id: int) -> Member:
    """Somebody who waits for an answer. Raises NotFound, NotInThatState when it was given."""
    applicant = member(session, bank, member_id)
    if applicant.status != Status.APPLIED:
        raise NotInThatState(say("That application was answered already."))
    return applicant


def traits(member: Member) -> Traits:
    """What somebody can be known again by."""
    return Traits(
        member.name_key,
        member.email_key,
        member.phone_key,
        member.address_key,
        member.date_of_birth,
    )


def look_alikes(
    session: Session, bank: Bank, wanted: Collection[Traits], *, but: int | None = None
) -> dict[Traits, list[Member]]:
    """Those of the bank, besides the member `but`, who may be the same person as each of these (see
    `rules.may_be_same_person`); nobody who has left."""
    keys = {
        name: {key for each in wanted if (key := getattr(each, name)) is not None}
        for name in ("email_key", "phone_key", "name_key")
    }
    statement = select(Member).where(
        Member.bank_id == bank.id,
        Member.id != (but or 0),
        Member.status != Status.LEFT,
        or_(*(getattr(Member, name).in_(values) for name, values in keys.items())),
    )
    near = Acquaintances[Member]()
    for member in session.execute(statement.order_by(Member.id)).scalars():
        near.add(traits(member), member)
    return {each: near.like(each) for each in wanted}


def next_number(session: Session, bank: Bank) -> str:
    """One more than the largest number that is only digits; the first is 1."""
    digits = Member.number.regexp_match("^[0-9]{1,9}$")
    largest = session.execute(
        select(func.max(cast(Member.number, Integer))).where(Member.bank_id == bank.id, digits)
    ).scalar()
    return str((largest or 0) + 1)


def coordinators(session: Session, bank: Bank) -> Sequence[int]:
    """The ids of the coordinators who take part just now."""
    statement = select(Member.id).where(
        Member.bank_id == bank.id, Member.role == Role.COORDINATOR, Member.status == Status.ACTIVE
    )
    return session.execute(statement).scalars().all()


def events(session: Session, bank: Bank, member_id: int) -> Sequence[MemberEvent]:
    """What was done to a member, the latest first."""
    statement = select(MemberEvent).where(
        MemberEvent.bank_id == bank.id, MemberEvent.member_id == member_id
    )
    return session.execute(statement.order_by(MemberEvent.id.desc())).scalars().all()


@dataclass(frozen=True)
class Happened:
    """Something that was done to a member, with people by their names. `detail` is what it was done
    to, if anything."""

    at: datetime
    kind: str
    detail: str | Said
    by: str | Said


def history(session: Session, bank: Bank, member_id: int) -> list[Happened]:
    """What was done to a member, the latest first."""
    trail = events(session, bank, member_id)
    names = who(session, bank, [key for event in trail for key in (event.by, event.detail)])
    return [
        Happened(
            event.at, event.kind, names.get(event.detail, event.detail), names.get(event.by, ITSELF)
        )
        for event in trail
    ]


def who(session: Session, bank: Bank, keys: Iterable[str]) -> dict[str, str | Said]:
    """The names behind the keys that records keep: `member:12`, `organisation:3`, `group:2`, and
    for `system:import` what it was in words; no others."""
    names: dict[str, str | Said] = {}
    ids: dict[str, set[int]] = {kind: set() for kind in HOLDERS}
    for key in set(keys):
        kind, _, rest = key.partition(":")
        if kind in ids and rest.isdecimal():
            ids[kind].add(int(rest))
        elif kind == "system":
            names[key] = SYSTEM_WORDS.get(rest, ITSELF)
    for kind, table in zip(HOLDERS, (Member, Organisation, Group), strict=True):
        if not ids[kind]:
            continue
        rows = session.execute(
            select(table.id, table.name).where(table.bank_id == bank.id, table.id.in_(ids[kind]))
        )
        names |= {f"{kind}:{row.id}": row.name for row in rows}
    return names


def name_of(bank_id: Any, key: Any) -> ColumnElement[Any]:
    """The name behind a key that records keep, a column of another question (see `spoken`); None
    for what was no member, organisation or group."""
    tables = zip(HOLDERS, (Member, Organisation, Group), strict=True)
    return case(*(_named(kind, table, "name", bank_id, key) for kind, table in tables))


def detail_of(
    detail: Literal["phone", "address"], bank_id: Any, key: Any
) -> ColumnElement[str | None]:
    """The same for where a member is reached."""
    return case(_named("member", Member, detail, bank_id, key))


def _named(kind: str, table: Any, column: str, bank_id: Any, key: Any) -> tuple[Any, Any]:
    # Under a name of its own, so that the question around it may ask the same table.
    holder = aliased(table)
    number = cast(func.substr(key, len(kind) + 2), Integer)
    this = select(getattr(holder, column)).where(holder.bank_id == bank_id, holder.id == number)
    return key.startswith(f"{kind}:"), this.scalar_subquery()


def spoken(key: str, name: str | None) -> str | Said:
    """Whom a key names, with what `name_of` found."""
    return name or SYSTEM_WORDS.get(key.removeprefix("system:"), ITSELF)


def standing(
    session: Session, bank: Bank, members: Iterable[Member]
) -> dict[int, ledger.AccountState]:
    """The accounts of those of the members who have one, by member id."""
    account_of = {
        member.id: member.account_id for member in members if member.account_id is not None
    }
    states = ledger.accounts(session, bank, list(account_of.values()))
    return {member_id: states[account_id] for member_id, account_id in account_of.items()}


def preference(session: Session, bank: Bank, member_id: int) -> Wishes:
    """How a member likes to be told, as it is for those who have said nothing of it too."""
    preference = notices.preference(session, bank, f"member:{member_id}")
    if preference is None:
        return Wishes()
    return Wishes(
        preference.channel,
        preference.quiet_from,
        preference.quiet_until,
        preference.digest,
        preference.letters,
    )


def is_known(session: Session, bank: Bank, member_id: int) -> bool:
    """Whether somebody has said how they like to be told."""
    return bool(session.execute(select(notices.is_known(bank, f"member:{member_id}"))).scalar_one())


def organisation(session: Session, bank: Bank, organisation_id: int) -> Organisation:
    """Raises NotFound when the bank has no such organisation."""
    statement = select(Organisation).where(
        Organisation.bank_id == bank.id, Organisation.id == organisation_id
    )
    return one_or_refuse(session, statement, say("There is no such organisation here."))


def organisations(session: Session, bank: Bank, *, closed: bool = False) -> Sequence[Organisation]:
    """The bank's partners by name; with `closed`, those of former times too."""
    statement = (
        select(Organisation)
        .where(Organisation.bank_id == bank.id)
        .order_by(Organisation.name, Organisation.id)
    )
    if not closed:
        statement = statement.where(Organisation.closed_at.is_(None))
    return session.execute(statement).scalars().all()


def contacts(session: Session, bank: Bank, organisation_id: int) -> Sequence[Contact]:
    """Those who speak for an organisation, by name."""
    statement = select(Contact).where(
        Contact.bank_id == bank.id, Contact.organisation_id == organisation_id
    )
    return session.execute(statement.order_by(Contact.name, Contact.id)).scalars().all()


def names_as_contact(session: Session, bank: Bank, member_id: int) -> Sequence[str]:
    """The names under which a member speaks for organisations."""
    of_member = (Contact.bank_id == bank.id, Contact.member_id == member_id)
    return session.execute(select(Contact.name).where(*of_member)).scalars().all()


def group(session: Session, bank: Bank, group_id: int) -> Group:
    """Raises NotFound when the bank has no such group."""
    return one_or_refuse(
        session,
        select(Group).where(Group.bank_id == bank.id, Group.id == group_id),
        say("There is no such group here."),
    )


def groups(session: Session, bank: Bank, *, closed: bool = False) -> Sequence[Group]:
    """The bank's groups by name; with `closed`, those of former times too."""
    statement = select(Group).where(Group.bank_id == bank.id).order_by(Group.name, Group.id)
    if not closed:
        statement = statement.where(Group.closed_at.is_(None))
    return session.execute(statement).scalars().all()


@dataclass(frozen=True)
class InGroup:
    """That a member is in a group, since `since` (UTC)."""

    member: Member
    since: datetime


def people_of(session: Session, bank: Bank, group_ids: Collection[int]) -> dict[int, list[InGroup]]:
    """Who is in each of the groups, by name."""
    statement = (
        select(GroupMember.group_id, Member, GroupMember.joined_at)
        .join(
            Member, and_(Member.bank_id == GroupMember.bank_id, Member.id == GroupMember.member_id)
        )
        .where(
            GroupMember.bank_id == bank.id,
            GroupMember.group_id.in_(group_ids),
            GroupMember.left_at.is_(None),
        )
        .order_by(Member.name_key, Member.id)
    )
    people: dict[int, list[InGroup]] = {group_id: [] for group_id in group_ids}
    for row in session.execute(statement):
        people[row.group_id].append(InGroup(row.Member, row.joined_at))
    return people


def groups_of(session: Session, bank: Bank, member_id: int) -> Sequence[Group]:
    """The groups a member is in, by name."""
    statement = (
        select(Group)
        .join(
            GroupMember,
            and_(GroupMember.group_id == Group.id, GroupMember.bank_id == Group.bank_id),
        )
        .where(GroupMember.bank_id == bank.id, GroupMember.member_id == member_id)
        .where(GroupMember.left_at.is_(None), Group.closed_at.is_(None))
        .order_by(Group.name)
    )
    return session.execute(statement).scalars().all()


@dataclass(frozen=True)
class Help:
    """A helper relation in force: `helper` may act for `member`."""

    id: int
    member: Member
    helper: Member
    relation: str
    grant: Helper


def speaks_for(session: Session, bank: Bank, member_id: int) -> Sequence[Organisation]:
    """The organisations a member is a contact of."""
    statement = (
        select(Organisation)
        .join(
            Contact,
            and_(
                Contact.organisation_id == Organisation.id, Contact.bank_id == Organisation.bank_id
            ),
        )
        .where(Contact.bank_id == bank.id, Contact.member_id == member_id)
        .order_by(Organisation.name)
    )
    return session.execute(statement).scalars().all()


def spoken_for(bank: Bank, member_id: int) -> Select[int]:
    """A query for the ids of the organisations a member is a contact of."""
    return select(Contact.organisation_id).where(
        Contact.bank_id == bank.id, Contact.member_id == member_id
    )


def helpers_of(session: Session, bank: Bank, member_id: int) -> Sequence[Help]:
    """Those who may act for this member."""
    return _help(session, bank, Helper.member_id == member_id)


def told_too(session: Session, bank: Bank, member_id: int) -> Sequence[Member]:
    """Those who act for this member, take part, and are to read what the member is told."""
    statement = (
        select(Member)
        .join(Helper, and_(Helper.bank_id == Member.bank_id, Helper.helper_id == Member.id))
        .where(
            Member.bank_id == bank.id,
            Member.status == Status.ACTIVE,
            Helper.member_id == member_id,
            Helper.revoked_at.is_(None),
            Helper.notices,
        )
    )
    return session.execute(statement.order_by(Helper.id)).scalars().all()


def helped_by(session: Session, bank: Bank, member_id: int) -> Sequence[Help]:
    """Those this member may act for."""
    return _help(session, bank, Helper.helper_id == member_id)


def helping_between(session: Session, bank: Bank, member_id: int, other_id: int) -> Sequence[int]:
    """By which grants, as they stand, one of two acts for the other."""
    either_way = or_(
        and_(Helper.member_id == member_id, Helper.helper_id == other_id),
        and_(Helper.member_id == other_id, Helper.helper_id == member_id),
    )
    statement = select(Helper.id).where(
        Helper.bank_id == bank.id, Helper.revoked_at.is_(None), either_way
    )
    return session.execute(statement).scalars().all()


def _help(session: Session, bank: Bank, side: ColumnElement[bool]) -> Sequence[Help]:
    grants = session.execute(
        select(Helper)
        .where(Helper.bank_id == bank.id, side, Helper.revoked_at.is_(None))
        .order_by(Helper.id)
    ).scalars()
    return [
        Help(
            grant.id,
            member(session, bank, grant.member_id),
            member(session, bank, grant.helper_id),
            grant.relation,
            grant,
        )
        for grant in grants
    ]


@dataclass(frozen=True)
class Party:
    """Whoever an account belongs to. `area` and the year in which they were `born` tell members
    apart who are called alike (see `told_apart`); `has_page` says that all members may open a page
    of theirs (see `showing`), `picture` is the mark of their picture, and `picture_to` who sees
    it."""

    account_id: int
    kind: AccountKind
    name: str
    number: str | None = None
    member_id: int | None = None
    organisation_id: int | None = None
    group_id: int | None = None
    closed: bool = False
    area: str | None = None
    born: int | None = None
    has_page: bool = False
    picture: str | None = None
    picture_to: Sight | None = None

    @property
    def key(self) -> str | None:
        """How records name the holder, such as `group:3`; the bank's own accounts have no word of
        their own."""
        ids = zip(HOLDERS, (self.member_id, self.organisation_id, self.group_id), strict=True)
        return next((f"{kind}:{number}" for kind, number in ids if number is not None), None)

    @property
    def first_name(self) -> str:
        """What neighbours call a member; an organisation, a group or the chest by its whole
        name."""
        is_called = self.member_id is not None and self.name != FORMER
        return self.name.split()[0] if is_called else self.name

    @property
    def reference(self) -> str:
        """How programs name it (see `rules.PartyName`): `member:4`, `chest`."""
        return self.key or self.kind


def party(session: Session, bank: Bank, account_id: int) -> Party:
    """Raises NotFound when the bank has no such account."""
    by_account = parties(session, bank, [account_id])
    if not by_account:
        raise NotFound(say("There is no such account here."))
    return by_account[account_id]


def parties(session: Session, bank: Bank, account_ids: Collection[int]) -> dict[int, Party]:
    """Whom each of the accounts belongs to; those of other banks are left out."""
    if not account_ids:
        return {}
    rows = session.execute(_PARTIES, {"bank": bank.id, "accounts": list(account_ids)})
    return {row.account_id: Party(*row) for row in rows}


# Put together once, as what follows: every step of an exchange asks these, and composing them costs
# more than answering them.
_HOLDERS = (
    select(
        ledger.ACCOUNTS.c.id.label("account_id"),
        ledger.ACCOUNTS.c.kind,
        func.coalesce(Member.name, Organisation.name, Group.name, ledger.ACCOUNTS.c.label).label(
            "name"
        ),
        Member.number,
        Member.id.label("member_id"),
        Organisation.id.label("organisation_id"),
        Group.id.label("group_id"),
        ledger.ACCOUNTS.c.closed_at.is_not(None).label("closed"),
        Member.area,
        cast(extract("year", Member.date_of_birth), Integer).label("born"),
        # Not joined: questions name up to three holders, and of more joins PostgreSQL makes no good
        # plan.
        and_(
            Member.status == Status.ACTIVE,
            select(Page.member_id)
            .where(Page.bank_id == Member.bank_id, Page.member_id == Member.id)
            .correlate(Member)
            .exists(),
        ).label("has_page"),
        *(
            select(column)
            .where(Picture.bank_id == Member.bank_id, Picture.member_id == Member.id)
            .correlate(Member)
            .scalar_subquery()
            .label(name)
            for name, column in (("picture", Picture.mark), ("picture_to", Picture.shown_to))
        ),
    )
    .select_from(ledger.ACCOUNTS)
    .outerjoin(
        Member,
        and_(
            Member.bank_id == ledger.ACCOUNTS.c.bank_id, Member.account_id == ledger.ACCOUNTS.c.id
        ),
    )
    .outerjoin(
        Organisation,
        and_(
            Organisation.bank_id == ledger.ACCOUNTS.c.bank_id,
            Organisation.account_id == ledger.ACCOUNTS.c.id,
        ),
    )
    .outerjoin(
        Group,
        and_(Group.bank_id == ledger.ACCOUNTS.c.bank_id, Group.account_id == ledger.ACCOUNTS.c.id),
    )
)
PARTIES = _HOLDERS.where(ledger.ACCOUNTS.c.bank_id == bindparam("bank"))
"""The columns of `Party` for the accounts of a `bank`, for those who ask more about some of them in
the same question."""

ADDRESS = Member.address
"""Where the member of a row of `PARTIES` lives, if it is one."""

_PARTIES = PARTIES.where(ledger.ACCOUNTS.c.id.in_(bindparam("accounts", expanding=True))).order_by(
    ledger.ACCOUNTS.c.id
)

_ACTORS = bindparam("actors", expanding=True, type_=Integer)
_ACTS_FOR = union_all(
    select(Helper.helper_id.label("actor_id"), Member.account_id)
    .join(Helper, and_(Helper.member_id == Member.id, Helper.bank_id == Member.bank_id))
    .where(
        Helper.bank_id == bindparam("bank"),
        Helper.helper_id.in_(_ACTORS),
        Helper.revoked_at.is_(None),
    )
    .where(Member.status.in_(TAKING_PART)),
    select(Contact.member_id.label("actor_id"), Organisation.account_id)
    .join(
        Contact,
        and_(Contact.organisation_id == Organisation.id, Contact.bank_id == Organisation.bank_id),
    )
    .where(
        Contact.bank_id == bindparam("bank"),
        Contact.member_id.in_(_ACTORS),
        Organisation.closed_at.is_(None),
    ),
    select(GroupMember.member_id.label("actor_id"), Group.account_id)
    .join(GroupMember, and_(GroupMember.group_id == Group.id, GroupMember.bank_id == Group.bank_id))
    .where(GroupMember.bank_id == bindparam("bank"), GroupMember.member_id.in_(_ACTORS))
    .where(GroupMember.left_at.is_(None), Group.closed_at.is_(None)),
)
ACTED_FOR = ledger.ACCOUNTS.c.id.in_(select(_ACTS_FOR.subquery("acts_for").c.account_id))
"""Whether one of the `actors` may act for the account of a row of `PARTIES`, besides their own."""


class _WholeParty(Bundle[Party]):
    """The columns of a party, which come back as one."""

    def create_row_processor(self, query: Any, procs: Any, labels: Any) -> Any:
        def whole(row: Any) -> Party:
            return Party(*(column(row) for column in procs))

        return whole


class Holder:
    """Whoever an account belongs to that rows of another room name, to be read together with them:
    `select(Row, holder.party).join(holder.rows, holder.of(Row.bank_id, Row.account_id))`.

    Each account of a row needs a holder of its own. They are put together once, as the rest here.
    """

    def __init__(self) -> None:
        self.rows = _HOLDERS.add_columns(ledger.ACCOUNTS.c.bank_id).subquery()
        *party, self._bank_id = self.rows.c
        self.party = _WholeParty("party", *party)

    def of(self, bank_id: Any, account_id: Any) -> ColumnElement[bool]:
        """That it is the holder of this account."""
        return and_(self._bank_id == bank_id, self.rows.c.account_id == account_id)


@dataclass(frozen=True)
class Held:
    """An account that somebody acts for, and its member where it is one's; the balance is in
    minutes."""

    party: Party
    balance: int
    member: Member | None = None


@dataclass(frozen=True)
class Reached:
    """Whoever an account belongs to, and their telephone number if it is a member who has one."""

    party: Party
    phone: str | None


def reached(
    session: Session, bank: Bank, *, account_ids: Collection[int], member_ids: Collection[int]
) -> list[Reached]:
    """Whoever these accounts and members are, with the telephone numbers: for the staff."""
    if not (account_ids or member_ids):
        return []
    these = or_(ledger.ACCOUNTS.c.id.in_(account_ids), Member.id.in_(member_ids))
    rows = session.execute(PARTIES.add_columns(Member.phone).where(these), {"bank": bank.id})
    return [Reached(Party(*row[:-1]), row.phone) for row in rows]


def held(session: Session, bank: Bank, actor: Actor) -> list[Held]:
    """The accounts of `may_act_for`, with their holders and what is on them."""
    own_or_acted_for = or_(ledger.ACCOUNTS.c.id == actor.account_id, ACTED_FOR)
    rows = session.execute(
        PARTIES.add_columns(ledger.ACCOUNTS.c.balance, Member).where(own_or_acted_for),
        {"bank": bank.id, "actors": [actor.member_id]},
    )
    return [Held(Party(*party), balance, member) for *party, balance, member in rows]


def speakers(session: Session, bank: Bank, party: Party) -> list[int]:
    """The ids of the members who speak for a party, the earliest first: itself, those contacts of
    an organisation who are members, everybody in a group. The chest has nobody.
    """
    if party.member_id is not None:
        return [party.member_id]
    if party.organisation_id is not None:
        of_it = (Contact.organisation_id == party.organisation_id, Contact.member_id.is_not(None))
        statement = (
            select(Contact.member_id).where(Contact.bank_id == bank.id, *of_it).order_by(Contact.id)
        )
    elif party.group_id is not None:
        of_it = (GroupMember.group_id == party.group_id, GroupMember.left_at.is_(None))
        statement = (
            select(GroupMember.member_id)
            .where(GroupMember.bank_id == bank.id, *of_it)
            .order_by(GroupMember.id)
        )
    else:
        return []
    return list(
        dict.fromkeys(one for one in session.execute(statement).scalars() if one is not None)
    )


@dataclass(frozen=True)
class Circle:
    """Whom somebody finds by a name or a number: the members whose `accounts` the query tells, None
    being everybody. Organisations, groups and the chest are found by all.

    `staff` are told people apart by number, area and year of birth, everybody else by area alone.
    Those of the accounts that `unnamed` tells are kept apart from whoever asks: they are meant by
    their whole name or number, as anybody is, and are offered for no part of it and by no id.
    """

    accounts: Select[Any] | CompoundSelect[Any] | None
    staff: bool
    unnamed: Select[Any] | None = None

    @property
    def holds(self) -> ColumnElement[bool]:
        """Whether a member is found, or whatever else an account of `PARTIES` belongs to."""
        if self.accounts is None:
            return true()
        return or_(Member.id.is_(None), Member.account_id.in_(self.accounts))

    def offered(self, session: Session, parties: Sequence[Party]) -> list[Party]:
        """Those of the parties who may be named to whoever asks."""
        if self.unnamed is None or not parties:
            return list(parties)
        unnamed = set(session.execute(self.unnamed).scalars())
        return [party for party in parties if party.account_id not in unnamed]


EVERYBODY = Circle(None, staff=True)
"""Whom the staff find."""


def told_apart(party: Party, *, staff: bool) -> Said | str:
    """What tells somebody apart from others who are called alike, for the staff or for a resident;
    empty where nothing is known that would."""
    if party.kind != AccountKind.MEMBER:
        return _KINDS.get(party.kind, "")
    area, number = party.area or "", party.number or ""
    return number_apart(number, area, party.born) if staff else area


def number_apart(number: str, area: str | None, born: int | None) -> Said:
    """What tells a member apart for the staff: the number, the part of town, the year of birth."""
    if area and born:
        return say(
            "Number %(number)s, %(area)s, born %(year)s", number=number, area=area, year=str(born)
        )
    if area:
        return say("Number %(number)s, %(area)s", number=number, area=area)
    if born:
        return say("Number %(number)s, born %(year)s", number=number, year=str(born))
    return say("Number %(number)s", number=number)


_KINDS = {
    AccountKind.ORGANISATION: say("Organisation"),
    AccountKind.GROUP: say("Group"),
    AccountKind.CHEST: say("The community chest"),
}


def find_parties(
    session: Session, bank: Bank, text: str, *, within: Circle, limit: int = 20
) -> list[Party]:
    """Those who can give and receive and whom `text` names, at most `limit` of each kind, as far as
    whoever asks finds them.

    A member's number names that member alone. Otherwise every word of it begins a word in the name
    of a member, an organisation or a group, however it is spelt (see `text.folded`); `chest` is
    the bank's common account.
    """
    text = text.strip()
    if not text or "\0" in text:
        # PostgreSQL takes no text that holds a NUL, and so nobody is called so.
        return []
    exactly = _account_ids(session, bank, has_number(bank, text), within.holds, limit=limit)
    if exactly:
        return list(parties(session, bank, exactly).values())
    ids = _account_ids(session, bank, _name_begins(text), within.holds, limit=limit)
    if not folded(text):
        # Signs alone begin every name, and mean nobody.
        return []
    for shared in (organisations(session, bank), groups(session, bank)):
        ids += [partner.account_id for partner in shared if _begins(text, partner.name)][:limit]
    chest = ledger.chest(session, bank)
    if _begins(text, chest.label):
        ids.append(chest.id)
    by_account = parties(session, bank, ids)
    return [by_account[account_id] for account_id in ids]


FEW = 5
"""At most so many are offered to choose from: a form for writing a name is no directory."""


def candidates(
    session: Session,
    bank: Bank,
    text: str | PartyName,
    *,
    within: Circle,
    kinds: Collection[str] = (*HOLDERS, "chest"),
) -> list[Party]:
    """Whom a number or letters of a name can mean among the parties of these kinds: those called
    exactly so, else those whose name holds every word, else, for the staff, those of whom they know
    it (see `look_up`), else those few called nearly so; at most one more than `FEW` of each kind.

    A name written out with a number after it is the one of that name who has the number. As
    programs name somebody, it is one or nobody. A single letter means nobody: guessing letters
    would read out the membership.
    """
    if isinstance(text, PartyName):
        return list(parties_meant(session, bank, [text], within=within).values())
    text = text.strip()
    if len(text) < 2 and not text.isdigit():
        return []
    name, _, number = text.rpartition(" ")
    if name and any(sign.isdigit() for sign in number):
        numbered = find_parties(session, bank, number, within=within)
        exactly = _called(name, numbered, kinds)
        if exactly:
            return exactly
    called_so = find_parties(session, bank, text, within=within, limit=FEW + 1)
    fitting = [party for party in called_so if party.kind in kinds]
    if not fitting and within.staff and AccountKind.MEMBER in kinds:
        # The staff may have heard something else of them than a name: see `look_up`.
        ids = _account_ids(session, bank, _answers_to(text), limit=FEW + 1)
        fitting = list(parties(session, bank, ids).values())
    if not fitting and AccountKind.MEMBER in kinds:
        return within.offered(session, misspelt(session, bank, text, within=within))
    named = [party for party in fitting if is_meant(text, party)]
    return _called(text, named, kinds) or named or within.offered(session, fitting)


def look_up(session: Session, bank: Bank, text: str, *, limit: int) -> list[Party]:
    """Whom the staff can mean by what they hear: besides what `find_parties` finds, a member's
    telephone number or its last digits, e-mail address, area, address or date of birth. Those found
    by name come first."""
    called_so = find_parties(session, bank, text, within=EVERYBODY, limit=limit)
    former = former_numbers(session, bank, [text.strip()]).get(text.strip())
    exactly = [
        party
        for party in called_so
        if party.number == text.strip() or (former is not None and party.member_id == former)
    ]
    if exactly:
        return exactly
    ids = _account_ids(session, bank, _answers_to(text), limit=limit)
    known = {party.account_id for party in called_so}
    others = parties(session, bank, [each for each in ids if each not in known])
    return [*called_so, *others.values()]


_NEAR, _ANY = 0.75, 0.6
"""How alike two words have to be, of 1, for the one to be a slip of the keyboard for the other; and
each word of a name, unless it is short, where all of them together come to that: Derrick Cole is
Derek Cole, and Una is not Ana."""

_SHORT = 4


def misspelt(session: Session, bank: Bank, text: str, *, within: Circle) -> list[Party]:
    """Those few whose names have a word nearly like each that was written: they are offered, and
    never taken to be meant."""
    words = [word for word in folded(text).split() if len(word) > 2]
    if not words or any(sign.isdigit() for sign in text):
        return []
    statement = select(Member.account_id, Member.name_key).where(
        Member.bank_id == bank.id,
        Member.status.in_(TAKING_PART),
        Member.account_id.is_not(None),
        within.holds,
    )
    near: list[tuple[float, int]] = []
    for account_id, name in session.execute(statement):
        alike = [max(_alikeness(word, part) for part in name.split() or [""]) for word in words]
        mean = sum(alike) / len(alike)
        if all(alike) and mean >= _NEAR and account_id is not None:
            near.append((-mean, account_id))
    ids = [account_id for _, account_id in sorted(near)[:FEW]]
    by_account = parties(session, bank, ids)
    return [by_account[account_id] for account_id in ids]


def _alikeness(word: str, other: str) -> float:
    """From 0 to 1. Most pairs are told apart by a quick look at their letters."""
    least = _NEAR if len(word) <= _SHORT else _ANY
    matcher = SequenceMatcher(a=word, b=other, autojunk=False)
    quick = min(matcher.real_quick_ratio(), matcher.quick_ratio())
    ratio = matcher.ratio() if quick >= least else 0.0
    return ratio if ratio >= least else 0.0


def is_meant(text: str | PartyName, party: Party) -> bool:
    """Whether somebody is named in full: by their number, their name, or both."""
    if isinstance(text, PartyName):
        return True
    written = folded(text)
    number = folded(party.number or "")
    return written in {number, folded(party.name), f"{folded(party.name)} {number}".strip()} - {""}


def _called(name: str, parties: Iterable[Party], kinds: Collection[str]) -> list[Party]:
    return [
        party for party in parties if party.kind in kinds and folded(party.name) == folded(name)
    ]


def named(
    session: Session,
    bank: Bank,
    text: str | PartyName,
    *,
    field: str,
    within: Circle,
    pick: tuple[str, int | None] | None = None,
    kinds: Collection[str] = (*HOLDERS, "chest"),
    near: bool = False,
) -> Party:
    """The one party whom `text`, written in `field`, means: by their number, or by their name
    written out. Who has a name that only begins so is offered, and never taken: see `candidates`.

    Whom `within` does not hold is as unknown as somebody who is not there. `pick` is the field in
    which one of those offered is picked, and the account that was; `near`: whose name alone begins
    so is named as well, for a page that writes out who that is before anything is done. Raises
    WhoIsMeant with those it can mean: for `field`, naming them, or for the field to pick in.
    """
    if not str(text).strip():
        raise WhoIsMeant(say("Write the name or the member number."), field)
    parties = candidates(session, bank, text, within=within, kinds=kinds)
    choice, chosen = pick or (None, None)
    picked = next((party for party in parties if party.account_id == chosen), None)
    if picked is not None:
        return picked
    if len(parties) == 1 and (
        is_meant(text, parties[0]) or (near and _begins(str(text), parties[0].name))
    ):
        return parties[0]
    if not parties:
        raise WhoIsMeant(unknown(text), field)
    if len(parties) > FEW:
        many = say(
            "You wrote “%(text)s”, and we know more than a few. Write more of the name, or the"
            " member number.",
            text=str(text),
        )
        raise WhoIsMeant(many, field)
    if choice is not None:
        several = (
            say("You wrote “%(text)s”, and we know several. Choose one.", text=str(text))
            if len(parties) > 1
            else say(
                "You wrote “%(text)s”. If you mean %(name)s, choose them; or write more of the"
                " name.",
                text=str(text),
                name=parties[0].name,
            )
        )
        raise WhoIsMeant(several, choice, parties)
    names = [_name_apart(party, staff=within.staff) for party in parties]
    could_be = say(
        "You wrote “%(text)s”, and that could be %(names)s. Write the number of the one you mean.",
        text=str(text),
        names=Either(names),
    )
    raise WhoIsMeant(could_be, field, parties)


def unknown(text: object) -> Said:
    """What is said of a name or a number that means nobody whom the reader finds."""
    return say(
        "We know nobody called “%(text)s”. Write the name as it is on the list, or the member"
        " number.",
        text=str(text),
    )


def _name_apart(party: Party, *, staff: bool) -> Said | str:
    apart = told_apart(party, staff=staff)
    if not apart:
        return party.name
    # Translators: a name, and what tells them apart from others of that name.
    return say("%(name)s (%(apart)s)", name=party.name, apart=apart)


def found(session: Session, bank: Bank, account_id: int, *, within: Circle) -> Party | None:
    """Whoever an account belongs to, if they are somebody whom whoever asks finds, and may be named
    to them."""
    kinds = (*HOLDERS, AccountKind.CHEST)
    there = PARTIES.where(
        ledger.ACCOUNTS.c.id == account_id, ledger.ACCOUNTS.c.kind.in_(kinds), within.holds
    )
    rows = [Party(*row) for row in session.execute(there, {"bank": bank.id})]
    return next(iter(within.offered(session, rows)), None)


def member_named(
    session: Session,
    bank: Bank,
    text: str,
    *,
    field: str,
    within: Circle,
    pick: tuple[str, int | None] | None = None,
) -> Member:
    """The one member taking part whom `text` means. Raises WhoIsMeant as `named` does."""
    party = named(session, bank, text, field=field, within=within, pick=pick, kinds=("member",))
    return member(session, bank, party.member_id or 0)


def parties_meant(
    session: Session, bank: Bank, names: Collection[PartyName], *, within: Circle
) -> dict[PartyName, Party]:
    """Whom each of the names means, of those who give and receive and the chest; a name that means
    nobody of this bank, or nobody whom whoever asks finds, is left out."""
    ids: dict[str, list[int]] = {kind: [] for kind in HOLDERS}
    for name in names:
        if name.id is not None:
            ids[name.kind].append(name.id)
    numbers = [name.number for name in names if name.number is not None]
    former = former_numbers(session, bank, numbers)
    meant = or_(
        Member.number.in_(numbers),
        Member.id.in_(former.values()),
        Member.id.in_(ids["member"]),
        Organisation.id.in_(ids["organisation"]),
        Group.id.in_(ids["group"]),
        ledger.ACCOUNTS.c.kind == AccountKind.CHEST,
    )
    there = PARTIES.where(meant, within.holds)
    parties = [Party(*row) for row in session.execute(there, {"bank": bank.id})]
    by_name = {party.reference: party for party in parties} | {
        f"no:{party.number}": party for party in parties if party.number
    }
    by_id = {party.member_id: party for party in parties}
    by_name |= {
        f"no:{number}": by_id[member_id]
        for number, member_id in former.items()
        if member_id in by_id
    }
    return {name: by_name[str(name)] for name in names if str(name) in by_name}


def _account_ids(
    session: Session, bank: Bank, *wanted: ColumnElement[bool], limit: int
) -> list[int]:
    statement = select(Member.account_id).where(
        Member.bank_id == bank.id, Member.status.in_(TAKING_PART), *wanted
    )
    rows = session.execute(statement.order_by(Member.name_key, Member.id).limit(limit)).scalars()
    return [account_id for account_id in rows if account_id is not None]


def may_act_for(session: Session, bank: Bank, actor: Actor) -> set[int]:
    """The accounts this actor may act for as themselves: their own, of those they help, of
    organisations they speak for, of groups they are in.

    (That brokers may do any step for anyone is said by `actor.is_broker`.)
    """
    if actor.member_id is None:
        return set()
    accounts = acting_for(session, bank, [actor.member_id]).get(actor.member_id, set())
    if actor.account_id is not None and actor.bank_id == bank.id:
        accounts.add(actor.account_id)
    return accounts


def accounts_acted_for(bank: Bank, actor: Actor) -> Select[Any]:
    """The accounts of `may_act_for`, as a question within another."""
    of_whom_they_help = (
        select(Member.account_id)
        .join(Helper, and_(Helper.bank_id == Member.bank_id, Helper.member_id == Member.id))
        .where(
            Helper.bank_id == bank.id,
            Helper.helper_id == actor.member_id,
            Helper.revoked_at.is_(None),
            Member.status.in_(TAKING_PART),
        )
    )
    of_whom_they_speak_for = (
        select(Organisation.account_id)
        .join(
            Contact,
            and_(
                Contact.bank_id == Organisation.bank_id, Contact.organisation_id == Organisation.id
            ),
        )
        .where(
            Contact.bank_id == bank.id,
            Contact.member_id == actor.member_id,
            Organisation.closed_at.is_(None),
        )
    )
    of_their_groups = (
        select(Group.account_id)
        .join(
            GroupMember,
            and_(GroupMember.bank_id == Group.bank_id, GroupMember.group_id == Group.id),
        )
        .where(
            GroupMember.bank_id == bank.id,
            GroupMember.member_id == actor.member_id,
            GroupMember.left_at.is_(None),
            Group.closed_at.is_(None),
        )
    )
    own = select(Member.account_id).where(Member.bank_id == bank.id, Member.id == actor.member_id)
    every = union_all(own, of_whom_they_help, of_whom_they_speak_for, of_their_groups).subquery()
    return select(every.c.account_id).where(every.c.account_id.is_not(None))


def acting_for(session: Session, bank: Bank, member_ids: Collection[int]) -> dict[int, set[int]]:
    """The accounts besides their own that each of the members may act for; those who act for nobody
    are left out."""
    accounts: dict[int, set[int]] = {}
    for actor_id, account_id in session.execute(
        _ACTS_FOR, {"bank": bank.id, "actors": list(member_ids)}
    ):
        if account_id is not None:
            accounts.setdefault(actor_id, set()).add(account_id)
    return accounts


# ---- What helps to find the right person for somebody ----


def and_whom_they_help(bank: Bank, member_id: int | None) -> Select[int]:
    """The id of the member with those of the members they may act for, as a question within
    another."""
    # Every page asks this: each part by its own index, where one condition for both would look at
    # everybody in the bank.
    own = select(Member.id).where(Member.bank_id == bank.id, Member.id == member_id)
    helped = (
        select(Member.id)
        .join(Helper, and_(Helper.bank_id == Member.bank_id, Helper.member_id == Member.id))
        .where(
            Helper.bank_id == bank.id,
            Helper.helper_id == member_id,
            Helper.revoked_at.is_(None),
            Member.status.in_(TAKING_PART),
        )
    )
    return select(union_all(own, helped).subquery().c.id)


def profile(session: Session, bank: Bank, member_id: int) -> Profile:
    """What a member has said about languages, access and times; one without a word in it when they
    have said nothing."""
    profile = profiles(session, bank, [member_id]).get(member_id)
    return profile or Profile(
        member_id=member_id, bank_id=bank.id, languages="", access_needs="", times=0, broker_id=None
    )


def suiting(session: Session, bank: Bank, member_id: int) -> LookedAfter:
    """The same as a value, for those who change a part of it."""
    written = profile(session, bank, member_id)
    return LookedAfter(written.languages, written.access_needs, written.times, written.broker_id)


def profiles(session: Session, bank: Bank, member_ids: Collection[int]) -> dict[int, Profile]:
    """The profiles of those of the members who have one, by member id."""
    statement = select(Profile).where(Profile.bank_id == bank.id, Profile.member_id.in_(member_ids))
    return {row.member_id: row for row in session.execute(statement).scalars()}


def showing(session: Session, bank: Bank, member_id: int) -> Showing:
    """What a member shows to all members."""
    statement = select(Page).where(Page.bank_id == bank.id, Page.member_id == member_id)
    page = session.execute(statement).scalar_one_or_none()
    if page is None:
        return Showing()
    return Showing(
        page=True,
        surname=page.surname,
        write=page.write,
        about=page.about,
        languages=page.languages,
        helped=page.helped,
        thanks=page.thanks,
        street=page.street,
    )


def street_read(session: Session, bank: Bank, member_id: int) -> bool:
    """Whether a broker has read what a member would say on the front page, so that it stands
    there."""
    statement = select(Page.street_read).where(Page.bank_id == bank.id, Page.member_id == member_id)
    return bool(session.execute(statement).scalar_one_or_none())


@dataclass(frozen=True)
class StreetWords:
    """What a member lets anybody read on the bank's front page, as they wrote it, with their first
    name alone."""

    words: str
    first_name: str
    area: str
    member_id: int


def street_words(session: Session, bank: Bank, on: date, *, limit: int) -> list[StreetWords]:
    """So many of what members say on the front page and a broker has read, others on another day,
    each in its turn."""
    there = (
        Page.bank_id == bank.id,
        Page.street_read,
        Member.bank_id == Page.bank_id,
        Member.id == Page.member_id,
        Member.status == Status.ACTIVE,
    )
    ids = session.execute(select(Member.id).where(*there).order_by(Member.id)).scalars().all()
    begin = limit * on.toordinal() % max(1, len(ids))
    turn = [*ids[begin:], *ids[:begin]][:limit]
    statement = select(Page.street, Member.name, Member.area, Member.id).where(*there)
    rows = session.execute(statement.where(Member.id.in_(turn)).order_by(Member.id)).all()
    return [StreetWords(row.street, row.name.split()[0], row.area or "", row.id) for row in rows]


def picture(session: Session, bank: Bank, member_id: int) -> Picture | None:
    """The picture a member gave of themselves, whoever may see it."""
    statement = select(Picture).where(Picture.bank_id == bank.id, Picture.member_id == member_id)
    return session.execute(statement).scalar_one_or_none()


def looked_after(bank: Bank, broker_id: int | None) -> Select[int]:
    """A query for the ids of the members whom this broker looks after."""
    caseload = (Profile.bank_id == bank.id, Profile.broker_id == broker_id)
    return select(Profile.member_id).where(*caseload)


def accounts_looked_after(bank: Bank, broker_id: int | None) -> Select[Any]:
    """A query for their accounts."""
    people = looked_after(bank, broker_id)
    return select(Member.account_id).where(Member.bank_id == bank.id, Member.id.in_(people))


def staff(session: Session, bank: Bank) -> Sequence[Member]:
    """The brokers and coordinators who take part just now, by name."""
    statement = select(Member).where(
        Member.bank_id == bank.id, Member.role != Role.MEMBER, Member.status == Status.ACTIVE
    )
    return session.execute(statement.order_by(Member.name_key, Member.id)).scalars().all()


@dataclass(frozen=True)
class Apart:
    """That a member asked not to be brought together with `other`."""

    id: int
    other: Member
    since: datetime


def apart(session: Session, bank: Bank, member_id: int) -> list[Apart]:
    """Whom this member asked to be kept apart from. For them, whoever acts for them, and the staff
    alone."""
    statement = (
        select(KeptApart, Member)
        .join(Member, and_(Member.bank_id == KeptApart.bank_id, Member.id == KeptApart.other_id))
        .where(
            KeptApart.bank_id == bank.id,
            KeptApart.member_id == member_id,
            KeptApart.ended_at.is_(None),
        )
        .order_by(KeptApart.id)
    )
    return [
        Apart(row.KeptApart.id, row.Member, row.KeptApart.at) for row in session.execute(statement)
    ]


def acts_for(session: Session, bank: Bank, actor: Actor, member_id: int) -> bool:
    """Whether this actor is the member, or one of those who may act for them."""
    return actor.member_id == member_id or any(
        grant.helper_id == actor.member_id
        for grant in session.execute(
            select(Helper).where(
                Helper.bank_id == bank.id,
                Helper.member_id == member_id,
                Helper.revoked_at.is_(None),
            )
        ).scalars()
    )


def how_many(session: Session, bank: Bank) -> int:
    """How many members take part."""
    there = (Member.bank_id == bank.id, Member.status == Status.ACTIVE)
    return session.execute(select(func.count()).select_from(Member).where(*there)).scalar_one()


def without_surnames(session: Session, bank: Bank, texts: Sequence[str]) -> list[str]:
    """The texts with the first name of every member in place of the whole name, or of the last
    name after a title (see `notices.rules.renamed`): what anybody may read names nobody whole."""
    written = folded(" ".join(texts))
    names = session.execute(
        select(Member.name).where(Member.bank_id == bank.id, Member.status != Status.LEFT)
    ).scalars()
    # Hardly a name stands in any text; those that cannot are passed over without a look at each.
    there = [name for name in names if folded(name.split()[-1]) in written]
    shortened = list(texts)
    for name in there:
        shortened = [renamed(text, name, name.split()[0]) for text in shortened]
    return shortened
