"""Two banks' books to try things on, and raw rows for going past the application."""

from dataclasses import dataclass
from datetime import UTC, date, datetime

from sqlalchemy import Connection, bindparam, text
from sqlalchemy.orm import Session

from timebank.act import Channel
from timebank.banks.models import Bank
from timebank.base import Instant
from timebank.ledger import queries, service
from timebank.ledger.rules import AccountKind, InterventionKind, Leg, NewEntry, Provenance, Reason

NOW = datetime(2026, 11, 12, 10, 42, tzinfo=UTC)
ON = date(2026, 11, 10)
BY = Provenance("member:1", channel=Channel.PAPER, on_word_of="member:2")
REASON = Reason(InterventionKind.REVERSAL, "exchange:3", "It was not so.")


def make_bank(session: Session, slug: str = "fife") -> Bank:
    bank = Bank(slug=slug, name=slug.title(), created_at=NOW)
    session.add(bank)
    session.flush()
    service.open_books(session, bank, now=NOW)
    return bank


def open_account(
    session: Session,
    bank: Bank,
    label: str = "Ana",
    *,
    floor: int | None = -600,
    ceiling: int | None = None,
) -> int:
    return service.open_account(
        session, bank, AccountKind.MEMBER, label, floor=floor, ceiling=ceiling, now=NOW
    )


def give(
    session: Session, bank: Bank, cause: str, *postings: tuple[int, int, int], on: date = ON
) -> int:
    """Post an entry: (payer, payee, minutes) for each leg."""
    legs = [Leg(*posting) for posting in postings]
    return service.post(session, bank, NewEntry(cause, "exchange", on, legs, BY))


def balance_at(session: Session, account_id: int, instant: datetime) -> int:
    """Minutes on the account by what was recorded up to an instant."""
    lines = text(
        "SELECT coalesce(sum(minutes), 0) FROM account_line JOIN entry ON entry.id = entry_id"
        " WHERE account_id = :account AND recorded_at <= :instant"
    ).bindparams(bindparam("instant", type_=Instant))
    return int(session.execute(lines, {"account": account_id, "instant": instant}).scalar_one())


@dataclass(frozen=True)
class Books:
    """Ids of two banks' accounts and entries. Amounts are minutes; Ana's floor is -600 and Dee's
    ceiling 120."""

    fife: int
    ana: int
    ben: int
    cy_who_left: int
    dee: int
    gil_who_never_traded: int
    chest: int
    angus: int
    eve: int
    fay: int
    single: int
    """Ana pays Ben 60."""
    double: int
    """Ana pays Ben 10, Ben pays Dee 20."""
    put_right: int
    """Ben pays Ana 5; reversed by `reversal`."""
    reversal: int
    elsewhere: int
    """Eve pays Fay 30, in the other bank."""


def make_books(session: Session) -> Books:
    """Write the books through the application, seal the first bank's, and leave the commit to the
    caller."""
    fife, angus = make_bank(session, "fife"), make_bank(session, "angus")
    ana, ben, cy = (open_account(session, fife, name) for name in ("Ana", "Ben", "Cy"))
    dee = open_account(session, fife, "Dee", ceiling=120)
    gil = open_account(session, fife, "Gil")
    service.close_account(session, fife, cy, now=NOW)
    eve, fay = (open_account(session, angus, name) for name in ("Eve", "Fay"))
    single = give(session, fife, "exchange:1", (ana, ben, 60))
    double = give(session, fife, "exchange:2", (ana, ben, 10), (ben, dee, 20))
    put_right = give(session, fife, "exchange:3", (ben, ana, 5))
    reversal = service.reverse(session, fife, put_right, occurred_on=ON, by=BY, reason=REASON)
    elsewhere = give(session, angus, "exchange:1", (eve, fay, 30))
    service.seal(session, fife, now=NOW)
    return Books(
        fife=fife.id,
        ana=ana,
        ben=ben,
        cy_who_left=cy,
        dee=dee,
        gil_who_never_traded=gil,
        chest=queries.chest(session, fife).id,
        angus=angus.id,
        eve=eve,
        fay=fay,
        single=single,
        double=double,
        put_right=put_right,
        reversal=reversal,
        elsewhere=elsewhere,
    )


