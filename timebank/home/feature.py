"""What home plugs into the application."""

from datetime import datetime, timedelta
from typing import Any

from flask import current_app
from sqlalchemy.orm import Session

from timebank.act import STAFF, Role
from timebank.banks.each import each_bank
from timebank.feature import Feature, Job, Way, plugged_in
from timebank.home import asking, service, styleguide, views
from timebank.say import say


def write_digests(session: Session, payload: dict[str, Any], now: datetime) -> None:
    """Write a slice of them."""
    base_url = current_app.config["TIMEBANK"].base_url
    week, after = payload["week"], payload["after"]
    service.write_digests(
        session, payload["bank"], plugged_in(), week=week, after=after, base_url=base_url, now=now
    )


feature = Feature(
    "home",
    pages=[views.pages],
    jobs=[
        *each_bank(
            "home.begin_digests",
            service.begin_digests,
            every=timedelta(hours=1),
            which=service.waiting_for_letters,
        ),
        Job(service.WRITE_DIGESTS, write_digests),
    ],
    forget=service.forget,
    questions=asking.QUESTIONS,
    install=styleguide.install,
    navigation=[
        Way(say("Home"), "home.bank", {None: 1, Role.MEMBER: 1}, [Role.MEMBER], "home"),
        Way(say("How it works"), "home.help", {None: 2, Role.COMMISSIONER: 2}),
        Way(
            # Translators: the other pages, which the bar of a telephone has no room for.
            say("More", context="pages"),
            "home.more",
            {Role.BROKER: 11, Role.COORDINATOR: 11},
            STAFF,
            "more",
            only_there=True,
        ),
    ],
)
