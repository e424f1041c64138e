"""What the dialogue plugs into the application."""

from datetime import timedelta

from timebank.act import Role
from timebank.banks.each import each_bank
from timebank.dialogue import (
    api,
    audit_api,
    audit_views,
    cli,
    conversation_views,
    evaluation_views,
    leaving,
    lists,
    promise_views,
    righting_views,
    said_views,
    sheet_views,
    sorting_views,
)
from timebank.feature import Feature, Way
from timebank.say import say

_PARTS = (
    audit_views,
    conversation_views,
    evaluation_views,
    promise_views,
    righting_views,
    said_views,
    sheet_views,
    sorting_views,
)
"""Each hangs its pages on the one blueprint of `views` when it is imported."""

feature = Feature(
    "dialogue",
    pages=list({part.pages for part in _PARTS}),
    resources=[
        api.partnerships_of,
        api.promises_of,
        api.dialogues_of,
        api.evaluations_of,
        audit_api.audits,
    ],
    commands=[cli.dialogue],
    jobs=each_bank("dialogue.remind", lists.remind, every=timedelta(hours=6)),
    causes=lists.causes,
    forget=leaving.forget,
    export=leaving.export,
    wind_up=leaving.wind_up,
    waiting=lists.waiting,
    first_page=lists.first_page,
    digest=lists.digest,
    traces=leaving.TRACES,
    merging=leaving.MERGING,
    archive=leaving.ARCHIVE,
    navigation=[
        Way(
            say("You said, we did"),
            "dialogue.index",
            {None: 3, Role.MEMBER: 9},
        ),
        Way(
            say("You said, we did"),
            "dialogue.index",
            {Role.BROKER: 12, Role.COORDINATOR: 12},
            aside=True,
        ),
        Way(say("Your promises"), "dialogue.owned", {Role.COMMISSIONER: 3}),
    ],
)
