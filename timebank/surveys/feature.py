"""What surveys plugs into the application."""

from timebank.feature import Feature
from timebank.surveys import api, asking, cli, leaving, lists, views

feature = Feature(
    "surveys",
    pages=[views.pages],
    resources=[api.surveys, api.scales_of, api.equality_of],
    commands=[cli.survey],
    forget=leaving.forget,
    export=leaving.export,
    first_page=lists.first_page,
    traces=leaving.TRACES,
    merging=leaving.MERGING,
    archive=leaving.ARCHIVE,
    questions=asking.QUESTIONS,
)
