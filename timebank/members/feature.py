"""What members plugs into the application."""

from timebank.act import Role
from timebank.feature import Feature, Way
from timebank.members import api, circle, leaving, lists, views
from timebank.say import say

feature = Feature(
    "members",
    pages=[views.pages],
    resources=[api.members, api.organisations, api.groups],
    causes=leaving.causes,
    forget=leaving.forget,
    knows=circle.knows,
    shows=circle.shows,
    expire=leaving.expire,
    export=leaving.export,
    waiting=lists.waiting,
    first_page=lists.first_page,
    traces=leaving.TRACES,
    merging=leaving.MERGING,
    archive=leaving.ARCHIVE,
    navigation=[
        Way(say("Join"), "members.join", {None: 3}),
        # Translators: the page about oneself.
        Way(say("Me"), "members.me", {Role.MEMBER: 7}, [Role.MEMBER], "me"),
        Way(
            say("Organisations"),
            "members.organisations",
            {Role.BROKER: 8, Role.COORDINATOR: 8},
            aside=True,
        ),
    ],
)