class Raw:
    """Writes rows with SQL of its own, past everything the application would say."""

    def __init__(self, connection: Connection, books: Books):
        self.connection = connection
        self.books = books
        self.sqlite = connection.dialect.name == "sqlite"

    def run(self, statement: str, **values: object) -> None:
        self.connection.execute(text(statement), values)

    def number(self, statement: str, **values: object) -> int:
        return self.connection.execute(text(statement), values).scalar_one()

    def entry(
        self, cause: str = "attack", *, verb: str = "INSERT", conflict: str = "", **columns: object
    ) -> int:
        """Insert an entry of the first bank and return its id (0 when the statement wrote none)."""
        row: dict[str, object] = {
            "bank_id": self.books.fife,
            "kind": "exchange",
            "cause": cause,
            "request_hash": "0" * 64,
            "legs": 1,
            "occurred_on": ON.isoformat(),
            "recorded_by": "system:attack",
            "channel": "system",
            **columns,
        }
        names, places = ", ".join(row), ", ".join(self._place(name) for name in row)
        statement = f"{verb} INTO entry ({names}) VALUES ({places}) {conflict} RETURNING id"
        return self.connection.execute(text(statement), row).scalar() or 0

    def explain(self, entry: int) -> None:
        """Write down a reason for taking an entry back, where there is none."""
        self.run(
            "INSERT INTO intervention (bank_id, kind, of, reverses_id, by)"
            " SELECT e.bank_id, 'undo', 'entry', e.id, 'member:1' FROM entry e WHERE e.id = :id"
            " AND NOT EXISTS (SELECT 1 FROM intervention i WHERE i.reverses_id = e.id)",
            id=entry,
        )

    def posting(
        self,
        entry: int,
        payer: int,
        payee: int,
        minutes: object = 10,
        *,
        leg: object = 1,
        verb: str = "INSERT",
        conflict: str = "",
        **columns: object,
    ) -> None:
        """Insert a posting. SQLite is handed the balances that follow; PostgreSQL works them out
        itself."""
        row: dict[str, object] = {
            "bank_id": self.books.fife,
            "entry_id": entry,
            "leg": leg,
            "payer_id": payer,
            "payee_id": payee,
            "minutes": minutes,
        }
        if self.sqlite:
            row |= self._balances(payer, payee, minutes)
        row |= columns
        names, places = ", ".join(row), ", ".join(f":{name}" for name in row)
        self.run(f"{verb} INTO posting ({names}) VALUES ({places}) {conflict}", **row)

    def _place(self, name: str) -> str:
        dated = name in {"occurred_on", "recorded_at"} and not self.sqlite
        return (
            f"CAST(:{name} AS {'date' if name == 'occurred_on' else 'timestamptz'})"
            if dated
            else f":{name}"
        )

    def _balances(self, payer: int, payee: int, minutes: object) -> dict[str, object]:
        assert isinstance(minutes, int | float | str)
        change = float(minutes) if isinstance(minutes, str) else minutes
        of = "SELECT seq, balance FROM account WHERE id = :id"
        payer_seq, payer_balance = self.connection.execute(text(of), {"id": payer}).one()
        payee_seq, payee_balance = self.connection.execute(text(of), {"id": payee}).one()
        return {
            "payer_seq": payer_seq + 1,
            "payer_balance": payer_balance - change,
            "payee_seq": payee_seq + 1,
            "payee_balance": payee_balance + change,
        }

    def settle(self) -> None:
        """Let what is checked when a transaction commits be checked now."""
        self.run("COMMIT" if self.sqlite else "SET CONSTRAINTS ALL IMMEDIATE")

    def everything(self) -> list[list[tuple[object, ...]]]:
        """Every row of the books."""
        tables = ("account", "entry", "posting", "block", "intervention", "bank")
        return [
            [
                tuple(row)
                for row in self.connection.execute(text(f"SELECT * FROM {t} ORDER BY 1, 2"))
            ]
            for t in tables
        ]
