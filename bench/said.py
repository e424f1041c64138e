"""What the public pages of a partnership cost with many promises, in processor time.

    .venv/bin/python -m bench.said [--promises 500] [--rounds 12] [--database URL]

One process asks the application without a server, each page in turn, so that what else the machine
does counts for little: processor time of this process, the median and the least, and how many
statements the page asks. The goal is 200 ms for every public page of 500 promises.
"""

import argparse
import statistics
import tempfile
import time
from datetime import timedelta

from sqlalchemy import event, select

from timebank import clock
from timebank.act import Act, Actor
from timebank.app import FEATURES, create_app
from timebank.banks.models import Bank
from timebank.clock import local_date
from timebank.config import Config
from timebank.db import migrate, transaction
from timebank.demo import service as demo
from timebank.dialogue import commitments, queries
from timebank.dialogue.rules import NewCommitment, NewStep, Owner, StepKind

PAGES = ("", "/{place}", "/{place}/said-done", "/{place}/feed", "/promises/1", "/audits")


def fill(promises: int) -> tuple[str, int]:
    """A demonstration bank with so many promises in its partnership: a third done, a third moved.

    Returns the bank's address and the partnership's id.
    """
    now = clock.now()
    with transaction() as session:
        bank = demo.make(session, members_wanted=30, months=6, seed=1, now=now)
        (place,) = queries.partnerships(session, bank)
        first = queries.priorities(session, bank, place.id)
        # Long before the demonstration's own, so that steps come one after the other.
        then = Act(Actor.system(bank.id, "bench"), now - timedelta(days=60))
        today = local_date(then.now, bank.timezone)
        for number in range(promises):
            new = NewCommitment(
                f"What was promised as number {number}, in a sentence as long as people write",
                today + timedelta(days=number % 90),
                Owner(body="The council’s street team", contact_name="Denise Holt"),
                priority_id=first[number % len(first)].id,
            )
            row = commitments.promise(session, bank, new, then)
            if number % 3 == 0:
                done = NewStep(StepKind.DONE, "It stands there.")
                commitments.take_step(session, bank, row.id, done, then)
            elif number % 3 == 1:
                moved = NewStep(StepKind.MOVED, "Rain.", due_on=today + timedelta(days=100))
                commitments.take_step(session, bank, row.id, moved, then)
        return bank.slug, place.id


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--promises", type=int, default=500)
    parser.add_argument("--rounds", type=int, default=12)
    parser.add_argument("--database")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        database = asked.database or f"sqlite:///{folder}/said.sqlite3"
        migrate(database)
        config = Config(database_url=database, secret_key="bench " * 8, secure_cookies=False)
        app = create_app(config, features=FEATURES)
        with app.app_context():
            slug, place = fill(asked.promises)
            with transaction() as session:
                session.execute(select(Bank.id)).all()
                engine = session.connection().engine
        statements: list[str] = []
        event.listen(engine, "before_cursor_execute", lambda *said: statements.append(str(said[2])))
        client = app.test_client()
        for page in PAGES:
            path = f"/b/{slug}/dialogue{page.format(place=place)}"
            answer = client.get(path)
            spent = []
            for _ in range(asked.rounds):
                statements.clear()
                before = time.process_time()
                answer = client.get(path)
                spent.append(1000 * (time.process_time() - before))
            assert answer.status_code == 200, (path, answer.status_code)
            selects = sum(words.startswith(("SELECT", "WITH")) for words in statements)
            print(
                f"{path}: {statistics.median(spent):.0f} ms, least {min(spent):.0f},"
                f" {selects} statements, {len(answer.data) // 1024} KB",
                flush=True,
            )


if __name__ == "__main__":
    main()
