"""Postings a second through `ledger.service.post`, over a raw floor with the same work and
durability; and the check.

    .venv/bin/python -m bench.ledger [--postgresql URL] [--no-sqlite] [--posts 300] [--rounds 5]
                                   [--clients 1 8] [--before 0 …] [--check]

The floor is one raw-driver transaction that inserts an entry and a posting and moves two accounts,
without keys, triggers or limits: in one function on PostgreSQL, in four statements on SQLite.
Contestants alternate within a run and medians are printed: other work on the machine moves the
rates far more than the ratios. `--before` fills the books first, through `post_many`; with several
numbers it measures at each, the books growing from one to the next. URL names a PostgreSQL server
on which scratch databases may be made and dropped (TIMEBANK_BENCH_DATABASE_URL). Where
django-hordak is installed (requirements/bench.lock), its transfer runs beside ours on PostgreSQL,
in a database of its own with as many transfers before: as it is, and with a check of the payer's
balance that holds in a race.
"""

import argparse
import importlib.util
import itertools
import multiprocessing
import os
import pathlib
import random
import resource
import sqlite3
import statistics
import tempfile
import time
import uuid
from collections.abc import Callable
from datetime import date
from typing import Any

import psycopg
from sqlalchemy import create_engine, make_url, text

from timebank import clock
from timebank.app import create_app
from timebank.banks import queries as banks
from timebank.banks.models import Bank
from timebank.config import Config
from timebank.db import migrate, reading, snapshot, transaction
from timebank.ledger import queries as ledger
from timebank.ledger import service as ledger_service
from timebank.ledger.check import check
from timebank.ledger.rules import AccountKind, Leg, NewEntry, Provenance

ACCOUNTS = 1_000
ON = date(2026, 11, 1)
BY = Provenance("member:1")
Contestant = Callable[[int, int, str], Any]
HORDAK = "django-hordak"
HORDAK_LIMITED = "the same, limited"


def beside(url: str) -> str:
    """The scratch database of the peer."""
    return make_url(url).set(database=f"{make_url(url).database}_hordak").render_as_string(False)


FLOOR = (
    "CREATE TABLE floor_account (id bigint PRIMARY KEY, balance bigint NOT NULL, seq bigint NOT NULL)",
    "CREATE TABLE floor_entry (id {id}, cause text, hash text, legs int, occurred_on date, recorded_by text, channel text)",
    "CREATE TABLE floor_posting (id {id}, entry_id bigint, leg int, payer_id bigint, payee_id bigint, minutes bigint,"
    " payer_seq bigint, payer_balance bigint, payee_seq bigint, payee_balance bigint)",
)
FLOOR_POST = """
CREATE FUNCTION floor_post(p_cause text, p_payer bigint, p_payee bigint) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE e bigint; a record; b record;
BEGIN
  INSERT INTO floor_entry (cause, hash, legs, occurred_on, recorded_by, channel)
  VALUES (p_cause, repeat('a', 64), 1, '2026-11-01', 'member:1', 'web') RETURNING id INTO e;
  IF p_payer < p_payee THEN
    UPDATE floor_account SET balance = balance - 60, seq = seq + 1 WHERE id = p_payer RETURNING seq, balance INTO a;
    UPDATE floor_account SET balance = balance + 60, seq = seq + 1 WHERE id = p_payee RETURNING seq, balance INTO b;
  ELSE
    UPDATE floor_account SET balance = balance + 60, seq = seq + 1 WHERE id = p_payee RETURNING seq, balance INTO b;
    UPDATE floor_account SET balance = balance - 60, seq = seq + 1 WHERE id = p_payer RETURNING seq, balance INTO a;
  END IF;
  INSERT INTO floor_posting (entry_id, leg, payer_id, payee_id, minutes, payer_seq, payer_balance, payee_seq, payee_balance)
  VALUES (e, 1, p_payer, p_payee, 60, a.seq, a.balance, b.seq, b.balance);
  RETURN e;
END $$
"""


def prepare(url: str) -> None:
    """Migrate, open a bank of accounts with limits, and make the floor's tables."""
    migrate(url)
    engine = create_engine(url)
    numbered = (
        "integer PRIMARY KEY"
        if engine.dialect.name == "sqlite"
        else "bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY"
    )
    with engine.begin() as connection:
        for statement in FLOOR:
            connection.execute(text(statement.format(id=numbered)))
        if engine.dialect.name == "postgresql":
            connection.execute(text(FLOOR_POST))
        rows = [{"id": number} for number in range(1, ACCOUNTS + 1)]
        connection.execute(text("INSERT INTO floor_account VALUES (:id, 0, 0)"), rows)
    with create_app(settings(url)).app_context(), transaction() as session:
        bank = Bank(slug="bench", name="Bench", created_at=clock.now())
        session.add(bank)
        session.flush()
        for number in range(ACCOUNTS):
            limits = {"floor": -1_000_000_000, "ceiling": 1_000_000_000}
            ledger_service.open_account(
                session, bank, AccountKind.MEMBER, str(number), **limits, now=clock.now()
            )
    engine.dispose()


