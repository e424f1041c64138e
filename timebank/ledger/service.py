"""Writing to the ledger: opening and closing accounts, posting, reversing. The caller commits."""

import json
import re
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, NoReturn

from sqlalchemy import Connection, insert, text, update
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.orm import Session

from timebank.banks.models import Bank
from timebank.ledger import chain, queries
from timebank.ledger.errors import (
    AboveCeiling,
    AccountClosed,
    AlreadyReversed,
    BadPosting,
    BelowFloor,
    CauseUsedForAnother,
    LedgerFault,
)
from timebank.ledger.models import Account, Block
from timebank.ledger.rules import Leg, Provenance, check_legs, request_hash

# Posting is the one hot path: its statements go to the driver as they are, without the unit of work.
_POST = (
    "SELECT ledger_post(%s, %s, %s, %s, %s, %s, %s, %s, CAST(%s AS bigint),"
    " CAST(%s AS bigint[]), CAST(%s AS bigint[]), CAST(%s AS bigint[]))"
)
_ENTRY = (
    "INSERT INTO entry (bank_id, kind, cause, request_hash, occurred_on, recorded_by, on_word_of, channel, reverses_id, legs)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id"
)
_EARLIER = "SELECT id, request_hash FROM entry WHERE bank_id = ? AND cause = ?"
_POSTING = (
    "INSERT INTO posting (bank_id, entry_id, leg, payer_id, payee_id, minutes,"
    " payer_seq, payer_balance, payee_seq, payee_balance)"
    " SELECT ?1, ?2, ?3, p.id, q.id, ?6, p.seq + 1, p.balance - ?6, q.seq + 1, q.balance + ?6"
    " FROM account p, account q WHERE p.id = ?4 AND q.id = ?5"
)


def open_account(
    session: Session, bank: Bank, kind: str, label: str, *, floor: int | None, ceiling: int | None = None, now: datetime
) -> int:
    """Open an empty account and return its id. `floor` and `ceiling` are minutes; None: no bound."""
    account = Account(bank_id=bank.id, kind=kind, label=label, floor=floor, ceiling=ceiling, opened_at=now)
    session.add(account)
    session.flush()
    return account.id


def open_books(session: Session, bank: Bank, *, now: datetime) -> None:
    """Give a new bank its chest and the account that opening balances come from."""
    open_account(session, bank, "chest", "Community chest", floor=bank.chest_floor, now=now)
    open_account(session, bank, "opening", "Opening balances", floor=None, now=now)


def post(
    session: Session,
    bank: Bank,
    *,
    cause: str,
    kind: str,
    occurred_on: date,
    postings: Sequence[tuple[int, int, int]],
    by: Provenance,
) -> int:
    """Write one entry and return its id. `postings` are (payer account, payee account, minutes), in order.

    The same cause with the same content answers with the entry it made the first time. Raises BadPosting, BelowFloor,
    AboveCeiling, AccountClosed, or CauseUsedForAnother when the cause came before with other content. After a refusal the
    transaction is to be rolled back.
    """
    legs = [Leg(*posting) for posting in postings]
    check_legs(legs)
    return _write(session, bank, cause, kind, occurred_on, legs, by)


def reverse(session: Session, bank: Bank, entry_id: int, *, occurred_on: date, by: Provenance) -> int:
    """Undo an entry by its exact mirror and return the mirror's id. The entry itself stays.

    Sent again it answers with the first reversal. Raises NotFound; AlreadyReversed when it was reversed on another date;
    BadPosting for a reversal of a reversal; BelowFloor, AboveCeiling or AccountClosed when the hours cannot go back.
    """
    original = queries.entry(session, bank, entry_id)
    if original.reverses_id is not None:
        raise BadPosting("That is itself a correction. Log the hours again instead.")
    legs = [Leg(payee, payer, minutes) for payer, payee, minutes in original.legs]
    try:
        return _write(session, bank, f"reversal:{entry_id}", "reversal", occurred_on, legs, by, reverses_id=entry_id)
    except CauseUsedForAnother as error:
        raise AlreadyReversed from error


