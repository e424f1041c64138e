"""What ledger plugs into the application."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from timebank.config import Config
from timebank.feature import Feature, Job
from timebank.jobs import service as jobs_service
from timebank.ledger import leaving, moving, service
from timebank.ledger.cli import ledger

SEAL = "ledger.seal"


def _seal(session: Session, payload: dict[str, Any], now: datetime) -> None:
    """Seal one block; where there was one to seal there may be another, for a job of its own."""
    if service.seal_next(session, now=now):
        jobs_service.queue(session, SEAL, {}, run_at=now)


def _every(config: Config) -> timedelta:
    return timedelta(minutes=config.seal_minutes)


feature = Feature(
    "ledger",
    commands=[ledger],
    jobs=[Job(SEAL, _seal, every=_every)],
    export=leaving.export,
    traces=leaving.TRACES,
    archive=moving.ARCHIVE,
)
