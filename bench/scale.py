"""What every page costs in a bank of so many members, and what a day of jobs costs with so many
banks.

    .venv/bin/python -m bench.scale [--members 300 5000 50000] [--banks 1 400 5000]
        [--database URL]

A bank of members is the town of tests/town.py, in which there is one of everything, and so many
members more: for each of them four hours given in the past year, for every five three offers, for
every twelve a request, for every fifty an hour that waits to be confirmed. They are written through
the services that imports use, with every key and trigger in place. The worker does what is due;
then every page is opened, those of members by one and the rest by a coordinator, once for a
process that has just begun and ROUNDS times after that. For each it tells milliseconds of this process's processor
(on SQLite with the database's share), the statements, and on PostgreSQL the milliseconds and
buffers of the database, by EXPLAIN of what was asked; and how many rows the longest list has.

Banks of the other kind have twelve members, with six offers, two requests and thirty hours each.
The worker lives through a day, in which somebody in each bank logs an hour; its seconds of
processor are told by kind of job.

`--database` is an empty one on PostgreSQL for each size in turn: what is in it is taken away.
"""

import argparse
import json
import os
import random
import resource
import statistics
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from html.parser import HTMLParser
from typing import Any

from flask import Flask
from sqlalchemy import Engine, event, select, text
from sqlalchemy.orm import Session

from bench.office import vectors
from tests.browsers import Browser
from tests.matching import evaluation
from tests.pages import addresses
from tests.town import Town, build
from timebank import clock
from timebank.access import queries as access
from timebank.access import sessions
from timebank.access.rules import SignedInBy
from timebank.act import Act, Actor, Channel
from timebank.app import create_app
from timebank.banks import queries as banks
from timebank.banks.models import Bank
from timebank.banks.rules import NewBank
from timebank.base import insert_of, table_of
from timebank.config import Config
from timebank.db import WRITING, db, migrate, transaction
from timebank.exchanges import history
from timebank.exchanges import service as exchanges_service
from timebank.exchanges.history import Past
from timebank.exchanges.rules import NewLog
from timebank.feature import plugged_in
from timebank.http import access_of
from timebank.jobs.worker import Worker
from timebank.ledger import service as ledger_service
from timebank.ledger.rules import InterventionKind, Limits
from timebank.members import service as members_service
from timebank.members.models import Member, Profile
from timebank.members.rules import NewMember
from timebank.skills import service as skills_service
from timebank.skills.models import Listing

ROUNDS = 3
GOALS = {300: 100, 5000: 100, 50_000: 250}
"""Milliseconds of processor that a page may take at each size, but for the board."""

NAMED = {
    "home": "/b/{0}/",
    "exchange": "/b/{0}/exchanges/{1}",
    "statement": "/b/{0}/statement/",
    "directory": "/b/{0}/directory/",
    "desk": "/b/{0}/desk/",
}
_AT_ONCE = 5000
_LISTS = ("tbody", "ul", "ol", "dl")


# ---- Seeding ----


