"""Proving the books again, from the rows alone: as if none of the database's guards could be
trusted.

It only reads, in bounded memory, and should see the books as they stood at one instant
(`timebank.db.snapshot`). What it finds wrong it says in words.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import func, select, text
from sqlalchemy.orm import InstrumentedAttribute, Session

from timebank.banks.models import Bank
from timebank.banks.queries import all_banks
from timebank.ledger import chain, queries
from timebank.ledger.guards import TABLES, missing_guards
from timebank.ledger.models import Account, Entry, Posting

MOST = 10
"""As many faults as one question tells of."""


@dataclass(frozen=True)
class Fault:
    """Something that is wrong. `bank` is its address; None: it is about the whole database."""

    bank: str | None
    kind: str
    what: str


@dataclass(frozen=True)
class Books:
    """What there is of one bank: rows, minutes ever moved, the sum of all balances, and how far it
    is sealed."""

    bank: str
    accounts: int
    entries: int
    postings: int
    minutes: int
    sum_of_balances: int
    sealed: int
    hash: str | None


@dataclass
class Report:
    """The proof: each bank's books, and what is wrong with them."""

    books: list[Books] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        return not self.faults


@dataclass(frozen=True)
class Question:
    """Asks for rows that have a fault of some kind, their bank first, and says what is wrong with
    one of them.

    `of` is the row that `{bank}` narrows down to one bank; `engine` the only one on which it is
    asked.
    """

    kind: str
    of: str
    asks: str
    says: str
    engine: str | None = None