def fill(url: str, before: int, upto: int) -> None:
    """Write postings until there are `upto`, as if `before` were there already."""
    engine = create_engine(url)
    with create_app(settings(url)).app_context():
        for start in range(before, upto, 10_000):
            with transaction() as session:
                bank = banks.by_slug(session, "bench")
                some = range(start, min(upto, start + 10_000))
                entries = [
                    NewEntry(f"before:{n}", "exchange", ON, [Leg(*pair(), 60)], BY) for n in some
                ]
                ledger_service.post_many(session, bank, entries)
    if engine.dialect.name == "postgresql":
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE"))
    engine.dispose()


def settings(url: str) -> Config:
    return Config(database_url=url, secret_key="for benchmarks " * 4)


def pair() -> tuple[int, int]:
    payer, payee = random.sample(range(1, ACCOUNTS + 1), 2)
    return payer, payee


def floor_on_postgresql(url: str, *, autocommit: bool) -> Contestant:
    connection = psycopg.connect(
        make_url(url).set(drivername="postgresql").render_as_string(False), autocommit=autocommit
    )

    def post(payer: int, payee: int, cause: str) -> None:
        connection.execute("SELECT floor_post(%s, %s, %s)", (cause, payer, payee)).fetchone()
        if not autocommit:
            connection.commit()

    return post


def floor_on_sqlite(url: str) -> Contestant:
    connection = sqlite3.connect(str(make_url(url).database), isolation_level=None, timeout=60)
    connection.execute("PRAGMA synchronous=FULL")

    def post(payer: int, payee: int, cause: str) -> None:
        run = connection.execute
        run("BEGIN IMMEDIATE")
        written = "INSERT INTO floor_entry (cause, hash, legs, occurred_on, recorded_by, channel) VALUES (?, ?, 1, ?, ?, ?)"
        entry = run(written, (cause, "a" * 64, "2026-11-01", "member:1", "web")).lastrowid
        moved = "UPDATE floor_account SET balance = balance + ?, seq = seq + 1 WHERE id = ? RETURNING seq, balance"
        a, b = run(moved, (-60, payer)).fetchone(), run(moved, (60, payee)).fetchone()
        run(
            "INSERT INTO floor_posting VALUES (NULL, ?, 1, ?, ?, 60, ?, ?, ?, ?)",
            (entry, payer, payee, *a, *b),
        )
        run("COMMIT")

    return post


def through_the_service(url: str) -> Contestant:
    create_app(settings(url)).app_context().push()
    with transaction() as session:
        bank = banks.by_slug(session, "bench")
        session.expunge(bank)

    def post(payer: int, payee: int, cause: str) -> None:
        with transaction() as session:
            ledger_service.post(
                session,
                bank,
                NewEntry(cause, "exchange", ON, [Leg(payer, payee, 60)], BY),
            )

    return post


def contestant(name: str, url: str) -> Contestant:
    if name == "service":
        return through_the_service(url)
    if name in (HORDAK, HORDAK_LIMITED):
        from bench import hordak

        return hordak.transfers(beside(url), limited=name == HORDAK_LIMITED)
    if name == "floor" and url.startswith("sqlite"):
        return floor_on_sqlite(url)
    return floor_on_postgresql(url, autocommit=name == "floor, autocommit")


def work(name: str, url: str, posts: int, ready: Any, go: Any) -> None:
    """One client of several."""
    post = contestant(name, url)
    # Connections prepare a statement when it has come five times.
    for _ in range(10):
        post(*pair(), uuid.uuid4().hex)
    ready.release()
    go.wait()
    for _ in range(posts):
        post(*pair(), uuid.uuid4().hex)
    ready.release()


def rate(name: str, url: str, clients: int, posts: int) -> float:
    """Postings a second of so many clients, from the moment when all are ready until the last has
    done its work."""
    spawn = multiprocessing.get_context("spawn")
    ready, go = spawn.Semaphore(0), spawn.Event()
    processes = [
        spawn.Process(target=work, args=(name, url, posts, ready, go)) for _ in range(clients)
    ]
    for process in processes:
        process.start()
    for _ in processes:
        ready.acquire()
    began = time.perf_counter()
    go.set()
    for _ in processes:
        ready.acquire()
    took = time.perf_counter() - began
    for process in processes:
        process.join()
    return clients * posts / took


