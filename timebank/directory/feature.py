"""What the directory plugs into the application."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from timebank.act import Role
from timebank.banks import queries as banks
from timebank.directory import asking, service, views
from timebank.feature import Feature, Job, Way
from timebank.say import say


def tell_of_endings(session: Session, payload: dict[str, Any], now: datetime) -> None:
    """Tell people what of theirs is about to end, in every bank."""
    for bank in banks.all_banks(session):
        service.tell_of_endings(session, bank, now=now)


feature = Feature(
    "directory",
    pages=[views.pages],
    jobs=[Job("directory.tell_of_endings", tell_of_endings, every=timedelta(days=1))],
    questions=asking.QUESTIONS,
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
