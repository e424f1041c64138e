"""What ledger plugs into the application."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from timebank.banks.each import each_bank
from timebank.banks.models import Bank
from timebank.config import Config
from timebank.feature import Feature
from timebank.jobs.service import queue_for_banks
from timebank.ledger import leaving, moving, queries, service
from timebank.ledger.cli import ledger

SEAL = "ledger.seal"


def _seal(session: Session, bank: Bank, *, now: datetime) -> None:
    """Seal one block of the bank; where it is full there may be another, for a job of its own."""
    if service.seal_next(session, bank, now=now) == service.BLOCK:
        queue_for_banks(session, f"{SEAL}_of_bank", [bank.id], run_at=now)


def _every(config: Config) -> timedelta:
    return timedelta(minutes=config.seal_minutes)


feature = Feature(
    "ledger",
    commands=[ledger],
    jobs=each_bank(SEAL, _seal, every=_every, which=queries.unsealed),
    export=leaving.export,
    traces=leaving.TRACES,
    merging=leaving.MERGING,
    archive=moving.ARCHIVE,
)
