"""The books of a bank that moves. They are posted anew, in order, by the service that posts
everything, so that every guard holds for them; what they were at home is kept beside them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from sqlalchemy import Select, and_, func, insert, literal, select, union_all
from sqlalchemy.orm import Session

from timebank.archive import Archive, Bank, Behind, Coming
from timebank.base import batches, table_of
from timebank.errors import Conflict
from timebank.ledger import service, writing
from timebank.ledger.models import (
    Account,
    Block,
    Entry,
    Intervention,
    Original,
    OriginalBlock,
)
from timebank.ledger.rules import Leg, NewEntry, Provenance, brought_in, prepare
from timebank.say import say

_MANY = 1_000


def remember(session: Session, bank: Bank, what: str, originals: Sequence[dict[str, Any]]) -> None:
    """Keep what rows were at home: `id`, `was_id`, and `at` or `hash`."""
    if originals:
        rows = [
            {"bank_id": bank.id, "what": what, "at": None, "hash": None, **one} for one in originals
        ]
        session.execute(insert(table_of(Original)), rows)


def original(what: str, bank: Bank, row_id: Any) -> Any:
    """What joins a row with what it was at home."""
    return and_(Original.bank_id == bank.id, Original.what == what, Original.id == row_id)


def _entries(bank: Bank) -> Select[Any]:
    """Entries with the number they were first recorded under, and when."""
    own = table_of(Entry).columns
    as_they_are = [one for one in own if one.name not in ("bank_id", "request_hash", "recorded_at")]
    return (
        select(
            *as_they_are,
            func.coalesce(Original.at, Entry.recorded_at, type_=own.recorded_at.type).label(
                "recorded_at"
            ),
            func.coalesce(Original.was_id, Entry.id).label("first_id"),
        )
        .outerjoin(Original, original("entry", bank, Entry.id))
        .where(Entry.bank_id == bank.id)
        .order_by(Entry.id)
    )


def _interventions(bank: Bank) -> Select[Any]:
    own = table_of(Intervention).columns
    return (
        select(
            *(one for one in own if one.name not in ("bank_id", "at")),
            func.coalesce(Original.at, Intervention.at, type_=own.at.type).label("at"),
        )
        .outerjoin(Original, original("intervention", bank, Intervention.id))
        .where(Intervention.bank_id == bank.id)
        .order_by(Intervention.id)
    )


def _blocks(bank: Bank) -> Select[Any]:
    """What was sealed in each home so far, this one the last."""
    names = ("n", "first", "last", "entries", "total", "hash", "sealed_at")
    before = select(OriginalBlock.home, *(getattr(OriginalBlock, name) for name in names)).where(
        OriginalBlock.bank_id == bank.id
    )
    homes = select(func.coalesce(func.max(OriginalBlock.home), 0) + literal(1)).where(
        OriginalBlock.bank_id == bank.id
    )
    here = select(
        homes.scalar_subquery().label("home"), *(getattr(Block, name) for name in names)
    ).where(Block.bank_id == bank.id)
    every = union_all(before, here).subquery()
    return select(every).order_by(every.c.home, every.c.n)


@dataclass
class _Reach:
    """An account as its postings take it: where it ends, and how far it went on the way."""

    balance: int = 0
    lowest: int = 0
    highest: int = 0

    def move(self, minutes: int) -> None:
        self.balance += minutes
        self.lowest = min(self.lowest, self.balance)
        self.highest = max(self.highest, self.balance)


def bring(session: Session, bank: Bank, coming: Coming) -> None:
    """Open the accounts, post every entry in order, keep the reasons, then the limits and what has
    been closed. Raises what the ledger raises, and Conflict where the postings do not make the
    balances."""
    reached = _reached(coming)
    limited = _open_accounts(session, bank, coming, reached)
    _Books(session, bank, coming).post_all()
    for account_id, floor, ceiling, by in limited:
        service.set_limits(session, bank, account_id, floor=floor, ceiling=ceiling, why=None, by=by)
    for row in coming.rows("account"):
        if row["closed_at"] is not None:
            account_id = coming.new("account", row["id"])
            service.close_account(session, bank, account_id or 0, now=row["closed_at"])
    blocks = [
        {
            **row,
            "bank_id": bank.id,
            "first": coming.new("entry", row["first"]),
            "last": coming.new("entry", row["last"]),
        }
        for row in coming.rows("block")
    ]
    if blocks:
        session.execute(insert(table_of(OriginalBlock)), blocks)


def _reached(coming: Coming) -> dict[int, _Reach]:
    """By the accounts' ids at home."""
    reached = {row["id"]: _Reach() for row in coming.rows("account")}
    for row in coming.rows("posting"):
        if row["payer_id"] in reached and row["payee_id"] in reached:
            reached[row["payer_id"]].move(-row["minutes"])
            reached[row["payee_id"]].move(row["minutes"])
    return reached


