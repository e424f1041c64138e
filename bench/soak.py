"""A bank under steady work: how long answers take, what the memory does, whether the books are
right at the end.

    .venv/bin/python -m bench.soak [--database URL] [--minutes 20] [--people 50]

A real server with its worker (`timebank serve`, a process of its own) over a demonstration bank.
Each of the people is a thread that thinks for a second or two between one thing and the next, and
mostly reads: their statement, the directory, a search, what they are doing with others; now and
then one gives hours, logs an exchange, or writes an offer. Printed are percentiles by kind of work,
the memory of the server at the beginning, in the middle and at the end, and the proof of the books.
"""

import argparse
import http.client
import json
import os
import pathlib
import random
import secrets
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import defaultdict
from dataclasses import dataclass, field

from sqlalchemy import select

from timebank import clock
from timebank.access import service as access_service
from timebank.access.rules import NewToken, Scope
from timebank.act import Act, Actor, Role
from timebank.app import FEATURES, create_app
from timebank.config import Config
from timebank.db import migrate, reading, transaction
from timebank.demo import service as demo_service
from timebank.ledger import check
from timebank.members import circle
from timebank.members import service as members_service
from timebank.members.models import Member
from timebank.members.rules import NewLimits

SECRET = "bench " * 8


@dataclass
class Person:
    """Somebody who works with the bank, by their token, and those they know in it, as the API
    calls them."""

    account: int
    token: str
    knows: list[str]
    party: str


@dataclass
class Figures:
    """Seconds of each answer by kind of work, and the answers that were none."""

    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    failures: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, kind: str, seconds: float, status: int) -> None:
        with self.lock:
            self.seconds[kind].append(seconds)
            if status >= 400 or status == 0:
                self.failures[f"{kind} {status}"] += 1


def prepare(database: str, people: int) -> list[Person]:
    """A demonstration bank, and tokens of those of its members who know somebody in it: nobody else
    is found by them."""
    migrate(database)
    app = create_app(Config(database_url=database, secret_key=SECRET))
    with app.app_context(), transaction() as session:
        now = clock.now()
        bank = demo_service.make(
            session, members_wanted=max(people, 20), months=12, seed=1, now=now
        )
        system = Act(Actor.system(bank.id, "bench"), now)
        rows = session.execute(
            select(Member)
            .where(Member.status == "active", Member.role == Role.MEMBER)
            .limit(people)
        ).scalars()
        made = []
        for member in rows:
            members_service.set_limits(
                session, bank, member.id, NewLimits(-(10**7), None, "A test."), system
            )
            own = Act(Actor(bank.id, member.name, Role.MEMBER, member.id, member.account_id), now)
            known = circle.known(session, bank, FEATURES, own.by, limit=people)
            knows = [f"member:{one.party.member_id}" for one in known if one.party.member_id]
            if not knows:
                continue
            token = access_service.make_token(
                session, bank, member.id, NewToken("soak", Scope.WRITE), own, staff=True
            )
            made.append(Person(member.account_id or 0, token, knows, f"member:{member.id}"))
        return made


