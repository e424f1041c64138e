"""What the safeguarding file plugs into the application."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from timebank.banks import queries as banks
from timebank.feature import Feature, Job
from timebank.safeguarding import api, cli, leaving, lists, reminders, views


def remind(session: Session, payload: dict[str, Any], now: datetime) -> None:
    """Remind those whose checks end or have ended, in every bank."""
    for bank in banks.all_banks(session):
        reminders.remind(session, bank, now=now)


feature = Feature(
    "safeguarding",
    pages=[views.pages],
    resources=[api.checks, api.concerns],
    commands=[cli.safeguarding],
    jobs=[Job("safeguarding.remind", remind, every=timedelta(hours=6))],
    waiting=lists.waiting,
    first_page=lists.first_page,
    expire=leaving.expire,
    forget=leaving.forget,
    export=leaving.export,
    traces=leaving.TRACES,
    archive=leaving.ARCHIVE,
)
