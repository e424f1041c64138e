"""The worker: takes jobs off the table and does them.

What it promises: a job's effects on the database and the mark that it is done are one transaction.
A worker killed at any moment has done all of a job or nothing of it; what it had claimed is taken
up by another when the lease runs out. What a job does outside the database (`Job.prepare`) may be
repeated after a crash, never forgotten.
"""

import os
import secrets
import socket
import threading
from collections.abc import Generator, Iterable
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta

import structlog
from flask import Flask
from sqlalchemy.exc import OperationalError

from timebank import clock
from timebank.config import Config
from timebank.db import reading, transaction
from timebank.errors import Unavailable
from timebank.faults import place
from timebank.feature import Job
from timebank.jobs import queries, rules, service
from timebank.jobs.errors import LeaseLost, TryLater
from timebank.jobs.service import Claim

log = structlog.get_logger("timebank.worker")

_IDLE_SECONDS = 1.0
_TROUBLE_SECONDS = 10.0


class Worker:
    """Does the jobs of an application, one at a time. Several, in one process or on several
    machines, share the work."""

    def __init__(self, app: Flask, jobs: Iterable[Job]):
        config: Config = app.config["TIMEBANK"]
        self.name = f"{socket.gethostname()[:50]}:{os.getpid()}:{secrets.token_hex(3)}"
        self._app = app
        self._jobs = {job.kind: job for job in jobs if job.when is None or job.when(config)}
        self._every = {
            kind: every for kind, job in self._jobs.items() if (every := _every(job, config))
        }
        self._queued: dict[str, str] = {}
        self._beat_at: datetime | None = None
        self._stopping = threading.Event()

    def run(self) -> None:
        """Work until told to stop. A job that has been begun is finished first."""
        log.info("worker started", worker=self.name)
        while not self._stopping.is_set():
            try:
                pause = 0.0 if self._step() else _IDLE_SECONDS
            except (
                Exception
            ) as error:  # The database may be away for a while: the worker outlives that.
                log.error("worker in trouble", worker=self.name, error=_place(error))
                pause = _TROUBLE_SECONDS
            self._stopping.wait(pause)
        # Where that cannot be said, silence does.
        with suppress(Unavailable), self._app.app_context(), transaction() as session:
            service.leave(session, self.name)
        log.info("worker stopped", worker=self.name)

    def run_due(self) -> None:
        """Do everything that is due now, then return."""
        while not self._stopping.is_set() and self._step():
            pass
        with self._app.app_context(), transaction() as session:
            service.leave(session, self.name)

    def stop(self) -> None:
        """Ask the worker to stop, from another thread."""
        self._stopping.set()

    def _step(self) -> bool:
        """Do one job if one is due, and say whether there was one."""
        with self._app.app_context():
            now = clock.now()
            self._tell(now)
            # Looking first spares SQLite's one write lock while there is nothing to do.
            if not queries.is_due(reading(), self._jobs, now):
                return False
            with transaction() as session:
                claim = service.claim(session, self.name, self._jobs, now=now)
            if claim is None:
                return False
            self._do(claim)
            return True

    def _tell(self, now: datetime) -> None:
        """Say that this worker is alive, and queue the recurring jobs of the periods that have
        begun."""
        begun = {kind: rules.period(now, every) for kind, every in self._every.items()}
        alive = self._beat_at is not None and now - self._beat_at < rules.BEAT
        if alive and begun == self._queued:
            return
        with transaction() as session:
            service.beat(session, self.name, now=now)
            for kind, period in begun.items():
                service.queue(session, kind, {}, run_at=now, key=period)
        self._beat_at, self._queued = now, begun

    def _do(self, claim: Claim) -> None:
        job_log = log.bind(job=claim.job_id, kind=claim.kind, attempt=claim.attempt)
        job = self._jobs[claim.kind]
        try:
            if claim.attempt > rules.ATTEMPTS:
                self._give_up(job, claim, "The worker was stopped in the middle of it each time.")
                job_log.error("job given up")
                return
            payload = claim.payload
            if job.prepare:
                with self._held(claim):
                    payload = job.prepare(reading(), claim.payload, clock.now())
            with transaction() as session:
                now = clock.now()
                service.done(session, claim, now=now)
                job.run(session, payload, now)
            job_log.info("job done")
        except LeaseLost:
            job_log.warning("job taken over by another worker")
        except Exception as error:  # Whatever goes wrong in one job must not stop the others.
            self._failed(job, claim, error)

    @contextmanager
    def _held(self, claim: Claim) -> Generator[None]:
        """Hold a job while it is prepared, from a thread beside it: leases are short, so that what
        a killed worker had in hand does not wait, and letters take as long as mail servers do."""
        over = threading.Event()
        beside = threading.Thread(target=self._hold, args=(claim, over), daemon=True)
        beside.start()
        try:
            yield
        finally:
            over.set()
            beside.join()

    def _hold(self, claim: Claim, over: threading.Event) -> None:
        renewals = rules.LONGEST // rules.RENEWED
        for _ in range(renewals):
            if over.wait(rules.RENEWED.total_seconds()):
                return
            # While somebody else is writing for long, there is no saying so; the next time will do.
            with suppress(OperationalError), self._app.app_context(), transaction() as session:
                if not service.renew(session, claim, now=clock.now()):
                    return

    def _failed(self, job: Job, claim: Claim, raised: Exception) -> None:
        error = _place(raised)
        # What is only busy says itself when it may be worth while, and that is sooner.
        soon = raised.seconds if isinstance(raised, Unavailable) else None
        first = timedelta(seconds=soon) if soon else rules.FIRST
        job_log = log.bind(job=claim.job_id, kind=claim.kind, attempt=claim.attempt, error=error)
        try:
            if claim.attempt < rules.ATTEMPTS:
                with transaction() as session:
                    service.retry(session, claim, error=error, now=clock.now(), first=first)
                job_log.warning("job failed, to be tried again")
            else:
                self._give_up(job, claim, error)
                job_log.error("job given up")
        except LeaseLost:
            job_log.warning("job taken over by another worker")

    def _give_up(self, job: Job, claim: Claim, error: str) -> None:
        with transaction() as session:
            now = clock.now()
            service.give_up(session, claim, error=error, now=now)
            if job.give_up:
                job.give_up(session, claim.payload, error, now)


def _every(job: Job, config: Config) -> timedelta | None:
    return job.every(config) if callable(job.every) else job.every


def _place(error: Exception) -> str:
    return str(error) if isinstance(error, (TryLater, Unavailable)) else place(error)
