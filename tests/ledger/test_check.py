"""The check: it finds nothing wrong with books that are right, and names every fault planted in
them."""

import json
from collections.abc import Callable, Sequence

import pytest
from click.testing import CliRunner
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.ledger.books import NOW, Books, Raw, give, make_bank, make_books, open_account
from tests.ledger.guards import Constraint, Guard, Index, Rule, Trigger, Words
from timebank.banks.models import Bank
from timebank.db import transaction
from timebank.ledger import guards, service
from timebank.ledger.check import Fault, check, steps
from timebank.ledger.cli import ledger


def faults(session: Session, kind: str | None = None) -> list[Fault]:
    """What the check finds, apart from the guards that were taken away to plant it."""
    found = check(session).faults
    return [
        fault for fault in found if fault.kind == kind or (kind is None and fault.kind != "guards")
    ]


def test_books_that_are_right_are_found_to_be_right(session: Session) -> None:
    make_books(session)
    assert check(session).faults == []


def test_an_empty_database_is_right(session: Session) -> None:
    assert check(session).ok


def test_the_check_counts_what_it_proved(session: Session) -> None:
    make_books(session)
    angus, fife = check(session).books
    assert (fife.bank, fife.accounts, fife.entries, fife.postings, fife.minutes) == (
        "fife",
        7,
        4,
        5,
        100,
    )
    assert (fife.sum_of_balances, fife.sealed, angus.sealed, angus.hash) == (0, 4, 0, None)


def test_one_bank_is_proved_alone(session: Session) -> None:
    books = make_books(session)
    report = check(session, only=session.get_one(Bank, books.angus))
    assert report.ok
    assert [(one.bank, one.entries, one.minutes) for one in report.books] == [("angus", 1, 30)]


def test_the_check_says_how_it_gets_on(session: Session) -> None:
    make_books(session)
    told: list[int] = []
    check(session, on=lambda: told.append(1))
    assert len(told) == steps(session)


# The guards.


def test_the_guards_listed_are_those_that_the_migrations_make(session: Session) -> None:
    assert guards.digests(session) == guards.EXPECTED[session.get_bind().dialect.name]


@pytest.mark.parametrize(
    ("taken", "dialect", "said"),
    [
        (Trigger("entry_recorded", "entry"), "sqlite", "the trigger entry_recorded is missing"),
        (
            Trigger("account_identity", "account"),
            "postgresql",
            "the trigger account_identity is missing",
        ),
        (
            Rule("posting_checked", "ledger_account_closed"),
            "sqlite",
            "the trigger posting_checked is not as it was made",
        ),
        (Words("posting_moves_minutes", " e.legs", "   e.legs"), "postgresql", None),
        (
            Rule("posting_moves_minutes", "ledger_entry_closed"),
            "postgresql",
            "the function posting_moves_minutes is not as it was made",
        ),
        (
            Constraint("fk_entry_complete", "entry"),
            "postgresql",
            "the constraint fk_entry_complete is missing",
        ),
        (Index("uq_entry_reverses_id"), None, "the index uq_entry_reverses_id is missing"),
    ],
)
def test_a_guard_that_is_gone_or_altered_is_named(
    session: Session, taken: Guard, dialect: str | None, said: str | None
) -> None:
    if dialect not in {None, session.get_bind().dialect.name}:
        pytest.skip("This guard is the other engine's.")
    taken(session.connection())
    assert guards.missing_guards(session) == ([said] if said else [])


def test_a_table_rebuilt_without_its_triggers_is_noticed(session: Session) -> None:
    if session.get_bind().dialect.name == "postgresql":
        pytest.skip("PostgreSQL alters tables without copying them.")
    for statement in (
        "DROP VIEW account_line",
        "CREATE TABLE kept AS SELECT * FROM block",
        "DROP TABLE block",
    ):
        session.connection().exec_driver_sql(statement)
    session.connection().exec_driver_sql("ALTER TABLE kept RENAME TO block")
    said = guards.missing_guards(session)
    assert "the trigger block_not_updated is missing" in said
    assert "the constraint pk_block is missing" in said


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        (
            "ALTER TABLE posting DISABLE TRIGGER posting_append_only",
            "the trigger posting_append_only is not as it was made",
        ),
        (
            "ALTER TABLE posting DISABLE TRIGGER ALL",
            "the constraint fk_posting_bank_id_payer_id is not as it was made",
        ),
        ("ALTER SEQUENCE entry_id_seq CACHE 20", "the sequence entry_id_seq is not as it was made"),
        (
            "SET session_replication_role = replica",
            "this connection has triggers switched off (session_replication_role)",
        ),
        (
            (
                "CREATE TRIGGER friendly BEFORE INSERT ON posting EXECUTE FUNCTION"
                " suppress_redundant_updates_trigger()"
            ),
            "the trigger friendly does not belong here",
        ),
    ],
)
def test_a_guard_switched_off_on_postgresql_is_named(
    session: Session, statement: str, said: str
) -> None:
    if session.get_bind().dialect.name == "sqlite":
        pytest.skip("SQLite has no such switch.")
    session.connection().exec_driver_sql(statement)
    assert said in guards.missing_guards(session)


