"""Eight processes on few accounts with floors, some of them killed at any moment: the books are
right afterwards."""

import os
import random
import signal
from collections import Counter
from multiprocessing.connection import Connection

from flask import Flask
from sqlalchemy import select, text

from tests.ledger.books import give, make_bank, open_account
from tests.processes import starting
from timebank.app import create_app
from timebank.banks.models import Bank
from timebank.config import Config
from timebank.db import reading, snapshot, transaction
from timebank.ledger.check import check
from timebank.ledger.errors import BelowFloor

PROCESSES, TURNS, KILLED = 8, 60, 3


def trade(url: str, name: int, accounts: list[int], said: Connection) -> None:
    """Post single and group entries at random, and say which were committed, one by one."""
    draw = random.Random(name)  # noqa: S311  (the same entries every time, not a secret)
    app = create_app(Config(database_url=url, secret_key="for tests only " * 4))
    with app.app_context():
        for turn in range(TURNS):
            cause = f"exchange:{name}:{turn}"
            moves = [
                (*draw.sample(accounts, 2), draw.randint(1, 60))
                for _ in range(draw.choice((1, 1, 3)))
            ]
            try:
                with transaction() as session:
                    give(session, session.execute(select(Bank)).scalar_one(), cause, *moves)
            except BelowFloor:
                continue
            said.send(cause)
    said.close()


def test_killed_writers_leave_nothing_half_written(app: Flask, database: str) -> None:
    with app.app_context(), transaction() as session:
        bank = make_bank(session)
        accounts = [open_account(session, bank, floor=-120) for _ in range(4)]
    fresh = starting()
    pipes = [fresh.Pipe(duplex=False) for _ in range(PROCESSES)]
    writers = [
        fresh.Process(target=trade, args=(database, name, accounts, pipe[1]))
        for name, pipe in enumerate(pipes)
    ]
    for writer in writers:
        writer.start()
    for _, theirs in pipes:
        theirs.close()
    committed: list[str] = []
    for number, ((mine, _), writer) in enumerate(zip(pipes, writers, strict=True)):
        # A few entries in, so that the kill comes while they write.
        while True:
            try:
                committed.append(mine.recv())
            except EOFError:
                break
            if (
                number < KILLED
                and len(committed) % 5 == 0
                and writer.pid is not None
                and writer.is_alive()
            ):
                os.kill(writer.pid, signal.SIGKILL)
    for writer in writers:
        writer.join()
    codes = Counter(writer.exitcode for writer in writers)
    assert set(codes) <= {0, -signal.SIGKILL}
    assert codes[-signal.SIGKILL] > 0
    with app.app_context(), snapshot() as books:
        assert check(books).faults == []
        kept = set(books.execute(text("SELECT cause FROM entry")).scalars())
        assert set(committed) <= kept
        assert books.execute(text("SELECT sum(balance) FROM account")).scalar_one() == 0
    with app.app_context():
        assert (
            reading()
            .execute(text("SELECT min(balance) FROM account WHERE kind = 'member'"))
            .scalar_one()
            >= -120
        )