def crowd(session: Session, bank: Bank, members: int, hours: int, now: datetime) -> list[int]:
    """So many more members with so many hours between them in the past year; their accounts."""
    act = Act(Actor.system(bank.id, "bench"), now)
    today = now.date()
    chance = random.Random(members)  # noqa: S311  (nobody is to be surprised)
    ledger_service.set_default(
        session,
        bank,
        InterventionKind.DEFAULT_LIMITS,
        old=Limits(bank.member_floor, bank.member_ceiling),
        new=Limits(-(10**7), None),
        why="Nobody is to be stopped.",
        by=act.by.key,
    )
    bank.member_floor, bank.member_ceiling = -(10**7), None
    new = [
        NewMember(
            f"{_FIRST[n % len(_FIRST)]} {_LAST[n // len(_FIRST) % len(_LAST)]} {n}",
            number=f"N{n}",
            area=f"Part {n % 12}",
            phone=f"07700 {n:06}",
            email=f"n{n}@example.org" if n % 3 else "",
            date_of_birth=today.replace(year=today.year - 20 - n % 70, day=1)
            - timedelta(days=n % 365),
            joined_on=today - timedelta(days=60 + n * 7 % 2000),
        )
        for n in range(members)
    ]
    accounts: list[int] = []
    for start in range(0, members, _AT_ONCE):
        enrolled = members_service.enrol_many(session, bank, new[start : start + _AT_ONCE], act)
        accounts += [one.account_id for one in enrolled]
    past = [
        Past(
            f"bench:{n}",
            today - timedelta(days=1 + (hours - n) * 365 // hours),
            accounts[giver],
            accounts[receiver],
            15 * chance.randint(1, 12),
            Channel.IMPORT,
            f"bench:{n}",
            title=_TITLES[n % len(_TITLES)],
        )
        for n in range(hours)
        for giver, receiver in [chance.sample(range(members), 2)]
    ]
    for start in range(0, hours, _AT_ONCE):
        history.record_hours(session, bank, past[start : start + _AT_ONCE], act)
    return accounts


def board_of(
    session: Session, bank: Bank, accounts: list[int], offers: int, requests: int, now: datetime
) -> None:
    """So many offers and requests of these accounts, told apart by who offers and asks."""
    tree = [
        skill.id for branch in skills_service.queries.tree(session, bank) for skill in branch.skills
    ]
    wanted = [("offer", n, _TITLES) for n in range(offers)]
    wanted += [("request", n, _WISHES) for n in range(requests)]
    rows = [
        {
            "bank_id": bank.id,
            "kind": kind,
            "account_id": accounts[n % len(accounts)],
            "skill_id": tree[n % len(tree)] if kind == "offer" and n % 2 else None,
            "title": titles[n % len(titles)],
            "ends_on": (now + timedelta(days=3 if n % 20 == 0 else 60)).date(),
            "by": "system:bench",
            "channel": "web",
            "posted_at": now - timedelta(minutes=n),
            "changed_at": now,
        }
        for kind, n, titles in wanted
    ]
    if rows:
        session.execute(insert_of(session)(table_of(Listing)), rows)


def waiting(session: Session, bank: Bank, accounts: list[int], number: int, now: datetime) -> None:
    """So many hours that were logged by one side and wait for the other."""
    for n in range(number):
        giver, receiver = accounts[2 * n % len(accounts)], accounts[(2 * n + 1) % len(accounts)]
        member = session.execute(
            select(Member).where(Member.bank_id == bank.id, Member.account_id == giver)
        ).scalar_one()
        log = NewLog(giver, receiver, now.date(), 60, "An hour", another=True)
        exchanges_service.log_new(session, bank, log, Act(access.actor_of(member), now))


def large(app: Flask, members: int) -> Town:
    """The town with so many members, and what the worker has stored for it."""
    town = build(app)
    now = clock.now()
    with app.app_context():
        with transaction() as session:
            bank = banks.by_slug(session, town.slug)
            accounts = crowd(session, bank, members, 4 * members, now)
            board_of(session, bank, accounts, members * 3 // 5, members // 12, now)
            waiting(session, bank, accounts, members // 50, now)
            looked_after(session, bank, town.people["broker"])
        with transaction() as session:
            vectors(session, banks.by_slug(session, town.slug), now)
    return town


def looked_after(session: Session, bank: Bank, broker_id: int) -> None:
    """Two of three members are in the caseload of the broker."""
    known = select(Profile.member_id).where(Profile.bank_id == bank.id)
    ids = session.execute(
        select(Member.id).where(
            Member.bank_id == bank.id, Member.id.not_in(known), Member.id % 3 > 0
        )
    ).scalars()
    rows = [{"bank_id": bank.id, "member_id": one, "broker_id": broker_id} for one in ids]
    session.execute(insert_of(session)(table_of(Profile)), rows)


def small(session: Session, number: int, now: datetime) -> list[int]:
    """A bank of twelve; the accounts of its members."""
    new = NewBank(f"Bank of {_LAST[number % len(_LAST)]} {number}", slug=f"bank-{number}")
    bank = members_service.open_bank(session, new, now=now - timedelta(days=400))
    skills_service.plant_tree(session, bank)
    accounts = crowd(session, bank, 12, 30, now)
    board_of(session, bank, accounts, 6, 2, now)
    return accounts


def analyse(engine: Engine) -> None:
    """As the database does by itself in the night."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM"))
        connection.execute(text("ANALYZE"))


# ---- Every page ----


class Longest(HTMLParser):
    """How many rows the longest list of a page has: a table's body or a list."""

    def __init__(self, html: str):
        super().__init__()
        self.rows, self._open = 0, list[list[Any]]()
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag in _LISTS:
            self._open.append([tag, 0])
        elif tag in ("tr", "li", "dt") and self._open:
            self._open[-1][1] += 1
            self.rows = max(self.rows, self._open[-1][1])

    def handle_endtag(self, tag: str) -> None:
        if self._open and self._open[-1][0] == tag:
            self._open.pop()


@dataclass
class Cost:
    """What it takes to answer an address; `database` in milliseconds, None on SQLite."""

    address: str
    first: float
    rounds: list[float]
    statements: int
    database: float | None
    buffers: int | None
    rows: int
    size: int

    @property
    def p95(self) -> float:
        return sorted(self.rounds)[-1 - len(self.rounds) // 20]

    def line(self) -> str:
        asked = "" if self.database is None else f"{self.database:8.1f} {self.buffers:8}"
        return (
            f"{self.first:8.0f} {statistics.median(self.rounds):7.1f} {self.p95:7.1f}"
            f" {self.statements:4} {asked} {self.rows:5} {self.size // 1024:5} KB  {self.address}"
        )


HEAD = "   first  median     p95 stat (database ms, buffers) rows  size  address"


def walk(app: Flask, town: Town, role: str) -> Iterator[Cost]:
    """The cost of the pages of members, as a member, or else of those of the staff."""
    browser = signed_in(app, town, role)
    for rule, examples in addresses(app, town, role):
        mark = access_of(app.view_functions[rule.endpoint])
        of_staff = mark is not None and mark.level in ("broker", "coordinator")
        if of_staff != (role == "coordinator"):
            continue
        for address in examples:
            begun = time.process_time()
            answer = browser.get(address, buffered=True)
            first = 1000 * (time.process_time() - begun)
            if answer.status_code == 200:
                break
        else:
            continue
        if answer.mimetype != "text/html":
            continue
        rounds: list[float] = []
        with listening() as asked:
            for _ in range(ROUNDS):
                asked.clear()
                begun = time.process_time()
                browser.get(address, buffered=True)
                rounds.append(1000 * (time.process_time() - begun))
        database, buffers = explained(app, asked)
        rows = Longest(answer.text).rows
        yield Cost(address, first, rounds, len(asked), database, buffers, rows, len(answer.data))


def signed_in(app: Flask, town: Town, role: str) -> Browser:
    app.test_client_class = Browser
    browser = app.test_client()
    assert isinstance(browser, Browser)
    with app.app_context(), transaction() as session:
        now = clock.now()
        token = sessions.begin(
            session,
            access.actor_of(session.get_one(Member, town.people[role])),
            SignedInBy.PASSWORD,
            sessions.lasting(app.config["TIMEBANK"]),
            agent="",
            now=now,
        )
        begun = access.signed_in(session, token)
        assert begun is not None
        sessions.prove(session, begun.id, second_factor=True, now=now)
    browser.sign_in(token)
    return browser


@contextmanager
def listening() -> Iterator[list[tuple[str, Any]]]:
    """The statements that are sent meanwhile, with their values; not those that begin a
    transaction."""
    asked: list[tuple[str, Any]] = []

    def note(connection: object, cursor: object, statement: str, values: Any, *more: Any) -> None:
        if statement.startswith(("SELECT", "WITH")) and "set_config" not in statement:
            asked.append((statement, values))

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield asked
    finally:
        event.remove(Engine, "before_cursor_execute", note)


def explained(app: Flask, asked: list[tuple[str, Any]]) -> tuple[float | None, int | None]:
    """Milliseconds and buffers that the database takes for these questions; None on SQLite."""
    with app.app_context():
        if db.engine.dialect.name == "sqlite":
            return None, None
        took, buffers = 0.0, 0
        # Some take a lock: where nothing may be written that is refused.
        with db.engine.connect().execution_options(**WRITING) as connection:
            for statement, values in asked:
                rows = connection.exec_driver_sql(
                    f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {statement}", values
                ).scalar_one()
                plan = rows[0] if isinstance(rows, list) else json.loads(rows)[0]
                took += plan["Execution Time"] + plan["Planning Time"]
                buffers += plan["Plan"]["Shared Hit Blocks"] + plan["Plan"]["Shared Read Blocks"]
                SLOW[statement] = max(SLOW.get(statement, 0.0), plan["Execution Time"])
        return took, buffers


SLOW: dict[str, float] = {}
"""Milliseconds of the database by statement, the most of each."""


def pages(database: str, members: int) -> None:
    """Seed a bank, let the worker work, open every page, and tell."""
    migrate(database)
    app = application(database)
    begun = time.process_time()
    town = large(app, members)
    with app.app_context():
        analyse(db.engine)
    print(f"== {members:,} members on {database.partition(':')[0]}, load {os.getloadavg()[0]:.1f}")
    print(f"seeded in {time.process_time() - begun:.0f} s of processor")
    spent = work(app)
    print("the worker: " + ", ".join(f"{kind} {took:.1f} s" for kind, took in dearest(spent, 6)))
    exchange = town.examples["exchange_id"][0]
    named = {words: path.format(town.slug, exchange) for words, path in NAMED.items()}
    goal = GOALS.get(members, 100)
    for role in ("coordinator", "member"):
        costs = list(walk(app, town, role))
        print(f"-- {role}: {len(costs)} pages, {memory()} MB")
        every = sorted(cost.p95 for cost in costs)
        print(
            f"p95 of all pages {every[int(len(every) * 0.95)]:.0f} ms, the dearest {every[-1]:.0f}"
        )
        print(HEAD)
        shown = [cost for cost in costs if cost.p95 > goal or cost.address in named.values()]
        shown += [cost for cost in costs if cost.rows > 50 and cost not in shown]
        shown += [cost for cost in costs if (cost.database or 0) > 30 and cost not in shown]
        shown += [cost for cost in costs if cost.first > 4 * goal and cost not in shown]
        for cost in sorted(shown, key=lambda cost: -cost.p95):
            print(cost.line(), flush=True)
    for statement, took in sorted(SLOW.items(), key=lambda each: -each[1])[:12]:
        if took > 20:
            print(f"{took:8.0f} ms  {' '.join(statement.split())[:700]}")
    SLOW.clear()


# ---- A day of jobs ----


def work(app: Flask) -> defaultdict[str, float]:
    """Everything that is due, and the seconds of processor that each kind took."""
    spent = defaultdict[str, float](float)
    worker = Timed(app, spent)
    worker.run_due()
    return spent


def dearest(spent: defaultdict[str, float], most: int) -> list[tuple[str, float]]:
    """The kinds that took most, the first of them first."""
    return sorted(spent.items(), key=lambda each: -each[1])[:most]


class Timed(Worker):
    """A worker that notes what it does."""

    def __init__(self, app: Flask, spent: defaultdict[str, float]):
        super().__init__(app, [job for feature in plugged_in_of(app) for job in feature.jobs])
        self.spent, self.number = spent, Counter[str]()

    def _do(self, claim: Any) -> None:
        begun = time.process_time()
        super()._do(claim)
        self.spent[claim.kind] += time.process_time() - begun
        self.number[claim.kind] += 1


def plugged_in_of(app: Flask) -> Any:
    with app.app_context():
        return plugged_in()


def day(database: str, number: int) -> None:
    """Seed banks, live through a day, and tell."""
    migrate(database)
    app = application(database)
    begun = clock.now()
    started = time.process_time()
    accounts: list[list[int]] = []
    with app.app_context():
        for start in range(0, number, 100):
            with transaction() as session:
                accounts += [
                    small(session, one, begun) for one in range(start, min(start + 100, number))
                ]
        analyse(db.engine)
    print(f"== {number:,} banks on {database.partition(':')[0]}, load {os.getloadavg()[0]:.1f}")
    print(f"seeded in {time.process_time() - started:.0f} s of processor")
    spent = defaultdict[str, float](float)
    worker = Timed(app, spent)
    now = begun
    clock.now = lambda: now  # The application asks nobody else what time it is.
    worker.run_due()
    print(f"the first run: {sum(spent.values()):.0f} s, {sum(worker.number.values()):,} jobs")
    spent.clear()
    worker.number.clear()
    outside = 0.0
    started = time.process_time()
    chance = random.Random(1)  # noqa: S311
    logs: defaultdict[int, list[int]] = defaultdict(list)
    for place in range(number):
        logs[chance.randrange(24 * 60)].append(place)
    for minute in range(24 * 60):
        now = begun + timedelta(minutes=minute)
        logging = time.process_time()
        for place in logs[minute]:
            with app.app_context(), transaction() as session:
                bank = banks.by_slug(session, f"bank-{place}")
                waiting(session, bank, accounts[place], 1, now)
        outside += time.process_time() - logging
        worker.run_due()
    whole = time.process_time() - started - outside
    print(f"a day of jobs: {whole:.0f} s of processor, {memory()} MB; logging {outside:.0f} s")
    for kind, took in dearest(spent, 12):
        print(f"{took:8.1f} s {worker.number[kind]:8,}  {kind}")
    clock.now = Real
    doors(app)


def doors(app: Flask) -> None:
    """The pages of whoever is no member of any of them yet."""
    browser = app.test_client()
    for address in ("/", "/?q=smith", "/sign-in"):
        browser.get(address)
        begun = time.process_time()
        answer = browser.get(address)
        took = 1000 * (time.process_time() - begun)
        print(f"{took:8.1f} ms {len(answer.data) // 1024:5} KB  {address}")


Real = clock.now


# ---- The whole ----


def application(database: str) -> Flask:
    return create_app(Config(database_url=database, secret_key="bench " * 8, secure_cookies=False))


def memory() -> int:
    """The most this process has had, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


@contextmanager
def fresh(database: str | None) -> Iterator[str]:
    """An empty database: a file of its own, or that one emptied."""
    if database is None:
        with tempfile.TemporaryDirectory() as folder:
            yield f"sqlite:///{folder}/bench.sqlite3"
    else:
        engine = db_engine(database)
        with engine.begin() as connection:
            connection.execute(text("DROP SCHEMA public CASCADE"))
            connection.execute(text("CREATE SCHEMA public"))
        engine.dispose()
        yield database


def db_engine(database: str) -> Engine:
    from sqlalchemy import create_engine

    return create_engine(database)


_FIRST = [
    "Ann",
    "Ben",
    "Cy",
    "Dot",
    "Eve",
    "Flo",
    "Gus",
    "Hal",
    "Ida",
    "Joe",
    "Kit",
    "Lou",
    "Max",
    "Nan",
    "Ola",
    "Pat",
    "Ray",
    "Sue",
    "Tom",
    "Una",
]
_LAST = [
    "Ash",
    "Birch",
    "Cole",
    "Dunn",
    "Ellis",
    "Frost",
    "Grey",
    "Hill",
    "Innes",
    "Jones",
    "Kerr",
    "Lamb",
    "Marsh",
    "North",
    "Owen",
]
_TITLES = [row["title"] for row in evaluation.rows("offers")]
_WISHES = [row["sentence"] for row in evaluation.rows("sentences")]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--members", type=int, nargs="*", default=[])
    parser.add_argument("--banks", type=int, nargs="*", default=[])
    parser.add_argument("--database")
    given = parser.parse_args()
    for members in given.members:
        with fresh(given.database) as database:
            pages(database, members)
    for number in given.banks:
        with fresh(given.database) as database:
            day(database, number)


if __name__ == "__main__":
    main()