QUESTIONS = (
    Question(
        "complete",
        "e",
        "SELECT e.bank_id, e.id, e.legs, count(p.leg) FROM entry e"
        " LEFT JOIN posting p ON p.entry_id = e.id"
        " WHERE {bank} GROUP BY e.bank_id, e.id, e.legs"
        " HAVING count(p.leg) <> e.legs OR min(p.leg) <> 1 OR max(p.leg) <> e.legs ORDER BY 2",
        "entry {1} declares {2} postings and has {3}",
    ),
    Question(
        "same bank",
        "p",
        "SELECT p.bank_id, p.entry_id, p.leg FROM posting p"
        " LEFT JOIN entry e ON e.id = p.entry_id AND e.bank_id = p.bank_id"
        " LEFT JOIN account a ON a.id = p.payer_id AND a.bank_id = p.bank_id"
        " LEFT JOIN account b ON b.id = p.payee_id AND b.bank_id = p.bank_id"
        " WHERE {bank} AND (e.id IS NULL OR a.id IS NULL OR b.id IS NULL) ORDER BY 2, 3",
        "posting {2} of entry {1} is not in the bank of its entry and both accounts",
    ),
    Question(
        "minutes",
        "p",
        "SELECT p.bank_id, p.entry_id, p.leg, p.minutes FROM posting p"
        " WHERE {bank} AND (p.minutes <= 0 OR p.payer_id = p.payee_id) ORDER BY 2, 3",
        "posting {2} of entry {1} moves {3} minutes, or moves them nowhere",
    ),
    Question(
        "minutes",
        "p",
        "SELECT p.bank_id, p.entry_id, p.leg FROM posting p WHERE {bank} AND NOT ("
        "typeof(p.minutes) = 'integer'"
        " AND typeof(p.payer_seq) = 'integer' AND typeof(p.payee_seq) = 'integer'"
        " AND typeof(p.payer_balance) = 'integer' AND typeof(p.payee_balance) = 'integer')"
        " ORDER BY 2, 3",
        "posting {2} of entry {1} holds something that is no whole number",
        engine="sqlite",
    ),
    Question(
        "running balances",
        "l",
        "SELECT bank_id, account_id, seq, balance, seq_before, balance_before, minutes FROM ("
        "SELECT l.bank_id, l.account_id, l.seq, l.balance, l.minutes,"
        " coalesce(lag(l.seq) OVER w, 0) AS seq_before,"
        " coalesce(lag(l.balance) OVER w, 0) AS balance_before"
        " FROM account_line l WHERE {bank}"
        " WINDOW w AS (PARTITION BY l.account_id ORDER BY l.seq)) AS line"
        " WHERE seq <> seq_before + 1 OR balance <> balance_before + minutes ORDER BY 2, 3",
        "line {2} of account {1} moves {6} minutes and ends at {3}; the line before it is number"
        " {4} and ends at {5}",
    ),
    Question(
        "balances",
        "a",
        "SELECT a.bank_id, a.id, a.balance, a.seq, coalesce(l.minutes, 0), coalesce(l.lines, 0)"
        " FROM account a LEFT JOIN"
        " (SELECT account_id, sum(minutes) AS minutes, max(seq) AS lines"
        " FROM account_line GROUP BY account_id) AS l ON l.account_id = a.id"
        " WHERE {bank} AND (a.balance <> coalesce(l.minutes, 0) OR a.seq <> coalesce(l.lines, 0))"
        " ORDER BY 2",
        "account {1} stands at {2} after {3} lines; its lines come to {4} and the last of them is"
        " number {5}",
    ),
    Question(
        "sum",
        "a",
        "SELECT a.bank_id, sum(a.balance) FROM account a WHERE {bank}"
        " GROUP BY a.bank_id HAVING sum(a.balance) <> 0",
        "all balances come to {1} minutes, not to nothing",
    ),
    Question(
        "limits",
        "a",
        "SELECT a.bank_id, a.id, a.balance, a.floor, a.ceiling FROM account a"
        " WHERE {bank} AND (a.balance < a.floor OR a.balance > a.ceiling) ORDER BY 2",
        "account {1} stands at {2}, outside its limits {3} and {4}",
    ),
    Question(
        "once",
        "e",
        "SELECT e.bank_id, e.cause, count(*) FROM entry e WHERE {bank}"
        " GROUP BY e.cause, e.bank_id HAVING count(*) > 1 ORDER BY 2",
        "“{1}” has {2} entries",
    ),
    Question(
        "reversals",
        "e",
        "SELECT e.bank_id, e.id, e.reverses_id FROM entry e"
        " LEFT JOIN entry o ON o.id = e.reverses_id"
        " WHERE {bank} AND ((e.kind = 'reversal') <> (e.reverses_id IS NOT NULL)"
        " OR e.reverses_id IS NOT NULL AND (o.id IS NULL OR o.bank_id <> e.bank_id"
        " OR o.legs <> e.legs OR o.reverses_id IS NOT NULL)) ORDER BY 2",
        "entry {1} is no proper reversal (of entry {2})",
    ),
    Question(
        "reversals",
        "e",
        "SELECT e.bank_id, e.id, p.leg, e.reverses_id FROM entry e"
        " JOIN posting p ON p.entry_id = e.id"
        " LEFT JOIN posting o ON o.entry_id = e.reverses_id AND o.leg = p.leg"
        " AND o.minutes = p.minutes AND o.payer_id = p.payee_id AND o.payee_id = p.payer_id"
        " WHERE {bank} AND e.reverses_id IS NOT NULL AND o.leg IS NULL ORDER BY 2, 3",
        "posting {2} of entry {1} does not mirror the same posting of entry {3}",
    ),
    Question(
        "reversals",
        "e",
        "SELECT e.bank_id, e.reverses_id, count(*) FROM entry e"
        " WHERE {bank} AND e.reverses_id IS NOT NULL"
        " GROUP BY e.bank_id, e.reverses_id HAVING count(*) > 1 ORDER BY 2",
        "entry {1} is reversed {2} times",
    ),
)

_BLOCKS = text(
    "SELECT n, last, entries, total, hash, sealed_at FROM block"
    " WHERE bank_id = :bank AND n > :n ORDER BY n LIMIT 500"
)


def steps(session: Session) -> int:
    """How many times `check` will say that it got on."""
    return len(_questions(session)) + 3