def postings(url: str, clients: int, posts: int, rounds: int) -> None:
    names = (
        ["floor", "service"]
        if url.startswith("sqlite")
        else ["floor", "floor, autocommit", "service"]
    )
    if importlib.util.find_spec("hordak") and not url.startswith("sqlite"):
        names += [HORDAK, HORDAK_LIMITED]
    rates: dict[str, list[float]] = {name: [] for name in names}
    for _ in range(rounds):
        for name in names:
            rates[name].append(rate(name, url, clients, posts))
    floor = statistics.median(rates["floor"])
    for name, some in rates.items():
        shown = " ".join(f"{one:.0f}" for one in some)
        middle = statistics.median(some)
        print(f"  {clients} client(s) {name:18} {middle:8.0f}/s  x{middle / floor:.2f}  [{shown}]")


def fill_hordak(url: str) -> None:
    from bench import hordak

    hordak.fill(beside(url), ACCOUNTS)


def grow_hordak(url: str, before: int, upto: int) -> None:
    from bench import hordak

    hordak.grow(beside(url), before, upto)


def separately(work: Callable[..., None], *values: Any) -> None:
    """Do it in a process of its own, which keeps its framework and its connections to itself."""
    process = multiprocessing.get_context("spawn").Process(target=work, args=values)
    process.start()
    process.join()
    if process.exitcode:
        raise SystemExit(f"{work.__name__} failed")


def reads(url: str) -> None:
    with create_app(settings(url)).app_context():
        session = reading()
        bank = banks.by_slug(session, "bench")
        for name, ask in {"balance": ledger.balance, "first page": ledger.lines}.items():
            took = []
            for _ in range(200):
                began = time.perf_counter()
                ask(session, bank, pair()[0])
                took.append(time.perf_counter() - began)
            print(f"  {name}: {statistics.median(took) * 1000:.2f} ms")


def prove(url: str) -> None:
    with create_app(settings(url)).app_context(), snapshot() as session:
        began = time.perf_counter()
        report = check(session)
        took = time.perf_counter() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"  check of {report.books[0].postings:,} postings: {took:.1f} s, peak {peak:.0f} MB, right: {report.ok}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--postgresql", default=os.environ.get("TIMEBANK_BENCH_DATABASE_URL"))
    parser.add_argument("--no-sqlite", action="store_true")
    parser.add_argument("--posts", type=int, default=300)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--clients", type=int, nargs="+", default=[1, 8])
    parser.add_argument("--before", type=int, nargs="+", default=[0])
    parser.add_argument("--check", action="store_true")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        urls = [] if chosen.no_sqlite else [f"sqlite:///{pathlib.Path(folder) / 'bench.sqlite3'}"]
        scratch = f"timebank_bench_{uuid.uuid4().hex[:8]}"
        if chosen.postgresql:
            administer(chosen.postgresql, f"CREATE DATABASE {scratch}")
            urls.append(make_url(chosen.postgresql).set(database=scratch).render_as_string(False))
        try:
            for url in urls:
                prepare(url)
                if importlib.util.find_spec("hordak") and not url.startswith("sqlite"):
                    administer(chosen.postgresql, f"CREATE DATABASE {scratch}_hordak")
                    separately(fill_hordak, url)
                for before, upto in itertools.pairwise([0, *chosen.before]):
                    fill(url, before, upto)
                    if (
                        upto > before
                        and importlib.util.find_spec("hordak")
                        and not url.startswith("sqlite")
                    ):
                        separately(grow_hordak, url, before, upto)
                    name = make_url(url).get_backend_name()
                    print(
                        f"{name}, {upto:,} postings before, load {os.getloadavg()[0]:.1f}",
                        flush=True,
                    )
                    for clients in chosen.clients:
                        postings(url, clients, chosen.posts, chosen.rounds)
                    reads(url)
                    if chosen.check:
                        separately(prove, url)
        finally:
            if chosen.postgresql:
                administer(chosen.postgresql, f"DROP DATABASE {scratch} WITH (FORCE)")
                administer(
                    chosen.postgresql, f"DROP DATABASE IF EXISTS {scratch}_hordak WITH (FORCE)"
                )


def administer(url: str, statement: str) -> None:
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(statement))
    engine.dispose()


if __name__ == "__main__":
    main()
