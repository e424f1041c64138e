"""What the directory plugs into the application."""

from datetime import datetime, timedelta
from typing import Any

from flask import current_app
from sqlalchemy.orm import Session

from timebank.act import Role
from timebank.banks import queries as banks
from timebank.directory import service, views
from timebank.feature import Feature, Job, Way
from timebank.say import say


def tell_of_endings(session: Session, payload: dict[str, Any], now: datetime) -> None:
    """Tell people what of theirs is about to end, in every bank."""
    for bank in banks.all_banks(session):
        service.tell_of_endings(
            session, bank, base_url=current_app.config["TIMEBANK"].base_url, now=now
        )


feature = Feature(
    "directory",
    pages=[views.pages],
    jobs=[Job("directory.tell_of_endings", tell_of_endings, every=timedelta(days=1))],
    navigation=[
        Way(
            say("Find help"),
            "directory.index",
            {Role.MEMBER: 2},
            [Role.MEMBER],
            "find",
            # Translators: "Find help", in one word for a telephone.
            short=say("Find"),
        ),
        Way(say("Directory"), "directory.index", {Role.BROKER: 4, Role.COORDINATOR: 4}),
    ],
)
