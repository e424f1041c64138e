"""What signing in plugs into the application."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from timebank.access import api, cli, leaving, service, views
from timebank.feature import Feature, Job, Way
from timebank.say import say


def tidy(session: Session, payload: dict[str, Any], now: datetime) -> None:
    """Drop failed sign-ins and links that count no longer."""
    service.tidy(session, now=now)


feature = Feature(
    "access",
    pages=[views.pages],
    resources=[api.resources],
    commands=[cli.members],
    jobs=[Job("access.tidy", tidy, every=timedelta(days=1))],
    forget=leaving.forget,
    export=leaving.export,
    traces=leaving.TRACES,
    navigation=[
        Way(say("Sign in"), "access.sign_in", {None: 4}),
    ],
)
