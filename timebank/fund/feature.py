"""What fund plugs into the application."""

from timebank.feature import Feature, Job
from timebank.fund import api, cli, leaving, lists, moving, views, voting

feature = Feature(
    "fund",
    pages=[views.pages],
    resources=[api.fund],
    commands=[cli.fund],
    jobs=[Job(voting.COUNT, voting.count_job)],
    forget=leaving.forget,
    export=leaving.export,
    waiting=lists.waiting,
    first_page=lists.first_page,
    traces=leaving.TRACES,
    archive=moving.ARCHIVE,
)
