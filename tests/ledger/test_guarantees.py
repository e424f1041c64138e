"""The ledger's promises, attacked with SQL past the application, on both engines.

Each attack is tried twice. On the books as they are it must be refused by the rule that is named.
On books whose guards (and nothing else) have been taken away it must go through: so each guard is
known to be what stood in the way.
"""

import pathlib
import re
import shutil
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest
from sqlalchemy import NullPool, create_engine, event, make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from tests.conftest import Databases
from tests.ledger.books import Books, Raw, make_books
from tests.ledger.guards import Constraint, Guard, Index, Override, Rule, Trigger, Words
from timebank.db import WRITING, engine_options, prepare
from timebank.ledger import guards


@dataclass(frozen=True)
class Attack:
    """`rule` is a pattern; `guards` are by engine, and an engine that is not named there cannot be
    sent the attack."""

    name: str
    promise: str
    rule: str
    run: Callable[[Raw, Books], object]
    guards: dict[str, Sequence[Guard]] = field(default_factory=dict)


ATTACKS: list[Attack] = []


def attack(
    promise: str,
    rule: str,
    run: Callable[[Raw, Books], object],
    *,
    both: Sequence[Guard] | None = None,
    postgresql: Sequence[Guard] | None = None,
    sqlite: Sequence[Guard] | None = None,
) -> None:
    guards = {"postgresql": postgresql or both, "sqlite": sqlite or both}
    name = f"{promise}: {rule}"
    ATTACKS.append(
        Attack(
            name,
            promise,
            rule,
            run,
            {engine: some for engine, some in guards.items() if some is not None},
        )
    )


def sql(statement: str) -> Callable[[Raw, Books], object]:
    """An attack in one statement; `:ana`, `:single` … are the ids of the books."""

    def run(raw: Raw, books: Books) -> None:
        raw.run(
            statement,
            **{name: getattr(books, name) for name in re.findall(r"(?<!:):(\w+)", statement)},
        )

    return run


def limit(account: str, column: str, value: str) -> Callable[[Raw, Books], object]:
    """An attack by a limit that is another, for a reason that is written down."""
    other = "ceiling" if column == "floor" else "floor"

    def run(raw: Raw, books: Books) -> None:
        raw.run(
            "INSERT INTO intervention (bank_id, kind, of, why, by, account_id,"
            f" {column}_before, {column}_after, {other}_before, {other}_after)"
            f" SELECT bank_id, 'limits', 'account', 'So.', 'member:1', id, {column}, {value},"
            f" {other}, {other} FROM account WHERE id = :id",
            id=getattr(books, account),
        )
        raw.run(f"UPDATE account SET {column} = {value} WHERE id = :id", id=getattr(books, account))

    return run


# What stands in the way, where several attacks meet the same.
COMPLETE = Constraint("fk_entry_complete", "entry")
ENTRY_KEY = Constraint("fk_posting_bank_id_entry_id", "posting")
PAYER_KEY = Constraint("fk_posting_bank_id_payer_id", "posting")
PAYEE_KEY = Constraint("fk_posting_bank_id_payee_id", "posting")
MOVED = Trigger("account_moved_by_postings", "account")
IDENTITY = Trigger("account_identity", "account")
ANY_BANK = Words("posting_moves_minutes", " AND a.bank_id = bank", "")
EXACT_ENTRY = Rule("entry_recorded", "ledger_exact_reversal")
REASON = Trigger("entry_reversed_for_a_reason", "entry")


def posting_rule(rule: str) -> dict[str, Sequence[Guard]]:
    """A rule on postings, which is in a function on PostgreSQL and in a trigger of another name on
    SQLite."""
    return {
        "postgresql": [Rule("posting_moves_minutes", rule)],
        "sqlite": [Rule("posting_checked", rule)],
    }


# An entry, once written, stays as it is.

STAYS = "rows stay"

for table, change in {
    "entry": "UPDATE entry SET cause = 'something else' WHERE id = :single",
    "posting": "UPDATE posting SET minutes = minutes + 60 WHERE entry_id = :single",
    "block": "UPDATE block SET hash = 'forged'",
}.items():
    attack(
        STAYS,
        "ledger_append_only",
        sql(change),
        postgresql=[Trigger(f"{table}_append_only", table)],
        sqlite=[Trigger(f"{table}_not_updated", table)],
    )

