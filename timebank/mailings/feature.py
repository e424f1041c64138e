"""What letters to many and announcements plug into the application."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from timebank.act import Role
from timebank.banks import queries as banks
from timebank.feature import Feature, Job, Way
from timebank.mailings import api, leaving, lists, service, views
from timebank.say import say


def go_on(session: Session, payload: dict[str, Any], now: datetime) -> None:
    """Go on with a letter to many."""
    bank = banks.by_id(session, payload["bank"])
    service.go_on(session, bank, payload["mailing"], payload["part"], now=now)


feature = Feature(
    "mailings",
    pages=[views.pages],
    resources=[api.mailings, api.announcements],
    jobs=[Job(service.GO_ON, go_on)],
    forget=leaving.forget,
    expire=leaving.expire,
    export=leaving.export,
    traces=leaving.TRACES,
    merging=leaving.MERGING,
    archive=leaving.ARCHIVE,
    first_page=lists.first_page,
    digest=lists.digest,
    navigation=[
        Way(say("Letters"), "mailings.index", {Role.BROKER: 9, Role.COORDINATOR: 9}, aside=True),
    ],
)
