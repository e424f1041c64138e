"""Reading the ledger. Balances come from the account row, past balances from the running balances: never by summing."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from timebank.banks.models import Bank
from timebank.errors import NotFound
from timebank.ledger.models import Account, Block, Entry, Posting
from timebank.ledger.rules import Leg


@dataclass(frozen=True)
class AccountState:
    """An account as it stands. Amounts are minutes; `seq` counts its postings."""

    id: int
    kind: str
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


def account(session: Session, bank: Bank, account_id: int) -> AccountState:
    """Raises NotFound when the bank has no such account."""
    found = accounts(session, bank, [account_id])
    if not found:
        raise NotFound("There is no such account here.")
    return found[account_id]


def accounts(session: Session, bank: Bank, account_ids: Sequence[int]) -> dict[int, AccountState]:
    """Those of the accounts that the bank has, by id."""
    rows = session.execute(select(*_STATE).where(Account.bank_id == bank.id, Account.id.in_(account_ids)))
    return {row.id: AccountState(*row) for row in rows}


def balance(session: Session, bank: Bank, account_id: int) -> int:
    """Minutes on the account now. Raises NotFound."""
    return account(session, bank, account_id).balance


def common_account(session: Session, bank: Bank, kind: str) -> AccountState:
    """The bank's one `chest` or `opening` account. Raises NotFound before the bank's books are opened."""
    row = session.execute(select(*_STATE).where(Account.bank_id == bank.id, Account.kind == kind)).first()
    if row is None:
        raise NotFound(f"This bank has no {kind} account.")
    return AccountState(*row)


def entry(session: Session, bank: Bank, entry_id: int) -> EntryState:
    """Raises NotFound when the bank has no such entry."""
    row = session.execute(select(Entry).where(Entry.bank_id == bank.id, Entry.id == entry_id)).scalar_one_or_none()
    if row is None:
        raise NotFound("There is no such entry here.")
    legs = session.execute(
        select(Posting.payer_id, Posting.payee_id, Posting.minutes).where(Posting.entry_id == entry_id).order_by(Posting.leg)
    )
    return EntryState(
        row.id, row.kind, row.cause, row.occurred_on, row.recorded_at, row.reverses_id, tuple(Leg(*leg) for leg in legs)
    )


@dataclass(frozen=True)
class Position:
    """How far the books are sealed, to be carried by whatever is made from them.

    `entries` are sealed, the last of them numbered `entry`, under `hash`; `unsealed` have come since. Before the first seal
    there is no number and no hash.
    """

    entries: int
    entry: int | None
    hash: str | None
    unsealed: int


def position(session: Session, bank: Bank) -> Position:
    """How far the bank's books are sealed."""
    block = last_block(session, bank)
    since = select(func.count()).where(Entry.bank_id == bank.id, Entry.id > (block.last if block else 0))
    unsealed = session.execute(since).scalar_one()
    if block is None:
        return Position(0, None, None, unsealed)
    return Position(block.total, block.last, block.hash, unsealed)


def last_block(session: Session, bank: Bank) -> Block | None:
    """The bank's latest block, or None before the first."""
    statement = select(Block).where(Block.bank_id == bank.id).order_by(Block.n.desc()).limit(1)
    return session.execute(statement.execution_options(populate_existing=True)).scalar_one_or_none()


def last_entry(session: Session) -> int:
    """The highest number of any bank's entries; 0 when there is none."""
    return session.execute(select(func.coalesce(func.max(Entry.id), 0))).scalar_one()


def nth_entry_after(session: Session, bank: Bank, after: int, bound: int, n: int) -> int | None:
    """The number of the bank's `n`th entry above `after` and up to `bound`, or of its last one there; None: there is none."""
    some = (
        select(Entry.id)
        .where(Entry.bank_id == bank.id, Entry.id > after, Entry.id <= bound)
        .order_by(Entry.id)
        .limit(n)
        .subquery()
    )
    return session.execute(select(func.max(some.c.id))).scalar_one()