@pytest.mark.parametrize("pragma", ["foreign_keys=OFF", "ignore_check_constraints=ON"])
def test_a_connection_with_guards_switched_off_is_named(session: Session, pragma: str) -> None:
    if session.get_bind().dialect.name == "postgresql":
        pytest.skip("PostgreSQL has no such switch.")
    session.rollback()
    raw = session.connection().connection.driver_connection
    assert raw
    raw.execute("ROLLBACK")
    raw.execute(f"PRAGMA {pragma}")
    assert any(
        f"PRAGMA {pragma.partition('=')[0]}" in said for said in guards.missing_guards(session)
    )


# Faults planted with the guards taken away.


def all_gone(raw: Raw) -> list[Guard]:
    """Every trigger of the ledger's tables, and the keys that would stand in the way of planting
    faults."""
    if raw.sqlite:
        rows = raw.connection.exec_driver_sql(
            "SELECT name, tbl_name FROM sqlite_master WHERE type = 'trigger'"
        ).all()
        return [Trigger(name, table) for name, table in rows]
    rows = raw.connection.exec_driver_sql(
        "SELECT tgname, tgrelid::regclass::text FROM pg_trigger WHERE NOT tgisinternal UNION ALL"
        " SELECT conname, conrelid::regclass::text FROM pg_constraint WHERE conrelid IN"
        " ('account'::regclass, 'entry'::regclass, 'posting'::regclass, 'block'::regclass) AND"
        " contype IN ('c', 'f')"
    ).all()
    unique = [
        Constraint("uq_entry_cause_bank_id", "entry"),
        Index("uq_entry_reverses_id"),
        Constraint("uq_posting_payer_id_payer_seq", "posting"),
    ]
    gone: list[Guard] = [
        Constraint(name, table) if name[:3] in {"ck_", "fk_"} else Trigger(name, table)
        for name, table in rows
    ]
    return [*gone, *unique]


def plant(session: Session, books: Books, *statements: str) -> None:
    raw = Raw(session.connection(), books)
    if raw.sqlite:
        # Keys are checked at a commit that never comes; those that are checked at once are of no
        # use to a forger either.
        raw.run("PRAGMA defer_foreign_keys=ON")
        raw.run("PRAGMA ignore_check_constraints=ON")
    else:
        raw.settle()
    for guard in all_gone(raw):
        guard(session.connection())
    for statement in statements:
        raw.run(statement)


ENTRY_OF_ELSEWHERE = "UPDATE posting SET entry_id = 5 WHERE entry_id = 1"

