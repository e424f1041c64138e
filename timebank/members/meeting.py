"""Where two meet: one guard for every room, so that who is kept apart is kept apart. The caller
commits.

Two accounts are kept apart when anybody behind the one is kept apart from anybody behind the other.
Behind a member's account are the member and those who act for them, behind an organisation's its
contacts who are members, behind a group's everybody in it.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    CompoundSelect,
    Select,
    SQLColumnExpression,
    and_,
    bindparam,
    or_,
    select,
    union,
    union_all,
)
from sqlalchemy.orm import Session, aliased

from timebank.act import Act, Actor
from timebank.banks.models import Bank
from timebank.banks.rules import whom_to_ring
from timebank.ledger import service as ledger_service
from timebank.ledger.rules import InterventionKind, Reason
from timebank.members import queries
from timebank.members.errors import CannotTakePart, KeptApart
from timebank.members.models import (
    Contact,
    Despite,
    Group,
    GroupMember,
    Helper,
    Member,
    Organisation,
)
from timebank.members.models import KeptApart as Asked
from timebank.members.queries import Party
from timebank.members.rules import fault_of_despite
from timebank.say import Said, one_after_another, say

Pair = tuple[int, int]
"""The members who are kept apart, who asked for it first."""

_HELPING = and_(Helper.bank_id == Member.bank_id, Helper.member_id == Member.id)
_SPEAKING = and_(
    Contact.bank_id == Organisation.bank_id, Contact.organisation_id == Organisation.id
)
_BELONGING = and_(GroupMember.bank_id == Group.bank_id, GroupMember.group_id == Group.id)

# Put together once: every step of an exchange asks this, and composing it costs more than answering
# it. Each part is narrowed to the accounts by itself, so that none is read whole.
_ACCOUNTS: BindParameter[Any] = bindparam("accounts", expanding=True)
_BEHIND = union_all(
    select(Member.account_id.label("account_id"), Member.id.label("person_id")).where(
        Member.bank_id == bindparam("bank"), Member.account_id.in_(_ACCOUNTS)
    ),
    select(Member.account_id, Helper.helper_id)
    .join(Helper, _HELPING)
    .where(
        Member.bank_id == bindparam("bank"),
        Member.account_id.in_(_ACCOUNTS),
        Helper.revoked_at.is_(None),
    ),
    select(Organisation.account_id, Contact.member_id)
    .join(Contact, _SPEAKING)
    .where(
        Organisation.bank_id == bindparam("bank"),
        Organisation.account_id.in_(_ACCOUNTS),
        Contact.member_id.is_not(None),
    ),
    select(Group.account_id, GroupMember.member_id)
    .join(GroupMember, _BELONGING)
    .where(
        Group.bank_id == bindparam("bank"),
        Group.account_id.in_(_ACCOUNTS),
        GroupMember.left_at.is_(None),
    ),
).cte("behind")
_ONE, _ANOTHER = _BEHIND.alias("one"), _BEHIND.alias("another")
_BETWEEN = (
    select(
        Asked.member_id,
        Asked.other_id,
        _ONE.c.account_id.label("account_id"),
        _ANOTHER.c.account_id.label("others_id"),
    )
    .join(_ONE, _ONE.c.person_id == Asked.member_id)
    .join(_ANOTHER, _ANOTHER.c.person_id == Asked.other_id)
    .where(
        Asked.bank_id == bindparam("bank"),
        Asked.ended_at.is_(None),
        _ONE.c.account_id != _ANOTHER.c.account_id,
    )
    .order_by(Asked.id)
)


def _accounts_of(people: Select[Any], bank_id: int) -> CompoundSelect[Any]:
    """The accounts that these people are behind."""
    return union(
        select(Member.account_id).where(
            Member.bank_id == bank_id, Member.id.in_(people), Member.account_id.is_not(None)
        ),
        select(Member.account_id)
        .join(Helper, _HELPING)
        .where(
            Helper.bank_id == bank_id,
            Helper.helper_id.in_(people),
            Helper.revoked_at.is_(None),
            Member.account_id.is_not(None),
        ),
        select(Organisation.account_id)
        .join(Contact, _SPEAKING)
        .where(Contact.bank_id == bank_id, Contact.member_id.in_(people)),
        select(Group.account_id)
        .join(GroupMember, _BELONGING)
        .where(
            GroupMember.bank_id == bank_id,
            GroupMember.member_id.in_(people),
            GroupMember.left_at.is_(None),
        ),
    )


def _apart_from(people: Select[Any], bank_id: int) -> Select[Any]:
    """Those who are kept apart from any of these people, whoever asked for it."""
    stands = (Asked.bank_id == bank_id, Asked.ended_at.is_(None))
    either = union(
        select(Asked.other_id.label("person_id")).where(*stands, Asked.member_id.in_(people)),
        select(Asked.member_id).where(*stands, Asked.other_id.in_(people)),
    ).subquery()
    return select(either.c.person_id)


def hidden_from(bank: Bank, by: Actor | None) -> Select[Any] | None:
    """A query for the accounts whose offers, requests and names this reader is not shown, because
    they, or somebody for whom they act, are kept apart from whoever is behind them; None: nothing
    is hidden from the staff, nor from who is no member."""
    if by is None or by.is_broker or by.member_id is None:
        return None
    helped = (
        select(Helper.member_id)
        .where(Helper.bank_id == bank.id, Helper.helper_id == by.member_id)
        .where(Helper.revoked_at.is_(None))
    )
    people = select(Member.id).where(
        Member.bank_id == bank.id, or_(Member.id == by.member_id, Member.id.in_(helped))
    )
    accounts = _accounts_of(_apart_from(people, bank.id), bank.id).subquery()
    return select(accounts.c.account_id)


def are_apart(
    one: SQLColumnExpression[Any], another: SQLColumnExpression[Any]
) -> ColumnElement[bool]:
    """Whether the members whose these two accounts are, columns of a query, are kept apart."""
    first, second = aliased(Member), aliased(Member)
    asked = (
        select(Asked.id)
        .join(first, and_(first.bank_id == Asked.bank_id, first.id == Asked.member_id))
        .join(second, and_(second.bank_id == Asked.bank_id, second.id == Asked.other_id))
        .where(
            Asked.ended_at.is_(None),
            or_(
                and_(first.account_id == one, second.account_id == another),
                and_(first.account_id == another, second.account_id == one),
            ),
        )
    )
    return asked.exists()


def members_apart(
    one: SQLColumnExpression[Any], another: SQLColumnExpression[Any]
) -> ColumnElement[bool]:
    """As `are_apart`, of columns that hold members."""
    asked = select(Asked.id).where(
        Asked.ended_at.is_(None),
        or_(
            and_(Asked.member_id == one, Asked.other_id == another),
            and_(Asked.member_id == another, Asked.other_id == one),
        ),
    )
    return asked.exists()


def between(
    session: Session, bank: Bank, account_ids: Collection[int]
) -> dict[tuple[int, int], list[Pair]]:
    """Which of these accounts are kept apart from which others of them, and by which members:
    every two of them both ways round."""
    if len(account_ids) < 2:
        return {}
    apart: dict[tuple[int, int], list[Pair]] = {}
    for row in session.execute(_BETWEEN, {"bank": bank.id, "accounts": list(account_ids)}):
        pair = (row.member_id, row.other_id)
        for two in ((row.account_id, row.others_id), (row.others_id, row.account_id)):
            if pair not in apart.setdefault(two, []):
                apart[two].append(pair)
    return apart


def insist(session: Session, bank: Bank, one: Party, another: Party, act: Act) -> Sequence[Pair]:
    """See to it that these two may meet by this act; comes back with who is kept apart from whom
    where the staff go on all the same, for `record`.

    Raises CannotTakePart for members, in the words for somebody who pauses; KeptApart for the staff
    who do not say why (`act.word.despite`).
    """
    pairs = between(session, bank, {one.account_id, another.account_id}).get(
        (one.account_id, another.account_id), []
    )
    if pairs:
        others = another if one.account_id == act.by.account_id else one
        insist_of(session, bank, pairs, act, others_name=others.name)
    return pairs


def among(session: Session, bank: Bank, member_ids: Collection[int], *, what: str) -> list[Pair]:
    """Who of these members is kept apart from whom, but for those whom the staff let meet by
    `what`, as `record` has it."""
    let_meet = (
        select(Despite.id)
        .where(
            Despite.bank_id == Asked.bank_id,
            Despite.member_id == Asked.member_id,
            Despite.other_id == Asked.other_id,
            Despite.what == what,
        )
        .exists()
    )
    statement = select(Asked.member_id, Asked.other_id).where(
        Asked.bank_id == bank.id,
        Asked.ended_at.is_(None),
        Asked.member_id.in_(member_ids),
        Asked.other_id.in_(member_ids),
        ~let_meet,
    )
    return [(row.member_id, row.other_id) for row in session.execute(statement.order_by(Asked.id))]


def join(
    session: Session,
    bank: Bank,
    newcomer: Member,
    others: Collection[int],
    act: Act,
    *,
    what: str,
) -> None:
    """See to it that a member may come to where these others are, by what; kept where the staff go
    on all the same. Raises as `insist` does."""
    pairs = [
        pair
        for pair in among(session, bank, {newcomer.id, *others}, what=what)
        if newcomer.id in pair
    ]
    if pairs:
        insist_of(session, bank, pairs, act, others_name=newcomer.name)
        record(session, bank, pairs, act, what=what)


def insist_of(
    session: Session, bank: Bank, pairs: Sequence[Pair], act: Act, *, others_name: str
) -> None:
    """As `insist`, for members who are known to be kept apart."""
    if not act.by.is_broker:
        raise CannotTakePart(not_just_now(bank, others_name))
    fault = fault_of_despite(act.word.despite)
    if fault:
        raise KeptApart(one_after_another([*_named(session, bank, pairs), fault]))


def not_just_now(bank: Bank, name: str) -> Said:
    """What a member reads of somebody who pauses, and of somebody they are kept apart from, so that
    they cannot tell which."""
    return say(
        "Nothing can be arranged with %(name)s just now. If it matters, speak to %(ring)s.",
        name=name,
        ring=whom_to_ring(bank.contact_name),
    )


def record(session: Session, bank: Bank, pairs: Iterable[Pair], act: Act, *, what: str) -> None:
    """Keep that the staff let these meet, by what, and why: with the two, and in the audit
    trail."""
    pairs = list(pairs)
    if pairs:
        reason = Reason(InterventionKind.OVERRIDE, what, act.word.despite.strip())
        ledger_service.intervene(session, bank, [(reason, None)], by=act.by.key)
    for member_id, other_id in pairs:
        session.add(
            Despite(
                bank_id=bank.id,
                member_id=member_id,
                other_id=other_id,
                what=what,
                why=act.word.despite.strip(),
                by=act.by.key,
                at=act.now,
            )
        )
    session.flush()


def _named(session: Session, bank: Bank, pairs: Iterable[Pair]) -> list[Said]:
    people = queries.by_ids(session, bank, {member_id for pair in pairs for member_id in pair})
    return [
        say(
            "%(name)s and %(other)s are kept apart.",
            name=people[member_id].name,
            other=people[other_id].name,
        )
        for member_id, other_id in pairs
    ]


@dataclass(frozen=True)
class Met:
    """That two met who are kept apart: who, by what (`exchange:12`), why, and who let them."""

    id: int
    one: Member
    another: Member
    what: str
    why: str
    by: str | Said
    at: datetime


def met(session: Session, bank: Bank, *, limit: int, before: int | None = None) -> list[Met]:
    """When the staff let two meet who are kept apart, the latest first: one more than `limit`,
    where there are more. `before`: an id."""
    statement = (
        select(Despite)
        .where(Despite.bank_id == bank.id, *([Despite.id < before] if before else []))
        .order_by(Despite.id.desc())
        .limit(limit + 1)
    )
    rows = session.execute(statement).scalars().all()
    people = queries.by_ids(
        session, bank, {member_id for row in rows for member_id in (row.member_id, row.other_id)}
    )
    writers = queries.who(session, bank, {row.by for row in rows})
    return [
        Met(
            row.id,
            people[row.member_id],
            people[row.other_id],
            row.what,
            row.why,
            writers.get(row.by, row.by),
            row.at,
        )
        for row in rows
    ]


def unname(session: Session, bank: Bank, member_id: int) -> None:
    """Erase why somebody who leaves was brought together with others."""
    theirs = or_(Despite.member_id == member_id, Despite.other_id == member_id)
    for row in session.execute(select(Despite).where(Despite.bank_id == bank.id, theirs)).scalars():
        session.delete(row)
    session.flush()
