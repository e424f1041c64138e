"""Transactions: nothing is lost when many write at once, nothing is written by a reader, nothing is
half-written."""

import pytest
from flask import Flask
from sqlalchemy import create_engine, select, text
from sqlalchemy.exc import DBAPIError

from tests.processes import starting
from timebank import clock
from timebank.app import create_app
from timebank.banks.models import Bank
from timebank.config import Config
from timebank.db import WRITING, db, migrate, reading, snapshot, transaction

PROCESSES, TURNS = 4, 200
READ_ONLY = r"read-?only"


def count_up(url: str, turns: int) -> None:
    """Read a number and write it back one higher, `turns` times: what two processes must not do
    with the same number."""
    app = create_app(Config(database_url=url, secret_key="for tests only " * 4))
    with app.app_context():
        for _ in range(turns):
            with transaction() as session:
                bank = session.execute(select(Bank).with_for_update()).scalar_one()
                bank.about = str(int(bank.about) + 1)


def add_bank(app: Flask, about: str = "0") -> None:
    with app.app_context(), transaction() as session:
        session.add(Bank(slug="fife", name="Fife", about=about, created_at=clock.now()))


def about(app: Flask) -> str:
    with app.app_context():
        return reading().execute(select(Bank.about)).scalar_one()


def test_no_update_is_lost_when_processes_read_then_write(app: Flask, database: str) -> None:
    add_bank(app)
    fresh = starting()
    processes = [fresh.Process(target=count_up, args=(database, TURNS)) for _ in range(PROCESSES)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0] * PROCESSES
    assert about(app) == str(PROCESSES * TURNS)


def test_a_reading_session_refuses_to_write(app: Flask) -> None:
    add_bank(app)
    with app.app_context(), pytest.raises(DBAPIError, match=READ_ONLY):
        reading().execute(text("UPDATE bank SET name = 'Elsewhere'"))


@pytest.mark.parametrize(
    "statement",
    [
        "delete from bank",
        "INSERT INTO bank (name) VALUES ('x')",
        "CREATE TABLE other (id integer)",
        "WITH one_row AS (SELECT 1) UPDATE bank SET name = 'Elsewhere'",
    ],
)
def test_whatever_a_reading_session_would_write_is_not_kept(app: Flask, statement: str) -> None:
    add_bank(app)
    with app.app_context(), pytest.raises(DBAPIError, match=READ_ONLY):
        reading().execute(text(statement))
        reading().commit()
    with app.app_context():
        assert reading().execute(select(Bank.name)).scalar_one() == "Fife"


def test_a_session_that_has_written_reads_only_again_afterwards(app: Flask) -> None:
    with app.app_context():
        with transaction() as session:
            session.add(Bank(slug="fife", name="Fife", created_at=clock.now()))
        with pytest.raises(DBAPIError, match=READ_ONLY):
            reading().execute(text("UPDATE bank SET name = 'Elsewhere'"))


def write_and_fail() -> None:
    with transaction() as session:
        session.execute(text("UPDATE bank SET about = 'after'"))
        raise ZeroDivisionError


def write_inside_and_fail() -> None:
    with transaction():
        with transaction() as inner:
            inner.execute(text("UPDATE bank SET about = 'after'"))
        raise ZeroDivisionError


def test_a_transaction_that_raises_leaves_nothing_behind(app: Flask) -> None:
    add_bank(app, about="before")
    with app.app_context():
        with pytest.raises(ZeroDivisionError):
            write_and_fail()
        assert about(app) == "before"


def test_an_inner_transaction_joins_the_outer_one(app: Flask) -> None:
    add_bank(app, about="before")
    with app.app_context():
        with pytest.raises(ZeroDivisionError):
            write_inside_and_fail()
        assert about(app) == "before"


def test_a_transaction_reads_again_what_the_session_had_read_before(app: Flask) -> None:
    add_bank(app, about="before")
    with app.app_context():
        bank = reading().execute(select(Bank)).scalar_one()
        assert bank.about == "before"
        with db.engine.connect() as other:
            other = other.execution_options(**WRITING)
            other.execute(text("UPDATE bank SET about = 'meanwhile'"))
            other.commit()
        with transaction():
            assert bank.about == "meanwhile"


def test_a_snapshot_does_not_see_what_is_written_meanwhile(app: Flask) -> None:
    add_bank(app, about="before")
    with app.app_context(), snapshot() as session:
        assert session.execute(select(Bank.about)).scalar_one() == "before"
        with transaction() as other:
            other.execute(text("UPDATE bank SET about = 'meanwhile'"))
        assert session.execute(select(Bank.about)).scalar_one() == "before"


def test_a_snapshot_refuses_to_write(app: Flask) -> None:
    add_bank(app)
    with app.app_context(), snapshot() as session, pytest.raises(DBAPIError, match=READ_ONLY):
        session.execute(text("UPDATE bank SET name = 'Elsewhere'"))


def test_the_schema_goes_down_and_up_again(database: str, app: Flask) -> None:
    add_bank(app)
    with app.app_context():
        db.session.remove()
        db.engine.dispose()
    migrate(database, "base")
    migrate(database)
    add_bank(app, about="again")
    assert about(app) == "again"


def test_a_connection_that_was_lost_while_it_rested_is_replaced(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    with app.app_context():
        if db.engine.dialect.name == "sqlite":
            pytest.skip("A file has no connections to lose.")
        ours = reading().execute(text("SELECT pg_backend_pid()")).scalar_one()
        db.session.remove()
        administrator = create_engine(db.engine.url, isolation_level="AUTOCOMMIT")
        with administrator.connect() as other:
            other.execute(text("SELECT pg_terminate_backend(:ours)"), {"ours": ours})
        administrator.dispose()
        monkeypatch.setattr("timebank.db._REST_SECONDS", 0.0)
        assert reading().execute(text("SELECT pg_backend_pid()")).scalar_one() != ours