for table, removal, key in (
    ("entry", "DELETE FROM entry WHERE id = :single", [ENTRY_KEY]),
    ("posting", "DELETE FROM posting WHERE entry_id = :single", [COMPLETE]),
    ("block", "DELETE FROM block", []),
):
    attack(
        STAYS,
        "ledger_append_only",
        sql(removal),
        postgresql=[Trigger(f"{table}_append_only", table), *key],
        sqlite=[Trigger(f"{table}_not_deleted", table), *key],
    )

attack(
    STAYS,
    "ledger_append_only",
    sql("DELETE FROM account WHERE id = :gil_who_never_traded"),
    both=[Trigger("account_kept", "account")],
)

for statement, tables in {
    "TRUNCATE posting CASCADE": ("entry", "posting", "intervention"),
    "TRUNCATE entry CASCADE": ("entry", "posting", "intervention"),
    "TRUNCATE block": ("block",),
    "TRUNCATE intervention": ("intervention",),
    "TRUNCATE bank CASCADE": ("account", "entry", "posting", "block", "intervention"),
}.items():
    attack(
        STAYS,
        "ledger_append_only",
        sql(statement),
        postgresql=[
            *(Trigger(f"{table}_not_truncated", table) for table in tables),
            # Everything hangs on the banks, and what is kept elsewhere has a guard of its own.
            *(
                Trigger(f"{table}_stays_whole", table)
                for table in ("kept_report", "held_check", "concern", "concern_reading")
                if "bank" in statement
            ),
            *(
                Trigger(f"{table}_not_truncated", table)
                for table in ("arrival", "original", "original_block")
                if "bank" in statement
            ),
        ],
    )


def replace_an_entry_by_its_cause(raw: Raw, books: Books) -> None:
    raw.posting(raw.entry("exchange:1", verb="INSERT OR REPLACE"), books.ana, books.ben)


def replace_a_reversal(raw: Raw, books: Books) -> None:
    number = raw.entry(
        "again", verb="INSERT OR REPLACE", kind="reversal", reverses_id=books.put_right
    )
    raw.posting(number, books.ana, books.ben, 5)


def replace_a_posting_by_its_sequence(raw: Raw, books: Books) -> None:
    seq = raw.number("SELECT payer_seq FROM posting WHERE entry_id = :id", id=books.single)
    raw.posting(raw.entry(), books.ana, books.ben, verb="INSERT OR REPLACE", payer_seq=seq)


attack(
    STAYS,
    "ledger_append_only",
    lambda raw, books: raw.entry("forged", verb="INSERT OR REPLACE", id=books.single),
    sqlite=[Rule("entry_recorded", "ledger_append_only")],
)
attack(
    STAYS,
    "ledger_once",
    replace_an_entry_by_its_cause,
    sqlite=[Rule("entry_recorded", "ledger_once"), ENTRY_KEY],
)
attack(
    STAYS,
    "ledger_reversed_once",
    replace_a_reversal,
    sqlite=[Rule("entry_recorded", "ledger_reversed_once"), ENTRY_KEY],
)
attack(
    STAYS,
    "ledger_append_only|ledger_once",
    lambda raw, books: raw.entry(
        "exchange:1", conflict="ON CONFLICT (bank_id, cause) DO UPDATE SET request_hash = 'forged'"
    ),
    postgresql=[Trigger("entry_append_only", "entry")],
    sqlite=[Rule("entry_recorded", "ledger_once"), Trigger("entry_not_updated", "entry")],
)
attack(
    STAYS,
    "ledger_entry_closed",
    lambda raw, books: raw.posting(
        books.single, books.ana, books.ben, 90, verb="INSERT OR REPLACE"
    ),
    sqlite=[Rule("posting_checked", "ledger_entry_closed")],
)
attack(
    STAYS,
    "ledger_moved_by_postings",
    replace_a_posting_by_its_sequence,
    sqlite=[Rule("posting_checked", "ledger_moved_by_postings"), MOVED, COMPLETE],
)
attack(
    STAYS,
    "ledger_append_only",
    sql(
        "INSERT OR REPLACE INTO account (id, bank_id, kind, label, opened_at)"
        " VALUES (:ana, :fife, 'member', 'Ana', '2026-11-12')"
    ),
    sqlite=[Rule("account_starts_empty", "ledger_append_only")],
)
attack(
    STAYS,
    "ledger_append_only",
    sql(
        "INSERT OR REPLACE INTO account (bank_id, kind, label, opened_at) VALUES (:fife, 'chest',"
        " 'Chest', '2026-11-12')"
    ),
    sqlite=[Rule("account_starts_empty", "ledger_append_only")],
)
attack(
    STAYS,
    "ledger_append_only",
    sql(
        "INSERT OR REPLACE INTO block SELECT bank_id, n, first, last, entries, total, 'forged',"
        " sealed_at FROM block"
    ),
    sqlite=[Rule("block_follows", "ledger_append_only")],
)
# PostgreSQL would keep what the trigger moves and drop the row.
attack(
    STAYS,
    "ledger_entry_closed",
    lambda raw, books: raw.posting(
        books.single, books.ana, books.ben, conflict="ON CONFLICT DO NOTHING"
    ),
    postgresql=[Rule("posting_moves_minutes", "ledger_entry_closed")],
)


