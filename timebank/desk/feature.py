"""What desk plugs into the application."""

from timebank.act import STAFF, Role
from timebank.desk import leaving
from timebank.desk.api import desk, notes, notices, slips
from timebank.desk.views import pages
from timebank.feature import Feature, Way
from timebank.say import say

feature = Feature(
    "desk",
    pages=[pages],
    resources=[desk, notes, notices, slips],
    forget=leaving.forget,
    expire=leaving.expire,
    export=leaving.export,
    traces=leaving.TRACES,
    archive=leaving.ARCHIVE,
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
