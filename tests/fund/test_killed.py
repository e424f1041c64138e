"""Processes that vote, close a vote, count it and award, killed at any moment: what was
acknowledged is there, once, and everything can be proven from the rows after each kill.

In `./dev test` each is killed a few times; `./dev test --long` kills each TIMEBANK_FUND_KILLS times
(100 unless said) and adds a line to the file TIMEBANK_REPORT, if that is named.
"""

import os
import random
import signal
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

from tests.factories import NOW
from tests.fund.rounds import Town, make_town
from tests.fund.working import Worker, bank_of, set_up
from timebank.db import snapshot, transaction
from timebank.fund import proof, queries, voting
from timebank.fund.rules import RoundState

KINDS = ("vote", "close", "count", "award")


@dataclass
class Killed:
    """What was killed of a kind, what was acknowledged, and how often nobody knew."""

    kills: int = 0
    acknowledged: list[Any] = field(default_factory=list[Any])
    before: int = 0


def _kill_one(
    database: str, kind: str, who: int, round_id: int, whom: Sequence[Any], span: float
) -> list[Any]:
    """Start one, kill it at some moment, and give back what it had acknowledged."""
    worker = Worker(database, kind, who, round_id, whom)
    worker.go()
    # At some moment of what it does, or of what it does after.
    time.sleep(random.SystemRandom().uniform(0, span))
    worker.process.kill()
    said = worker.said()
    # Whatever else ends it would prove nothing.
    assert worker.process.exitcode in (-signal.SIGKILL, 0)
    return said


@pytest.mark.parametrize("kind", KINDS)
def test_what_was_acknowledged_stands_once_whoever_is_killed(
    app: Flask, database: str, pytestconfig: pytest.Config, kind: str
) -> None:
    long = pytestconfig.getoption("--long")
    kills = int(os.environ.get("TIMEBANK_FUND_KILLS", "100")) if long else 2
    with app.app_context(), transaction() as session:
        town = make_town(session, 3)
        owen_id = town.owen.id
    engine = "postgresql" if database.startswith("postgresql") else "sqlite"
    done = _killed(app, database, town, owen_id, kind, kills)
    assert done.kills >= kills
    assert done.acknowledged
    _report(engine, kind, done)


def _killed(app: Flask, database: str, town: Town, owen_id: int, kind: str, kills: int) -> Killed:
    """So many kills of one kind, with the proof after each."""
    done = Killed()
    round_id, whom, span = 0, list[Any](), 0.1
    while done.kills < kills or not done.acknowledged:
        if not whom:
            round_id, whom = set_up(app, town, kind)
        said = _kill_one(database, kind, owen_id, round_id, whom, span)
        done.kills += 1
        done.before += not said
        done.acknowledged += said
        # However slow the machine is, half of them come to the end of something.
        span *= 0.8 if len(said) >= _SEVERAL[kind] else 1.3
        whom = _look(app, kind, round_id, whom, said)
    return done


_SEVERAL = {"vote": 3, "close": 1, "count": 1, "award": 3}
"""So many of a kind one may well have done before it is killed."""


def _look(app: Flask, kind: str, round_id: int, whom: list[Any], said: list[Any]) -> list[Any]:
    """Prove everything, and give back to whom it is yet to be done."""
    with app.app_context(), snapshot() as session:
        bank = bank_of(session)
        assert proof.faults(session, bank) == []
        round_ = queries.round_of(session, bank, round_id)
        if kind == "vote":
            voted = queries.turnout(session, bank, round_id).voted
            assert len(queries.ballots(session, bank, round_id)) == voted
            for code, idea in said:
                assert voting.standing(session, bank, code, now=NOW).choices == [idea]
            # One more may have been cast than was heard of, and none twice.
            return [one for one in whom if not queries.by_code(session, bank, one[0]).voted]
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


def _report(engine: str, kind: str, done: Killed) -> None:
    name = os.environ.get("TIMEBANK_REPORT")
    if not name:
        return
    cells = (engine, kind, done.kills, len(done.acknowledged), done.before)
    with Path(name).open("a", encoding="utf-8") as file:
        file.write(f"| {' | '.join(map(str, cells))} |\n")