# What is done besides posting has its reason.

REASONS = "for a reason"
BY_THE_BANK = Trigger("bank_limited_for_a_reason", "bank")


def reverse_without_a_reason(raw: Raw, books: Books) -> None:
    raw.posting(
        raw.entry("again", kind="reversal", reverses_id=books.single), books.ben, books.ana, 60
    )


def limit_twice_for_one_reason(raw: Raw, books: Books) -> None:
    limit("ana", "floor", "-1200")(raw, books)
    raw.run("UPDATE account SET floor = -2400 WHERE id = :ana", ana=books.ana)


attack(REASONS, "ledger_for_a_reason", reverse_without_a_reason, both=[REASON])
for limited in (
    sql("UPDATE account SET floor = -1200 WHERE id = :ana"),
    sql("UPDATE account SET floor = NULL WHERE id = :ana"),
    sql("UPDATE account SET ceiling = 1200 WHERE id = :ana"),
    limit_twice_for_one_reason,
):
    attack(
        REASONS,
        "ledger_for_a_reason",
        limited,
        both=[Trigger("account_limited_for_a_reason", "account")],
    )
for change in (
    "member_floor = -1200",
    "member_ceiling = 1200",
    "smallest_log = 5",
    "largest_log = 900",
    "chest_floor = -60",
):
    attack(
        REASONS,
        "ledger_for_a_reason",
        sql(f"UPDATE bank SET {change} WHERE id = :fife"),
        both=[BY_THE_BANK],
    )
for change in (
    "why = 'Another.'",
    "by = 'nine', unnamed_at = at",
    "reverses_id = NULL, kind = 'correction', unnamed_at = at",
):
    attack(
        REASONS,
        "ledger_append_only",
        sql(f"UPDATE intervention SET {change}"),
        both=[Trigger("intervention_stays", "intervention")],
    )
attack(
    REASONS,
    "ledger_append_only",
    sql("DELETE FROM intervention"),
    postgresql=[Trigger("intervention_stays", "intervention")],
    sqlite=[Trigger("intervention_not_deleted", "intervention")],
)
attack(
    REASONS,
    "ledger_append_only",
    sql(
        "INSERT OR REPLACE INTO intervention (bank_id, kind, of, reverses_id, by)"
        " VALUES (:fife, 'undo', 'entry', :put_right, 'nine')"
    ),
    sqlite=[Rule("intervention_recorded", "ledger_append_only")],
)
attack(
    REASONS,
    "ledger_dated",
    sql(
        "INSERT INTO intervention (bank_id, kind, of, why, by, at)"
        " VALUES (:fife, 'correction', 'entry', 'So.', 'nine', '2001-01-01')"
    ),
    both=[Rule("intervention_recorded", "ledger_dated")],
)
for what, check in {
    "'correction', NULL, NULL, NULL": "says_why",
    "'correction', '  ', NULL, NULL": "why",
    "'reversal', 'So.', NULL, NULL": "reverses",
    "'grant', 'So.', NULL, NULL": "grants",
    "'limits', 'So.', NULL, NULL": "limits",
    "'rumour', 'So.', NULL, NULL": "kind",
}.items():
    attack(
        REASONS,
        f"ck_intervention_{check}",
        sql(
            "INSERT INTO intervention (bank_id, kind, why, entry_id, account_id, of, by)"
            f" VALUES (:fife, {what}, 'entry', 'nine')"
        ),
        both=[Constraint(f"ck_intervention_{check}", "intervention")],
    )


