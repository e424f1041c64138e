"""How much work the desk and the board are in a bank of so many members.

    .venv/bin/python -m bench.office [--members 5000] [--database URL]

A made-up bank: for every five members three offers, and for every twelve one request, told apart by
who offers and asks and made of the 200 offers and the sentences of tests/matching/evaluation; a
tenth of the offers is about to end. What the worker does for the board is told in processor time
and peak memory; the pages in processor time and statements, the second view of each, in this
process.
"""

import argparse
import resource
import tempfile
import time
from datetime import datetime, timedelta

from sqlalchemy import Engine, event, insert, select
from sqlalchemy.orm import Session

from bench.search import app_of
from tests.browsers import Browser
from tests.factories import make_bank, make_member
from tests.matching import evaluation
from timebank import clock
from timebank.access import queries as access
from timebank.access import sessions
from timebank.access.rules import SignedInBy
from timebank.banks.models import Bank
from timebank.db import migrate, reading, transaction
from timebank.ledger.models import Account
from timebank.matching import board, search
from timebank.members.models import Member
from timebank.skills import service as skills_service
from timebank.skills.models import Listing

PAGES = ("matching/board", "desk", "desk?kind=ending&page=3", "desk/call?who=helper+12&typing=yes")


def fill(session: Session, bank: Bank, members: int, now: datetime) -> None:
    """Members, offers and requests, without the use cases: what they write is not measured here."""
    floor = session.execute(select(Account).where(Account.kind == "member")).scalars().first()
    assert floor is not None
    session.execute(
        insert(Account),
        [
            {
                "bank_id": bank.id,
                "kind": "member",
                "label": f"Helper {number}",
                "floor": floor.floor,
                "ceiling": floor.ceiling,
                "opened_at": now,
            }
            for number in range(members)
        ],
    )
    accounts = session.execute(
        select(Account.id, Account.label).where(Account.label.startswith("Helper"))
    ).all()
    session.execute(insert(Member), [_member(bank, row, now) for row in accounts])
    texts = [row["title"] for row in evaluation.rows("offers")]
    wishes = [row["sentence"] for row in evaluation.rows("sentences")]
    ids = [row.id for row in accounts]
    offers = [
        _listing(bank, "offer", ids[n % len(ids)], texts[n % len(texts)], n, now)
        for n in range(members * 3 // 5)
    ]
    requests = [
        _listing(bank, "request", ids[-n - 1], wishes[n % len(wishes)], n, now)
        for n in range(members // 12)
    ]
    session.execute(insert(Listing), offers + requests)


def _member(bank: Bank, row: object, now: datetime) -> dict[str, object]:
    account_id, name = row.id, row.label  # pyright: ignore[reportAttributeAccessIssue]
    return {
        "bank_id": bank.id,
        "number": f"H{account_id}",
        "name": name,
        "name_key": name.lower(),
        "status": "active",
        "account_id": account_id,
        "created_at": now,
        "joined_on": (now - timedelta(days=200)).date(),
        "phone": f"07700 {account_id:06}",
        "phone_key": f"07700{account_id:06}",
        "area": f"Part {account_id % 12}",
    }


def _listing(
    bank: Bank, kind: str, account_id: int, title: str, number: int, now: datetime
) -> dict[str, object]:
    soon = number % 10 == 0
    return {
        "bank_id": bank.id,
        "kind": kind,
        "account_id": account_id,
        "title": title,
        "ends_on": (now + timedelta(days=3 if soon else 60)).date(),
        "by": "system:bench",
        "channel": "web",
        "posted_at": now - timedelta(minutes=number),
        "changed_at": now,
    }


def vectors(session: Session, bank: Bank, now: datetime) -> None:
    """What the worker has stored by then: the same words have the same vector, made once."""
    missing = search.without_vectors(session, bank)
    made: dict[str, object] = {}
    model = search.meaning.model_for(bank.language)
    assert model is not None
    for text in dict.fromkeys(missing.values()):
        made[text] = search.index.vector(model, text)
    rows = [(listing_id, text, made[text]) for listing_id, text in missing.items()]
    search.keep_vectors(session, bank, rows, now=now)  # pyright: ignore[reportArgumentType]


def peak() -> int:
    """The most memory this process has had, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def measure(database: str, members: int) -> None:
    migrate(database)
    app = app_of(database)
    now = clock.now()
    with app.app_context():
        with transaction() as session:
            bank = make_bank(session, name="Bench", slug="bench")
            skills_service.plant_tree(session, bank)
            broker = make_member(session, bank, "Bo", role="broker")
            fill(session, bank, members, now)
            vectors(session, bank, now)
            token = sessions.begin(
                session,
                access.actor_of(broker),
                SignedInBy.PASSWORD,
                sessions.lasting(app.config["TIMEBANK"]),
                agent="",
                now=now,
            )
            begun_session = access.signed_in(session, token)
            assert begun_session is not None
            sessions.prove(session, begun_session.id, second_factor=True, now=now)
        session = reading()
        bank = session.execute(select(Bank)).scalar_one()
        before = peak()
        begun = time.process_time()
        found = board.find(session, bank, now=now)
        worked = time.process_time() - begun
        print(f"{members} members: {found.looked_at} requests, {len(found.pairs)} proposed")
        print(f"  the worker: {worked:.1f} s, memory {before} to {peak()} MB")
        with transaction() as session:
            board.keep(session, bank, found, now=now)
        _pages(app, token)


def _pages(app: object, token: str) -> None:
    app.test_client_class = Browser  # pyright: ignore[reportAttributeAccessIssue]
    browser = app.test_client()  # pyright: ignore[reportAttributeAccessIssue]
    browser.sign_in(token)
    asked: list[str] = []
    event.listen(Engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
    for page in PAGES:
        browser.get(f"/b/bench/{page}")
        asked.clear()
        begun = time.process_time()
        answer = browser.get(f"/b/bench/{page}")
        worked = time.process_time() - begun
        assert answer.status_code == 200, answer.status
        print(f"  {page:40} {worked * 1000:6.0f} ms {len(asked):3} statements {peak()} MB")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--members", type=int, default=5000)
    parser.add_argument("--database")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        measure(given.database or f"sqlite:///{folder}/bench.sqlite3", given.members)


if __name__ == "__main__":
    main()
