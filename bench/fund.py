"""How long counting a round takes, beside pabutools, and what a vote of 5,000 costs on either engine.

    python -m bench.fund count [--most 500] [--pabutools PYTHON]
    python -m bench.fund vote [--electors 5000] [--requests 400] [--clients 4] [--database URL]

`count`: elections are drawn from a fixed seed, a few popular proposals and many that few tick, and
both methods are counted, as for every result. PYTHON is one in which pabutools is installed
(`python -m venv pabu && pabu/bin/pip install pabutools`); without it the bench says that nothing was
compared. Both count the same files, once through without raising shares, and many small elections, of
which it is said how often the winners are the same.

`vote`: over a scratch database (default: a SQLite file in a temporary folder), of so many electors.
The vote is opened; all but the last few ballots are laid down as if they had been cast; the last are
cast over HTTP at a server of its own; one more is cast, with what it mixes; and the vote is closed,
with which all ballots get new keys. `process_time` is said beside the clock, so that others at work
on the machine matter less.
"""

import argparse
import json
import os
import pathlib
import random
import secrets
import socket
import subprocess
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import insert, text, update
from sqlalchemy.orm import Session

from bench.http import application, load, wait_for
from timebank import clock
from timebank.access import service as access_service
from timebank.access.rules import NewToken, Scope
from timebank.act import Act, Actor, Role
from timebank.apart import new_key
from timebank.api import install as api
from timebank.banks import queries as banks
from timebank.banks.models import Bank
from timebank.banks.rules import NewBank
from timebank.db import migrate, take_stock, transaction
from timebank.fund import counting, money, pabulib, queries, service, voting
from timebank.fund.counting import Election
from timebank.fund.models import Ballot, Elector
from timebank.fund.rules import (
    Checked,
    Days,
    Finding,
    FundUnit,
    NewProposal,
    NewRound,
    PutIn,
    RoundState,
    Scrutineers,
    Ticks,
)
from timebank.members import partners
from timebank.members import queries as members
from timebank.members import service as members_service
from timebank.members.models import Member
from timebank.members.rules import Capacity, NewMember, SharedDetails

SIZES = ((200, 20, 5, 0.2), (500, 60, 8, 0.6), (5_000, 100, 10, 7), (5_000, 500, 12, 20))
"""Voters, proposals, ticks each about, and the seconds it may take."""

BESIDE = ((200, 20, 5), (500, 60, 8), (2_000, 100, 10))
SMALL = 200
"""So many small elections are counted both ways."""

PROPOSALS = 20
PAPERS = 40
READY, LOOK, PAGE = 1.35, 1.0, 0.1
"""Seconds: getting ready for what is written next (Card, Moran & Newell 1980), three crosses looked
for, and a page that comes from a server in the next room."""
BATCH = 500
"""So many ballots are laid down at once."""


