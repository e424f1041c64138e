"""What fund plugs into the application."""

from timebank.act import Role
from timebank.feature import Feature, Job, Way
from timebank.fund import api, cli, leaving, lists, views, voting
from timebank.say import say

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
    navigation=[
        Way(
            say("The fund"),
            "fund.index",
            {Role.MEMBER: 10, Role.BROKER: 13, Role.COORDINATOR: 13},
        ),
    ],
)
