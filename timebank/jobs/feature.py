"""What jobs plugs into the application."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from timebank import db, once
from timebank.act import Act
from timebank.archive import OF_THE_HOME, Archive, Behind
from timebank.feature import Feature, Job
from timebank.jobs import queries, rules, service, views
from timebank.jobs.errors import TryLater
from timebank.room import Bank, Step
from timebank.say import say


def tidy(session: Session, payload: dict[str, Any], now: datetime) -> None:
    """Drop what nobody will ask for again: done jobs, workers long gone, answers to requests."""
    service.forget(session, before=now - rules.KEPT)
    once.forget(session, before=now - rules.KEPT)


def take_stock(session: Session, payload: dict[str, Any], now: datetime) -> None:
    """See `timebank.db.take_stock`."""
    db.take_stock(session)


def first_day(session: Session, bank: Bank, act: Act) -> list[Step]:
    """Whether a copy has been made since the bank was opened, and a worker is there."""
    taken_at = queries.last_backup(session)
    return [
        Step(
            "worker",
            say("What has to be sent and reminded is seen to"),
            queries.state(session, act.now).is_alive(act.now),
            say(
                "Ask whoever looks after the installation to start the worker: until then nothing"
                " is sent, reminded or sealed."
            ),
            place=10,
        ),
        Step(
            "backup",
            say("A copy was taken"),
            taken_at is not None and taken_at >= bank.created_at,
            say(
                "Ask whoever looks after the installation to run “timebank backup FILE”, and to"
                " keep the file somewhere else."
            ),
            place=100,
        ),
    ]


def prepare_wipe(session: Session, payload: dict[str, Any], now: datetime) -> dict[str, Any]:
    """Have what was erased gone from the database's file too. Raises TryLater while somebody
    reads."""
    session.rollback()
    if not db.wipe():
        raise TryLater("Somebody was reading.")
    return payload


def wipe(session: Session, payload: dict[str, Any], now: datetime) -> None:
    """There is nothing to write: see `prepare_wipe`."""


ARCHIVE = Archive(
    behind=[
        Behind(table, OF_THE_HOME)
        for table in ("job", "worker_beat", "backup_taken", "request_once")
    ]
)

feature = Feature(
    "jobs",
    pages=[views.pages],
    jobs=[
        Job("jobs.tidy", tidy, every=timedelta(days=1)),
        Job(service.TAKE_STOCK, take_stock, every=timedelta(days=1)),
        Job(service.WIPE, wipe, prepare=prepare_wipe, every=timedelta(days=1)),
    ],
    archive=ARCHIVE,
    first_day=first_day,
)