PLANTED: list[tuple[str, str, Sequence[str]]] = [
    (
        "complete",
        "entry 1 declares 1 postings and has 0",
        ["DELETE FROM posting WHERE entry_id = 1"],
    ),
    (
        "complete",
        "entry 2 declares 2 postings and has 1",
        ["DELETE FROM posting WHERE entry_id = 2 AND leg = 1"],
    ),
    (
        "complete",
        "entry 1 declares 3 postings and has 1",
        ["UPDATE entry SET legs = 3 WHERE id = 1"],
    ),
    (
        "same bank",
        "posting 1 of entry 1 is not in the bank",
        ["UPDATE posting SET bank_id = 2 WHERE entry_id = 1"],
    ),
    (
        "same bank",
        "posting 1 of entry 1 is not in the bank",
        ["UPDATE entry SET bank_id = 2, cause = 'moved' WHERE id = 1"],
    ),
    ("same bank", "posting 1 of entry 1 is not in the bank", ["DELETE FROM entry WHERE id = 1"]),
    (
        "same bank",
        "posting 1 of entry 1 is not",
        ["UPDATE account SET bank_id = 2 WHERE label = 'Ana'"],
    ),
    (
        "minutes",
        "posting 1 of entry 1 moves -60 minutes",
        ["UPDATE posting SET minutes = -60 WHERE entry_id = 1"],
    ),
    (
        "running balances",
        "moves 61 minutes and ends at 60",
        ["UPDATE posting SET minutes = 61 WHERE entry_id = 1"],
    ),
    (
        "running balances",
        "ends at 6000",
        ["UPDATE posting SET payer_balance = 6000 WHERE entry_id = 2 AND leg = 1"],
    ),
    (
        "running balances",
        "the line before it is number 1",
        ["UPDATE posting SET payer_seq = 9 WHERE entry_id = 2 AND leg = 1"],
    ),
    ("balances", "stands at 1000 after", ["UPDATE account SET balance = 1000 WHERE label = 'Ana'"]),
    ("balances", "after 99 lines", ["UPDATE account SET seq = 99 WHERE label = 'Ana'"]),
    (
        "sum",
        "all balances come to 60 minutes",
        ["UPDATE account SET balance = balance + 60 WHERE label = 'Ana'"],
    ),
    ("limits", "outside its limits 0 and", ["UPDATE account SET floor = 0 WHERE label = 'Ana'"]),
    (
        "limits",
        "outside its limits -600 and 10",
        ["UPDATE account SET ceiling = 10 WHERE label = 'Dee'"],
    ),
    (
        "reversals",
        "entry 4 is no proper reversal",
        ["UPDATE entry SET kind = 'exchange' WHERE id = 4"],
    ),
    (
        "reversals",
        "entry 4 is no proper reversal",
        ["UPDATE entry SET reverses_id = 77 WHERE id = 4"],
    ),
    (
        "reversals",
        "posting 1 of entry 4 does not mirror",
        ["UPDATE entry SET reverses_id = 1 WHERE id = 4"],
    ),
    (
        "reversals",
        "posting 1 of entry 4 does not mirror",
        ["UPDATE posting SET minutes = 6 WHERE entry_id = 4"],
    ),
    (
        "blocks",
        "block 1 (up to entry 4) is not what was sealed",
        ["UPDATE entry SET occurred_on = '2020-01-01' WHERE id = 1"],
    ),
    (
        "blocks",
        "block 1 (up to entry 4) is not what was sealed",
        ["UPDATE entry SET recorded_by = 'x' WHERE id = 4"],
    ),
    (
        "blocks",
        "block 1 (up to entry 4) is not what was sealed",
        ["UPDATE posting SET payee_balance = 7 WHERE entry_id = 3"],
    ),
    (
        "blocks",
        "block 1 (up to entry 4) is not what was sealed",
        ["UPDATE block SET sealed_at = '2020-01-01 00:00:00.000000'"],
    ),
    (
        "blocks",
        "block 1 was sealed over 4 entries, 4 in all; there are 3",
        ["DELETE FROM entry WHERE id = 2"],
    ),
    ("blocks", "block 1 is missing", ["UPDATE block SET n = 2"]),
]


@pytest.mark.parametrize(("kind", "what", "statements"), PLANTED)
def test_a_planted_fault_is_named(
    session: Session, kind: str, what: str, statements: Sequence[str]
) -> None:
    books = make_books(session)
    assert (books.single, books.double, books.reversal) == (1, 2, 4)
    plant(session, books, *statements)
    found = faults(session, kind)
    assert any(what in fault.what for fault in found), faults(session)


@pytest.mark.parametrize(
    ("kind", "what", "statements"),
    [
        (
            "once",
            "“exchange:1” has 2 entries",
            ["UPDATE entry SET cause = 'exchange:1' WHERE id = 2"],
        ),
        (
            "reversals",
            "entry 3 is reversed 2 times",
            ["UPDATE entry SET kind = 'reversal', reverses_id = 3 WHERE id = 1"],
        ),
    ],
)
def test_what_unique_keys_would_refuse_is_named(
    session: Session, kind: str, what: str, statements: Sequence[str]
) -> None:
    if session.get_bind().dialect.name == "sqlite" and kind == "once":
        pytest.skip("SQLite keeps a unique key for as long as the table lives.")
    books = make_books(session)
    if session.get_bind().dialect.name == "sqlite":
        Index("uq_entry_reverses_id")(session.connection())
    plant(session, books, *statements)
    assert any(what in fault.what for fault in faults(session, kind)), faults(session)


@pytest.mark.parametrize(
    ("kind", "what", "statement"),
    [
        (
            "minutes",
            "holds something that is no whole",
            "UPDATE posting SET minutes = 60.5 WHERE entry_id = 1",
        ),
        (
            "numbers",
            "entries are numbered up to 5, and 4 are there",
            "DELETE FROM entry WHERE id = 3",
        ),
        (
            "keys",
            "a row of posting refers to a row of entry that is not there",
            "DELETE FROM entry WHERE id = 3",
        ),
    ],
)
def test_what_only_sqlite_would_let_happen_is_named(
    session: Session, kind: str, what: str, statement: str
) -> None:
    if session.get_bind().dialect.name == "postgresql":
        pytest.skip("PostgreSQL has types and keys that cannot be put off.")
    plant(session, make_books(session), statement)
    assert any(what in fault.what for fault in faults(session, kind)), faults(session)