BLOCK = 10_000
"""Most entries in one block, so that sealing takes little memory and does not hold SQLite's write lock for long."""

_PATIENCE = "5 seconds"
_SEALING = 1_214_606_444
"""The class of the advisory locks that let one sealer at a time work on a bank. Any number that nothing else uses will do."""


def seal(session: Session, bank: Bank, *, now: datetime, at_most: int = BLOCK) -> int:
    """Seal the bank's oldest unsealed entries, up to `at_most`, in one block. Returns how many entries it holds; 0: no block.

    On PostgreSQL only entries are sealed below which no other can still appear. It waits a few seconds for transactions that
    are writing entries, holds none of them up, and seals nothing this time when one of them takes longer. The transaction
    must be READ COMMITTED.
    """
    bound = _settled_up_to(session, bank)
    last = queries.last_block(session, bank)
    n, after, total, before = (last.n, last.last, last.total, last.hash) if last else (0, 0, 0, chain.BEGINNING)
    up_to = queries.nth_entry_after(session, bank, after, bound, at_most)
    if up_to is None:
        return 0
    run = chain.run(session, bank.id, n + 1, before=before, after=after, last=up_to, sealed_at=now)
    block = {"bank_id": bank.id, "n": n + 1, "first": run.first, "last": up_to, "entries": run.entries}
    session.execute(insert(Block).values(**block, total=total + run.entries, hash=run.hash, sealed_at=now))
    return run.entries


def _settled_up_to(session: Session, bank: Bank) -> int:
    """The highest entry number such that none below it can still appear, as far as that can be told now; else 0.

    On SQLite this transaction holds the one write lock, so everything is settled.
    """
    if session.connection().dialect.name == "sqlite":
        return queries.last_entry(session)
    session.execute(text("SELECT pg_advisory_xact_lock(:sealing, :bank)"), {"sealing": _SEALING, "bank": bank.id})
    settled = text("SELECT ledger_settled_up_to(CAST(:patience AS interval))")
    return session.execute(settled, {"patience": _PATIENCE}).scalar_one() or 0


def relabel(session: Session, bank: Bank, account_id: int, label: str) -> None:
    """Change what statements call the account."""
    _change(session, bank, account_id, label=label)


def set_limits(session: Session, bank: Bank, account_id: int, *, floor: int | None, ceiling: int | None) -> None:
    """Change the account's limits, in minutes. Raises BelowFloor or AboveCeiling when its balance is outside them."""
    state = queries.account(session, bank, account_id)
    if floor is not None and state.balance < floor:
        raise BelowFloor(account_id=account_id, balance=state.balance, minutes=0, floor=floor)
    if ceiling is not None and state.balance > ceiling:
        raise AboveCeiling(account_id=account_id, balance=state.balance, minutes=0, ceiling=ceiling)
    _change(session, bank, account_id, floor=floor, ceiling=ceiling)


def close_account(session: Session, bank: Bank, account_id: int, *, now: datetime) -> None:
    """Close the account: it keeps its history and takes no more postings."""
    _change(session, bank, account_id, closed_at=now)


def _change(session: Session, bank: Bank, account_id: int, **values: Any) -> None:
    queries.account(session, bank, account_id)
    statement = update(Account).where(Account.bank_id == bank.id, Account.id == account_id).values(values)
    session.execute(statement.execution_options(synchronize_session=False))


def _write(
    session: Session,
    bank: Bank,
    cause: str,
    kind: str,
    occurred_on: date,
    legs: Sequence[Leg],
    by: Provenance,
    reverses_id: int | None = None,
) -> int:
    session.flush()
    connection = session.connection()
    content = request_hash(kind, occurred_on, legs, reverses_id)
    values = (bank.id, kind, cause, content, occurred_on.isoformat(), by.by, by.on_word_of, by.channel, reverses_id)
    if connection.dialect.name == "postgresql":
        return _write_on_postgresql(connection, values, legs)
    return _write_on_sqlite(connection, values, legs)