# An account starts empty, stays what it is, and is moved by postings alone.

MOVES = "balances move by postings alone"
OPEN = "INSERT INTO account (bank_id, kind, label, opened_at"

for change in (
    "UPDATE account SET balance = balance + 60 WHERE id = :ana",
    "UPDATE account SET seq = seq + 1 WHERE id = :ana",
    "UPDATE account SET balance = balance + 60, seq = seq + 1 WHERE id = :ana",
    (
        "UPDATE account SET balance = CASE id WHEN :ana THEN balance - 60 ELSE balance + 60 END"
        " WHERE id IN (:ana, :ben)"
    ),
):
    attack(MOVES, "ledger_moved_by_postings", sql(change), both=[MOVED])
attack(
    MOVES,
    "ledger_moved_by_postings",
    sql(
        "MERGE INTO account a USING bank b ON a.bank_id = b.id AND a.id = :ana WHEN MATCHED THEN"
        " UPDATE SET balance = 600"
    ),
    postgresql=[MOVED],
)
attack(
    MOVES,
    "ledger_moved_by_postings|ledger_append_only",
    sql(
        "INSERT INTO account (id, bank_id, kind, label, opened_at)"
        " VALUES (:ana, :fife, 'member', 'Ana', '2026-11-12')"
        " ON CONFLICT (id) DO UPDATE SET balance = 600"
    ),
    postgresql=[MOVED],
    sqlite=[MOVED, Rule("account_starts_empty", "ledger_append_only")],
)
for columns, values in ((", balance", ", 60"), (", seq", ", 7")):
    attack(
        MOVES,
        "ledger_account_starts_empty",
        sql(f"{OPEN}{columns}) VALUES (:fife, 'member', 'Rich', '2026-11-12'{values})"),
        postgresql=[Trigger("account_starts_empty", "account")],
        sqlite=[Rule("account_starts_empty", "ledger_account_starts_empty")],
    )


def forge_the_balances_of_a_posting(raw: Raw, books: Books) -> None:
    raw.posting(raw.entry(), books.ana, books.ben, payer_balance=6_000)


attack(
    MOVES,
    "ledger_moved_by_postings",
    forge_the_balances_of_a_posting,
    postgresql=[
        Rule("posting_moves_minutes", "ledger_moved_by_postings"),
        Override(
            "posting_moves_minutes",
            "RETURNING a.seq, a.balance INTO NEW.payer_seq",
            "RETURNING a.seq, 6000 INTO NEW.payer_seq",
        ),
    ],
    sqlite=[Rule("posting_checked", "ledger_moved_by_postings")],
)

KEEPS = "an account keeps its identity"

for change in (
    "UPDATE account SET kind = 'organisation' WHERE id = :gil_who_never_traded",
    "UPDATE account SET bank_id = :angus WHERE id = :gil_who_never_traded",
    "UPDATE account SET id = 9999 WHERE id = :gil_who_never_traded",
):
    attack(KEEPS, "ledger_account_identity", sql(change), both=[IDENTITY])
attack(
    KEEPS,
    "ledger_account_identity",
    sql("UPDATE OR REPLACE account SET id = :ana WHERE id = :gil_who_never_traded"),
    sqlite=[IDENTITY],
)
attack(
    KEEPS,
    "ledger_account_kind",
    sql(f"{OPEN}) VALUES (:fife, 'shell', 'Shell', '2026-11-12')"),
    postgresql=[Trigger("account_kind", "account")],
    sqlite=[Rule("account_starts_empty", "ledger_account_kind")],
)


# Limits.

LIMITS = "limits hold"
FLOOR, CEILING = (
    Constraint("ck_account_floor", "account"),
    Constraint("ck_account_ceiling", "account"),
)
AT_FLOOR, AT_CEILING = (
    Rule("account_within_limits", "ledger_below_floor"),
    Rule("account_within_limits", "ledger_above_ceiling"),
)

