"""What a letter to all members of a bank costs: the pages and the jobs.

    .venv/bin/python -m bench.letters [--members 5000] [--database URL]

The made-up bank of `bench.office`, in which every other member has an e-mail address and the others
are rung. A broker writes to a saved list of everybody, has the rung ones rung, looks at the letter,
sends it, and looks again; the worker goes on with it. All in this process, in processor time: what
is handed to a mail server comes later and is not measured here.
"""

import argparse
import tempfile
import time
from datetime import datetime
from typing import Any

from flask import Flask
from sqlalchemy import String, cast, func, literal, select, update
from sqlalchemy.orm import Session

from bench.office import fill
from bench.search import app_of
from tests.browsers import Browser
from tests.factories import actor, make_bank, make_member
from timebank import clock
from timebank.access import queries as access
from timebank.access import sessions
from timebank.access.rules import SignedInBy
from timebank.act import Act
from timebank.db import migrate, reading, transaction
from timebank.feature import plugged_in
from timebank.jobs.worker import Worker
from timebank.lists import service as lists_service
from timebank.lists.rules import NewName, Wanted
from timebank.members.models import Member
from timebank.notices.models import Notice

LETTER = {"subject": "We are shut on Monday", "body": "Dear {name},\n\nRing on Tuesday."}


def write_in(session: Session, app: Flask, members: int, now: datetime) -> tuple[str, int]:
    """Write in the bank with its members. Its broker's cookie, and the id of the saved list."""
    bank = make_bank(session, name="Bench", slug="bench")
    broker = make_member(session, bank, "Bo", role="broker")
    fill(session, bank, members, now)
    address = literal("helper").concat(cast(Member.id, String)).concat("@example.org")
    reached = Member.id % 2 == 0
    session.execute(update(Member).where(reached).values(email=address))
    everybody = lists_service.save_list(
        session, bank, Wanted(), NewName("All"), Act(actor(broker), now)
    )
    lasting = sessions.lasting(app.config["TIMEBANK"])
    token = sessions.begin(
        session, access.actor_of(broker), SignedInBy.PASSWORD, lasting, agent="", now=now
    )
    begun = access.signed_in(session, token)
    assert begun is not None
    sessions.prove(session, begun.id, second_factor=True, now=now)
    return token, everybody.id


def timed(what: str, do: Any) -> Any:
    """Do something, and print what it cost in processor time."""
    begun = time.process_time()
    answer = do()
    print(f"  {what:44} {time.process_time() - begun:6.2f} s")
    return answer


def measure(database: str, members: int) -> None:
    migrate(database)
    app: Flask = app_of(database)
    with app.app_context():
        with transaction() as session:
            token, saved_id = write_in(session, app, members, clock.now())
        app.test_client_class = Browser
        browser = app.test_client()
        browser.sign_in(token)  # pyright: ignore[reportAttributeAccessIssue]
        print(f"A letter to {members} members")
        write = f"/b/bench/mailings/new?saved_list={saved_id}"
        browser.get(write)
        made = timed("write it", lambda: browser.post(write, data=LETTER | {"calls": "yes"}))
        assert made.status_code == 303, made.text
        letter = made.headers["Location"]
        timed("look at it", lambda: browser.get(letter))
        sent = timed("send it", lambda: browser.post(f"{letter}/send"))
        assert sent.status_code == 303, sent.text
        jobs = [
            job for room in plugged_in() for job in room.jobs if job.kind.startswith("mailings.")
        ]
        timed("the jobs, all of them", lambda: work(app, jobs))
        timed("look at what became of it", lambda: browser.get(letter))
        written = reading().execute(select(func.count()).select_from(Notice)).scalar_one()
        print(f"  {written} letters in the outbox")


def work(app: Flask, jobs: Any) -> None:
    """Do what the worker does until nothing is left."""
    Worker(app, jobs).run_due()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--members", type=int, default=5000)
    parser.add_argument("--database")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        measure(given.database or f"sqlite:///{folder}/bench.sqlite3", given.members)


if __name__ == "__main__":
    main()
