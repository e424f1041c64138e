"""What activities plugs into the application."""

from timebank.act import STAFF, Role
from timebank.activities import api, asking, calendar, leaving, lists, queries, views
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
    first_page=lists.first_page,
    knows=queries.knows,
    appointments=calendar.appointments,
    traces=leaving.TRACES,
    merging=leaving.MERGING,
    archive=leaving.ARCHIVE,
    questions=asking.QUESTIONS,
    navigation=[
        Way(
            say("Activities"),
            "activities.index",
            {Role.MEMBER: 4, Role.BROKER: 6, Role.COORDINATOR: 6},
            STAFF,
            "date",
        ),
    ],
)
