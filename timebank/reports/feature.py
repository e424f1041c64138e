"""What reports plugs into the application."""

from datetime import datetime, timedelta
from typing import Any, cast

from flask import current_app
from sqlalchemy.orm import Session

from timebank.act import Role
from timebank.config import Config
from timebank.feature import Feature, Job, Way
from timebank.jobs.service import queue
from timebank.reports import api, cli, leaving, schedules, views
from timebank.say import say

SEND = "reports.send"


def begin(session: Session, payload: dict[str, Any], now: datetime) -> None:
    """Look which reports are due, and queue each, once."""
    for schedule in schedules.due(session, now=now):
        key = f"{schedule.id}:{schedule.sent_to}"
        queue(session, SEND, {"schedule": schedule.id}, run_at=now, key=key)


def send(session: Session, payload: dict[str, Any], now: datetime) -> None:
    """Make one of them, and tell its reader."""
    config = cast(Config, current_app.config["TIMEBANK"])
    schedules.send(session, payload["schedule"], base_url=config.base_url, now=now)


feature = Feature(
    "reports",
    pages=[views.pages],
    resources=[api.exports, api.reports],
    commands=[cli.export, cli.report, cli.before_and_after],
    jobs=[Job("reports.begin", begin, every=timedelta(hours=6)), Job(SEND, send)],
    forget=leaving.forget,
    export=leaving.export,
    traces=leaving.TRACES,
    merging=leaving.MERGING,
    archive=leaving.ARCHIVE,
    navigation=[
        Way(say("Figures"), "reports.index", {Role.COORDINATOR: 9}),
        Way(say("Figures"), "reports.shared", {Role.COMMISSIONER: 1}),
    ],
)
