"""Reading the job table."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, exists, func, or_, select
from sqlalchemy.orm import Session

from timebank.jobs import rules
from timebank.jobs.models import BackupTaken, Job, WorkerBeat


@dataclass(frozen=True)
class State:
    """How the worker is doing. `oldest` is when the longest-waiting job that is due should have
    run; `began`: one has done something here."""

    heard_at: datetime | None
    due: int
    oldest: datetime | None
    failed: int
    began: bool

    def is_alive(self, now: datetime) -> bool:
        """Whether a worker has been heard of lately."""
        return self.heard_at is not None and now - self.heard_at <= rules.SILENCE


def waiting() -> ColumnElement[bool]:
    """Neither done nor given up."""
    return and_(Job.done_at.is_(None), Job.failed_at.is_(None))


def claimable(kinds: Collection[str], now: datetime) -> ColumnElement[bool]:
    """Waiting, of one of these kinds, due, and in no other worker's hands."""
    free = or_(Job.leased_until.is_(None), Job.leased_until < now)
    return and_(waiting(), Job.kind.in_(kinds), Job.run_at <= now, free)


def is_due(session: Session, kinds: Collection[str], now: datetime) -> bool:
    """Whether there is a job of these kinds to claim."""
    return session.execute(select(Job.id).where(claimable(kinds, now)).limit(1)).first() is not None


def is_to_come(session: Session, kind: str) -> bool:
    """Whether a job of that kind waits that no worker has begun."""
    begun = Job.leased_until.is_not(None)
    waits = select(Job.id).where(waiting(), Job.kind == kind, ~begun).limit(1)
    return session.execute(waits).first() is not None


def has_key(kind: str, key: ColumnElement[str]) -> ColumnElement[bool]:
    """Whether one of that kind and key was ever queued."""
    return exists().where(Job.kind == kind, Job.key == key)


def state(session: Session, now: datetime) -> State:
    """How the worker is doing."""
    heard_at = session.execute(select(func.max(WorkerBeat.at))).scalar_one()
    due, oldest = session.execute(
        select(func.count(), func.min(Job.run_at)).where(waiting(), Job.run_at <= now)
    ).one()
    failed = session.execute(select(func.count()).where(Job.failed_at.is_not(None))).scalar_one()
    began = session.execute(select(exists().where(Job.done_at.is_not(None)))).scalar_one()
    return State(heard_at, due, oldest, failed, began)


def last_backup(session: Session) -> datetime | None:
    """When `timebank backup` copied this installation last."""
    return session.execute(select(func.max(BackupTaken.at))).scalar_one()


def counts(session: Session) -> dict[tuple[str, str], int]:
    """How many jobs there are, by kind and by state: waiting, done, failed. Done ones are counted
    while they are kept."""
    columns = (Job.kind, Job.done_at.is_not(None), Job.failed_at.is_not(None))
    by_state: dict[tuple[str, str], int] = {}
    for kind, done, failed, number in session.execute(
        select(*columns, func.count()).group_by(*columns)
    ):
        by_state[kind, "done" if done else "failed" if failed else "waiting"] = number
    return by_state
