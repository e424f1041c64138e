"""Queueing work and handing it to workers. The caller commits: a job and its cause are written
together."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from timebank.base import insert_of, table_of
from timebank.jobs import queries, rules
from timebank.jobs.errors import LeaseLost
from timebank.jobs.models import BackupTaken, Job, WorkerBeat


@dataclass(frozen=True)
class Claim:
    """A job in the hands of one worker. `attempt` counts from 1 and makes every claim another
    one."""

    job_id: int
    kind: str
    payload: dict[str, Any]
    attempt: int
    worker: str


def queue(
    session: Session,
    kind: str,
    payload: dict[str, Any],
    *,
    run_at: datetime,
    key: str | None = None,
    awaited: bool = False,
) -> None:
    """Queue a job to run at `run_at` or after. One with the same kind and key is queued once,
    ever. Where somebody waits for what it does it is `awaited`, and comes before what is not."""
    queue_all(session, kind, [(payload, run_at, key)], awaited=awaited)


def queue_all(
    session: Session,
    kind: str,
    jobs: Sequence[tuple[dict[str, Any], datetime, str | None]],
    *,
    awaited: bool = False,
) -> None:
    """The same for several of one kind at once: payload, when to run, and key of each."""
    _insert(
        session,
        [
            {
                "kind": kind,
                "key": key,
                "payload": payload,
                "run_at": run_at,
                "rank": 0 if awaited else 1,
            }
            for payload, run_at, key in jobs
        ],
    )


def queue_for_banks(
    session: Session, kind: str, bank_ids: Iterable[int], *, run_at: datetime
) -> None:
    """Queue a job of that kind for each of these banks, but for those where one waits already."""
    _insert(
        session,
        [
            {"kind": kind, "bank_id": bank_id, "payload": {"bank": bank_id}, "run_at": run_at}
            for bank_id in bank_ids
        ],
    )


TAKE_STOCK = "jobs.take_stock"
"""The kind of the job in which the database counts what stands in its tables."""


def take_stock_soon(session: Session, *, now: datetime) -> None:
    """Much has come in: have the database count it once that is committed, in a job of its own, so
    that what came in stays in whatever becomes of the counting."""
    if not queries.is_to_come(session, TAKE_STOCK):
        queue(session, TAKE_STOCK, {}, run_at=now)


WIPE = "jobs.wipe"
"""The kind of the job that has what was erased gone from the database's file too."""


def wipe_soon(session: Session, *, now: datetime) -> None:
    """Something was erased, or got another key: have what was there before gone from the database's
    file too, once that is committed."""
    queue(session, WIPE, {}, run_at=now)


def _insert(session: Session, values: Sequence[dict[str, Any]]) -> None:
    if values:
        session.execute(insert_of(session)(table_of(Job)).on_conflict_do_nothing(), values)


def claim(session: Session, worker: str, kinds: Collection[str], *, now: datetime) -> Claim | None:
    """Take up the job that has been due longest, of those that somebody waits for if there is one,
    for as long as a lease; None if there is none for the taking.

    One statement, and on PostgreSQL one that passes over rows that another worker is just taking:
    no two workers get the same job, and none waits for another.
    """
    order = (Job.rank, Job.run_at, Job.id)
    free = select(Job.id).where(queries.claimable(kinds, now)).order_by(*order).limit(1)
    taken = session.execute(
        update(Job)
        .where(Job.id == free.with_for_update(skip_locked=True).scalar_subquery())
        .values(leased_by=worker, leased_until=now + rules.LEASE, attempts=Job.attempts + 1)
        .returning(Job.id, Job.kind, Job.payload, Job.attempts),
        execution_options={"synchronize_session": False},
    ).first()
    return Claim(taken.id, taken.kind, taken.payload, taken.attempts, worker) if taken else None


def renew(session: Session, claim: Claim, *, now: datetime) -> bool:
    """Hold a job for another lease; whether it is still ours to hold."""
    mine = (
        Job.id == claim.job_id,
        Job.leased_by == claim.worker,
        Job.attempts == claim.attempt,
        queries.waiting(),
    )
    longer = update(Job).where(*mine).values(leased_until=now + rules.LEASE).returning(Job.id)
    return (
        session.execute(longer, execution_options={"synchronize_session": False}).first()
        is not None
    )


def done(session: Session, claim: Claim, *, now: datetime) -> None:
    """Mark the job done, before its work is done in the same transaction.

    That way the row stays locked until the commit, and nobody else can take the job up however long
    the work lasts. Raises LeaseLost when somebody already has.
    """
    _settle(session, claim, done_at=now, error=None)


def retry(
    session: Session, claim: Claim, *, error: str, now: datetime, first: timedelta = rules.FIRST
) -> None:
    """Put the job back, to be tried again after a pause, the `first` of which is so long. Raises
    LeaseLost."""
    _settle(session, claim, run_at=now + rules.pause(claim.attempt, first), error=error)


def give_up(session: Session, claim: Claim, *, error: str, now: datetime) -> None:
    """Mark the job as failed for good. Raises LeaseLost."""
    _settle(session, claim, failed_at=now, error=error)


def _settle(session: Session, claim: Claim, **values: Any) -> None:
    mine = (
        Job.id == claim.job_id,
        Job.leased_by == claim.worker,
        Job.attempts == claim.attempt,
        queries.waiting(),
    )
    change = (
        update(Job)
        .where(*mine)
        .values(leased_by=None, leased_until=None, **values)
        .returning(Job.id)
    )
    if session.execute(change, execution_options={"synchronize_session": False}).first() is None:
        raise LeaseLost


def beat(session: Session, worker: str, *, now: datetime) -> None:
    """Say that this worker is alive."""
    values = insert_of(session)(WorkerBeat).values(name=worker, at=now)
    session.execute(
        values.on_conflict_do_update(index_elements=[WorkerBeat.name], set_={"at": now})
    )


def note_backup(session: Session, revision: str, *, now: datetime) -> None:
    """Take down that a copy of the whole installation was made."""
    session.add(BackupTaken(at=now, revision=revision))
    session.flush()


def leave(session: Session, worker: str) -> None:
    """Say that this worker has stopped."""
    session.execute(delete(WorkerBeat).where(WorkerBeat.name == worker))


def forget(session: Session, *, before: datetime) -> None:
    """Drop jobs done, and workers last heard of, before that. Failed jobs stay until somebody has
    looked into them."""
    session.execute(delete(Job).where(Job.done_at < before))
    session.execute(delete(WorkerBeat).where(WorkerBeat.at < before))
