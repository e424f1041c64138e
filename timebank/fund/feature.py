"""What fund plugs into the application."""

from timebank.feature import Feature, Job
from timebank.fund import api, cli, leaving, lists, moving, views, voting

feature = Feature(
    "fund",
    pages=[views.pages],
    resources=[api.fund],
    commands=[cli.fund],
    jobs=[Job(voting.COUNT, voting.count_job)],
    wind_up=leaving.wind_up,
    forget=leaving.forget,
    export=leaving.export,
    waiting=lists.waiting,
    first_page=lists.first_page,
    digest=lists.digest,
    traces=leaving.TRACES,
    merging=leaving.MERGING,
    archive=moving.ARCHIVE,
)
