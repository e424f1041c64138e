"""Entries into rows, on either engine, and the database's refusals into ours.

Posting is the one hot path: its statements go to the driver as they are, without the unit of work.
"""

import json
import re
from collections.abc import Sequence
from typing import Any, NoReturn

from sqlalchemy import Connection, CursorResult
from sqlalchemy.exc import DBAPIError, OperationalError

from timebank.ledger.errors import (
    AboveCeiling,
    AccountClosed,
    AlreadyReversed,
    BadPosting,
    BelowFloor,
    CauseUsedForAnother,
    LedgerFault,
)
from timebank.ledger.rules import Leg, PreparedEntry
from timebank.say import say

_ANOTHER_BANK = say("Both accounts must belong to this bank.")


def one(connection: Connection, bank_id: int, entry: PreparedEntry) -> int:
    """Write an entry, or find the one its cause made before, and return its id. Raises what
    `service.post` says."""
    if connection.dialect.name == "postgresql":
        return _one_on_postgresql(connection, bank_id, entry)
    return _one_on_sqlite(connection, bank_id, entry)


def many(connection: Connection, bank_id: int, entries: Sequence[PreparedEntry]) -> list[int]:
    """The same for many entries, each with a cause of its own."""
    if connection.dialect.name == "postgresql":
        return _many_on_postgresql(connection, bank_id, entries)
    return _many_on_sqlite(connection, bank_id, entries)


# PostgreSQL: a function for each, in one round trip.

_POST = (
    "SELECT ledger_post(%s, %s, %s, %s, %s, %s, %s, %s, CAST(%s AS bigint),"
    " CAST(%s AS bigint[]), CAST(%s AS bigint[]), CAST(%s AS bigint[]))"
)
_POST_MANY = "SELECT number FROM ledger_post_many(%s, CAST(%s AS json))"


def _one_on_postgresql(connection: Connection, bank_id: int, entry: PreparedEntry) -> int:
    # As text, since the driver would choose the type of an array, and with it the prepared
    # statement, by its largest number.
    columns = ("{" + ",".join(map(str, column)) + "}" for column in zip(*entry.legs, strict=True))
    by = entry.by
    values = (
        bank_id,
        entry.kind,
        entry.cause,
        entry.content,
        entry.occurred_on,
        by.by,
        by.on_word_of,
        by.channel,
    )
    return _answer(connection, _POST, (*values, entry.reverses_id, *columns)).scalar_one()


def _many_on_postgresql(
    connection: Connection, bank_id: int, entries: Sequence[PreparedEntry]
) -> list[int]:
    rows = [
        {
            "cause": entry.cause,
            "kind": entry.kind,
            "hash": entry.content,
            "occurred_on": entry.occurred_on.isoformat(),
            "recorded_by": entry.by.by,
            "on_word_of": entry.by.on_word_of,
            "channel": entry.by.channel,
            "payers": [leg.payer_id for leg in entry.legs],
            "payees": [leg.payee_id for leg in entry.legs],
            "minutes": [leg.minutes for leg in entry.legs],
        }
        for entry in entries
    ]
    return list(_answer(connection, _POST_MANY, (bank_id, json.dumps(rows))).scalars())


def _answer(connection: Connection, statement: str, values: tuple[Any, ...]) -> CursorResult[Any]:
    try:
        return connection.exec_driver_sql(statement, values)
    except DBAPIError as error:
        diagnostics = getattr(error.orig, "diag", None)
        rule = getattr(diagnostics, "constraint_name", None) or ""
        facts = getattr(diagnostics, "message_detail", None) or ""
        _refuse(error, rule, json.loads(facts) if facts.startswith("{") else {})


# SQLite: a statement for each row, since there is no round trip to save and no other writer to wait
# for.

_ENTRY = (
    "INSERT INTO entry (bank_id, kind, cause, request_hash, occurred_on, recorded_by, on_word_of,"
    " channel, reverses_id, legs, id) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id"
)
_EARLIER = (
    "SELECT cause, id, request_hash FROM entry"
    " WHERE bank_id = ? AND cause IN (SELECT value FROM json_each(?))"
)
_POSTING = (
    "INSERT INTO posting (bank_id, entry_id, leg, payer_id, payee_id, minutes,"
    " payer_seq, payer_balance, payee_seq, payee_balance)"
    " SELECT ?1, ?2, ?3, p.id, q.id, ?6, p.seq + 1, p.balance - ?6, q.seq + 1, q.balance + ?6"
    " FROM account p, account q WHERE p.id = ?4 AND q.id = ?5"
)


def _one_on_sqlite(connection: Connection, bank_id: int, entry: PreparedEntry) -> int:
    leg = None
    try:
        number = connection.exec_driver_sql(_ENTRY, _row(bank_id, entry, None)).scalar_one()
        for place, leg in enumerate(entry.legs, start=1):
            if connection.exec_driver_sql(_POSTING, (bank_id, number, place, *leg)).rowcount != 1:
                raise BadPosting(_ANOTHER_BANK)
    except DBAPIError as error:
        rule = _rule_on_sqlite(error)
        if rule == "ledger_once":
            return _earlier_on_sqlite(connection, bank_id, [entry])[entry.cause]
        _refuse(error, rule, _facts_on_sqlite(connection, rule, entry, leg))
    return number