def work(person: Person, port: int, until: float, figures: Figures) -> None:
    """One person, until the time is over."""
    chance = random.Random(person.token)  # noqa: S311  (whom to call is no secret)
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    while time.monotonic() < until:
        other = chance.choice(person.knows)
        today = clock.now().date().isoformat()
        kind, method, path, body = chance.choices(
            [
                ("statement", "GET", f"/api/v1/accounts/{person.account}/statement", None),
                ("exchanges", "GET", "/api/v1/exchanges", None),
                ("offers", "GET", "/api/v1/offers", None),
                ("search", "GET", "/api/v1/search?q=somebody+to+mend+a+tap", None),
                ("sign-in page", "GET", "/sign-in", None),
                (
                    "gift",
                    "POST",
                    "/api/v1/gifts",
                    {"from": person.party, "to": other, "minutes": 15},
                ),
                (
                    "log",
                    "POST",
                    "/api/v1/exchanges",
                    {
                        "giver": person.party,
                        "receiver": other,
                        "minutes": 30,
                        "occurred_on": today,
                        "title": "Hedge",
                    },
                ),
            ],
            weights=[4, 4, 4, 2, 2, 2, 2],
        )[0]
        headers = {"Authorization": f"Bearer {person.token}", "Content-Type": "application/json"}
        if body is not None:
            headers["Idempotency-Key"] = secrets.token_hex(8)
        began = time.monotonic()
        status = 0
        try:
            connection.request(method, path, json.dumps(body) if body else None, headers)
            answer = connection.getresponse()
            answer.read()
            status = answer.status
        except (OSError, http.client.HTTPException):
            connection.close()
        figures.add(
            f"{kind} ({status})" if status >= 400 or status == 0 else kind,
            time.monotonic() - began,
            status,
        )
        time.sleep(chance.uniform(0.5, 2.0))
    connection.close()


def memory(process: int) -> int:
    """Megabytes that a process holds."""
    for line in pathlib.Path(f"/proc/{process}/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) // 1024
    return 0


def main() -> None:
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument(
        "--database", help="An empty database; a SQLite file of its own if left out."
    )
    options.add_argument("--minutes", type=float, default=20)
    options.add_argument("--people", type=int, default=50)
    asked = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        database = asked.database or f"sqlite:///{folder}/soak.sqlite3"
        people = prepare(database, asked.people)
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
        environment = {
            **os.environ,
            "TIMEBANK_DATABASE_URL": database,
            "TIMEBANK_SECRET_KEY": SECRET,
        }
        with pathlib.Path(folder, "said").open("wb") as said:
            server = subprocess.Popen(
                [sys.executable, "-m", "timebank", "serve", "--port", str(port)],
                env=environment,
                stderr=said,
            )
        try:
            soak(server, people, port, asked.minutes, database)
        finally:
            server.terminate()
            server.wait()


def soak(
    server: "subprocess.Popen[bytes]",
    people: list[Person],
    port: int,
    minutes: float,
    database: str,
) -> None:
    """Have everybody work, and print what came of it."""
    deadline = time.monotonic() + 300
    while time.monotonic() < deadline:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=1):
                break
        except OSError:
            time.sleep(0.2)
    else:
        sys.exit("The server does not answer.")
    figures, until = Figures(), time.monotonic() + 60 * minutes
    held = [memory(server.pid)]
    threads = [
        threading.Thread(target=work, args=(person, port, until, figures)) for person in people
    ]
    for thread in threads:
        thread.start()
    while time.monotonic() < until:
        time.sleep(min(10.0, max(0.1, until - time.monotonic())))
        held.append(memory(server.pid))
    for thread in threads:
        thread.join()
    print(f"{len(people)} people, {minutes:g} minutes, {database.partition(':')[0]}")
    print("| work | answers | p50 | p95 | p99 | slowest, ms |\n|---|---|---|---|---|---|")
    for kind, seconds in sorted(figures.seconds.items()):
        seconds.sort()
        cut = [
            seconds[min(len(seconds) - 1, int(len(seconds) * part))] for part in (0.5, 0.95, 0.99)
        ]
        shown = " | ".join(f"{1000 * value:.0f}" for value in (*cut, seconds[-1]))
        print(f"| {kind} | {len(seconds):,} | {shown} |")
    print(f"Refused, not answered, or 5xx: {dict(figures.failures) or 'none'}")
    print(f"Memory of the server, MB: {held[0]} → {held[len(held) // 2]} → {held[-1]}")
    app = create_app(Config(database_url=database, secret_key=SECRET))
    with app.app_context():
        report = check.check(reading())
    postings = sum(books.postings for books in report.books)
    print(f"The books: {report.faults or 'right'}, {postings:,} postings")


if __name__ == "__main__":
    main()
