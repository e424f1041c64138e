"""The hash chain: each block's hash covers its entries and postings, column by column, and the hash
of the block before.

A line is a JSON array without spaces, in UTF-8, ended by a line feed: first the block's own, then
each entry in order of its number, each followed by its postings in order of their legs. Instants
are UTC with microseconds. The lines are the same on every database, so books that move from one to
another keep their hashes. `docs/ledger.md` gives an example to follow by hand.
"""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

BEGINNING = "0" * 64
"""What stands for the hash before the first block."""

_ROWS = text(
    "SELECT e.id, e.bank_id, e.kind, e.cause, e.request_hash, e.legs, e.occurred_on,"
    " e.recorded_at, e.recorded_by, e.on_word_of, e.channel, e.reverses_id,"
    " p.entry_id, p.leg, p.bank_id, p.payer_id, p.payee_id, p.minutes,"
    " p.payer_seq, p.payer_balance, p.payee_seq, p.payee_balance"
    " FROM entry e LEFT JOIN"
    " (SELECT * FROM posting WHERE entry_id > :after AND entry_id <= :last) p"
    " ON p.entry_id = e.id"
    " WHERE e.bank_id = :bank AND e.id > :after AND e.id <= :last ORDER BY e.id, p.leg"
).execution_options(yield_per=2_000)
_OCCURRED_ON, _RECORDED_AT, _ENTRY_COLUMNS = 6, 7, 12


@dataclass(frozen=True)
class Run:
    """What a block covers: the number of its first entry, how many there are, and the hash."""

    first: int
    entries: int
    hash: str


def run(
    session: Session,
    bank_id: int,
    n: int,
    *,
    before: str,
    after: int,
    last: int,
    sealed_at: datetime | str,
) -> Run:
    """Read the bank's entries numbered above `after` and up to `last`, and hash them as block `n`
    over the hash `before`."""
    digest = hashlib.sha256(_line(["block", bank_id, n, before, _instant(sealed_at)]))
    first = entries = 0
    for number, line in _lines(session, bank_id, after, last):
        digest.update(line)
        if number:
            first = first or number
            entries += 1
    return Run(first, entries, digest.hexdigest())


def _lines(session: Session, bank_id: int, after: int, last: int) -> Iterator[tuple[int, bytes]]:
    """The lines of a run; those of entries come with the entry's number, those of postings with
    0."""
    current = None
    for row in session.execute(_ROWS, {"bank": bank_id, "after": after, "last": last}):
        if row[0] != current:
            current = row[0]
            entry: list[Any] = ["entry", *row[:_ENTRY_COLUMNS]]
            entry[_OCCURRED_ON + 1] = str(row[_OCCURRED_ON])
            entry[_RECORDED_AT + 1] = _instant(row[_RECORDED_AT])
            yield row[0], _line(entry)
        if row[_ENTRY_COLUMNS] is not None:
            yield 0, _line(["posting", *row[_ENTRY_COLUMNS:]])


def _line(values: list[Any]) -> bytes:
    return json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def _instant(value: datetime | str) -> str:
    """SQLite hands instants over as the UTC text they are kept as."""
    if isinstance(value, str):
        return value.replace(" ", "T") + "+00:00"
    return value.astimezone(UTC).isoformat(timespec="microseconds")
