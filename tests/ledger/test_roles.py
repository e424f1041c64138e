"""deploy/postgresql-roles.sql: the application can post, and cannot take the guards away."""

from collections.abc import Generator

import pytest
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from tests.conftest import Databases
from tests.ledger.books import NOW, Books, give, make_books
from tests.roles import as_role
from timebank.banks.models import Bank
from timebank.ledger import queries, service


@pytest.fixture(name="as_role")
def engine_as_role(databases: Databases) -> Generator[Engine]:
    """A migrated database, reached as the role that the script makes."""
    with as_role(databases) as url:
        engine = create_engine(url)
        yield engine
        engine.dispose()


def write(engine: Engine) -> Books:
    with Session(engine) as session:
        books = make_books(session)
        session.commit()
    return books


def test_the_role_posts_reverses_and_seals(as_role: Engine) -> None:
    books = write(as_role)
    with Session(as_role) as session:
        bank = session.get_one(Bank, books.fife)
        before = queries.balance(session, bank, books.ben)
        give(session, bank, "exchange:77", (books.ana, books.ben, 5))
        assert service.seal(session, bank, now=NOW).entries == 5
        assert queries.balance(session, bank, books.ben) == before + 5


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("DROP TRIGGER posting_append_only ON posting", "must be owner"),
        ("ALTER TABLE posting DISABLE TRIGGER posting_append_only", "must be owner"),
        ("DROP FUNCTION posting_moves_minutes() CASCADE", "must be owner"),
        ("UPDATE entry SET cause = 'forged'", "permission denied"),
        ("DELETE FROM posting", "permission denied"),
        ("ALTER TABLE member ADD COLUMN more text", "must be owner"),
        ("DROP TABLE message", "must be owner"),
        ("UPDATE alembic_version SET version_num = '0001'", "permission denied"),
        ("CREATE OR REPLACE FUNCTION take_stock() RETURNS void LANGUAGE sql AS ''", "denied"),
        ("TRUNCATE block", "permission denied"),
        ("DELETE FROM account", "permission denied"),
        ("UPDATE account SET kind = 'chest'", "permission denied"),
        ("UPDATE account SET balance = 600", "a balance is moved by postings alone"),
        ("SELECT setval('entry_id_seq', 1)", "permission denied"),
        ("CREATE TABLE mine (id integer)", "permission denied"),
        ("CREATE TEMPORARY TABLE mine (id integer)", "permission denied"),
        ("SET session_replication_role = replica", "permission denied"),
    ],
)
def test_the_role_cannot_get_round_the_guards(as_role: Engine, statement: str, said: str) -> None:
    write(as_role)
    with as_role.connect() as connection, pytest.raises(DBAPIError, match=said):
        connection.execute(text(statement))
