"""Writing to the ledger: opening and closing accounts, posting, reversing. The caller commits."""

import json
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Literal, NamedTuple, NoReturn

from sqlalchemy import Connection, CursorResult, func, insert, select, text, true, update
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.orm import InstrumentedAttribute, Session

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
    OutsideLimits,
    StillWriting,
)
from timebank.ledger.models import Account, Block
from timebank.ledger.rules import Leg, NewEntry, Provenance, check_legs, request_hash

# Posting is the one hot path: its statements go to the driver as they are, without the unit of work.
_POST = (
    "SELECT ledger_post(%s, %s, %s, %s, %s, %s, %s, %s, CAST(%s AS bigint),"
    " CAST(%s AS bigint[]), CAST(%s AS bigint[]), CAST(%s AS bigint[]))"
)
_ENTRY = (
    "INSERT INTO entry (bank_id, kind, cause, request_hash, occurred_on, recorded_by, on_word_of, channel, reverses_id, legs)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id"
)
_POST_MANY = "SELECT number FROM ledger_post_many(%s, CAST(%s AS json))"
_NUMBERED_ENTRY = _ENTRY.replace("legs)", "legs, id)").replace("?) RETURNING id", "?, ?)")
_ALL_EARLIER = "SELECT cause, id, request_hash FROM entry WHERE bank_id = ? AND cause IN (SELECT value FROM json_each(?))"
_AT_A_TIME = 1_000
_ANOTHER_BANK = "Both accounts must belong to this bank."
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


def post_many(session: Session, bank: Bank, entries: Sequence[NewEntry]) -> list[int]:
    """Write many entries and return their ids, in order: for imports, at a small part of the cost of one by one.

    Refuses as `post` does, all of them together, with the `cause` of the first that cannot be. Causes that came before, here
    or in the books, answer with their entries. The bank's accounts in it are locked for the rest of the transaction.
    """
    session.flush()
    connection = session.connection()
    writer = _write_many_on_postgresql if connection.dialect.name == "postgresql" else _write_many_on_sqlite
    ids: list[int] = []
    for start in range(0, len(entries), _AT_A_TIME):
        batch: dict[str, _Prepared] = {}
        some = entries[start : start + _AT_A_TIME]
        for entry in some:
            legs = [Leg(*posting) for posting in entry.postings]
            check_legs(legs)
            prepared = _Prepared(entry, legs, request_hash(entry.kind, entry.occurred_on, legs, None))
            if batch.setdefault(entry.cause, prepared).hash != prepared.hash:
                raise CauseUsedForAnother(entry.cause)
        written = dict(zip(batch, writer(connection, bank.id, list(batch.values())), strict=True))
        ids += [written[entry.cause] for entry in some]
    return ids


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


@dataclass(frozen=True)
class Sealed:
    """The books as far as they are sealed: `entries` up to the one numbered `last`, under `hash` (None: there are none).

    They hold everything that was ever, and will ever have been, recorded by `as_of`.
    """

    entries: int
    last: int | None
    hash: str | None
    as_of: datetime


def seal(session: Session, bank: Bank, *, now: datetime) -> Sealed:
    """Seal everything in the bank's books, block by block.

    On PostgreSQL it waits a few seconds for transactions that are writing entries, without holding any of them up. Raises
    StillWriting when one of them takes longer. The transaction must be READ COMMITTED.
    """
    number, as_of = _settle(session, bank)
    if number is None or as_of is None:
        raise StillWriting
    while _seal_block(session, bank, number, now):
        pass
    block = queries.last_block(session, bank)
    return Sealed(block.total, block.last, block.hash, as_of) if block else Sealed(0, None, None, as_of)


def seal_block(session: Session, bank: Bank, *, now: datetime) -> int:
    """Seal the bank's oldest unsealed entries, `BLOCK` at most, and return how many they are.

    Seals nothing this time when on PostgreSQL somebody takes long to write.
    """
    number, _ = _settle(session, bank)
    return _seal_block(session, bank, number or 0, now)


