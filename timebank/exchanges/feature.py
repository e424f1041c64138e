"""What exchanges plugs into the application."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, cast

from flask import current_app
from sqlalchemy.orm import Session

from timebank.act import Act, Role
from timebank.banks import queries as banks
from timebank.banks.each import each_bank
from timebank.config import Config
from timebank.exchanges import (
    api,
    asking,
    calendar,
    leaving,
    lists,
    queries,
    service,
    views,
    waiting,
)
from timebank.feature import Feature, Job, Way
from timebank.room import Bank, Did
from timebank.say import say


def confirm_one(session: Session, payload: dict[str, Any], now: datetime) -> None:
    """Confirm one exchange that has waited long enough."""
    waiting.confirm_one(
        session, banks.by_id(session, payload["bank"]), payload["exchange"], now=now
    )


def did(session: Session, bank: Bank, since: datetime, act: Act) -> Sequence[Did]:
    """What one of the staff confirmed."""
    config = cast(Config, current_app.config["TIMEBANK"])
    return lists.did(session, bank, since, act, undo_minutes=config.undo_minutes)


feature = Feature(
    "exchanges",
    pages=[views.pages],
    resources=[api.resources, api.gifts],
    jobs=[
        *each_bank("exchanges.remind", waiting.remind, every=timedelta(days=1)),
        *each_bank(
            "exchanges.confirm_waiting",
            waiting.queue_confirmations,
            every=timedelta(hours=1),
            which=queries.confirming,
        ),
        Job("exchanges.confirm_one", confirm_one),
    ],
    causes=leaving.causes,
    wind_up=leaving.wind_up,
    forget=leaving.forget,
    expire=leaving.expire,
    export=leaving.export,
    waiting=lists.waiting,
    did=did,
    first_page=lists.first_page,
    knows=queries.knows,
    appointments=calendar.appointments,
    helped=service.written_down,
    traces=leaving.TRACES,
    merging=leaving.MERGING,
    archive=leaving.ARCHIVE,
    questions=asking.QUESTIONS,
    navigation=[
        Way(
            say("Log hours"),
            "exchanges.new",
            {Role.MEMBER: 3},
            [Role.MEMBER],
            "plus",
            # Translators: "Log hours", in one word for a telephone.
            short=say("Log", context="log hours"),
            does=True,
        ),
        Way(say("Exchanges"), "exchanges.index", {Role.BROKER: 5, Role.COORDINATOR: 5}),
    ],
)
