"""Measures 1 to 8 on banks of members with about ten arcs each, beside networkx; and a bank's
figures read from its books.

    .venv/bin/python -m bench.measures [--members 10000 100000] [--rounds 3] [--patience 300]
        [--no-peer] [--no-books]

Each contestant works in a process of its own on the same acts of help, alternating, so that its
memory is its own: "before" is what the process held when it had made the acts, "peak" the most it
ever held. Medians of the rounds. What networkx has no function for it is spared, and the largest
circulation, for which it has a network simplex in Python, is timed apart, until `--patience`
(seconds) is over.
"""

import argparse
import multiprocessing
import os
import pathlib
import queue
import resource
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import numpy as np

from timebank import clock
from timebank.access import queries as access
from timebank.access import sessions
from timebank.access.rules import SignedInBy
from timebank.act import Act, Actor, Channel, Role
from timebank.app import create_app
from timebank.banks import queries as banks
from timebank.banks.rules import NewBank
from timebank.config import Config
from timebank.db import migrate, reading, transaction
from timebank.exchanges import history
from timebank.exchanges.history import Past
from timebank.ledger import service as ledger_service
from timebank.ledger.rules import InterventionKind, Limits
from timebank.measures import participation
from timebank.measures import rules as measures_rules
from timebank.measures import service as measures_service
from timebank.measures.catalogue import FIGURES
from timebank.measures.figures import Basis
from timebank.measures.measuring import network_sums
from timebank.measures.participation import NEVER, People
from timebank.measures.windows import Window
from timebank.members import service as members_service
from timebank.members.rules import NewMember

Acts = tuple[Any, Any, Any]
YEAR = Window(date(2026, 1, 1), date(2026, 12, 31))


def acts_of(people: int, arcs: int = 10, seed: int = 1) -> Acts:
    """Givers, receivers, minutes: some give much more than others, most help goes to neighbours, a
    third of it is answered."""
    random = np.random.default_rng(seed)
    eager = np.exp(random.normal(0, 1, people))
    new = people * arcs * 2 // 3
    giver = random.choice(people, new, p=eager / eager.sum())
    away = (random.pareto(1.0, new) * 5 + 1).astype(np.int64) * random.choice([-1, 1], new)
    receiver = (giver + away) % people
    answered = new // 2
    ends = (
        np.concatenate([giver, receiver[:answered]]),
        np.concatenate([receiver, giver[:answered]]),
    )
    return *ends, random.integers(1, 13, len(ends[0])) * 15


def ours(people: int, acts: Acts) -> dict[str, float]:
    """Measures 1 to 8, each with the seconds it took; the network's own making first."""
    took: dict[str, float] = {}
    help_ = timed(took, "network", lambda: measures_rules.aggregate(*acts))
    timed(took, "largest circulation", lambda: help_.circulation)
    timed(took, "the rest of 1 to 8", lambda: rest(help_, people))
    took["all"] = sum(took.values())
    return took


def rest(help_: measures_rules.Help, people: int) -> None:
    sums = network_sums(help_)
    for figure in FIGURES.values():
        if figure.basis is Basis.NETWORK and not figure.staff_only:
            figure.value(sums)
    balances = help_.given - help_.received
    assert help_.total / YEAR.years / balances[balances > 0].sum() > 0
    joined = np.full(people, date(2025, 6, 1).toordinal())
    active = np.isin(np.arange(people), help_.who)
    first = np.where(active, date(2026, 3, 1).toordinal(), NEVER)
    members = People(
        np.arange(people), joined, joined, np.full(people, NEVER), first, active, active
    )
    participation.participation(members, YEAR)