def _seal_block(session: Session, bank: Bank, number: int, now: datetime) -> int:
    last = queries.last_block(session, bank)
    n, after, total, before = (last.n, last.last, last.total, last.hash) if last else (0, 0, 0, chain.BEGINNING)
    up_to = queries.nth_entry_after(session, bank, after, number, BLOCK)
    if up_to is None:
        return 0
    run = chain.run(session, bank.id, n + 1, before=before, after=after, last=up_to, sealed_at=now)
    block = {"bank_id": bank.id, "n": n + 1, "first": run.first, "last": up_to, "entries": run.entries}
    session.execute(insert(Block).values(**block, total=total + run.entries, hash=run.hash, sealed_at=now))
    return run.entries


def _settle(session: Session, bank: Bank) -> tuple[int | None, datetime | None]:
    """The entry number and the instant up to which nothing can be added any more; None when that cannot be told in time.

    One at a time for each bank: a second sealer waits until the first has committed.
    """
    if session.connection().dialect.name == "sqlite":
        # This transaction holds the one write lock, but SQLite dates entries to the millisecond: let this one pass.
        instant = session.execute(text("SELECT strftime('%Y-%m-%d %H:%M:%f', 'now')")).scalar_one()
        time.sleep(0.001)
        return queries.last_entry(session), datetime.fromisoformat(instant).replace(tzinfo=UTC)
    session.execute(text("SELECT pg_advisory_xact_lock(:sealing, :bank)"), {"sealing": _SEALING, "bank": bank.id})
    settled = text("SELECT number, instant FROM ledger_settled(CAST(:patience AS interval))")
    number, instant = session.execute(settled, {"patience": _PATIENCE}).one()
    return number, instant


def relabel(session: Session, bank: Bank, account_id: int, label: str) -> None:
    """Change what statements call the account."""
    _change(session, bank, account_id, label=label)


def set_limits(session: Session, bank: Bank, account_id: int, *, floor: int | None, ceiling: int | None) -> None:
    """Change the account's limits, in minutes. Raises NotFound, and OutsideLimits when its balance is outside them."""
    state = queries.account(session, bank, account_id)
    if (floor is not None and state.balance < floor) or (ceiling is not None and state.balance > ceiling):
        raise OutsideLimits(account_id=account_id, balance=state.balance)
    _change(session, bank, account_id, floor=floor, ceiling=ceiling)


def replace_limit(
    session: Session, bank: Bank, kind: str, limit: Literal["floor", "ceiling"], *, old: int | None, new: int | None
) -> tuple[list[int], int]:
    """Give the bank's open accounts of a kind whose `limit` is `old` the limit `new`, in minutes; None: no bound.

    An account whose balance is outside the new limit keeps the old one. Returns the ids of those changed, and how many kept
    theirs. One statement changes them all, and takes them in the order in which postings do.
    """
    if old == new:
        return [], 0
    column: InstrumentedAttribute[int | None] = getattr(Account, limit)
    same = (Account.bank_id == bank.id, Account.kind == kind, Account.closed_at.is_(None), column.is_not_distinct_from(old))
    within = true() if new is None else Account.balance >= new if limit == "floor" else Account.balance <= new
    taken = select(Account.id).where(*same, within).order_by(Account.id).with_for_update(key_share=True)
    change = update(Account).where(Account.id.in_(taken)).values({limit: new}).returning(Account.id)
    changed = session.execute(change, execution_options={"synchronize_session": False}).scalars().all()
    return list(changed), session.execute(select(func.count()).select_from(Account).where(*same)).scalar_one()


def close_account(session: Session, bank: Bank, account_id: int, *, now: datetime) -> None:
    """Close the account: it keeps its history and takes no more postings."""
    _change(session, bank, account_id, closed_at=now)


def _change(session: Session, bank: Bank, account_id: int, **values: Any) -> None:
    queries.account(session, bank, account_id)
    statement = update(Account).where(Account.bank_id == bank.id, Account.id == account_id).values(values)
    session.execute(statement.execution_options(synchronize_session=False))


class _Prepared(NamedTuple):
    """An entry that was looked at."""

    entry: NewEntry
    legs: list[Leg]
    hash: str


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
    return _answer(connection, _POST, values + columns).scalar_one()


