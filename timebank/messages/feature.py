"""What messages plugs into the application."""

from timebank.act import Role
from timebank.feature import Feature, Way
from timebank.messages import api, asking, leaving, queries, views
from timebank.say import say

feature = Feature(
    "messages",
    pages=[views.pages],
    resources=[api.conversations, api.messages, api.reports],
    causes=leaving.causes,
    forget=leaving.forget,
    knows=queries.knows,
    expire=leaving.expire,
    export=leaving.export,
    traces=leaving.TRACES,
    merging=leaving.MERGING,
    archive=leaving.ARCHIVE,
    questions=asking.QUESTIONS,
    navigation=[
        Way(
            say("Messages"),
            "messages.index",
            {Role.MEMBER: 5, Role.BROKER: 7, Role.COORDINATOR: 7},
            [Role.MEMBER],
            "message",
            count=queries.unread_count,
        ),
    ],
)
"""Conversations, messages, and reports of messages."""