def test_a_fault_is_told_of_its_bank(session: Session) -> None:
    plant(
        session,
        make_books(session),
        "UPDATE account SET balance = balance + 60 WHERE label = 'Eve'",
    )
    assert [fault.bank for fault in faults(session, "sum")] == ["angus"]


def test_only_the_first_faults_of_a_kind_are_told(session: Session) -> None:
    books = make_books(session)
    bank = session.get_one(Bank, books.fife)
    for number in range(30):
        open_account(session, bank, f"Member {number}")
    plant(session, books, "UPDATE account SET seq = 9")
    assert len(faults(session, "balances")) == 10


def test_a_forged_block_is_found(session: Session) -> None:
    """A hash cannot be forged for other rows: the next block is built on the true one."""
    books = make_books(session)
    bank = session.get_one(Bank, books.fife)
    give(session, bank, "exchange:9", (books.ana, books.ben, 15))
    service.seal(session, bank, now=NOW)
    plant(session, books, "UPDATE block SET hash = 'forged' WHERE n = 1")
    assert [fault.what for fault in faults(session, "blocks")] == [
        "block 1 (up to entry 4) is not what was sealed: a row in it has been changed"
    ]


# The command.


@pytest.fixture
def timebank(app: Flask) -> Callable[..., tuple[int, str]]:
    def run(*words: str) -> tuple[int, str]:
        with app.app_context():
            answer = CliRunner().invoke(ledger, words, catch_exceptions=False)
        return answer.exit_code, answer.output

    return run


def write_books(app: Flask) -> None:
    with app.app_context(), transaction() as session:
        make_books(session)


def test_the_command_proves_every_bank(
    app: Flask, timebank: Callable[..., tuple[int, str]]
) -> None:
    write_books(app)
    code, said = timebank("check")
    assert code == 0
    assert (
        "fife: 7 accounts, 4 entries, 5 postings, 1 h 40 moved, balances come to 0 h; 4 entries"
        " sealed" in said
    )
    assert said.endswith("The books are right.\n")


def test_the_command_says_what_is_wrong_and_fails(
    app: Flask, timebank: Callable[..., tuple[int, str]]
) -> None:
    write_books(app)
    with app.app_context(), transaction() as session:
        Trigger("account_moved_by_postings", "account")(session.connection())
        session.connection().exec_driver_sql(
            "UPDATE account SET balance = balance + 60 WHERE label = 'Eve'"
        )
    code, said = timebank("check")
    assert code == 1
    assert (
        "Wrong in the database (guards): the trigger account_moved_by_postings is missing." in said
    )
    assert "Wrong in angus (sum): all balances come to 60 minutes, not to nothing." in said


def test_the_command_answers_programs(app: Flask, timebank: Callable[..., tuple[int, str]]) -> None:
    write_books(app)
    code, said = timebank("check", "--json")
    answer = json.loads(said)
    assert code == 0
    assert (answer["ok"], answer["accounts"], answer["entries"], answer["postings"]) == (
        True,
        11,
        5,
        6,
    )
    assert (answer["minutes"], answer["sum_of_balances"], answer["faults"]) == (130, 0, [])
    assert answer["hash"] == next(one["hash"] for one in answer["banks"] if one["bank"] == "fife")


def test_the_command_proves_one_bank(app: Flask, timebank: Callable[..., tuple[int, str]]) -> None:
    write_books(app)
    assert timebank("check", "--bank", "angus")[1].startswith("angus: 4 accounts, 1 entries")


def test_the_command_seals(
    app: Flask, timebank: Callable[..., tuple[int, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "BLOCK", 1)
    write_books(app)
    with app.app_context(), transaction() as session:
        bank = session.execute(select(Bank).where(Bank.slug == "angus")).scalar_one()
        ana, ben = open_account(session, bank), open_account(session, bank)
        for number in range(2, 5):
            give(session, bank, f"exchange:{number}", (ana, ben, 15))
    code, said = timebank("seal", "--bank", "angus")
    assert (code, said.startswith("angus: 4 new, 4 sealed in all, ")) == (0, True)
    assert timebank("seal")[1].startswith("angus: 0 new, 4 sealed in all, ")
    assert timebank("check")[0] == 0


def test_sealing_an_empty_bank_says_so(
    app: Flask, timebank: Callable[..., tuple[int, str]]
) -> None:
    with app.app_context(), transaction() as session:
        make_bank(session)
    assert timebank("seal") == (0, "fife: 0 new, 0 sealed in all, nothing to seal yet\n")
