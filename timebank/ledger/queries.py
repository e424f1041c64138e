"""Reading the ledger. Balances come from the account row, past balances from the running balances: never by summing."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from timebank.banks.models import Bank
from timebank.errors import NotFound
from timebank.ledger.models import Account, Entry, Posting
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