def _write_on_postgresql(connection: Connection, values: tuple[Any, ...], legs: Sequence[Leg]) -> int:
    """The whole entry in one round trip."""
    # As text, since the driver would choose the type of an array, and with it the prepared statement, by its largest number.
    columns = tuple("{" + ",".join(map(str, column)) + "}" for column in zip(*legs, strict=True))
    try:
        return connection.exec_driver_sql(_POST, values + columns).scalar_one()
    except DBAPIError as error:
        diagnostics = getattr(error.orig, "diag", None)
        rule = getattr(diagnostics, "constraint_name", None) or ""
        facts = getattr(diagnostics, "message_detail", None) or ""
        _refuse(error, rule, json.loads(facts) if facts.startswith("{") else {})


def _write_on_sqlite(connection: Connection, values: tuple[Any, ...], legs: Sequence[Leg]) -> int:
    """One statement a row: there is no round trip to save, and no other writer to wait for."""
    bank_id, cause, content = values[0], values[2], values[3]
    leg = None
    try:
        entry_id = connection.exec_driver_sql(_ENTRY, (*values, len(legs))).scalar_one()
        for number, leg in enumerate(legs, start=1):
            if connection.exec_driver_sql(_POSTING, (bank_id, entry_id, number, *leg)).rowcount != 1:
                raise BadPosting("Both accounts must belong to this bank.")
    except DBAPIError as error:
        found = re.match(r"ledger_\w+", str(error.orig))
        rule = found.group() if found else ""
        if rule == "ledger_once":
            earlier = connection.exec_driver_sql(_EARLIER, (bank_id, cause)).one()
            if earlier.request_hash == content:
                return earlier.id
        _refuse(error, rule, _facts_on_sqlite(connection, rule, cause, leg))
    return entry_id


def _facts_on_sqlite(connection: Connection, rule: str, cause: str, leg: Leg | None) -> dict[str, Any]:
    """The account that refused the leg, as PostgreSQL reports it. (A refused statement leaves SQLite's transaction alive.)"""
    if leg is None:
        return {"cause": cause}
    facts = "SELECT id AS account, balance, floor, ceiling, closed_at FROM account WHERE id = ?"
    payer, payee = (connection.exec_driver_sql(facts, (side,)).mappings().one() for side in leg[:2])
    refused = payer if rule == "ledger_below_floor" or (rule == "ledger_account_closed" and payer["closed_at"]) else payee
    return {**refused, "minutes": leg.minutes, "cause": cause}


def _refuse(error: DBAPIError, rule: str, facts: dict[str, Any]) -> NoReturn:
    """Turn the database's refusal into ours. One that no input should cause is a fault, and keeps its own words."""
    if rule == "ledger_below_floor":
        raise BelowFloor(
            account_id=facts["account"], balance=facts["balance"], minutes=facts["minutes"], floor=facts["floor"]
        ) from error
    if rule == "ledger_above_ceiling":
        raise AboveCeiling(
            account_id=facts["account"], balance=facts["balance"], minutes=facts["minutes"], ceiling=facts["ceiling"]
        ) from error
    if rule == "ledger_account_closed":
        raise AccountClosed(account_id=facts["account"]) from error
    if rule == "ledger_once":
        raise CauseUsedForAnother(facts["cause"]) from error
    if rule in {"ledger_reversed_once", "uq_entry_reverses_id"}:
        raise AlreadyReversed from error
    if rule == "ledger_same_bank":
        raise BadPosting("Both accounts must belong to this bank.") from error
    if isinstance(error, OperationalError):
        raise error
    raise LedgerFault(str(error.orig)) from error
