"""Workers that are killed, as real processes."""

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import Engine, select, update
from sqlalchemy.orm import Session

from timebank import clock
from timebank.db import WRITING
from timebank.jobs import queries, service
from timebank.jobs.models import Job

JOBS = 200
KILLS = 4
PATIENCE_SECONDS = 90


@pytest.fixture
def start(database):
    """Start a worker of this test's database as a process of its own."""
    started = []

    def process(*command: str) -> subprocess.Popen[bytes]:
        environment = {**os.environ, "TIMEBANK_DATABASE_URL": database, "PYTHONPATH": os.pathsep.join(sys.path)}
        started.append(subprocess.Popen([sys.executable, *command], env=environment, stderr=subprocess.DEVNULL))
        return started[-1]

    yield process
    for process_ in started:
        process_.kill()
        process_.wait()


def write(engine: Engine, *statements):
    with Session(engine) as session:
        session.connection(execution_options=WRITING)
        for statement in statements:
            session.execute(statement)
        session.commit()


def queue_all(engine: Engine) -> None:
    with Session(engine) as session:
        session.connection(execution_options=WRITING)
        for n in range(JOBS):
            service.queue(session, "count", {"n": n}, run_at=clock.now(), key=str(n))
        session.commit()


def done(engine: Engine) -> int:
    with Session(engine) as session:
        return queries.counts(session).get(("count", "done"), 0)


def wait_for(engine: Engine, wanted: int) -> None:
    """Wait until so many jobs are done; fail if that never happens."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while done(engine) < wanted:
        assert time.monotonic() < deadline, "The workers have stopped working."
        time.sleep(0.02)


def let_leases_run_out(engine: Engine) -> None:
    """Let the time of every lease pass, that of the living workers too: they lose what they have claimed and not begun."""
    past = clock.now() - timedelta(seconds=1)
    write(engine, update(Job).where(Job.leased_by.is_not(None)).values(leased_until=past))


def test_workers_killed_at_any_moment_do_everything_exactly_once(engine, start):
    queue_all(engine)
    workers = [start("-m", "tests.jobs.counting", "worker") for _ in range(2)]
    for progress in sorted(random.sample(range(JOBS - 20), KILLS)):
        wait_for(engine, progress)
        random.shuffle(workers)
        unlucky = workers.pop()
        unlucky.kill()
        unlucky.wait()
        let_leases_run_out(engine)
        workers.append(start("-m", "tests.jobs.counting", "worker"))
    wait_for(engine, JOBS)
    with Session(engine) as session:
        traces = session.execute(select(Job.payload).where(Job.kind == "trace")).scalars()
        found = Counter((trace["n"], trace["half"]) for trace in traces)
    assert found == {(n, half): 1 for n in range(JOBS) for half in (1, 2)}


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGTERM")
def test_a_worker_told_to_stop_leaves_nothing_half_done(engine, start):
    queue_all(engine)
    worker = start("-m", "tests.jobs.counting", "worker")
    wait_for(engine, 10)
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(timeout=PATIENCE_SECONDS) == 0
    with Session(engine) as session:
        assert session.execute(select(Job.kind, Job.attempts, Job.done_at).where(Job.leased_by.is_not(None))).all() == []
        assert not queries.state(session, clock.now()).is_alive(clock.now())
        finished = queries.counts(session)
    assert finished["trace", "waiting"] == 2 * finished["count", "done"]
    assert finished["count", "waiting"] > 0


def test_the_command_does_what_is_due_and_stops(engine, start):
    queue_all(engine)
    assert start("-m", "tests.jobs.counting", "worker", "--once").wait(timeout=PATIENCE_SECONDS) == 0
    assert done(engine) == JOBS
