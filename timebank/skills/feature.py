"""What skills plugs into the application."""

from timebank.feature import Feature
from timebank.skills import api, leaving, lists, queries, views

feature = Feature(
    "skills",
    first_day=lists.first_day,
    pages=[views.pages],
    resources=[api.skills, api.categories, api.areas, api.offers, api.requests],
    causes=leaving.causes,
    wind_up=leaving.wind_up,
    forget=leaving.forget,
    export=leaving.export,
    waiting=lists.waiting,
    did=lists.did,
    checks=queries.checks_needed,
    first_page=lists.first_page,
    shows=queries.shows,
    traces=leaving.TRACES,
    merging=leaving.MERGING,
    archive=leaving.ARCHIVE,
)