def peer(people: int, acts: Acts) -> dict[str, float]:
    """The same as far as networkx has it; what it has not is worked out on its graph in plain
    Python."""
    import networkx as nx

    took: dict[str, float] = {}
    graph = timed(took, "network", lambda: peers_graph(acts))

    def rest() -> None:
        nx.overall_reciprocity(graph)
        nx.density(graph)
        sum(
            min(w, graph[j][i]["weight"])
            for i, j, w in graph.edges(data="weight")
            if graph.has_edge(j, i)
        )
        given, received = (
            dict(graph.out_degree(weight="weight")),
            dict(graph.in_degree(weight="weight")),
        )
        sum(min(given[who], received[who]) for who in graph)
        of = {
            who: number
            for number, some in enumerate(nx.strongly_connected_components(graph))
            for who in some
        }
        sum(w for i, j, w in graph.edges(data="weight") if of[i] == of[j])
        for minutes in (sorted(given.values()), sorted(received.values())):
            assert sum((2 * k - len(minutes) - 1) * x for k, x in enumerate(minutes, 1)) >= 0

    timed(took, "the rest of 1 to 8", rest)
    return took


def peers_circulation(people: int, acts: Acts) -> dict[str, float]:
    """Its network simplex."""
    import networkx as nx

    took: dict[str, float] = {}
    graph = peers_graph(acts)
    for _, _, arc in graph.edges(data=True):
        arc["cost"] = -1
    timed(
        took,
        "largest circulation",
        lambda: nx.network_simplex(graph, capacity="weight", weight="cost"),
    )
    return took


def peers_graph(acts: Acts) -> Any:
    import networkx as nx

    graph = nx.DiGraph()
    for giver, receiver, minutes in zip(*(one.tolist() for one in acts), strict=True):
        if giver == receiver:
            continue
        if graph.has_edge(giver, receiver):
            graph[giver][receiver]["weight"] += minutes
        else:
            graph.add_edge(giver, receiver, weight=minutes)
    return graph


def timed(took: dict[str, float], name: str, work: Callable[[], Any]) -> Any:
    began = time.perf_counter()
    found = work()
    took[name] = time.perf_counter() - began
    return found


def memory() -> float:
    """The most this process has held, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def work(contestant: str, people: int, answer: Any) -> None:
    acts = acts_of(people)
    before = memory()
    took = globals()[contestant](people, acts)
    answer.put((took, before, memory()))


def apart(
    contestant: str, people: int, patience: float
) -> tuple[dict[str, float], float, float] | None:
    """In a process of its own; None when it took longer than that."""
    spawn = multiprocessing.get_context("spawn")
    answer = spawn.Queue()
    process = spawn.Process(target=work, args=(contestant, people, answer))
    process.start()
    try:
        return answer.get(timeout=patience)
    except queue.Empty:
        process.terminate()
        return None
    finally:
        process.join()


def networks(people: int, rounds: int, patience: float, *, with_peer: bool) -> None:
    names = ["ours", "peer"] if with_peer else ["ours"]
    results: dict[str, list[Any]] = {name: [] for name in names}
    for _ in range(rounds):
        for name in names:
            results[name].append(apart(name, people, patience * 10))
    if with_peer:
        results["peers_circulation"] = [apart("peers_circulation", people, patience)]
    help_ = measures_rules.aggregate(*acts_of(people))
    print(
        f"{people:,} members, {len(help_.minutes):,} arcs, load {os.getloadavg()[0]:.1f}",
        flush=True,
    )
    for name, rows in results.items():
        if None in rows:
            print(f"  {name:18} not within {patience:.0f} s", flush=True)
            continue
        shown = ", ".join(
            f"{part} {statistics.median(row[0][part] for row in rows):.3f} s" for part in rows[0][0]
        )
        before, peak = (max(row[place] for row in rows) for place in (1, 2))
        print(f"  {name:18} {shown}; memory before {before:.0f} MB, peak {peak:.0f} MB", flush=True)


def books(people: int, exchanges: int) -> None:
    """A year's figures of a bank of so many members, through the service, on SQLite."""
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{pathlib.Path(folder) / 'bench.sqlite3'}"
        migrate(url)
        with create_app(Config(database_url=url, secret_key="for benchmarks " * 4)).app_context():
            fill(people, exchanges)
            session = reading()
            bank = banks.by_slug(session, "bench")
            print(
                f"figures of {people:,} members with {exchanges:,} exchanges,"
                f" load {os.getloadavg()[0]:.1f}"
            )
            for draws in (0, 400):
                rounds = []
                for _ in range(3):
                    began = time.perf_counter()
                    measures_service.measure(session, bank, YEAR.start, YEAR.end, draws=draws)
                    rounds.append(time.perf_counter() - began)
                print(
                    f"  intervals from {draws} draws: {' '.join(f'{one:.2f}' for one in rounds)} s",
                    flush=True,
                )


