"""What lists plug into the application."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from timebank.act import STAFF, Role
from timebank.banks import queries as banks
from timebank.feature import Feature, Job, Way
from timebank.lists import api, leaving, service, views
from timebank.say import say


def go_on(session: Session, payload: dict[str, Any], now: datetime) -> None:
    """Go on with what is done to many."""
    bank = banks.by_id(session, payload["bank"])
    service.go_on(session, bank, payload["run"], payload["after"], now=now)


feature = Feature(
    "lists",
    pages=[views.pages],
    resources=[api.lists, api.runs, api.saved, api.tags, api.own_fields],
    jobs=[Job(service.GO_ON, go_on)],
    forget=leaving.forget,
    expire=leaving.expire,
    export=leaving.export,
    traces=leaving.TRACES,
    merging=leaving.MERGING,
    archive=leaving.ARCHIVE,
    navigation=[
        Way(say("Members"), "lists.index", {Role.BROKER: 2, Role.COORDINATOR: 2}, STAFF, "group"),
    ],
)