def _many_on_sqlite(
    connection: Connection, bank_id: int, entries: Sequence[PreparedEntry]
) -> list[int]:
    """Entries are numbered without a gap and nobody else writes, so their numbers are known
    beforehand."""
    numbers = _earlier_on_sqlite(connection, bank_id, entries)
    before = connection.exec_driver_sql("SELECT coalesce(max(id), 0) FROM entry").scalar_one()
    fresh = [entry for entry in entries if entry.cause not in numbers]
    numbers |= {entry.cause: number for number, entry in enumerate(fresh, start=before + 1)}
    legs = [(entry, place, leg) for entry in fresh for place, leg in enumerate(entry.legs, start=1)]
    if fresh:
        _insert_on_sqlite(connection, bank_id, fresh, legs, numbers, before)
    return [numbers[entry.cause] for entry in entries]


def _insert_on_sqlite(
    connection: Connection,
    bank_id: int,
    fresh: Sequence[PreparedEntry],
    legs: Sequence[tuple[PreparedEntry, int, Leg]],
    numbers: dict[str, int],
    before: int,
) -> None:
    rows = [_row(bank_id, entry, numbers[entry.cause]) for entry in fresh]
    connection.exec_driver_sql(_ENTRY.removesuffix(" RETURNING id"), rows)
    try:
        postings = [(bank_id, numbers[entry.cause], place, *leg) for entry, place, leg in legs]
        if connection.exec_driver_sql(_POSTING, postings).rowcount != len(postings):
            raise BadPosting(_ANOTHER_BANK)
    except DBAPIError as error:
        # Those before the one refused are there until the caller rolls back.
        there = connection.exec_driver_sql(
            "SELECT count(*) FROM posting WHERE entry_id > ?", (before,)
        ).scalar_one()
        entry, _, leg = legs[int(there)]
        rule = _rule_on_sqlite(error)
        _refuse(error, rule, _facts_on_sqlite(connection, rule, entry, leg))


def _row(bank_id: int, entry: PreparedEntry, number: int | None) -> tuple[Any, ...]:
    by = entry.by
    return (
        bank_id,
        entry.kind,
        entry.cause,
        entry.content,
        entry.occurred_on.isoformat(),
        by.by,
        by.on_word_of,
        by.channel,
        entry.reverses_id,
        len(entry.legs),
        number,
    )


def _earlier_on_sqlite(
    connection: Connection, bank_id: int, entries: Sequence[PreparedEntry]
) -> dict[str, int]:
    """The numbers of those whose cause came before, by cause. Raises CauseUsedForAnother where it
    came with other content."""
    contents = {entry.cause: entry.content for entry in entries}
    numbers: dict[str, int] = {}
    for cause, number, content in connection.exec_driver_sql(
        _EARLIER, (bank_id, json.dumps(list(contents)))
    ):
        if content != contents[cause]:
            raise CauseUsedForAnother(cause)
        numbers[cause] = number
    return numbers


def _rule_on_sqlite(error: DBAPIError) -> str:
    # The triggers of SQLite can only raise a text, which begins with the rule's name.
    rule = re.match(r"ledger_\w+", str(error.orig))
    return rule.group() if rule else ""


def _facts_on_sqlite(
    connection: Connection, rule: str, entry: PreparedEntry, leg: Leg | None
) -> dict[str, Any]:
    """The account that refused the leg, as PostgreSQL reports it. (A refused statement leaves
    SQLite's transaction alive.)"""
    if leg is None:
        return {"cause": entry.cause}
    facts = "SELECT id AS account, balance, floor, ceiling, closed_at FROM account WHERE id = ?"
    payer, payee = (connection.exec_driver_sql(facts, (side,)).mappings().one() for side in leg[:2])
    # Only the rule's name has come: below a floor can be no other than the payer, above a ceiling
    # no other than the payee, and of two closed accounts the payer is looked at first.
    refused = (
        payer
        if rule == "ledger_below_floor" or (rule == "ledger_account_closed" and payer["closed_at"])
        else payee
    )
    return {**refused, "minutes": leg.minutes, "cause": entry.cause}


def _refuse(error: DBAPIError, rule: str, facts: dict[str, Any]) -> NoReturn:
    """Turn the database's refusal into ours. One that no input should cause is a fault, and keeps
    its own words."""
    about = {name: facts[name] for name in ("balance", "minutes", "cause") if name in facts}
    if rule == "ledger_below_floor":
        raise BelowFloor(account_id=facts["account"], floor=facts["floor"], **about) from error
    if rule == "ledger_above_ceiling":
        raise AboveCeiling(
            account_id=facts["account"], ceiling=facts["ceiling"], **about
        ) from error
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
