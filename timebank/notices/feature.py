"""What notices plugs into the application."""

from datetime import datetime
from typing import Any

from flask import current_app
from sqlalchemy.orm import Session

from timebank.act import Act
from timebank.feature import Feature, Job, secret_of
from timebank.notices import leaving, lists, mail, push, service, text
from timebank.room import Bank, Step


def record(session: Session, payload: dict[str, Any], now: datetime) -> None:
    """Take down what came of sending."""
    if "refused" in payload:
        give_up(session, payload, payload["refused"], now)
    elif "dropped" in payload:
        service.drop(session, payload["notice"])
    elif "quiet" in payload:
        service.put_off(session, payload["notice"], until=datetime.fromisoformat(payload["quiet"]))
    elif "sent" in payload:
        service.mark_sent(session, payload["notice"], now=now)


def give_up(session: Session, payload: dict[str, Any], error: str, now: datetime) -> None:
    """Leave to a broker what could not be sent, and end the way in that it held."""
    notice = service.mark_failed(session, payload["notice"], error=error, now=now)
    if notice is not None and notice.secret is not None:
        secret_of(notice.secret).end(session, notice.cause, now)


def first_day(session: Session, bank: Bank, act: Act) -> list[Step]:
    """Whether e-mail really leaves."""
    can_go = bool(current_app.config["TIMEBANK"].mail_server)
    return lists.first_day(session, bank, act, can_go=can_go)


feature = Feature(
    "notices",
    first_day=first_day,
    install=mail.install,
    jobs=[
        Job(
            "notices.send",
            record,
            prepare=mail.send,
            give_up=give_up,
            when=lambda config: bool(config.mail_server),
        ),
        Job("notices.text", record, prepare=text.send, give_up=give_up),
        Job("notices.push", record, prepare=push.send, give_up=give_up),
    ],
    export=leaving.export,
    expire=leaving.expire,
    traces=leaving.TRACES,
    merging=leaving.MERGING,
    archive=leaving.ARCHIVE,
)
