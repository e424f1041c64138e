"""Writing to the ledger: opening and closing accounts, posting, reversing. The caller commits."""

import json
import re
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, NoReturn

from sqlalchemy import text, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from timebank.banks.models import Bank
from timebank.ledger import queries
from timebank.ledger.errors import (
    AboveCeiling,
    AccountClosed,
    AlreadyReversed,
    BadPosting,
    BelowFloor,
    CauseUsedForAnother,
    LedgerFault,
)
from timebank.ledger.models import Account
from timebank.ledger.rules import Leg, Provenance, check_legs, request_hash

_POST = text(
    "SELECT entry_id, fresh, earlier_hash FROM ledger_post(:bank, :kind, :cause, :hash, :occurred_on, :by, :word, :channel,"
    " CAST(:reverses AS bigint), :payers, :payees, :minutes, :reversed)"
)
_EARLIER = text("SELECT id, request_hash FROM entry WHERE bank_id = :bank AND cause = :cause")
_ENTRY = text(
    "INSERT INTO entry (bank_id, kind, cause, request_hash, legs, occurred_on, recorded_by, on_word_of, channel, reverses_id)"
    " VALUES (:bank, :kind, :cause, :hash, :legs, :occurred_on, :by, :word, :channel, :reverses) RETURNING id"
)
_POSTING = text(
    "INSERT INTO posting (bank_id, entry_id, leg, payer_id, payee_id, minutes,"
    " payer_seq, payer_balance, payee_seq, payee_balance, reverses_id)"
    " SELECT :bank, :entry, :leg, p.id, q.id, :minutes, p.seq + 1, p.balance - :minutes, q.seq + 1, q.balance + :minutes,"
    " :reversed FROM account p, account q"
    " WHERE p.id = :payer AND q.id = :payee AND p.bank_id = :bank AND q.bank_id = :bank"
)
_LEGS = text("SELECT id, payer_id, payee_id, minutes FROM posting WHERE entry_id = :entry ORDER BY leg")


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
    return _write(session, bank, cause, kind, occurred_on, legs, by, reverses_id=None, reversed_ids=[None] * len(legs))


def reverse(session: Session, bank: Bank, entry_id: int, *, occurred_on: date, by: Provenance) -> int:
    """Undo an entry by its exact mirror and return the mirror's id. The entry itself stays.

    Sent again it answers with the first reversal. Raises NotFound; AlreadyReversed; BadPosting for a reversal of a reversal;
    BelowFloor, AboveCeiling or AccountClosed when the hours cannot go back.
    """
    original = queries.entry(session, bank, entry_id)
    if original.reverses_id is not None:
        raise BadPosting("That is itself a correction. Log the hours again instead.")
    rows = session.execute(_LEGS, {"entry": entry_id}).all()
    legs = [Leg(row.payee_id, row.payer_id, row.minutes) for row in rows]
    ids = [row.id for row in rows]
    return _write(
        session, bank, f"reversal:{entry_id}", "reversal", occurred_on, legs, by, reverses_id=entry_id, reversed_ids=ids
    )


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
    legs: list[Leg],
    by: Provenance,
    *,
    reverses_id: int | None,
    reversed_ids: Sequence[int | None],
) -> int:
    values = {
        "bank": bank.id,
        "kind": kind,
        "cause": cause,
        "hash": request_hash(kind, occurred_on, legs, reverses_id),
        "occurred_on": occurred_on,
        "by": by.by,
        "word": by.on_word_of,
        "channel": by.channel,
        "reverses": reverses_id,
    }
    session.flush()
    writer = _write_on_postgresql if session.get_bind().dialect.name == "postgresql" else _write_on_sqlite
    entry_id, earlier_hash = writer(session, values, legs, reversed_ids)
    if earlier_hash is not None and earlier_hash != values["hash"]:
        raise CauseUsedForAnother(cause)
    return entry_id


def _write_on_postgresql(
    session: Session, values: dict[str, Any], legs: list[Leg], reversed_ids: Sequence[int | None]
) -> tuple[int, str | None]:
    """The whole entry in one round trip."""
    payers, payees, minutes = (list(column) for column in zip(*legs, strict=True))
    arrays = {"payers": payers, "payees": payees, "minutes": minutes, "reversed": list(reversed_ids)}
    try:
        row = session.execute(_POST, {**values, **arrays}).one()
    except DBAPIError as error:
        diagnostics = getattr(error.orig, "diag", None)
        rule = getattr(diagnostics, "constraint_name", None) or ""
        facts = getattr(diagnostics, "message_detail", None) or ""
        _refuse(error, rule, json.loads(facts) if facts.startswith("{") else {})
    return row.entry_id, row.earlier_hash


def _write_on_sqlite(
    session: Session, values: dict[str, Any], legs: list[Leg], reversed_ids: Sequence[int | None]
) -> tuple[int, str | None]:
    """One statement a row: there is no round trip to save, and no other writer to wait for."""
    earlier = session.execute(_EARLIER, {"bank": values["bank"], "cause": values["cause"]}).first()
    if earlier:
        return earlier.id, earlier.request_hash
    leg = None
    try:
        on = values["occurred_on"].isoformat()
        entry_id = session.execute(_ENTRY, {**values, "occurred_on": on, "legs": len(legs)}).scalar_one()
        for number, (leg, reversed_id) in enumerate(zip(legs, reversed_ids, strict=True), start=1):
            row = {"entry": entry_id, "leg": number, "payer": leg.payer_id, "payee": leg.payee_id, "minutes": leg.minutes}
            if session.execute(_POSTING, {"bank": values["bank"], "reversed": reversed_id, **row}).rowcount != 1:  # pyright: ignore[reportAttributeAccessIssue]
                raise BadPosting("Both accounts must belong to this bank.")
    except DBAPIError as error:
        found = re.match(r"ledger_\w+", str(error.orig))
        rule = found.group() if found else ""
        _refuse(error, rule, _facts_on_sqlite(session, rule, leg) if leg else {})
    return entry_id, None


def _facts_on_sqlite(session: Session, rule: str, leg: Leg) -> dict[str, Any]:
    """The account that refused the leg, as PostgreSQL reports it. (A refused statement leaves SQLite's transaction alive.)"""
    facts = text("SELECT id AS account, balance, floor, ceiling, closed_at FROM account WHERE id = :id")
    payer, payee = (session.execute(facts, {"id": side}).mappings().one() for side in leg[:2])
    if rule == "ledger_account_closed":
        return dict(payer if payer["closed_at"] else payee)
    return {**(payer if rule == "ledger_below_floor" else payee), "change": leg.minutes}


def _refuse(error: DBAPIError, rule: str, facts: dict[str, Any]) -> NoReturn:
    """Turn the database's refusal into ours. One that no input should cause is a fault, and keeps its own words."""
    if rule == "ledger_below_floor":
        change = abs(facts["change"])
        raise BelowFloor(account_id=facts["account"], balance=facts["balance"], minutes=change, floor=facts["floor"]) from error
    if rule == "ledger_above_ceiling":
        change = abs(facts["change"])
        raise AboveCeiling(
            account_id=facts["account"], balance=facts["balance"], minutes=change, ceiling=facts["ceiling"]
        ) from error
    if rule == "ledger_account_closed":
        raise AccountClosed(account_id=facts["account"]) from error
    if rule in {"ledger_reversed_once", "uq_entry_reverses_id", "uq_posting_reverses_id"}:
        raise AlreadyReversed from error
    if rule == "ledger_same_bank":
        raise BadPosting("Both accounts must belong to this bank.") from error
    raise LedgerFault(str(error.orig)) from error