def drawn(voters: int, proposals: int, ticks: int, seed: int = 3) -> Election:
    """An election of that size, with a budget for a quarter of what is asked for, and for each
    proposal by itself: what costs more is on no ballot."""
    chance = random.Random(seed)  # noqa: S311
    ids = [str(n) for n in range(1, proposals + 1)]
    costs = {one: chance.randrange(50_000, 2_000_000, 1_000) for one in ids}
    liked = [chance.random() ** 2 + 0.02 for _ in ids]
    ballots = [
        frozenset(chance.choices(ids, liked, k=max(1, round(chance.gauss(ticks, 3)))))
        for _ in range(voters)
    ]
    budget = max(sum(costs.values()) // 4, *costs.values())
    return Election(budget, costs, ballots, ids)


def count(most: int, python: str) -> None:
    print("voters × proposals   seconds   at most   MB   raises   funded")
    for voters, proposals, ticks, limit in SIZES:
        if proposals > most:
            continue
        election = drawn(voters, proposals, ticks)
        began = time.process_time()
        content = counting.counted(election)
        took = time.process_time() - began
        # Of the ballots and the whole count, in a turn of its own: to be watched slows it down.
        tracemalloc.start()
        counting.counted(drawn(voters, proposals, ticks))
        memory = tracemalloc.get_traced_memory()[1] / 1e6
        tracemalloc.stop()
        print(
            f"{voters:6} × {proposals:<9}   {took:7.2f}   {limit:7}   {memory:2.0f}"
            f"   {content['raises']:6}   {len(content['funded']):6}"
        )
    if not python:
        print("pabutools: not compared; name a Python that has it by --pabutools.")
        return
    with tempfile.TemporaryDirectory() as folder:
        beside(pathlib.Path(folder), python)


def beside(folder: pathlib.Path, python: str) -> None:
    """The same files, counted once through by both."""
    print("one run, voters × proposals   seconds   pabutools   same winners")
    for voters, proposals, ticks in BESIDE:
        election = drawn(voters, proposals, ticks)
        (other,) = others(folder, python, [election])
        began = time.process_time()
        mine = funded(election)
        took = time.process_time() - began
        same = mine == other["exact"]
        print(f"{voters:15} × {proposals:<9}   {took:7.3f}   {other['seconds']:9.3f}   {same}")
    small = [drawn(random.Random(n).randrange(3, 12), 6, 3, n) for n in range(SMALL)]  # noqa: S311
    found = others(folder, python, small)
    exact, floats = (
        sum(funded(election) == other[way] for election, other in zip(small, found, strict=True))
        for way in ("exact", "floats")
    )
    print(
        f"{SMALL} small elections: the same winners as its exact fractions in {exact},"
        f" as its floating point in {floats}"
    )


def funded(election: Election) -> list[str]:
    return sorted(one.proposal for one in counting.shares(election, election.budget).carried)


def others(folder: pathlib.Path, python: str, elections: Sequence[Election]) -> list[dict]:
    files: list[str] = []
    for n, election in enumerate(elections):
        file = folder / f"{n}.pb"
        about = {"description": "Drawn", "rule": "equal shares"}
        file.write_text(pabulib.write(election, {one: one for one in election.costs}, about))
        files.append(str(file))
    program = str(pathlib.Path(__file__).with_name("pabu.py"))
    made = subprocess.run(
        [python, "-I", program, *files], capture_output=True, text=True, check=True
    )
    return [json.loads(line) for line in made.stdout.splitlines()]


# ---- A vote of many ----


@dataclass
class Town:
    """A bank with a round that can be opened: its coordinator, and what is voted on."""

    bank: Bank
    owen: Act
    round_id: int
    two: Scrutineers
    ideas: list[int]


@contextmanager
def timed(what: str) -> Generator[Session]:
    """One transaction, with the seconds it took by the clock, of this process, and of the process of
    PostgreSQL that answers it, where that is on this machine."""
    with transaction() as session:
        began, work, there = time.perf_counter(), time.process_time(), answering(session)
        yield session
        session.flush()
        there = answering(session) - there
    print(
        f"{what:<40} {time.perf_counter() - began:7.2f} s by the clock,"
        f" {time.process_time() - work:6.2f} s of this process, {there:6.2f} s of PostgreSQL"
    )


def answering(session: Session) -> float:
    """Seconds of processor time of the process that answers this connection; 0 where none does."""
    if session.get_bind().dialect.name != "postgresql":
        return 0
    pid = session.execute(text("SELECT pg_backend_pid()")).scalar_one()
    stat = pathlib.Path(f"/proc/{pid}/stat")
    if not stat.exists():
        return 0
    fields = stat.read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def vote(database: str, electors: int, requests: int, clients: int) -> None:
    migrate(database)
    app = application(database)
    with app.app_context():
        with transaction() as session:
            town = make_town(session, electors)
            take_stock(session)
        with timed(f"opened for {electors} electors") as session:
            service.open_voting(session, town.bank, town.round_id, town.two, town.owen)
        last = lay_down(town, electors, but=requests + 1)
        calls = [
            (token, f"{api.ROOT}/fund/rounds/{town.round_id}/ballot", {"proposals": town.ideas[:4]})
            for token in tokens(town, last[:-1])
        ]
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        words = ("-m", "bench.http", "--database", database, "--serve", str(port))
        server = subprocess.Popen([sys.executable, *words])
        try:
            wait_for(port)
            rate = load(port, clients, calls)
        finally:
            server.terminate()
            server.wait()
        print(f"{requests} ballots cast over HTTP by {clients} at once: {rate:.1f} a second")
        type_papers(town)
        ticks = Ticks(town.ideas[:4])
        with timed("one more cast and mixed, in this process") as session:
            member = members.member(session, town.bank, last[-1])
            voting.vote(session, town.bank, town.round_id, ticks, acting(town.bank, member))
        with timed("all mixed, and closed") as session:
            voting.close(session, town.bank, town.round_id, None, town.owen)
        with timed("counted") as session:
            voting.count_round(session, town.bank, town.round_id, now=clock.now())


def type_papers(town: Town) -> None:
    """How many papers a minute somebody types in: by the keystroke-level model for their hands and
    eyes, and as long as it takes here for the rest."""
    with transaction() as session:
        papers = voting.hand_out(session, town.bank, town.round_id, PAPERS, town.owen)
    began = time.perf_counter()
    for paper in papers:
        with transaction() as session:
            ticks = Ticks(town.ideas[:3])
            now = clock.now()
            voting.vote_by_code(session, town.bank, town.round_id, paper.code, ticks, now=now)
    casting = (time.perf_counter() - began) / PAPERS
    # The code without its hyphens and the numbers of three lines, a tab between and Enter; getting
    # ready for each of the two, and the numbers of the crosses looked for on the paper.
    code = papers[0].code.replace("-", "")
    keys = len(code) + len("3 7 12") + 2
    for words, key in (("40", 0.28), ("90", 0.12)):
        for what, pressed in (("typed", keys), ("read by a scanner", keys - len(code))):
            seconds = pressed * key + 2 * READY + LOOK + casting + PAGE
            print(f"papers, {words} words a minute, code {what}: {60 / seconds:.0f} a minute")


def acting(bank: Bank, member: Member) -> Act:
    who = Actor(bank.id, member.name, member.role, member.id, member.account_id)
    return Act(who, clock.now())


def make_town(session: Session, electors: int) -> Town:
    now, today = clock.now(), clock.now().date()
    bank = members_service.open_bank(session, NewBank("Bench", slug="bench"), now=now)
    act = Act(Actor.system(bank.id, "bench"), now)
    people = [
        NewMember("Owen", role=Role.COORDINATOR),
        NewMember("Pat"),
        NewMember("Rosa"),
        NewMember("Lee", capacity=Capacity.PRACTITIONER),
        NewMember("Kwame"),
        NewMember("Anne", capacity=Capacity.PLANNER),
    ]
    everybody = [*people, *(NewMember(f"Elector {n}") for n in range(electors - len(people)))]
    enrolled = members_service.enrol_many(session, bank, everybody, act)
    owen, pat, rosa, lee, kwame, anne = (
        members.member(session, bank, one.id) for one in enrolled[: len(people)]
    )
    by = acting(bank, owen)
    days = Days(*(today + timedelta(days=n) for n in (-20, -15, -10, -5, 0, 30)))
    new = NewRound("Bench", "For all", "", FundUnit.PENCE, 200_000, 100, 100_000, days)
    round_ = service.plan_round(session, bank, new, by)
    service.open_ideas(session, bank, round_.id, by)
    ideas = [
        service.propose(
            session,
            bank,
            round_.id,
            NewProposal(f"Idea {n}", "So", 10_000 + 1_000 * n),
            acting(bank, pat),
        ).id
        for n in range(PROPOSALS)
    ]
    service.move_on(session, bank, round_.id, RoundState.CHECKING, "", by)
    for idea in ideas:
        service.check(session, bank, idea, Checked(rosa.id, lee.id, Finding.CAN), by)
    service.move_on(session, bank, round_.id, RoundState.TALKING, "", by)
    council = partners.add_organisation(session, bank, SharedDetails("Council"), by)
    money.put_in(session, bank, council.id, PutIn(200_000, today), by)
    return Town(bank, by, round_.id, Scrutineers(kwame.id, anne.id), ideas)


def lay_down(town: Town, electors: int, *, but: int) -> list[int]:
    """Ballots of all electors but so many, as they would have been cast; who are left, by member."""
    chance = random.Random(5)  # noqa: S311
    with transaction() as session:
        bank = banks.by_id(session, town.bank.id)
        round_ = queries.round_of(session, bank, town.round_id)
        listed = sorted(one.id for one in queries.on_ballot(session, bank, round_))
        people = [one.id for one in members.active(session, bank)]
    voted, left = people[: electors - but], people[electors - but :]
    for first in range(0, len(voted), BATCH):
        batch = voted[first : first + BATCH]
        with transaction() as session:
            session.execute(
                update(Elector)
                .where(
                    Elector.bank_id == town.bank.id,
                    Elector.round_id == town.round_id,
                    Elector.member_id.in_(batch),
                )
                .values(voted=True)
            )
            session.execute(
                insert(Ballot),
                [
                    {
                        "bank_id": town.bank.id,
                        "round_id": town.round_id,
                        "key": new_key(),
                        "choices": ",".join(map(str, sorted(chance.sample(listed, 4)))),
                        "receipt_hash": secrets.token_hex(32),
                        "replaces": None,
                    }
                    for _ in batch
                ],
            )
            # As the database does by itself within a minute. Until then PostgreSQL takes a table
            # for empty, and goes through all of it for each row that comes in.
            take_stock(session)
    return left


def tokens(town: Town, member_ids: Sequence[int]) -> list[str]:
    made: list[str] = []
    with transaction() as session:
        for member_id in member_ids:
            new = NewToken("bench", Scope.WRITE)
            by = Act(Actor.system(town.bank.id, "bench"), clock.now())
            made.append(
                access_service.make_token(session, town.bank, member_id, new, by, staff=False)
            )
    return made


def main() -> None:
    """Count, or vote."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    ways = parser.add_subparsers(dest="way", required=True)
    counts = ways.add_parser("count")
    counts.add_argument("--most", type=int, default=500, help="proposals at most")
    counts.add_argument("--pabutools", default="", help="a Python in which pabutools is installed")
    votes = ways.add_parser("vote")
    votes.add_argument("--electors", type=int, default=5_000)
    votes.add_argument("--requests", type=int, default=400, help="ballots cast over HTTP")
    votes.add_argument("--clients", type=int, default=4)
    votes.add_argument("--database", default="", help="an empty database to fill")
    chosen = parser.parse_args()
    if chosen.way == "count":
        count(chosen.most, chosen.pabutools)
        return
    with tempfile.TemporaryDirectory() as folder:
        database = chosen.database or f"sqlite:///{folder}/bench.sqlite3"
        vote(database, chosen.electors, chosen.requests, chosen.clients)


if __name__ == "__main__":
    main()
