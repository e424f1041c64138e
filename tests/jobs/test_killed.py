"""Workers that are killed, as real processes."""

import os
import random
import time
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, select, update
from sqlalchemy.orm import Session

from tests.processes import Program
from timebank import clock
from timebank.db import WRITING
from timebank.jobs import queries, service
from timebank.jobs.models import Job

JOBS = 200
KILLS = 4
PATIENCE_SECONDS = 300


class Workers:
    """Workers of one database, as processes."""

    def __init__(self, database: str, folder: Path):
        self.running: list[Program] = []
        self._settings = {"TIMEBANK_DATABASE_URL": database}
        self._said = folder / "said"

    def start(self, *more: str) -> Program:
        started = Program(
            "tests.jobs.counting", "worker", *more, settings=self._settings, said=self._said
        )
        self.running.append(started)
        return self.running[-1]

    def kill_one(self) -> None:
        random.shuffle(self.running)
        unlucky = self.running.pop()
        unlucky.kill()
        unlucky.wait()

    def kill_all(self) -> None:
        while self.running:
            self.kill_one()

    def insist(self) -> None:
        """Fail with what they said when one has stopped by itself."""
        for process in self.running:
            assert process.poll() is None, self._said.read_text()[-2000:]


@pytest.fixture
def workers(database, tmp_path):
    made = Workers(database, tmp_path)
    yield made
    made.kill_all()


def write(engine: Engine, *statements):
    with Session(engine) as session:
        session.connection(execution_options=WRITING)
        for statement in statements:
            session.execute(statement)
        session.commit()


def queue_jobs(engine: Engine, number: int = JOBS) -> None:
    with Session(engine) as session:
        session.connection(execution_options=WRITING)
        for n in range(number):
            service.queue(session, "count", {"n": n}, run_at=clock.now(), key=str(n))
        session.commit()


def done(engine: Engine) -> int:
    with Session(engine) as session:
        return queries.counts(session).get(("count", "done"), 0)


def wait_for(engine: Engine, workers: Workers, wanted: int) -> None:
    """Wait until so many jobs are done; fail if that never happens."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while done(engine) < wanted:
        workers.insist()
        assert time.monotonic() < deadline, "The workers are not getting anywhere."
        time.sleep(0.02)


def let_leases_run_out(engine: Engine) -> None:
    """Let the time of every lease pass, that of the living workers too: they lose what they have
    claimed and not begun."""
    past = clock.now() - timedelta(seconds=1)
    write(engine, update(Job).where(Job.leased_by.is_not(None)).values(leased_until=past))


def test_workers_killed_at_any_moment_do_everything_exactly_once(engine, workers):
    queue_jobs(engine)
    for _ in range(2):
        workers.start()
    for progress in sorted(random.sample(range(JOBS - 20), KILLS)):
        wait_for(engine, workers, progress)
        workers.kill_one()
        let_leases_run_out(engine)
        workers.start()
    wait_for(engine, workers, JOBS)
    with Session(engine) as session:
        traces = session.execute(select(Job.payload).where(Job.kind == "trace")).scalars()
        found = Counter((trace["n"], trace["half"]) for trace in traces)
    assert found == {(n, half): 1 for n in range(JOBS) for half in (1, 2)}


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGTERM")
def test_a_worker_told_to_stop_leaves_nothing_half_done(engine, workers):
    queue_jobs(engine)
    worker = workers.start()
    wait_for(engine, workers, 10)
    worker.terminate()
    assert worker.wait(timeout=PATIENCE_SECONDS) == 0
    with Session(engine) as session:
        assert (
            session.execute(select(Job.kind, Job.attempts).where(Job.leased_by.is_not(None))).all()
            == []
        )
        assert queries.state(session, clock.now()).heard_at is None
        finished = queries.counts(session)
    assert finished["trace", "waiting"] == 2 * finished["count", "done"]
    assert finished["count", "waiting"] > 0


def test_the_command_does_what_is_due_and_stops(engine, workers):
    queue_jobs(engine, 10)
    assert workers.start("--once").wait(timeout=PATIENCE_SECONDS) == 0
    assert done(engine) == 10