attack(
    LIMITS,
    "ledger_below_floor",
    lambda raw, books: raw.posting(raw.entry(), books.ana, books.ben, 60_000),
    postgresql=[
        Words(
            "posting_moves_minutes",
            "(a.floor IS NULL OR a.balance - NEW.minutes >= a.floor)",
            "true",
        ),
        FLOOR,
    ],
    sqlite=[AT_FLOOR, FLOOR],
)
attack(
    LIMITS,
    "ledger_above_ceiling",
    lambda raw, books: raw.posting(raw.entry(), books.ben, books.dee, 120),
    postgresql=[
        Words(
            "posting_moves_minutes",
            "(a.ceiling IS NULL OR a.balance + NEW.minutes <= a.ceiling)",
            "true",
        ),
        CEILING,
    ],
    sqlite=[AT_CEILING, CEILING],
)
attack(
    LIMITS,
    "ck_account_floor|ledger_below_floor",
    limit("ana", "floor", "balance + 1"),
    postgresql=[FLOOR],
    sqlite=[AT_FLOOR, FLOOR],
)
attack(
    LIMITS,
    "ck_account_ceiling|ledger_above_ceiling",
    limit("ben", "ceiling", "balance - 1"),
    postgresql=[CEILING],
    sqlite=[AT_CEILING, CEILING],
)
attack(
    LIMITS,
    "ledger_below_floor",
    lambda raw, books: raw.posting(
        raw.entry(), books.ana, books.ben, 60_000, verb="INSERT OR IGNORE"
    ),
    sqlite=[AT_FLOOR, Rule("posting_moves_minutes", "ledger_moved_by_postings")],
)


# Once, and reversed at most once, exactly.


def post_a_cause_again(raw: Raw, books: Books) -> None:
    raw.posting(raw.entry("exchange:1"), books.ana, books.ben)


def reverse(
    of: str, *postings: tuple[str, str, int], legs: int = 1, kind: str = "reversal"
) -> Callable[[Raw, Books], object]:
    def run(raw: Raw, books: Books) -> None:
        raw.explain(getattr(books, of))
        number = raw.entry("again", kind=kind, legs=legs, reverses_id=getattr(books, of))
        for leg, (payer, payee, minutes) in enumerate(postings, start=1):
            raw.posting(number, getattr(books, payer), getattr(books, payee), minutes, leg=leg)

    return run


def reverse_nothing(raw: Raw, books: Books) -> None:
    raw.posting(raw.entry(kind="reversal"), books.ana, books.ben)


CAUSE, REVERSES = Constraint("uq_entry_cause_bank_id", "entry"), Index("uq_entry_reverses_id")

attack(
    "once",
    "uq_entry_cause_bank_id|ledger_once",
    post_a_cause_again,
    postgresql=[CAUSE],
    sqlite=[Rule("entry_recorded", "ledger_once"), CAUSE],
)
attack(
    "reversed once",
    "uq_entry_reverses_id|ledger_reversed_once",
    reverse("put_right", ("ana", "ben", 5)),
    postgresql=[REVERSES],
    sqlite=[Rule("entry_recorded", "ledger_reversed_once"), REVERSES],
)

EXACT = "a reversal is exact"

for inexact in (
    reverse("single", ("ben", "ana", 59)),
    reverse("single", ("ana", "ben", 60)),
    reverse("single", ("dee", "ana", 60)),
    reverse("single", ("ben", "chest", 60)),
    reverse("double", ("dee", "ben", 20), ("ben", "ana", 10), legs=2),
):
    attack(EXACT, "ledger_exact_reversal", inexact, **posting_rule("ledger_exact_reversal"))
for wrong in (
    reverse("double", ("ben", "ana", 10)),
    reverse("reversal", ("ben", "ana", 5)),
    reverse("single", ("ben", "ana", 60), kind="exchange"),
    reverse_nothing,
):
    attack(EXACT, "ledger_exact_reversal", wrong, both=[EXACT_ENTRY])
attack(
    EXACT,
    "ledger_exact_reversal|ledger_for_a_reason",
    reverse("elsewhere", ("ana", "ben", 30)),
    postgresql=[
        EXACT_ENTRY,
        REASON,
        Constraint("fk_entry_bank_id_reverses_id", "entry"),
        Rule("posting_moves_minutes", "ledger_exact_reversal"),
    ],
    sqlite=[
        EXACT_ENTRY,
        REASON,
        Constraint("fk_entry_bank_id_reverses_id", "entry"),
        Rule("posting_checked", "ledger_exact_reversal"),
    ],
)


# An entry has the postings it declares, and is closed when its transaction ends.

CLOSED = "an entry is closed"


