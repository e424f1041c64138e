"""What messages plugs into the application."""

from timebank.feature import Feature
from timebank.messages import api, leaving, queries, views

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
)
"""Conversations, messages, and reports of messages."""
