"""What fund plugs into the application."""

from timebank.feature import Feature, Job
from timebank.fund import cli, leaving, voting

feature = Feature(
    "fund",
    commands=[cli.fund],
    jobs=[Job(voting.COUNT, voting.count_job)],
    forget=leaving.forget,
    export=leaving.export,
    traces=leaving.TRACES,
)
