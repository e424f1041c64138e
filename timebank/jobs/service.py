"""Queueing work. The caller commits: the job and its cause are written together."""

from datetime import datetime
from typing import Any

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from timebank.jobs.models import Job


def queue(session: Session, kind: str, payload: dict[str, Any], *, run_at: datetime, key: str | None = None) -> None:
    """Queue a job to run at `run_at` or after. One with the same kind and key is queued once, ever."""
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    values = {"kind": kind, "key": key, "payload": payload, "run_at": run_at, "attempts": 0}
    session.execute(insert(Job).values(values).on_conflict_do_nothing())
