"""Reading the ledger. Balances come from the account row, past balances from the running balances:
never by summing.

The one exception is a statement between two days, since things are recorded in another order than
they happen in.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import accumulate
from typing import Any

from sqlalchemy import (
    BigInteger,
    Select,
    and_,
    bindparam,
    case,
    column,
    exists,
    func,
    or_,
    select,
    table,
)
from sqlalchemy.orm import Session, aliased

from timebank.banks import queries as banks
from timebank.banks.models import Bank
from timebank.base import one_or_refuse
from timebank.errors import NotFound
from timebank.ledger.errors import TooManyLines
from timebank.ledger.models import Account, Block, Entry, Intervention, Posting
from timebank.ledger.rules import AccountKind, InterventionKind, Leg, is_anew
from timebank.say import say


@dataclass(frozen=True)
class AccountState:
    """An account as it stands. Amounts are minutes; `seq` counts its postings."""

    id: int
    kind: AccountKind
    label: str
    balance: int
    seq: int
    floor: int | None
    ceiling: int | None
    closed_at: datetime | None


@dataclass(frozen=True)
class EntryState:
    """An entry with its legs, in order."""

    id: int
    kind: str
    cause: str
    occurred_on: date
    recorded_at: datetime
    reverses_id: int | None
    legs: tuple[Leg, ...]
    taken_back: bool = False

    @property
    def stands(self) -> bool:
        """Whether its minutes have moved, and were not moved back."""
        return self.reverses_id is None and not self.taken_back


_STATE = (
    Account.id,
    Account.kind,
    Account.label,
    Account.balance,
    Account.seq,
    Account.floor,
    Account.ceiling,
    Account.closed_at,
)


ACCOUNTS = select(Account.bank_id, *_STATE).subquery("account")
"""Every account, for those who know whom they belong to and want to join them with it: its bank's
id and the columns of `AccountState`."""

# Put together once: balances are asked for all the time, and composing the question costs more than
# answering it.
_ACCOUNTS = (
    select(*_STATE)
    .where(
        Account.bank_id == bindparam("bank"), Account.id.in_(bindparam("accounts", expanding=True))
    )
    .order_by(Account.id)
)


def account(session: Session, bank: Bank, account_id: int, *, hold: bool = False) -> AccountState:
    """Raises NotFound when the bank has no such account. With `hold` nothing moves it until this
    transaction ends."""
    states = accounts(session, bank, [account_id], hold=hold)
    if not states:
        raise NotFound(say("There is no such account here."))
    return states[account_id]


def accounts(
    session: Session, bank: Bank, account_ids: Collection[int], *, hold: bool = False
) -> dict[int, AccountState]:
    """Those of the accounts that the bank has, by id; with `hold` locked, in the order in which
    postings lock them."""
    statement = _ACCOUNTS.with_for_update(key_share=True) if hold else _ACCOUNTS
    rows = session.execute(statement, {"bank": bank.id, "accounts": account_ids})
    return {row.id: AccountState(*row) for row in rows}


def balance(session: Session, bank: Bank, account_id: int) -> int:
    """Minutes on the account now. Raises NotFound."""
    return account(session, bank, account_id).balance


def chest(session: Session, bank: Bank) -> AccountState:
    """The account that all of the bank's members share. Raises NotFound before the bank's books
    are opened."""
    return _only_one(session, bank, AccountKind.CHEST)


def opening(session: Session, bank: Bank) -> AccountState:
    """The account that opening balances come from. Raises NotFound before the bank's books are
    opened."""
    return _only_one(session, bank, AccountKind.OPENING)


def _only_one(session: Session, bank: Bank, kind: AccountKind) -> AccountState:
    row = session.execute(
        select(*_STATE).where(Account.bank_id == bank.id, Account.kind == kind)
    ).first()
    if row is None:
        raise NotFound(say("The books of this time bank have not been opened."))
    return AccountState(*row)


def entry(session: Session, bank: Bank, entry_id: int) -> EntryState:
    """Raises NotFound when the bank has no such entry."""
    row = one_or_refuse(
        session,
        select(Entry).where(Entry.bank_id == bank.id, Entry.id == entry_id),
        say("There is no such entry here."),
    )
    legs = session.execute(
        select(Posting.payer_id, Posting.payee_id, Posting.minutes)
        .where(Posting.entry_id == entry_id)
        .order_by(Posting.leg)
    )
    return EntryState(
        row.id,
        row.kind,
        row.cause,
        row.occurred_on,
        row.recorded_at,
        row.reverses_id,
        tuple(Leg(*leg) for leg in legs),
    )


def standing(session: Session, bank: Bank, account_id: int) -> list[EntryState]:
    """The entries of an account that were not taken back, and are not what takes one back, the
    earliest first."""
    of_account = or_(Posting.payer_id == account_id, Posting.payee_id == account_id)
    of_entry = and_(Posting.bank_id == bank.id, Posting.entry_id == Entry.id, of_account)
    ids = select(Entry.id).where(Entry.bank_id == bank.id, exists().where(of_entry))
    return [each for each in entries(session, bank, ids) if each.stands]


def entries(session: Session, bank: Bank, ids: Select[Any] | Collection[int]) -> list[EntryState]:
    """These entries, each with its legs, the earliest first."""
    back = aliased(Entry)
    taken_back = exists().where(back.reverses_id == Entry.id)
    rows = session.execute(
        select(Entry, taken_back.label("taken_back"))
        .where(Entry.bank_id == bank.id, Entry.id.in_(ids))
        .order_by(Entry.id)
    ).all()
    legs: dict[int, list[Leg]] = {row.Entry.id: [] for row in rows}
    posted = select(Posting).where(Posting.bank_id == bank.id, Posting.entry_id.in_(ids))
    for leg in session.execute(posted.order_by(Posting.entry_id, Posting.leg)).scalars():
        legs[leg.entry_id].append(Leg(leg.payer_id, leg.payee_id, leg.minutes))
    return [
        EntryState(
            row.Entry.id,
            row.Entry.kind,
            row.Entry.cause,
            row.Entry.occurred_on,
            row.Entry.recorded_at,
            row.Entry.reverses_id,
            tuple(legs[row.Entry.id]),
            row.taken_back,
        )
        for row in rows
    ]


def explained_by(session: Session, bank: Bank, entry_ids: Collection[int]) -> list[Intervention]:
    """Why these entries were made, where that was written down."""
    made = select(Intervention).where(
        Intervention.bank_id == bank.id, Intervention.entry_id.in_(entry_ids)
    )
    return list(session.execute(made.order_by(Intervention.id)).scalars())


def is_explained(session: Session, entry_id: int) -> bool:
    """Whether the books hold why this entry was taken back."""
    explained = select(Intervention.id).where(Intervention.reverses_id == entry_id)
    return session.execute(explained).first() is not None


@dataclass(frozen=True)
class Wanted:
    """Which interventions are wanted, and which page of them: `before` an id, at most `limit`."""

    kind: InterventionKind | None = None
    by: str | None = None
    start: datetime | None = None
    end: datetime | None = None
    before: int | None = None
    limit: int | None = None


def interventions(session: Session, bank: Bank, wanted: Wanted) -> Sequence[Intervention]:
    """What was done to the books besides posting, the latest first: one more than `limit`, where
    there are more; from `start` on and before `end`."""
    statement = select(Intervention).where(Intervention.bank_id == bank.id)
    if wanted.kind is not None:
        statement = statement.where(Intervention.kind == wanted.kind)
    if wanted.by is not None:
        statement = statement.where(Intervention.by == wanted.by)
    if wanted.start is not None:
        statement = statement.where(Intervention.at >= wanted.start)
    if wanted.end is not None:
        statement = statement.where(Intervention.at < wanted.end)
    if wanted.before is not None:
        statement = statement.where(Intervention.id < wanted.before)
    if wanted.limit is not None:
        statement = statement.limit(wanted.limit + 1)
    return session.execute(statement.order_by(Intervention.id.desc())).scalars().all()


def limits_of(session: Session, bank: Bank, account_id: int) -> Sequence[Intervention]:
    """How the limits of an account were changed, the earliest first."""
    statement = select(Intervention).where(
        Intervention.bank_id == bank.id, Intervention.account_id == account_id
    )
    return session.execute(statement.order_by(Intervention.id)).scalars().all()


@dataclass(frozen=True)
class Position:
    """How far the books are sealed, to be carried by whatever is made from them.

    `entries` are sealed, the last of them numbered `entry`, under `hash`; `unsealed` have come
    since. Before the first seal there is no number and no hash.
    """

    entries: int
    entry: int | None
    hash: str | None
    unsealed: int


def position(session: Session, bank: Bank) -> Position:
    """How far the bank's books are sealed."""
    block = last_block(session, bank)
    since = select(func.count()).where(
        Entry.bank_id == bank.id, Entry.id > (block.last if block else 0)
    )
    unsealed = session.execute(since).scalar_one()
    if block is None:
        return Position(0, None, None, unsealed)
    return Position(block.total, block.last, block.hash, unsealed)


