"""What reports plugs into the application."""

from datetime import datetime, timedelta
from typing import Any, cast

from flask import current_app
from sqlalchemy.orm import Session

from timebank.act import Role
from timebank.banks import queries as banks
from timebank.banks.each import spread
from timebank.clock import local_date
from timebank.config import Config
from timebank.feature import Feature, Job, Way
from timebank.jobs.service import queue
from timebank.reports import api, cli, kept, leaving, schedules, views
from timebank.say import say

SEND = "reports.send"
COUNT = "reports.count"
COUNT_OF_BANK = "reports.count_of_bank"


def begin(session: Session, payload: dict[str, Any], now: datetime) -> None:
    """Look which reports are due, and queue each, once."""
    for schedule in schedules.due(session, now=now):
        key = f"{schedule.id}:{schedule.sent_to}"
        queue(session, SEND, {"schedule": schedule.id}, run_at=now, key=key)


def send(session: Session, payload: dict[str, Any], now: datetime) -> None:
    """Make one of them, and tell its reader."""
    config = cast(Config, current_app.config["TIMEBANK"])
    schedules.send(session, payload["schedule"], base_url=config.base_url, now=now)


def count(session: Session, payload: dict[str, Any], now: datetime) -> dict[str, Any]:
    """Count the figures of a bank that are to be counted anew, before anything is locked for
    writing."""
    from timebank.reports import dashboard  # noqa: PLC0415  (for the worker alone)

    bank = banks.by_id(session, payload["bank"])
    usual = dashboard.usual(local_date(now, bank.timezone))
    counted = kept.count(session, bank, usual, dashboard.kind_of, now=now)
    return {**payload, "counted": counted, "as_of": now}


def keep(session: Session, payload: dict[str, Any], now: datetime) -> None:
    """Keep them, as of when they were counted."""
    bank = banks.by_id(session, payload["bank"])
    looked_on = kept.tidy(session, bank, now=now)
    if looked_on is not None:
        kept.keep(session, bank, payload["counted"], looked_on=looked_on, now=payload["as_of"])


feature = Feature(
    "reports",
    pages=[views.pages],
    resources=[api.exports, api.reports],
    commands=[cli.export, cli.report, cli.before_and_after],
    jobs=[
        Job("reports.begin", begin, every=timedelta(hours=6)),
        Job(SEND, send),
        Job(
            COUNT,
            spread(COUNT, COUNT_OF_BANK, kept.banks_looked_at),
            every=timedelta(minutes=5),
        ),
        Job(COUNT_OF_BANK, keep, prepare=count),
    ],
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
