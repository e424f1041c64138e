"""Processes that vote, close a vote, count it and award, killed at any moment: what was
acknowledged is there, once, and everything can be proven from the rows after each kill.

In `./dev test` each is killed a few times; `./dev test --long` kills each TIMEBANK_FUND_KILLS times
(100 unless said) and adds a line to the file TIMEBANK_REPORT, if that is named.
"""

import json
import os
import random
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from tests.factories import NOW, actor
from tests.fund import rounds
from tests.fund.rounds import Town, make_town
from tests.processes import made_over, starting
from timebank.act import Act
from timebank.banks.models import Bank
from timebank.config import Config
from timebank.db import snapshot, transaction
from timebank.errors import Refusal
from timebank.fund import awards, proof, queries, voting
from timebank.fund.rules import RoundState, Ticks
from timebank.members import queries as members

KINDS = ("vote", "close", "count", "award")
IDEAS = {f"Idea {n}": 50 for n in range(1, 21)}
"""All of them fit into the budget, so that each is awarded."""

PAPERS = 400


def work(url: str, kind: str, owen_id: int, round_id: int, whom: Sequence[Any], said: Connection):
    """Do one thing after another, and say of each that it was committed."""
    app = made_over(Config(database_url=url, secret_key="for tests only " * 4))
    with app.app_context():
        said.send("ready")
        for one in whom:
            try:
                with transaction() as session:
                    _do(session, kind, owen_id, round_id, one)
            except Refusal as refusal:
                said.send(type(refusal).__name__)
            else:
                said.send(one)
    said.close()


def _do(session: Session, kind: str, owen_id: int, round_id: int, one: Any) -> None:
    bank = session.execute(select(Bank)).scalar_one()
    by = Act(actor(members.member(session, bank, owen_id)), NOW)
    if kind == "vote":
        ticks = Ticks([one[1]])
        voting.vote_by_code(session, bank, round_id, one[0], ticks, now=NOW)
    elif kind == "close":
        voting.close(session, bank, round_id, 0, by)
    elif kind == "count":
        voting.count_job(session, {"bank": bank.id, "round": round_id}, NOW)
    else:
        awards.award(session, bank, one, "", by)


@dataclass
class Killed:
    """What was killed of a kind, what was acknowledged, and how often nobody knew."""

    kills: int = 0
    acknowledged: list[Any] = field(default_factory=list[Any])
    before: int = 0


def _kill_one(
    database: str, kind: str, owen_id: int, round_id: int, whom: Sequence[Any], span: float
) -> list[Any]:
    """Start one, kill it at some moment, and give back what it had acknowledged."""
    mine, theirs = starting().Pipe(duplex=False)
    process = starting().Process(
        target=work, args=(database, kind, owen_id, round_id, whom, theirs)
    )
    process.start()
    theirs.close()
    said: list[Any] = []
    try:
        said.append(mine.recv())
        # At some moment of what it does, or of what it does after.
        time.sleep(random.SystemRandom().uniform(0, span))
        process.kill()
        while True:
            said.append(mine.recv())
    except EOFError:
        process.join()
    return said[1:]


def test_what_was_acknowledged_stands_once_whoever_is_killed(
    app: Flask, database: str, pytestconfig: pytest.Config
) -> None:
    long = pytestconfig.getoption("--long")
    kills = int(os.environ.get("TIMEBANK_FUND_KILLS", "100")) if long else 2
    with app.app_context(), transaction() as session:
        town = make_town(session, 3)
        owen_id = town.owen.id
    done = {kind: _killed(app, database, town, owen_id, kind, kills) for kind in KINDS}
    assert {kind: one.kills for kind, one in done.items()} == dict.fromkeys(KINDS, kills)
    _report("postgresql" if database.startswith("postgresql") else "sqlite", done)


def _killed(app: Flask, database: str, town: Town, owen_id: int, kind: str, kills: int) -> Killed:
    """So many kills of one kind, with the proof after each."""
    done = Killed()
    round_id, whom = 0, list[Any]()
    while done.kills < kills:
        if not whom:
            round_id, whom = _set_up(app, town, kind)
        said = _kill_one(database, kind, owen_id, round_id, whom, _SPANS[kind])
        done.kills += 1
        done.before += not said
        done.acknowledged += said
        whom = _look(app, kind, round_id, whom, said)
    return done


