"""What activities plugs into the application."""

from timebank.act import Role
from timebank.activities import api, leaving, lists, queries, views
from timebank.feature import Feature, Way
from timebank.say import say

feature = Feature(
    "activities",
    pages=[views.pages],
    resources=[
        api.activities,
        api.sessions,
        api.outcomes,
        api.quotes_of,
        api.photos_of,
        api.sponsorships,
    ],
    wind_up=leaving.wind_up,
    forget=leaving.forget,
    export=leaving.export,
    waiting=lists.waiting,
    knows=queries.knows,
    traces=leaving.TRACES,
    navigation=[
        Way(
            say("Activities"),
            "activities.index",
            {Role.MEMBER: 4, Role.BROKER: 5, Role.COORDINATOR: 4},
        ),
    ],
)