def too_many_legs(raw: Raw, books: Books) -> None:
    number = raw.entry()
    raw.posting(number, books.ana, books.ben)
    raw.posting(number, books.ana, books.ben, leg=2)


def too_few_legs(raw: Raw, books: Books) -> None:
    raw.posting(raw.entry(legs=2), books.ana, books.ben)


attack(
    CLOSED,
    "ledger_entry_closed",
    lambda raw, books: raw.posting(books.single, books.ana, books.ben, leg=2),
    **posting_rule("ledger_entry_closed"),
)
attack(CLOSED, "ledger_entry_closed", too_many_legs, **posting_rule("ledger_entry_closed"))
attack(
    CLOSED,
    "ledger_entry_closed",
    lambda raw, books: raw.posting(raw.entry(legs=2), books.ana, books.ben, leg=2),
    **posting_rule("ledger_entry_closed"),
)
attack(CLOSED, "fk_entry_complete|FOREIGN KEY", too_few_legs, both=[COMPLETE])
attack(CLOSED, "fk_entry_complete|FOREIGN KEY", lambda raw, books: raw.entry(), both=[COMPLETE])
attack(
    CLOSED,
    "ck_entry_legs",
    lambda raw, books: raw.entry(legs=0),
    both=[Constraint("ck_entry_legs", "entry"), COMPLETE],
)


# Whole minutes, between two accounts of one bank that are open.

MINUTES = "whole minutes"

for minutes in (0, -30):
    attack(
        MINUTES,
        "ck_posting_minutes|ledger_whole_minutes",
        lambda raw, books, minutes=minutes: raw.posting(raw.entry(), books.ana, books.ben, minutes),
        postgresql=[Constraint("ck_posting_minutes", "posting")],
        sqlite=[
            Rule("posting_checked", "ledger_whole_minutes"),
            Constraint("ck_posting_minutes", "posting"),
        ],
    )
attack(
    MINUTES,
    "ledger_whole_minutes",
    lambda raw, books: raw.posting(raw.entry(), books.ana, books.ben, 1.5),
    sqlite=[Rule("posting_checked", "ledger_whole_minutes")],
)
attack(
    MINUTES,
    "ledger_whole_minutes",
    limit("ana", "ceiling", "'plenty'"),
    sqlite=[Rule("account_within_limits", "ledger_whole_minutes")],
)
attack(
    MINUTES,
    "ledger_whole_minutes",
    sql(f"{OPEN}, ceiling) VALUES (:fife, 'member', 'Rich', '2026-11-12', 'plenty')"),
    sqlite=[Rule("account_starts_empty", "ledger_whole_minutes")],
)
attack(
    "two accounts",
    "ck_posting_two_accounts|payee_seq|ledger_moved_by_postings",
    lambda raw, books: raw.posting(raw.entry(), books.ana, books.ana),
    postgresql=[
        Constraint("ck_posting_two_accounts", "posting"),
        Words(
            "posting_moves_minutes", "NEW.payer_id < NEW.payee_id", "NEW.payer_id <= NEW.payee_id"
        ),
    ],
    sqlite=[
        Constraint("ck_posting_two_accounts", "posting"),
        MOVED,
        Rule("posting_moves_minutes", "ledger_moved_by_postings"),
    ],
)

SAME_BANK = "same bank"


def post_to_an_entry_of_another_bank(raw: Raw, books: Books) -> None:
    raw.posting(raw.entry(bank_id=books.angus), books.ana, books.ben)


def post_for_a_bank_that_is_not_there(raw: Raw, books: Books) -> None:
    raw.posting(raw.entry(bank_id=99), books.ana, books.ben, bank_id=99)


