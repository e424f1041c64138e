"""Confirmations over HTTP, beside an authenticated POST that does nothing, in the same run.

    .venv/bin/python -m bench.http [--database URL] [--clients 8] [--requests 1000] [--rounds 5]

A real server (waitress, its own process) over a scratch database; the clients are processes with
one kept-alive connection each. Rounds alternate: confirm, nothing, confirm, nothing. The empty POST
passes the same guard and the same bearer token look-up and then answers; a confirmation also moves
the hours, writes its step and tells the other side.
"""

import argparse
import http.client
import json
import multiprocessing
import pathlib
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from typing import Any

from flask_smorest import Blueprint
from waitress import serve

from timebank import clock
from timebank.access import service as access_service
from timebank.access.rules import NewToken, Scope
from timebank.act import Act, Actor, Role
from timebank.api import install as api
from timebank.app import FEATURES, create_app
from timebank.banks.rules import NewBank
from timebank.config import Config
from timebank.db import migrate, transaction
from timebank.exchanges import service as exchanges_service
from timebank.exchanges.rules import NewLog
from timebank.feature import Feature
from timebank.http import access as may
from timebank.members import service as members_service
from timebank.members.rules import NewLimits, NewMember

PAIRS = 40


def application(database: str):
    """The whole application and one resource more, which does nothing."""
    nothing = Blueprint("nothing", __name__, url_prefix=f"{api.ROOT}/nothing")

    @nothing.route("", methods=["POST"])
    @may("member", scope="write")
    def do_nothing():
        return {}

    extra = Feature("nothing", resources=[nothing])
    config = Config(database_url=database, secret_key="bench " * 8, secure_cookies=False)
    return create_app(config, features=(*FEATURES, extra))


def prepare(database: str, exchanges_wanted: int) -> list[tuple[str, list[int]]]:
    """Fill the database: pairs of members with hours to spare, and for each receiver's token the
    exchanges to confirm."""
    app = application(database)
    work: list[tuple[str, list[int]]] = []
    with app.app_context(), transaction() as session:
        now = clock.now()
        bank = members_service.open_bank(session, NewBank("Bench", slug="bench"), now=now)
        by = Actor.system(bank.id, "bench")
        for number in range(PAIRS):
            giver, receiver = (
                members_service.enrol(session, bank, NewMember(f"{side} {number}"), Act(by, now))
                for side in ("Giver", "Receiver")
            )
            members_service.set_limits(
                session, bank, receiver.id, NewLimits(-(10**7), None, "A test."), Act(by, now)
            )
            token = access_service.make_token(
                session,
                bank,
                receiver.id,
                NewToken("bench", Scope.WRITE),
                Act(by, now),
                staff=False,
            )
            acting = Actor(bank.id, giver.name, Role.MEMBER, giver.id, giver.account_id)
            parties: dict[str, Any] = {
                "giver_id": giver.account_id,
                "receiver_id": receiver.account_id,
            }
            hedge = {
                "occurred_on": now.date(),
                "minutes": 60,
                "title": "Hedge",
            }
            every = range(exchanges_wanted // PAIRS + 1)
            mine = [
                exchanges_service.log_new(
                    session, bank, NewLog(**parties, **hedge, another=True), Act(acting, now)
                ).exchange.id
                for _ in every
            ]
            work.append((token, mine))
    return work


Call = tuple[str, str, dict[str, Any]]
"""Whose token, which path, and what is sent."""


def client(port: int, calls: list[Call], start, out) -> None:
    """Send the requests one after the other over one connection, again where the answer is to come
    again (503); report seconds, and how often each status was the answer."""
    connection = http.client.HTTPConnection("127.0.0.1", port)
    start.wait()
    began = time.perf_counter()
    answers: Counter[int] = Counter()
    for token, path, sent in calls:
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        status = 503
        while status == 503:
            connection.request("POST", path, json.dumps(sent), headers)
            answer = connection.getresponse()
            answer.read()
            status = answer.status
            answers[status] += 1
    out.put((time.perf_counter() - began, answers))


def load(port: int, clients: int, requests: list[Call]) -> float:
    """Requests per second, all clients together."""
    start, out = multiprocessing.Event(), multiprocessing.Queue()
    processes = [
        multiprocessing.Process(target=client, args=(port, requests[number::clients], start, out))
        for number in range(clients)
    ]
    for process in processes:
        process.start()
    time.sleep(0.5)
    start.set()
    results = [out.get() for _ in processes]
    for process in processes:
        process.join()
    answers = sum((one for _, one in results), Counter())
    if refused := {status: n for status, n in answers.items() if status >= 300 and status != 503}:
        sys.exit(f"Refused, so that the figures would mean nothing: {refused}")
    if answers[503]:
        print(f"{answers[503]} requests were told to come again, and came again")
    return len(requests) / max(seconds for seconds, _ in results)


def main() -> None:
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument(
        "--database", help="an empty database to fill; default: a SQLite file in a temporary folder"
    )
    options.add_argument("--clients", type=int, default=8)
    options.add_argument("--requests", type=int, default=1000, help="per round")
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--serve", type=int, help=argparse.SUPPRESS)
    chosen = options.parse_args()
    if chosen.serve:
        serve(application(chosen.database), port=chosen.serve, threads=chosen.clients, _quiet=True)
        return
    database = chosen.database or f"sqlite:///{pathlib.Path(tempfile.mkdtemp()) / 'bench.sqlite3'}"
    migrate(database)
    work = prepare(database, chosen.requests * (chosen.rounds + 1))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = subprocess.Popen(
        [sys.executable, "-m", "bench.http", "--database", database, "--serve", str(port)]
    )
    try:
        wait_for(port)
        compare(port, work, chosen)
    finally:
        server.terminate()


def wait_for(port: int) -> None:
    for _ in range(1_200):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    sys.exit("The server did not start.")


def compare(port: int, work: list[tuple[str, list[int]]], chosen: argparse.Namespace) -> None:
    # One of each pair in turn: eight people who confirm at the same moment are hardly the same one.
    confirm = [
        (token, f"{api.ROOT}/exchanges/{one}/confirmation", {})
        for turn in zip(*(mine for _, mine in work), strict=True)
        for (token, _), one in zip(work, turn, strict=True)
    ]
    nothing = [(token, f"{api.ROOT}/nothing", {}) for token, *_ in confirm]
    confirming: list[float] = []
    idle: list[float] = []
    for number in range(chosen.rounds + 1):
        part = slice(number * chosen.requests, (number + 1) * chosen.requests)
        confirming.append(load(port, chosen.clients, confirm[part]))
        idle.append(load(port, chosen.clients, nothing[part]))
    # The first round warms caches and connections.
    ratios = [a / b for a, b in zip(confirming[1:], idle[1:], strict=True)]
    print(f"clients {chosen.clients}, requests a round {chosen.requests}, rounds {chosen.rounds}")
    print(
        f"confirmations/s  median {statistics.median(confirming[1:]):.0f}  {[round(x) for x in confirming[1:]]}"
    )
    print(
        f"empty POSTs/s    median {statistics.median(idle[1:]):.0f}  {[round(x) for x in idle[1:]]}"
    )
    print(
        f"ratio            median {statistics.median(ratios):.2f}  min {min(ratios):.2f}  max {max(ratios):.2f}"
    )


if __name__ == "__main__":
    main()