_SPANS = {"vote": 0.4, "close": 0.08, "count": 0.08, "award": 0.3}
"""For how many seconds at most something lives: a little longer than it takes, or a few times that
long where one comes after another."""


def _set_up(app: Flask, town: Town, kind: str) -> tuple[int, list[Any]]:
    """A round at the point at which that is done, and to whom."""
    with app.app_context(), transaction() as session:
        bank = session.execute(select(Bank)).scalar_one()
        here = make_again(session, bank, town)
        round_ = rounds.open_round(here, IDEAS, largest=100 * rounds.POUND)
        ideas = [one.id for one in queries.on_ballot(session, bank, round_)]
        if kind == "vote":
            papers = voting.hand_out(session, bank, round_.id, PAPERS, here.by)
            return round_.id, [
                (paper.code, ideas[n % len(ideas)]) for n, paper in enumerate(papers)
            ]
        for voter in here.voters:
            voting.vote(session, bank, round_.id, Ticks(ideas), here.act(voter))
        if kind == "close":
            return round_.id, ["closed"]
        voting.close(session, bank, round_.id, None, here.by)
        if kind == "count":
            return round_.id, ["counted"]
        count = voting.count_round(session, bank, round_.id, now=NOW)
        rounds.both_say_same(here, round_)
        voting.announce(session, bank, round_.id, here.by)
        return round_.id, [int(one) for one in json.loads(count.content)["funded"]]


def make_again(session: Session, bank: Bank, town: Town) -> Town:
    """The same people, in another session."""
    names = ("owen", "pat", "rosa", "dr_lee", "kwame", "anne")
    people = {name: members.member(session, bank, getattr(town, name).id) for name in names}
    voters = [members.member(session, bank, one.id) for one in town.voters]
    return Town(session, bank, **people, voters=voters)


def _look(app: Flask, kind: str, round_id: int, whom: list[Any], said: list[Any]) -> list[Any]:
    """Prove everything, and give back to whom it is yet to be done."""
    with app.app_context(), snapshot() as session:
        bank = session.execute(select(Bank)).scalar_one()
        assert proof.faults(session, bank) == []
        round_ = queries.round_of(session, bank, round_id)
        if kind == "vote":
            voted = queries.turnout(session, bank, round_id).voted
            assert len(queries.ballots(session, bank, round_id)) == voted
            for code, idea in said:
                assert voting.standing(session, bank, code, now=NOW).choices == [idea]
            # One more may have been cast than was heard of, and none twice.
            known = len([one for one in whom if _stands(session, bank, one[0])])
            return [one for one in whom if not _stands(session, bank, one[0])] if known else whom
        if kind == "close":
            closed = round_.state == RoundState.COUNTED
            assert closed or not said
            jobs = text("SELECT count(*) FROM job WHERE kind = 'fund.count' AND key LIKE :key")
            queued = session.execute(jobs, {"key": f"{round_id}:%"}).scalar_one()
            assert queued == closed
            return [] if closed else whom
        if kind == "count":
            counts = queries.counts(session, bank, round_id)
            assert len(counts) <= 1
            assert counts or not said
            return [] if counts else whom
        made = Counter(award.proposal_id for award, _ in queries.awards(session, bank, round_id))
        assert set(said) <= made.keys()
        assert set(made.values()) <= {1}
        return [one for one in whom if one not in made]


def _stands(session: Session, bank: Bank, code: str) -> bool:
    return queries.by_code(session, bank, code).voted


def _report(engine: str, done: dict[str, Killed]) -> None:
    name = os.environ.get("TIMEBANK_REPORT")
    if not name:
        return
    with Path(name).open("a", encoding="utf-8") as file:
        for kind, one in done.items():
            cells = (engine, kind, one.kills, len(one.acknowledged), one.before)
            file.write(f"| {' | '.join(map(str, cells))} |\n")
