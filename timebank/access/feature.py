"""What signing in plugs into the application."""

from datetime import datetime, timedelta
from typing import Any

from flask import current_app
from sqlalchemy.orm import Session

from timebank.access import api, cli, commissioners, leaving, links, lists, service, views
from timebank.access.links import Sending
from timebank.access.seals import Seals
from timebank.feature import Feature, Job, Secret, Way
from timebank.notices.rules import WayIn
from timebank.say import say


def tidy(session: Session, payload: dict[str, Any], now: datetime) -> None:
    """Drop what counts no longer, and seal what was kept before there were seals."""
    service.tidy(session, now=now)
    service.seal_seeds(session, Seals.of(current_app.config["TIMEBANK"]))


def answer(session: Session, payload: dict[str, Any], now: datetime) -> None:
    """Find out who would like to sign in, and send them links."""
    links.answer(session, payload["request"], _sending(), now=now)


def _sending() -> Sending:
    return Sending.of(current_app.config["TIMEBANK"])


def _link(session: Session, cause: str, address: str, now: datetime) -> WayIn | None:
    return links.fill(session, cause, _sending(), now=now)


def _address(session: Session, cause: str, address: str, now: datetime) -> WayIn | None:
    return links.fill_proof(session, cause, address, _sending(), now=now)


def _reader(session: Session, cause: str, address: str, now: datetime) -> WayIn | None:
    return commissioners.fill(session, cause, site=_sending().site, now=now)


feature = Feature(
    "access",
    first_day=lists.first_day,
    pages=[views.pages],
    resources=[api.resources],
    commands=[cli.members],
    jobs=[
        Job("access.tidy", tidy, every=timedelta(days=1)),
        Job(links.JOB, answer),
    ],
    secrets={
        links.LINK: Secret(_link, lambda session, cause, now: links.end(session, cause, now=now)),
        links.ADDRESS: Secret(
            _address, lambda session, cause, now: links.end_proof(session, cause, now=now)
        ),
        commissioners.READER: Secret(
            _reader, lambda session, cause, now: commissioners.end_link(session, cause)
        ),
    },
    forget=leaving.forget,
    export=leaving.export,
    traces=leaving.TRACES,
    merging=leaving.MERGING,
    archive=leaving.ARCHIVE,
    navigation=[
        Way(say("Sign in"), "access.sign_in", {None: 4}),
    ],
)