def _open_accounts(
    session: Session, bank: Bank, coming: Coming, reached: dict[int, _Reach]
) -> list[tuple[int, int | None, int | None, str]]:
    """Open them with the limits they have, and return those that were beyond them at some time:
    they get theirs when everything is posted."""
    later: list[tuple[int, int | None, int | None, str]] = []
    rows: list[dict[str, Any]] = []
    for row in coming.rows("account"):
        reach, floor, ceiling = reached[row["id"]], row["floor"], row["ceiling"]
        if reach.balance != row["balance"]:
            raise Conflict(
                say("The postings of this archive do not make its balances. Export the bank again.")
            )
        within = (floor is None or reach.lowest >= floor) and (
            ceiling is None or reach.highest <= ceiling
        )
        account_id = coming.new("account", row["id"]) or 0
        if not within:
            later.append((account_id, floor, ceiling, "system:moving"))
            floor = ceiling = None
        opened = {name: row[name] for name in ("kind", "label", "opened_at")}
        limits = {"floor": floor, "ceiling": ceiling, "balance": 0, "seq": 0}
        rows.append({"id": account_id, "bank_id": bank.id, **opened, **limits})
    if rows:
        session.execute(insert(table_of(Account)), rows)
    return later


class _Books:
    """Posts the entries of an archive."""

    def __init__(self, session: Session, bank: Bank, coming: Coming):
        self.session = session
        self.bank = bank
        self.coming = coming
        # Few entries are taken back: their reasons have to be there before they are.
        self.reasons = {
            row["reverses_id"]: row
            for row in coming.rows("intervention")
            if row["reverses_id"] is not None
        }
        self.waiting: list[tuple[dict[str, Any], NewEntry]] = []

    def post_all(self) -> None:
        """Every entry, in the order in which it was recorded; then the reasons of the others."""
        legs = groupby(self.coming.rows("posting"), key=lambda row: row["entry_id"])
        for row, of_entry in zip(self.coming.rows("entry"), legs, strict=True):
            # What is taken back has its number here before that which takes it back.
            if row["reverses_id"] is not None or len(self.waiting) == _MANY:
                self._post_waiting()
            entry = self._entry(row, of_entry)
            if row["reverses_id"] is None:
                self.waiting.append((row, entry))
            else:
                self._post_back(row, entry)
        self._post_waiting()
        others = (row for row in self.coming.rows("intervention") if row["reverses_id"] is None)
        for batch in batches(others, _MANY):
            self._keep(batch)

    def _entry(self, row: dict[str, Any], of_entry: tuple[int, Iterator[Any]]) -> NewEntry:
        number, postings = of_entry
        legs = [
            Leg(
                self.coming.new("account", one["payer_id"]) or 0,
                self.coming.new("account", one["payee_id"]) or 0,
                one["minutes"],
            )
            for one in postings
        ]
        if number != row["id"] or len(legs) != row["legs"]:
            raise Conflict(say("The entries of this archive lack some of their postings."))
        provenance = Provenance(
            self.coming.named(row["recorded_by"]) or "",
            row["channel"],
            self.coming.named(row["on_word_of"]),
        )
        cause = self.coming.named(row["cause"], cause=True) or ""
        return NewEntry(cause, row["kind"], row["occurred_on"], legs, provenance)

    def _post_waiting(self) -> None:
        entries = [entry for _, entry in self.waiting]
        numbers = service.post_many(self.session, self.bank, entries)
        self._posted([row for row, _ in self.waiting], numbers)
        self.waiting = []

    def _post_back(self, row: dict[str, Any], entry: NewEntry) -> None:
        original_id = self.coming.new("entry", row["reverses_id"])
        reason = self.reasons.get(row["reverses_id"])
        if reason is not None:
            self._keep([reason])
        else:
            why = brought_in(f"entry:{original_id}")
            service.keep_reason(self.session, self.bank, why, entry.by.by, reverses_id=original_id)
        prepared = prepare(entry, reverses_id=original_id)
        number = writing.one(self.session.connection(), self.bank.id, prepared)
        self._posted([row], [number])

    def _posted(self, rows: list[dict[str, Any]], numbers: list[int]) -> None:
        if len(set(numbers)) < len(rows):
            raise Conflict(say("This archive has two entries of the same cause."))
        self.coming.number("entry", [row["id"] for row in rows], numbers)
        originals = [
            {"id": number, "was_id": row["first_id"], "at": row["recorded_at"]}
            for row, number in zip(rows, numbers, strict=True)
        ]
        remember(self.session, self.bank, "entry", originals)

    def _keep(self, rows: Sequence[dict[str, Any]]) -> None:
        new = self.coming.new
        rows_here = [
            {
                **{name: value for name, value in row.items() if name != "at"},
                "id": new("intervention", row["id"]),
                "bank_id": self.bank.id,
                "of": self.coming.named(row["of"]),
                "entry_id": new("entry", row["entry_id"]),
                "reverses_id": new("entry", row["reverses_id"]),
                "account_id": new("account", row["account_id"]),
                "by": self.coming.named(row["by"]),
            }
            for row in rows
        ]
        self.session.execute(insert(table_of(Intervention)), rows_here)
        originals = [
            {"id": one["id"], "was_id": row["id"], "at": row["at"]}
            for one, row in zip(rows_here, rows, strict=True)
        ]
        remember(self.session, self.bank, "intervention", originals)


_ANEW = say("The ledger works it out anew when it posts the books in the new home.")

ARCHIVE = Archive(
    keeps=("account", "entry", "posting", "intervention", "block"),
    behind=(
        Behind("entry.request_hash", _ANEW),
        Behind("original", say("It goes along with the entries: their first number and instant.")),
        Behind("original_block", say("It goes along with the blocks: their home is counted.")),
    ),
    keys={"account": "account", "entry": "entry", "reversal": "entry"},
    named=("entry.cause", "intervention.of"),
    reads={"entry": _entries, "intervention": _interventions, "block": _blocks},
    writes=("account", "entry", "posting", "intervention", "block"),
    bring=bring,
)
