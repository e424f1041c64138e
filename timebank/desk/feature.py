"""What desk plugs into the application."""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from timebank.act import STAFF, Act, Role
from timebank.desk import leaving, lists
from timebank.desk.api import desk, notes, notices, slips
from timebank.desk.views import pages
from timebank.feature import Feature, Way, question_of
from timebank.room import Bank, Reach, Waiting
from timebank.say import say


def waiting(session: Session, bank: Bank, reach: Reach, act: Act) -> Sequence[Waiting]:
    """What waits at the desk itself, with the answers to what is asked, which other rooms know."""
    return lists.waiting(session, bank, reach, act, questions=question_of)


feature = Feature(
    "desk",
    pages=[pages],
    resources=[desk, notes, notices, slips],
    forget=leaving.forget,
    expire=leaving.expire,
    export=leaving.export,
    traces=leaving.TRACES,
    merging=leaving.MERGING,
    archive=leaving.ARCHIVE,
    waiting=waiting,
    did=lists.did,
    navigation=[
        # Translators: the broker's desk, with what there is to do today.
        Way(say("Desk"), "desk.today", {Role.BROKER: 1, Role.COORDINATOR: 1}, STAFF, "phone"),
        Way(
            say("Slips"),
            "desk.slips",
            {Role.BROKER: 3, Role.COORDINATOR: 3},
            STAFF,
            "plus",
            does=True,
        ),
    ],
)