def last_block(session: Session, bank: Bank) -> Block | None:
    """The bank's latest block, or None before the first."""
    statement = select(Block).where(Block.bank_id == bank.id).order_by(Block.n.desc()).limit(1)
    return session.execute(statement.execution_options(populate_existing=True)).scalar_one_or_none()


def unsealed(session: Session, now: datetime, after: int, limit: int) -> Sequence[int]:
    """The ids of the next banks, above `after`, with an entry that is in no block."""
    last = (
        select(Block.last)
        .where(Block.bank_id == Bank.id)
        .order_by(Block.n.desc())
        .limit(1)
        # Else the subquery would look for a bank of its own, and find any.
        .correlate(Bank)
        .scalar_subquery()
    )
    waits = exists().where(Entry.bank_id == Bank.id, Entry.id > func.coalesce(last, 0))
    return banks.ids_after(session, after, limit, waits)


def last_entry(session: Session) -> int:
    """The highest number of any bank's entries; 0 when there is none."""
    return session.execute(select(func.coalesce(func.max(Entry.id), 0))).scalar_one()


def nth_entry_after(session: Session, bank: Bank, after: int, bound: int, n: int) -> int | None:
    """The number of the bank's `n`th entry above `after` and up to `bound`, or of its last one
    there; None: there is none."""
    numbers = (
        select(Entry.id)
        .where(Entry.bank_id == bank.id, Entry.id > after, Entry.id <= bound)
        .order_by(Entry.id)
        .limit(n)
    )
    return session.execute(select(func.max(numbers.subquery().c.id))).scalar_one()


