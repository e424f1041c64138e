"""What the directory plugs into the application."""

from datetime import timedelta

from timebank.act import Role
from timebank.banks.each import each_bank
from timebank.directory import asking, service, views
from timebank.feature import Feature, Way
from timebank.say import say

feature = Feature(
    "directory",
    pages=[views.pages],
    jobs=each_bank("directory.tell_of_endings", service.tell_of_endings, every=timedelta(days=1)),
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
