"""Where two meet: one guard for every room, so that who is kept apart is kept apart. The caller
commits.

Two accounts are kept apart when anybody behind the one is kept apart from anybody behind the other.
Behind a member's account are the member and those who act for them, behind an organisation's its
contacts who are members, behind a group's everybody in it.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, TypeVar

from sqlalchemy import (
    CTE,
    BindParameter,
    ColumnElement,
    CompoundSelect,
    Select,
    SQLColumnExpression,
    Subquery,
    and_,
    bindparam,
    or_,
    select,
    tuple_,
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

Row = TypeVar("Row")


def _behind(bank: Any, wanted: Callable[[Any, Any], ColumnElement[bool]]) -> CompoundSelect[Any]:
    """Which people are behind which accounts of a bank, those `wanted` by account and person. Each
    part is narrowed by itself, so that none is read whole."""
    return union_all(
        select(Member.account_id.label("account_id"), Member.id.label("person_id")).where(
            Member.bank_id == bank,
            Member.account_id.is_not(None),
            wanted(Member.account_id, Member.id),
        ),
        select(Member.account_id, Helper.helper_id)
        .join(Helper, and_(Helper.bank_id == Member.bank_id, Helper.member_id == Member.id))
        .where(
            Member.bank_id == bank,
            Member.account_id.is_not(None),
            Helper.revoked_at.is_(None),
            wanted(Member.account_id, Helper.helper_id),
        ),
        select(Organisation.account_id, Contact.member_id)
        .join(
            Contact,
            and_(
                Contact.bank_id == Organisation.bank_id, Contact.organisation_id == Organisation.id
            ),
        )
        .where(
            Organisation.bank_id == bank,
            Contact.member_id.is_not(None),
            wanted(Organisation.account_id, Contact.member_id),
        ),
        select(Group.account_id, GroupMember.member_id)
        .join(
            GroupMember,
            and_(GroupMember.bank_id == Group.bank_id, GroupMember.group_id == Group.id),
        )
        .where(
            Group.bank_id == bank,
            GroupMember.left_at.is_(None),
            wanted(Group.account_id, GroupMember.member_id),
        ),
    )


def _between(bank: Any, behind: CTE) -> Select[int, int, int, Any, Any]:
    """Which accounts are kept apart from which others, and by which members: every two of them once
    for each who asked."""
    asker, another = behind.alias(), behind.alias()
    return (
        select(
            Asked.id,
            Asked.member_id,
            Asked.other_id,
            asker.c.account_id.label("account_id"),
            another.c.account_id.label("others_id"),
        )
        .join(asker, asker.c.person_id == Asked.member_id)
        .join(another, another.c.person_id == Asked.other_id)
        .where(
            Asked.bank_id == bank,
            Asked.ended_at.is_(None),
            asker.c.account_id != another.c.account_id,
        )
    )


# Put together once: every step of an exchange asks this, and composing it costs more than answering
# it.
_ACCOUNTS: BindParameter[Any] = bindparam("accounts", expanding=True)
_OF_ACCOUNTS = _behind(bindparam("bank"), lambda account, _: account.in_(_ACCOUNTS)).cte("behind")
_BETWEEN = _between(bindparam("bank"), _OF_ACCOUNTS).order_by(Asked.id)


def is_anybody_apart(bank: BindParameter[Any]) -> ColumnElement[bool]:
    """Whether anybody in the bank is kept apart from anybody, as a part of another question: where
    nobody is, nobody need ask who."""
    return select(Asked.id).where(Asked.bank_id == bank, Asked.ended_at.is_(None)).exists()


# These two are part of what most pages ask, and are the same for all of a bank: they are put
# together once for each.
@lru_cache(maxsize=100)
def _all_apart(bank_id: int) -> Subquery:
    """All accounts of the bank that are kept apart from one another, both ways round: few. It asks
    nothing of the rows it is compared with, so it is answered once for a whole list."""
    people = union(
        select(Asked.member_id.label("person_id")).where(
            Asked.bank_id == bank_id, Asked.ended_at.is_(None)
        ),
        select(Asked.other_id).where(Asked.bank_id == bank_id, Asked.ended_at.is_(None)),
    ).subquery()
    behind = _behind(bank_id, lambda _, person: person.in_(select(people.c.person_id)))
    # Without names of their own, for a statement may ask this twice.
    two = _between(bank_id, behind.cte()).cte()
    return union_all(
        select(two.c.account_id, two.c.others_id), select(two.c.others_id, two.c.account_id)
    ).subquery()


@lru_cache(maxsize=100)
def _all_members_apart(bank_id: int) -> Select[int, int]:
    """The same of the members to whom those accounts belong."""
    apart, first, second = _all_apart(bank_id), aliased(Member), aliased(Member)
    return (
        select(first.id, second.id)
        .select_from(apart)
        .join(first, and_(first.bank_id == bank_id, first.account_id == apart.c.account_id))
        .join(second, and_(second.bank_id == bank_id, second.account_id == apart.c.others_id))
    )


def are_apart(
    bank: Bank, first: SQLColumnExpression[Any], another: SQLColumnExpression[Any]
) -> ColumnElement[bool]:
    """Whether these two accounts, columns of a query, are kept apart."""
    apart = _all_apart(bank.id)
    return tuple_(first, another).in_(select(apart.c.account_id, apart.c.others_id))


def members_apart(
    bank: Bank, first: SQLColumnExpression[Any], another: SQLColumnExpression[Any]
) -> ColumnElement[bool]:
    """As `are_apart`, of columns that hold members."""
    return tuple_(first, another).in_(_all_members_apart(bank.id))


def _hidden(bank: Bank, reader_ids: Collection[int]) -> Subquery:
    """Which accounts each of these readers is shown nothing of: those kept apart from their own, or
    from that of somebody for whom they act."""
    own = union_all(
        select(Member.id.label("reader_id"), Member.account_id).where(
            Member.bank_id == bank.id, Member.id.in_(reader_ids)
        ),
        select(Helper.helper_id, Member.account_id)
        .join(Helper, and_(Helper.bank_id == Member.bank_id, Helper.member_id == Member.id))
        .where(
            Helper.bank_id == bank.id,
            Helper.helper_id.in_(reader_ids),
            Helper.revoked_at.is_(None),
        ),
    ).cte()
    apart, readers_own = _all_apart(bank.id), own.alias()
    is_theirs = select(readers_own.c.account_id).where(
        readers_own.c.reader_id == own.c.reader_id, readers_own.c.account_id == apart.c.others_id
    )
    return (
        select(own.c.reader_id, apart.c.others_id.label("account_id"))
        .join(apart, apart.c.account_id == own.c.account_id)
        .where(~is_theirs.exists())
        .distinct()
        .subquery()
    )


def hidden_from(bank: Bank, by: Actor | None) -> Select[Any] | None:
    """A query for the accounts whose offers, requests and names this reader is not shown, because
    they, or somebody for whom they act, are kept apart from whoever is behind them; None: nothing
    is hidden from the staff, nor from who is no member."""
    if by is None or by.is_broker or by.member_id is None:
        return None
    return select(_hidden(bank, [by.member_id]).c.account_id)


def hidden(session: Session, bank: Bank, reader_ids: Collection[int]) -> dict[int, frozenset[int]]:
    """The same for several members at once, whatever their role: those from whom nothing is hidden
    are left out."""
    rows = session.execute(select(_hidden(bank, reader_ids))).all()
    accounts: dict[int, set[int]] = {}
    for row in rows:
        accounts.setdefault(row.reader_id, set()).add(row.account_id)
    return {reader_id: frozenset(theirs) for reader_id, theirs in accounts.items()}


SOMEBODY = say("A member")
"""What a reader reads in place of the name of whom they are shown nothing."""


def hidden_people(session: Session, bank: Bank, by: Actor | None) -> frozenset[int]:
    """The members whose accounts are hidden from this reader."""
    accounts = hidden_from(bank, by)
    if accounts is None:
        return frozenset()
    of_accounts = select(Member.id).where(
        Member.bank_id == bank.id, Member.account_id.in_(accounts)
    )
    return frozenset(session.execute(of_accounts).scalars())


def names(
    session: Session, bank: Bank, member_ids: Collection[int], *, by: Actor | None
) -> dict[int, str]:
    """What these members are called; nothing, of whom this reader is shown nothing."""
    unnamed = hidden_people(session, bank, by)
    return {
        member_id: "" if member_id in unnamed else member.name
        for member_id, member in queries.by_ids(session, bank, member_ids).items()
    }


def hides(session: Session, bank: Bank, account_id: int, *, by: Actor | None) -> bool:
    """Whether this reader is shown nothing of that account."""
    accounts = hidden_from(bank, by)
    if accounts is None:
        return False
    hidden_ = accounts.subquery()
    asked = select(hidden_.c.account_id).where(hidden_.c.account_id == account_id)
    return session.execute(asked).first() is not None


def leave_out(
    session: Session,
    bank: Bank,
    rows: Iterable[Row],
    member_of: Callable[[Row], int | None],
    *,
    by: Actor | None,
) -> list[Row]:
    """The rows without those that are of members hidden from this reader."""
    people = hidden_people(session, bank, by)
    return [row for row in rows if member_of(row) not in people]


def between(
    session: Session, bank: Bank, account_ids: Collection[int], *, but_for: Collection[Pair] = ()
) -> dict[tuple[int, int], list[Pair]]:
    """Which of these accounts are kept apart from which others of them, and by which members, but
    for some of these: every two of them both ways round."""
    if len(account_ids) < 2:
        return {}
    apart: dict[tuple[int, int], list[Pair]] = {}
    for row in session.execute(_BETWEEN, {"bank": bank.id, "accounts": list(account_ids)}):
        pair = (row.member_id, row.other_id)
        if pair in but_for:
            continue
        for two in ((row.account_id, row.others_id), (row.others_id, row.account_id)):
            if pair not in apart.setdefault(two, []):
                apart[two].append(pair)
    return apart


def insist(session: Session, bank: Bank, party: Party, another: Party, act: Act) -> Sequence[Pair]:
    """See to it that these two may meet by this act; comes back with who is kept apart from whom
    where the staff go on all the same, for `record`.

    Raises CannotTakePart for members, in the words for somebody who pauses; KeptApart for the staff
    who do not say why (`act.word.despite`).
    """
    pairs = between(session, bank, {party.account_id, another.account_id}).get(
        (party.account_id, another.account_id), []
    )
    if pairs:
        insist_of(session, bank, pairs, act)
    return pairs


def let_meet(session: Session, bank: Bank, what: str) -> frozenset[Pair]:
    """Whom the staff let meet by `what`, as `record` has it."""
    pairs = select(Despite.member_id, Despite.other_id)
    rows = session.execute(pairs.where(Despite.bank_id == bank.id, Despite.what == what))
    return frozenset((row.member_id, row.other_id) for row in rows)


def among(
    session: Session, bank: Bank, account_ids: Collection[int], *, what: str
) -> dict[tuple[int, int], list[Pair]]:
    """As `between`, without those whom the staff let meet by `what`, as `record` has it."""
    return between(session, bank, account_ids, but_for=let_meet(session, bank, what))


def bring(
    session: Session,
    bank: Bank,
    newcomers: Collection[int],
    others: Collection[int],
    act: Act,
    *,
    what: str,
) -> None:
    """See to it that who is behind these accounts may come to where those behind the others are, by
    what; kept where the staff go on all the same. Raises as `insist` does."""
    apart = among(session, bank, {*newcomers, *others}, what=what)
    pairs = each_once(those for (one, _), those in apart.items() if one in newcomers)
    if pairs:
        insist_of(session, bank, pairs, act)
        record(session, bank, pairs, act, what=what)


def each_once(pairs: Iterable[Iterable[Pair]]) -> list[Pair]:
    """All these, each of them once."""
    return list(dict.fromkeys(pair for some in pairs for pair in some))


def insist_of(session: Session, bank: Bank, pairs: Sequence[Pair], act: Act) -> None:
    """As `insist`, for members who are known to be kept apart."""
    if not act.by.is_broker:
        raise CannotTakePart(not_just_now(bank))
    fault = fault_of_despite(act.word.despite)
    if fault:
        raise KeptApart(one_after_another([*named(session, bank, pairs), fault]))


def not_just_now(bank: Bank) -> Said:
    """What a member reads of somebody who pauses, and of somebody they are kept apart from, so that
    they cannot tell which. It names nobody: who is meant may have been a number."""
    return say(
        "Nothing can be arranged with them just now. If it matters, speak to %(ring)s.",
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


def named(session: Session, bank: Bank, pairs: Collection[Pair]) -> list[Said]:
    """Who is kept apart from whom, a sentence for each pair."""
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
    of_member = or_(Despite.member_id == member_id, Despite.other_id == member_id)
    for row in session.execute(
        select(Despite).where(Despite.bank_id == bank.id, of_member)
    ).scalars():
        session.delete(row)
    session.flush()