attack(
    SAME_BANK,
    "ledger_same_bank",
    lambda raw, books: raw.posting(raw.entry(), books.eve, books.ben),
    postgresql=[ANY_BANK, PAYER_KEY],
    sqlite=[Rule("posting_checked", "ledger_same_bank"), PAYER_KEY],
)
attack(
    SAME_BANK,
    "ledger_same_bank",
    lambda raw, books: raw.posting(raw.entry(), books.ana, books.fay),
    postgresql=[ANY_BANK, PAYEE_KEY],
    sqlite=[Rule("posting_checked", "ledger_same_bank"), PAYEE_KEY],
)
attack(
    SAME_BANK,
    "ledger_same_bank",
    post_to_an_entry_of_another_bank,
    postgresql=[Rule("posting_moves_minutes", "ledger_same_bank"), ANY_BANK, ENTRY_KEY],
    sqlite=[Rule("posting_checked", "ledger_same_bank"), ENTRY_KEY],
)
attack(
    SAME_BANK,
    "ledger_same_bank",
    post_for_a_bank_that_is_not_there,
    postgresql=[ANY_BANK, PAYER_KEY, PAYEE_KEY],
    sqlite=[Rule("posting_checked", "ledger_same_bank"), PAYER_KEY, PAYEE_KEY],
)
for payer, payee in (("cy_who_left", "ben"), ("ana", "cy_who_left")):
    attack(
        "closed accounts stay closed",
        "ledger_account_closed",
        lambda raw, books, payer=payer, payee=payee: raw.posting(
            raw.entry(), getattr(books, payer), getattr(books, payee)
        ),
        postgresql=[Words("posting_moves_minutes", "a.closed_at IS NULL", "true")],
        sqlite=[Rule("posting_checked", "ledger_account_closed")],
    )


# Entries are numbered and dated by the database.

NUMBERED = "numbered and dated by the database"


def forge(**columns: object) -> Callable[[Raw, Books], object]:
    return lambda raw, books: raw.posting(raw.entry(**columns) or 0, books.ana, books.ben)  # pyright: ignore[reportArgumentType]


for forged in (900, 0, -1):
    attack(
        NUMBERED,
        "ledger_append_only",
        forge(id=forged),
        postgresql=[
            Words("entry_recorded", "NEW.id IS NOT NULL", "false"),
            Override(
                "entry_recorded",
                "nextval('entry_id_seq')",
                "coalesce(NEW.id, nextval('entry_id_seq'))",
            ),
        ],
        sqlite=[Trigger("entry_numbered", "entry")],
    )
attack(
    NUMBERED,
    "ledger_dated",
    forge(recorded_at="2001-01-01 00:00:00.000000"),
    sqlite=[Rule("entry_recorded", "ledger_dated")],
)
for day in ("last Tuesday", "2026-02-31", ""):
    attack(
        NUMBERED,
        "ledger_dated",
        forge(occurred_on=day),
        sqlite=[Rule("entry_recorded", "ledger_dated")],
    )


# Blocks follow each other.

BLOCK = (
    "INSERT INTO block (bank_id, n, first, last, entries, total, hash, sealed_at) VALUES (:fife,"
)

for values in (
    "3, 90, 91, 2, 6, 'forged', '2026-11-12')",
    "0, 90, 91, 2, 6, 'forged', '2026-11-12')",
    "2, :single, 91, 2, 6, 'forged', '2026-11-12')",
    "2, 90, 91, 2, 60, 'forged', '2026-11-12')",
):
    attack(
        "blocks follow",
        "ledger_block_follows",
        sql(f"{BLOCK} {values}"),
        both=[Rule("block_follows", "ledger_block_follows")],
    )
for values in (
    "2, 90, 91, 0, 4, 'forged', '2026-11-12')",
    "2, 90, 89, 2, 6, 'forged', '2026-11-12')",
):
    attack(
        "blocks follow",
        "ck_block_run",
        sql(f"{BLOCK} {values}"),
        both=[Constraint("ck_block_run", "block")],
    )
attack(
    "blocks follow",
    "pk_block|ledger_append_only",
    sql(f"{BLOCK} 1, 90, 91, 2, 2, 'forged', '2026-11-12')"),
    postgresql=[Constraint("pk_block", "block")],
    sqlite=[Rule("block_follows", "ledger_append_only"), Constraint("pk_block", "block")],
)


# The two tests.


@dataclass(frozen=True)
class Fields:
    """One database with the books in it for each engine: PostgreSQL's is rolled back after each
    attack, SQLite's is a copy."""

    urls: dict[str, str]
    books: dict[str, Books]
    folder: pathlib.Path


