"""What leaving plugs into the application."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from timebank import db
from timebank.banks.each import each_bank
from timebank.banks.models import Bank
from timebank.feature import Feature, Job, plugged_in
from timebank.jobs.errors import TryLater
from timebank.leaving import api, service, views


def expire(session: Session, bank: Bank, *, now: datetime) -> None:
    """Erase what the bank has kept for as long as it settled."""
    for room in plugged_in():
        if room.expire is not None:
            room.expire(session, bank, now)


def prepare_wipe(session: Session, payload: dict[str, Any], now: datetime) -> dict[str, Any]:
    """Have what was erased gone from the database's file too. Raises TryLater while somebody
    reads."""
    session.rollback()
    if not db.wipe():
        raise TryLater("Somebody was reading.")
    return payload


def wipe(session: Session, payload: dict[str, Any], now: datetime) -> None:
    """There is nothing to write: see `prepare_wipe`."""


feature = Feature(
    "leaving",
    pages=[views.pages],
    resources=[api.closings],
    jobs=[
        *each_bank("leaving.expire", expire, every=timedelta(days=1)),
        Job(service.WIPE, wipe, prepare=prepare_wipe, every=timedelta(days=1)),
    ],
)
