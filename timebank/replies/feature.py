"""What the links to questions plug into the application."""

from datetime import datetime

from flask import current_app
from sqlalchemy.orm import Session

from timebank.banks.models import Bank
from timebank.config import Config
from timebank.feature import Feature, question_of
from timebank.replies import leaving, service, views
from timebank.replies.service import Sending
from timebank.room import Ask, Link
from timebank.web.paths import path_of


def ask(session: Session, notice_id: int, now: datetime) -> Ask | None:
    """What a notice that asks something carries."""
    config: Config = current_app.config["TIMEBANK"]
    site = config.base_url.rstrip("/")

    def page(bank: Bank, link: Link) -> str:
        return f"{site}{path_of(link, bank.slug)}"

    sending = Sending(site, config.secret_key, page, question_of)
    return service.ask(session, notice_id, sending, now=now)


feature = Feature(
    "replies",
    pages=[views.pages],
    ask=ask,
    forget=leaving.forget,
    expire=leaving.expire,
    export=leaving.export,
    traces=leaving.TRACES,
    merging=leaving.MERGING,
    archive=leaving.ARCHIVE,
)
