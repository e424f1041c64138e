"""What leaving plugs into the application."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from timebank.banks.each import each_bank
from timebank.banks.models import Bank
from timebank.feature import Feature, plugged_in
from timebank.leaving import api, views


def expire(session: Session, bank: Bank, *, now: datetime) -> None:
    """Erase what the bank has kept for as long as it settled."""
    for room in plugged_in():
        if room.expire is not None:
            room.expire(session, bank, now)


feature = Feature(
    "leaving",
    pages=[views.pages],
    resources=[api.closings],
    jobs=[
        *each_bank("leaving.expire", expire, every=timedelta(days=1)),
    ],
)