@dataclass(frozen=True)
class Line:
    """One posting as the holder of an account sees it: `minutes` is negative where they were taken
    off; `balance` is what there is with it and everything before it, by the day on which things
    happened, which need not be the order in which they were written down.

    A correction names the entry it takes back by `reverses`, with that one's kind and day;
    `taken_back_on` is the day of the correction of this one. `cause` is what the entry is for.
    """

    seq: int
    minutes: int
    balance: int
    other_id: int
    entry_id: int
    kind: str
    occurred_on: date
    recorded_at: datetime
    reverses: int | None
    reverses_kind: str | None
    reverses_on: date | None
    taken_back_on: date | None
    cause: str

    @property
    def anew(self) -> bool:
        """Whether it says again what was taken back, since two accounts are one person's."""
        return is_anew(self.cause)


@dataclass(frozen=True)
class Period:
    """What happened to an account between two days, in minutes. Each line's balance is that of the
    day, not of the journal."""

    brought_forward: int
    added: int
    taken_off: int
    carried_forward: int
    lines: tuple[Line, ...]


_LINE = table(
    "account_line",
    *(
        column(name, BigInteger)
        for name in ("bank_id", "account_id", "seq", "minutes", "balance", "other_id", "entry_id")
    ),
)


def lines(
    session: Session,
    bank: Bank,
    account_id: int,
    *,
    before_seq: int | None = None,
    limit: int = 50,
    state: AccountState | None = None,
) -> list[Line]:
    """Up to `limit + 1` of the account's lines, those of the latest days first, before the line
    `before_seq`. Raises NotFound, unless the account's `state` has been read already.

    They stand by the day on which things happened, as in a `statement` between two days, and have
    the same balances.
    """
    if state is None:
        account(session, bank, account_id)
    page = _lines(bank, account_id)
    now = select(ACCOUNTS.c.balance).where(ACCOUNTS.c.id == account_id).scalar_subquery()
    if before_seq is not None:
        mine = (_LINE.c.bank_id == bank.id, _LINE.c.account_id == account_id)
        of_entry = Entry.id == _LINE.c.entry_id
        day = (
            select(Entry.occurred_on)
            .join(_LINE, of_entry)
            .where(*mine, _LINE.c.seq == before_seq)
            .correlate(None)
            .scalar_subquery()
        )
        earlier = or_(
            Entry.occurred_on < day, and_(Entry.occurred_on == day, _LINE.c.seq < before_seq)
        )
        later = (
            select(func.coalesce(func.sum(_LINE.c.minutes), 0))
            .join(Entry, of_entry)
            .where(*mine, ~earlier)
            .correlate(None)
            .scalar_subquery()
        )
        page, now = page.where(earlier), now - later
    latest_first = page.add_columns(now).order_by(Entry.occurred_on.desc(), _LINE.c.seq.desc())
    statement_lines: list[Line] = []
    balance: int | None = None
    for *row, before_these in session.execute(latest_first.limit(limit + 1)):
        balance = int(before_these) if balance is None else balance
        statement_lines.append(replace(Line(*row), balance=balance))
        balance -= statement_lines[-1].minutes
    return statement_lines