def page(people: int, exchanges: int) -> None:
    """The coordinator's page of figures: the first of a new process, the next after somebody wrote,
    and those after it."""
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{pathlib.Path(folder) / 'bench.sqlite3'}"
        migrate(url)
        with create_app(Config(database_url=url, secret_key="for benchmarks " * 4)).app_context():
            fill(people, exchanges)
        print(
            f"page of figures, {people:,} members with {exchanges:,} exchanges,"
            f" load {os.getloadavg()[0]:.1f}",
            flush=True,
        )
        for _ in range(3):
            process = multiprocessing.get_context("spawn").Process(target=look, args=(url,))
            process.start()
            process.join()


def look(url: str) -> None:
    app = create_app(
        Config(database_url=url, secret_key="for benchmarks " * 4, second_factor="off")
    )
    with app.app_context(), transaction() as session:
        bank = banks.by_slug(session, "bench")
        by = Actor.system(bank.id, "bench")
        owen = members_service.enrol(
            session, bank, NewMember("Owen", role=Role.COORDINATOR), Act(by, clock.now())
        )
        identity = sessions.begin(
            session,
            access.actor_of(owen),
            SignedInBy.PASSWORD,
            sessions.lasting(app.config["TIMEBANK"]),
            agent="",
            now=clock.now(),
        )
    client = app.test_client()
    with client.session_transaction() as browser:
        browser["_user_id"], browser["_fresh"] = identity, True

    def seconds() -> float:
        began = time.perf_counter()
        answer = client.get(f"/b/bench/reports/?from={YEAR.start}&to={YEAR.end}")
        assert answer.status_code == 200, answer.text
        return time.perf_counter() - began

    first = seconds()
    with app.app_context(), transaction() as session:
        members_service.enrol(
            session, banks.by_slug(session, "bench"), NewMember("One more"), Act(by, clock.now())
        )
    cold, warm = seconds(), sorted(seconds() for _ in range(100))
    print(
        f"  first of a process {first:.2f} s, cold {cold:.2f} s, warm median {warm[50]:.3f} s,"
        f" p95 {warm[95]:.3f} s",
        flush=True,
    )


def fill(people: int, exchanges: int) -> None:
    now = clock.now()
    with transaction() as session:
        bank = members_service.open_bank(session, NewBank("Bench", slug="bench"), now=now)
        ledger_service.set_default(
            session,
            bank,
            InterventionKind.DEFAULT_LIMITS,
            old=Limits(bank.member_floor, None),
            new=Limits(-(10**9), None),
            why="Nobody is to be stopped.",
            by="system:bench",
        )
        bank.member_floor = -(10**9)
        by = Actor.system(bank.id, "bench")
        details = Act(by, now)
        accounts = [
            members_service.enrol(
                session, bank, NewMember(f"M {one}", area=f"Area {one % 12}"), details
            ).account_id
            for one in range(people)
        ]
        giver, receiver, minutes = acts_of(people, arcs=-(-exchanges // people))
        past = [
            Past(
                f"b:{one}",
                YEAR.start + timedelta(days=one % 365),
                accounts[i] or 0,
                accounts[j] or 0,
                w,
                Channel.IMPORT,
                f"b:{one}",
            )
            for one, (i, j, w) in enumerate(
                zip(giver.tolist(), receiver.tolist(), minutes.tolist(), strict=True)
            )
            if i != j
        ]
        for start in range(0, min(len(past), exchanges), 5000):
            history.record_hours(session, bank, past[start : start + 5000], Act(by, now))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--members", type=int, nargs="*", default=[10_000, 100_000])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--patience", type=float, default=300)
    parser.add_argument("--no-peer", action="store_true")
    parser.add_argument("--no-books", action="store_true")
    chosen = parser.parse_args()
    for people in chosen.members:
        networks(people, chosen.rounds, chosen.patience, with_peer=not chosen.no_peer)
    if not chosen.no_books:
        books(5_000, 60_000)
        page(5_000, 60_000)


if __name__ == "__main__":
    main()
