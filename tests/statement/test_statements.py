"""How many questions the pages of an exchange and of a statement ask the database: as few in a
large bank as in a small one."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from flask import Flask
from sqlalchemy import event

from tests.browsers import Browser
from tests.statement.books import help_given
from tests.statement.conftest import Books
from timebank.banks import queries as banks
from timebank.db import db, transaction
from timebank.members.models import Member


def _is_question(statement: str) -> bool:
    """Whether something is asked, and not the bounds of a transaction set."""
    return statement.lstrip().upper().startswith("SELECT") and "set_config" not in statement


@contextmanager
def counted(app: Flask) -> Iterator[list[str]]:
    """The statements that are sent meanwhile."""
    asked: list[str] = []

    def note(*given: object) -> None:
        asked.append(str(given[2]))

    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield asked
    finally:
        event.remove(engine, "before_cursor_execute", note)


def test_pages_ask_few_questions(app: Flask, books: Books, sign_in: Callable[..., Browser]) -> None:
    with app.app_context(), transaction() as session:
        bank = banks.by_slug(session, "fife")
        joan = session.get_one(Member, books.people["Joan"])
        ids = [
            help_given(session, bank, books.accounts["Joan"], books.accounts["Tom"], 60).id
            for _ in range(3)
        ]
        joan_id = joan.id
    browser = sign_in(joan_id)
    for address, most in ((f"/b/fife/exchanges/{ids[0]}", 6), ("/b/fife/statement", 8)):
        browser.get(address)
        with counted(app) as asked:
            assert browser.get(address).status_code == 200
        questions = [text for text in asked if _is_question(text)]
        assert len(questions) <= most, "\n\n".join(questions)
