"""What members plugs into the application."""

from timebank.feature import Feature
from timebank.members import api, leaving, views

feature = Feature(
    "members",
    pages=[views.pages],
    resources=[api.members, api.organisations, api.groups],
    causes=leaving.causes,
    forget=leaving.forget,
    export=leaving.export,
    traces=leaving.TRACES,
)