def _write_many_on_postgresql(connection: Connection, bank_id: int, batch: Sequence[_Prepared]) -> list[int]:
    """All of them in one round trip."""
    entries = [
        {
            "cause": entry.cause,
            "kind": entry.kind,
            "hash": content,
            "occurred_on": entry.occurred_on.isoformat(),
            "recorded_by": entry.by.by,
            "on_word_of": entry.by.on_word_of,
            "channel": entry.by.channel,
            "payers": [leg.payer_id for leg in legs],
            "payees": [leg.payee_id for leg in legs],
            "minutes": [leg.minutes for leg in legs],
        }
        for entry, legs, content in batch
    ]
    return list(_answer(connection, _POST_MANY, (bank_id, json.dumps(entries))).scalars())


def _answer(connection: Connection, statement: str, values: tuple[Any, ...]) -> CursorResult[Any]:
    """What a function of the ledger answers. Its refusals become ours."""
    try:
        return connection.exec_driver_sql(statement, values)
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
                raise BadPosting(_ANOTHER_BANK)
    except DBAPIError as error:
        rule = _rule_on_sqlite(error)
        if rule == "ledger_once":
            earlier = connection.exec_driver_sql(_EARLIER, (bank_id, cause)).one()
            if earlier.request_hash == content:
                return earlier.id
        _refuse(error, rule, _facts_on_sqlite(connection, rule, cause, leg))
    return entry_id


def _write_many_on_sqlite(connection: Connection, bank_id: int, batch: Sequence[_Prepared]) -> list[int]:
    """Two statements for all of them. Entries are numbered without a gap and nobody else writes, so their ids are known."""
    written = {
        row.cause: row
        for row in connection.exec_driver_sql(_ALL_EARLIER, (bank_id, json.dumps([entry.cause for entry, _, _ in batch])))
    }
    number = connection.exec_driver_sql("SELECT coalesce(max(id), 0) FROM entry").scalar_one()
    ids: list[int] = []
    rows: list[tuple[Any, ...]] = []
    postings: list[tuple[int, ...]] = []
    for entry, legs, content in batch:
        earlier = written.get(entry.cause)
        if earlier and earlier.request_hash != content:
            raise CauseUsedForAnother(entry.cause)
        if earlier:
            ids.append(earlier.id)
            continue
        number += 1
        ids.append(number)
        by = (entry.by.by, entry.by.on_word_of, entry.by.channel)
        rows.append((bank_id, entry.kind, entry.cause, content, entry.occurred_on.isoformat(), *by, None, len(legs), number))
        postings += [(bank_id, number, place, *leg) for place, leg in enumerate(legs, start=1)]
    if not rows:
        return ids
    try:
        connection.exec_driver_sql(_NUMBERED_ENTRY, rows)
        if connection.exec_driver_sql(_POSTING, postings).rowcount != len(postings):
            raise BadPosting(_ANOTHER_BANK)
    except DBAPIError as error:
        # Those before the one refused are there until the caller rolls back.
        first = number - len(rows) + 1
        there = connection.exec_driver_sql("SELECT count(*) FROM posting WHERE entry_id >= ?", (first,)).scalar_one()
        refused = postings[there]
        cause = rows[refused[1] - first][2]
        rule = _rule_on_sqlite(error)
        _refuse(error, rule, _facts_on_sqlite(connection, rule, cause, Leg(*refused[3:])))
    return ids


def _rule_on_sqlite(error: DBAPIError) -> str:
    found = re.match(r"ledger_\w+", str(error.orig))
    return found.group() if found else ""


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
    about = {name: facts[name] for name in ("balance", "minutes", "cause") if name in facts}
    if rule == "ledger_below_floor":
        raise BelowFloor(account_id=facts["account"], floor=facts["floor"], **about) from error
    if rule == "ledger_above_ceiling":
        raise AboveCeiling(account_id=facts["account"], ceiling=facts["ceiling"], **about) from error
    if rule == "ledger_account_closed":
        raise AccountClosed(account_id=facts["account"], cause=facts["cause"]) from error
    if rule == "ledger_once":
        raise CauseUsedForAnother(facts["cause"]) from error
    if rule in {"ledger_reversed_once", "uq_entry_reverses_id"}:
        raise AlreadyReversed from error
    if rule == "ledger_same_bank":
        raise BadPosting(_ANOTHER_BANK) from error
    if isinstance(error, OperationalError):
        raise error
    raise LedgerFault(str(error.orig)) from error