def check(
    session: Session, *, only: Bank | None = None, on: Callable[[], object] = lambda: None
) -> Report:
    """Prove the books of every bank, or of the `only` one asked for. `on` is called after each
    step."""
    report = Report()
    banks = [only] if only else all_banks(session)
    narrow = only.id if only else None
    slugs = {bank.id: bank.slug for bank in banks}
    report.faults += (Fault(None, "guards", what) for what in missing_guards(session))
    if session.connection().dialect.name == "sqlite":
        report.faults += _rows_on_sqlite(session)
    on()
    for question in _questions(session):
        report.faults += _ask(session, question, slugs, narrow)
        on()
    for bank in banks:
        report.faults += (Fault(bank.slug, "blocks", what) for what in _blocks(session, bank))
    on()
    report.books += _books(session, banks, narrow)
    on()
    return report


def _questions(session: Session) -> list[Question]:
    return [
        question
        for question in QUESTIONS
        if question.engine in {None, session.connection().dialect.name}
    ]


def _ask(
    session: Session, question: Question, slugs: dict[int, str], narrow: int | None
) -> Iterator[Fault]:
    bank = "1 = 1" if narrow is None else f"{question.of}.bank_id = {narrow:d}"
    rows = session.execute(text(f"{question.asks.format(bank=bank)} LIMIT {MOST}"))
    for row in rows.all():
        yield Fault(
            slugs.get(row[0], f"(bank {row[0]})"), question.kind, question.says.format(*row)
        )


def _rows_on_sqlite(session: Session) -> Iterator[Fault]:
    """What SQLite's own check of the keys finds, and whether a number has gone from those that were
    given out."""
    for table in TABLES:
        orphans = session.execute(text(f"PRAGMA foreign_key_check({table})")).fetchmany(MOST)
        for row in orphans:
            yield Fault(
                None, "keys", f"a row of {table} refers to a row of {row[2]} that is not there"
            )
    entries, last = session.execute(text("SELECT count(*), coalesce(max(id), 0) FROM entry")).one()
    if entries != last:
        yield Fault(None, "numbers", f"entries are numbered up to {last}, and {entries} are there")


def _blocks(session: Session, bank: Bank) -> Iterator[str]:
    """The first block that does not follow. Those after it are built on it and prove nothing."""
    n = last = total = 0
    before = chain.BEGINNING
    while blocks := session.execute(_BLOCKS, {"bank": bank.id, "n": n}).all():
        for block in blocks:
            run = chain.run(
                session,
                bank.id,
                block.n,
                before=before,
                after=last,
                last=block.last,
                sealed_at=block.sealed_at,
            )
            if block.n != n + 1:
                yield f"block {n + 1} is missing"
            elif (run.entries, total + run.entries) != (block.entries, block.total):
                counted = (
                    f"block {block.n} was sealed over {block.entries} entries, {block.total} in all"
                )
                yield f"{counted}; there are {run.entries}, {total + run.entries} in all"
            elif run.hash != block.hash:
                yield (
                    f"block {block.n} (up to entry {block.last}) is not what was sealed: a row in"
                    " it has been changed"
                )
            else:
                n, last, total, before = block.n, block.last, block.total, block.hash
                continue
            return


def books_of(session: Session, bank: Bank) -> Books:
    """What there is in the books of one bank."""
    return next(_books(session, [bank], bank.id))


def _books(session: Session, banks: Sequence[Bank], narrow: int | None) -> Iterator[Books]:
    def count(of: InstrumentedAttribute[int], *columns: Any) -> dict[int, Any]:
        counted = select(of, func.count(), *columns).group_by(of)
        return {
            row[0]: row
            for row in session.execute(counted if narrow is None else counted.where(of == narrow))
        }

    accounts = count(Account.bank_id, func.sum(Account.balance))
    entries = count(Entry.bank_id)
    postings = count(Posting.bank_id, func.sum(Posting.minutes))
    for bank in banks:
        block = queries.last_block(session, bank)
        _, opened, balances = accounts.get(bank.id, (bank.id, 0, 0))
        _, written = entries.get(bank.id, (bank.id, 0))
        _, moves, minutes = postings.get(bank.id, (bank.id, 0, 0))
        yield Books(
            bank=bank.slug,
            accounts=opened,
            entries=written,
            postings=moves,
            minutes=int(minutes),
            sum_of_balances=int(balances),
            sealed=block.total if block else 0,
            hash=block.hash if block else None,
        )