def statement(
    session: Session,
    bank: Bank,
    account_id: int,
    start: date | None,
    end: date | None,
    *,
    at_most: int | None = None,
) -> Period:
    """What happened to the account from `start` to `end`, both included; None: no bound.

    Lines are in the order in which things happened, which need not be that in which they were
    recorded. Raises NotFound, and TooManyLines for more than `at_most`.
    """
    account(session, bank, account_id)
    mine = (_LINE.c.bank_id == bank.id, _LINE.c.account_id == account_id)
    brought = 0
    if start is not None:
        before = select(func.coalesce(func.sum(_LINE.c.minutes), 0)).join(
            Entry, Entry.id == _LINE.c.entry_id
        )
        brought = int(session.execute(before.where(*mine, Entry.occurred_on < start)).scalar_one())
    within = _lines(bank, account_id).order_by(Entry.occurred_on, _LINE.c.seq)
    if start is not None:
        within = within.where(Entry.occurred_on >= start)
    if end is not None:
        within = within.where(Entry.occurred_on <= end)
    if at_most is not None:
        within = within.limit(at_most + 1)
    rows = [Line(*row) for row in session.execute(within)]
    if at_most is not None and len(rows) > at_most:
        raise TooManyLines(at_most)
    balances = list(accumulate((line.minutes for line in rows), initial=brought))
    return Period(
        brought_forward=brought,
        added=sum(line.minutes for line in rows if line.minutes > 0),
        taken_off=-sum(line.minutes for line in rows if line.minutes < 0),
        carried_forward=balances[-1],
        lines=tuple(
            replace(line, balance=balance) for line, balance in zip(rows, balances[1:], strict=True)
        ),
    )


def _lines(bank: Bank, account_id: int) -> Select[*tuple[Any, ...]]:
    taken_back, correction = aliased(Entry), aliased(Entry)
    return (
        select(
            _LINE.c.seq,
            _LINE.c.minutes,
            _LINE.c.balance,
            _LINE.c.other_id,
            Entry.id,
            Entry.kind,
            Entry.occurred_on,
            Entry.recorded_at,
            Entry.reverses_id,
            taken_back.kind,
            taken_back.occurred_on,
            correction.occurred_on,
            Entry.cause,
        )
        .join(Entry, Entry.id == _LINE.c.entry_id)
        .outerjoin(taken_back, taken_back.id == Entry.reverses_id)
        .outerjoin(correction, correction.reverses_id == Entry.id)
        .where(_LINE.c.bank_id == bank.id, _LINE.c.account_id == account_id)
    )


@dataclass(frozen=True)
class Turnover:
    """What entries of one kind added to an account and took off it, in minutes."""

    added: int
    taken_off: int


def turnover(session: Session, bank: Bank, account_id: int, since: date) -> dict[str, Turnover]:
    """What moved on an account from that day on, by the kind of entry.

    An entry that was taken back in that time, and its correction, are both left out: in sum they
    are nothing.
    """
    taken_back, correction = aliased(Entry), aliased(Entry)
    minutes = _LINE.c.minutes
    statement = (
        select(
            Entry.kind,
            func.sum(case((minutes > 0, minutes), else_=0)),
            func.sum(case((minutes < 0, -minutes), else_=0)),
        )
        .select_from(_LINE)
        .join(Entry, Entry.id == _LINE.c.entry_id)
        .outerjoin(taken_back, taken_back.id == Entry.reverses_id)
        .outerjoin(correction, correction.reverses_id == Entry.id)
        .where(
            _LINE.c.bank_id == bank.id, _LINE.c.account_id == account_id, Entry.occurred_on >= since
        )
        .where(
            *(
                or_(other.id.is_(None), other.occurred_on < since)
                for other in (taken_back, correction)
            )
        )
        .group_by(Entry.kind)
    )
    return {
        kind: Turnover(int(added), int(taken_off))
        for kind, added, taken_off in session.execute(statement)
    }


def moved_on(
    session: Session, bank: Bank, kind: str, payer_id: int, payee_id: int, on: date
) -> int | None:
    """The minutes of the first entry of a kind that took minutes from one to the other on that day
    and was not taken back; None where there is none."""
    back = aliased(Entry)
    taken_back = (
        select(back.id).where(back.bank_id == Entry.bank_id, back.reverses_id == Entry.id).exists()
    )
    statement = (
        select(Posting.minutes)
        .join(Entry, Entry.id == Posting.entry_id)
        .where(
            Posting.bank_id == bank.id,
            Posting.payer_id == payer_id,
            Posting.payee_id == payee_id,
            Entry.kind == kind,
            Entry.occurred_on == on,
            Entry.reverses_id.is_(None),
            ~taken_back,
        )
    )
    return session.execute(statement.order_by(Entry.id).limit(1)).scalar_one_or_none()
