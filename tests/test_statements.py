"""How many questions the pages that are opened most ask of the database: few, and as many in a bank
of thirty as in one of ten."""

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import Engine, event, select

from tests.browsers import Browser
from tests.demonstration import demonstrate
from tests.factories import NOW
from timebank import clock
from timebank.act import Actor, Role
from timebank.banks.models import Bank
from timebank.db import reading
from timebank.exchanges import queries as exchanges
from timebank.members.models import Member

MOST = {"": 13, "desk": 18, "directory": 6, "statement": 8, "exchanges/{exchange}": 6}
"""At most so many questions each page may ask, whoever the two are who look; less is better. One of
them, on every page, counts the messages that wait to be read."""


@pytest.mark.parametrize("members", [10, 30])
def test_a_page_asks_few_questions_however_large_the_bank_is(
    app: Flask,
    engine: Engine,
    sign_in: Callable[..., Browser],
    monkeypatch: pytest.MonkeyPatch,
    members: int,
) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    demonstrate(engine, members=members, months=6, seed=1)
    with app.app_context():
        session = reading()
        bank = session.execute(select(Bank)).scalar_one()
        slug = bank.slug
        first = {
            role: session.execute(
                select(Member)
                .where(Member.role == role, Member.status == "active")
                .order_by(Member.id)
                .limit(1)
            ).scalar_one()
            for role in (Role.MEMBER, Role.BROKER)
        }
        reader = Actor.system(bank.id, "test")
        accounts = [first[Role.MEMBER].account_id]
        theirs = exchanges.mine(session, bank, accounts, by=reader, limit=1)
    asked: list[str] = []
    counted: dict[str, int] = {}

    def listen(*statement: object) -> None:
        words = str(statement[2])
        if words.startswith(("SELECT", "WITH")) and "set_config" not in words:
            asked.append(words)

    event.listen(engine, "before_cursor_execute", listen)
    try:
        for path in MOST:
            browser = sign_in(first[Role.BROKER if path == "desk" else Role.MEMBER])
            asked.clear()
            page = browser.get(f"/b/{slug}/{path.format(exchange=theirs[0].id)}")
            assert page.status_code == 200
            counted[path] = len(asked)
    finally:
        event.remove(engine, "before_cursor_execute", listen)
    assert all(counted[path] <= most for path, most in MOST.items()), counted