@pytest.fixture(scope="module")
def fields(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Generator[Fields]:
    urls, books = {}, {}
    for dialect in ("sqlite", "postgresql"):
        urls[dialect] = databases.new(dialect)
        engine = create_engine(urls[dialect], **engine_options(urls[dialect]))
        prepare(engine)
        with Session(engine) as session:
            session.connection(execution_options=WRITING)
            books[dialect] = make_books(session)
            session.commit()
        engine.dispose()
    yield Fields(urls, books, tmp_path_factory.mktemp("attacked"))
    for url in urls.values():
        databases.drop(url)


@contextmanager
def attacked(fields: Fields, dialect: str, without: Sequence[Guard]) -> Iterator[Raw]:
    """The books within a transaction that will not be kept, with some guards taken away."""
    url = fields.urls[dialect]
    if dialect == "sqlite":
        path = fields.folder / "attacked.sqlite3"
        shutil.copy(str(make_url(url).database), path)
        url = f"sqlite:///{path}"
    engine = create_engine(url, poolclass=NullPool)
    if dialect == "sqlite":
        # Transactions begin where they are told to: foreign keys can be switched between them only.
        event.listen(
            engine,
            "connect",
            lambda connection, record: setattr(connection, "isolation_level", None),
        )
    with engine.connect() as connection:
        if dialect == "sqlite":
            connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
        for guard in without:
            guard(connection)
        if dialect == "sqlite":
            connection.exec_driver_sql("PRAGMA foreign_keys=ON")
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        yield Raw(connection, fields.books[dialect])
        connection.rollback()
    engine.dispose()


def refusal(raw: Raw, tried: Attack) -> str | None:
    """What the database said, or None when the attack went through and could be committed."""
    try:
        tried.run(raw, raw.books)
        raw.settle()
    except DBAPIError as error:
        diagnostics = getattr(error.orig, "diag", None)
        return f"{getattr(diagnostics, 'constraint_name', None) or ''} {error.orig}"
    return None


CASES = [
    pytest.param(tried, dialect, id=f"{dialect}-{number}-{tried.name}")
    for number, tried in enumerate(ATTACKS)
    for dialect in tried.guards
]


@pytest.mark.parametrize(("tried", "dialect"), CASES)
def test_the_database_refuses(fields: Fields, tried: Attack, dialect: str) -> None:
    with attacked(fields, dialect, without=()) as raw:
        assert re.search(tried.rule, refusal(raw, tried) or "it went through")


@pytest.mark.parametrize(("tried", "dialect"), CASES)
def test_without_its_guards_it_goes_through(fields: Fields, tried: Attack, dialect: str) -> None:
    with attacked(fields, dialect, without=tried.guards[dialect]) as raw:
        before = raw.everything()
        assert refusal(raw, tried) is None
        assert raw.everything() != before


SEVERAL = [
    pytest.param(tried, dialect, kept, id=f"{dialect}-{number}-{tried.name}-{kept}")
    for number, tried in enumerate(ATTACKS)
    for dialect, guards in tried.guards.items()
    for kept in guards
    if len(guards) > 1 and not isinstance(kept, Override)
]


@pytest.mark.parametrize(("tried", "dialect", "kept"), SEVERAL)
def test_each_of_several_guards_is_enough(
    fields: Fields, tried: Attack, dialect: str, kept: Guard
) -> None:
    with attacked(
        fields, dialect, without=[guard for guard in tried.guards[dialect] if guard != kept]
    ) as raw:
        assert refusal(raw, tried) is not None


@pytest.mark.parametrize("dialect", ["sqlite", "postgresql"])
def test_every_trigger_of_the_books_has_its_attack(fields: Fields, dialect: str) -> None:
    tried = {
        getattr(guard, "name", getattr(guard, "where", ""))
        for one in ATTACKS
        for guard in one.guards.get(dialect, ())
    }
    triggers = {
        "sqlite": (
            f"SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name IN {guards.TABLES}"
        ),
        "postgresql": (
            "SELECT DISTINCT tgname FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid "
            f"WHERE NOT tgisinternal AND relname IN {guards.TABLES}"
        ),
    }
    with attacked(fields, dialect, without=()) as raw:
        there = {row[0] for row in raw.connection.exec_driver_sql(triggers[dialect])}
        # What tells programs of it guards nothing.
        assert there - {"intervention_happens"} <= tried


def test_postgresql_dates_entries_itself(fields: Fields) -> None:
    with attacked(fields, "postgresql", without=()) as raw:
        number = raw.entry(recorded_at="2001-01-01")
        assert (
            raw.number(
                "SELECT count(*) FROM entry WHERE id = :id AND recorded_at > '2026-01-01'",
                id=number,
            )
            == 1
        )
